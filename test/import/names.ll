; Functions named in other ways, in data and in calls.
module asm ".globl seven"
module asm ".hidden eight # eight: is code"
@plain = global ptr no_cfi @seven
@near = global [2 x ptr] [ptr dso_local_equivalent @seven, ptr dso_local_equivalent @eight]
define i64 @seven() {
  ret i64 7
}
define i64 @eight() {
  ret i64 8
}
define i64 @called() {
  %a = call i64 no_cfi @eight()
  %f = load ptr, ptr @plain
  %b = call i64 %f()
  %g = load ptr, ptr getelementptr ([2 x ptr], ptr @near, i64 0, i64 1)
  %c = call i64 %g()
  %d = mul i64 %a, 100
  %e = mul i64 %b, 10
  %h = add i64 %d, %e
  %r = add i64 %h, %c
  ret i64 %r
}
; call called() = 878
