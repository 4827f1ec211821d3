; error: is for another ABI (x86_64-pc-windows-msvc, not that of 64-bit Linux)
target triple = "x86_64-pc-windows-msvc"
define i64 @second(i64 %x, i64 %y) {
  ret i64 %y
}
