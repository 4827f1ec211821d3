; Control flow: critical edges, phis that swap, unreachable blocks, tail calls, odd conditions.
define i64 @swap(i64 %n) {
entry:
  br label %loop
loop:
  %a = phi i64 [ 1, %entry ], [ %b, %loop ]
  %b = phi i64 [ 2, %entry ], [ %a, %loop ]
  %i = phi i64 [ 0, %entry ], [ %j, %loop ]
  %j = add i64 %i, 1
  %c = icmp ult i64 %j, %n
  br i1 %c, label %loop, label %out
out:
  %s = shl i64 %a, 4
  %r = or i64 %s, %b
  ret i64 %r
dead:
  %d = phi i64 [ %e, %dead ]
  %e = add i64 %d, 1
  br label %dead
}
; call swap(1) = 18
; call swap(2) = 33
define i64 @critical(i64 %x, i64 %y) {
entry:
  %c = icmp slt i64 %x, %y
  br i1 %c, label %join, label %other
other:
  switch i64 %y, label %join [ i64 1, label %join  i64 2, label %more  i64 3, label %more ]
more:
  %m = phi i64 [ 100, %other ], [ 100, %other ]
  br label %join
join:
  %r = phi i64 [ %x, %entry ], [ 5, %other ], [ 5, %other ], [ %m, %more ]
  ret i64 %r
}
; call critical(1, 2) = 1
; call critical(9, 1) = 5
; call critical(9, 3) = 100
; call critical(9, 8) = 5
define i64 @even(i64 %n) {
  %z = icmp eq i64 %n, 0
  br i1 %z, label %yes, label %no
yes:
  ret i64 1
no:
  %m = sub i64 %n, 1
  %r = musttail call i64 @odd(i64 %m)
  ret i64 %r
}
define i64 @odd(i64 %n) {
  %z = icmp eq i64 %n, 0
  br i1 %z, label %yes, label %no
yes:
  ret i64 0
no:
  %m = sub i64 %n, 1
  %r = musttail call i64 @even(i64 %m)
  ret i64 %r
}
; call even(100001) = 0
; call even(100000) = 1
%pair = type { i32, [2 x i64] }
define internal i64 @sum(ptr byval(%pair) align 8 %p, i64 %a, double %d) {
  %q = getelementptr %pair, ptr %p, i64 0, i32 1, i64 %a
  %v = load i64, ptr %q
  store i64 0, ptr %q
  %i = fptosi double %d to i64
  %r = add i64 %v, %i
  ret i64 %r
}
define i64 @byval(i64 %x, i64 %i) {
  %s = alloca %pair
  %f = getelementptr %pair, ptr %s, i64 0, i32 1
  store [2 x i64] [i64 5, i64 6], ptr %f
  %g = getelementptr %pair, ptr %s, i64 0, i32 1, i64 %i
  store i64 %x, ptr %g
  %a = call i64 @sum(ptr byval(%pair) align 8 %s, i64 %i, double 2.5)
  %b = load i64, ptr %g
  %r = add i64 %a, %b
  ret i64 %r
}
; call byval(40, 0) = 82
; call byval(50, 1) = 102
define i64 @aggregate(i64 %x) {
  %a = insertvalue { i64, [2 x i32], { i8 } } zeroinitializer, i64 %x, 0
  %b = insertvalue { i64, [2 x i32], { i8 } } %a, i32 7, 1, 1
  %c = insertvalue { i64, [2 x i32], { i8 } } %b, i8 3, 2, 0
  %k = icmp sgt i64 %x, 10
  %s = select i1 %k, { i64, [2 x i32], { i8 } } %c, { i64, [2 x i32], { i8 } } %b
  %p = alloca { i64, [2 x i32], { i8 } }
  store { i64, [2 x i32], { i8 } } %s, ptr %p
  %l = load { i64, [2 x i32], { i8 } }, ptr %p
  %e = extractvalue { i64, [2 x i32], { i8 } } %l, 1, 1
  %g = extractvalue { i64, [2 x i32], { i8 } } %l, 2, 0
  %h = extractvalue { i64, [2 x i32], { i8 } } %l, 0
  %m = zext i32 %e to i64
  %n = zext i8 %g to i64
  %o = add i64 %h, %m
  %r = add i64 %o, %n
  ret i64 %r
}
; call aggregate(5) = 12
; call aggregate(50) = 60
define internal signext i8 @narrow(i8 signext %a, i16 zeroext %b, i1 zeroext %c) {
  %d = trunc i16 %b to i8
  %e = add i8 %a, %d
  %f = zext i1 %c to i8
  %g = sub i8 %e, %f
  ret i8 %g
}
define i64 @extended(i64 %x) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %x to i16
  %c = trunc i64 %x to i1
  %v = call signext i8 @narrow(i8 signext %a, i16 zeroext %b, i1 zeroext %c)
  %r = sext i8 %v to i64
  ret i64 %r
}
; call extended(0xff81) = 1
; call extended(0x7e) = -4
@table = internal constant [3 x ptr] [ptr @even, ptr @odd, ptr getelementptr (i8, ptr @number, i64 8)]
@number = internal global { i64, i32, [4 x i8] } { i64 5, i32 66, [4 x i8] undef }
@where = internal global i64 add (i64 ptrtoint (ptr @number to i64), i64 8)
@other = internal alias i64, ptr @number
define i64 @addresses(i64 %n) {
  %f = load ptr, ptr getelementptr ([3 x ptr], ptr @table, i64 0, i64 1)
  %a = call i64 %f(i64 %n)
  %p = load ptr, ptr getelementptr ([3 x ptr], ptr @table, i64 0, i64 2)
  %b = load i32, ptr %p
  %w = load i64, ptr @where
  %q = inttoptr i64 %w to ptr
  %c = load i32, ptr %q
  %d = load i64, ptr @other
  %e = zext i32 %b to i64
  %g = zext i32 %c to i64
  %h = add i64 %a, %d
  %i = mul i64 %e, %g
  %r = add i64 %h, %i
  ret i64 %r
}
; call addresses(3) = 4362
@local = internal thread_local global i64 40
define i64 @threads(i64 %n) {
  %p = call ptr @llvm.threadlocal.address.p0(ptr @local)
  %a = load i64, ptr %p
  %b = add i64 %a, %n
  store i64 %b, ptr %p
  %c = load i64, ptr @local
  store i64 40, ptr @local
  ret i64 %c
}
declare ptr @llvm.threadlocal.address.p0(ptr)
; call threads(2) = 42
define i64 @atomics(i64 %n) {
  %p = alloca i64
  store atomic i64 %n, ptr %p seq_cst, align 8
  %a = atomicrmw add ptr %p, i64 5 monotonic
  %b = atomicrmw umax ptr %p, i64 100 acq_rel
  %c = cmpxchg ptr %p, i64 100, i64 7 seq_cst seq_cst
  %d = extractvalue { i64, i1 } %c, 0
  %e = extractvalue { i64, i1 } %c, 1
  %f = zext i1 %e to i64
  fence seq_cst
  %g = load atomic i64, ptr %p acquire, align 8
  %h = add i64 %a, %b
  %i = add i64 %h, %d
  %j = mul i64 %i, 10
  %k = add i64 %j, %f
  %l = mul i64 %k, 1000
  %r = add i64 %l, %g
  ret i64 %r
}
; call atomics(1) = 1071007
; call atomics(200) = 6100205
