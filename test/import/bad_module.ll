; error: PHI
define i64 @f(i1 %c) {
entry:
  br i1 %c, label %a, label %b
a:
  br label %b
b:
  %p = phi i64 [ 1, %entry ]
  ret i64 %p
}
