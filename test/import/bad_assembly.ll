; error: @forty is defined by inline assembly outside of functions
module asm ".globl forty"
module asm "forty: movl $40, %eax"
module asm "ret"
declare i32 @forty()
define i32 @calls() {
  %r = call i32 @forty()
  ret i32 %r
}
