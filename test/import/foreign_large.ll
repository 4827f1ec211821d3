; Values that a line of text makes very large, or of very many parts that are empty.
; foreign products: a very large value
; foreign copies: a very large value
; foreign empty: a very large value
; foreign tree: a very large value
; foreign counts: a very large value
; foreign extracts: a very large value
; foreign shuffles: a very large value
; foreign merges: a very large value
define void @products(ptr %p) {
  %a = load [9223372036854775808 x [2 x i32]], ptr %p
  ret void
}
define void @copies(ptr %p, ptr %q) {
  %a = load [4611686018427387904 x [4 x i8]], ptr %p
  store [4611686018427387904 x [4 x i8]] %a, ptr %q
  ret void
}
define void @empty(ptr %p) {
  %a = load [1152921504606846976 x {}], ptr %p
  ret void
}
%t0 = type { {}, {} }
%t1 = type { %t0, %t0 }
%t2 = type { %t1, %t1 }
%t3 = type { %t2, %t2 }
%t4 = type { %t3, %t3 }
%t5 = type { %t4, %t4 }
%t6 = type { %t5, %t5 }
%t7 = type { %t6, %t6 }
%t8 = type { %t7, %t7 }
%t9 = type { %t8, %t8 }
%t10 = type { %t9, %t9 }
%t11 = type { %t10, %t10 }
%t12 = type { %t11, %t11 }
%t13 = type { %t12, %t12 }
%t14 = type { %t13, %t13 }
%t15 = type { %t14, %t14 }
%t16 = type { %t15, %t15 }
%t17 = type { %t16, %t16 }
%t18 = type { %t17, %t17 }
%t19 = type { %t18, %t18 }
%t20 = type { %t19, %t19 }
%t21 = type { %t20, %t20 }
%t22 = type { %t21, %t21 }
%t23 = type { %t22, %t22 }
%t24 = type { %t23, %t23 }
%t25 = type { %t24, %t24 }
%t26 = type { %t25, %t25 }
%t27 = type { %t26, %t26 }
%t28 = type { %t27, %t27 }
%t29 = type { %t28, %t28 }
%t30 = type { %t29, %t29 }
%t31 = type { %t30, %t30 }
%t32 = type { %t31, %t31 }
%t33 = type { %t32, %t32 }
%t34 = type { %t33, %t33 }
%t35 = type { %t34, %t34 }
%t36 = type { %t35, %t35 }
%t37 = type { %t36, %t36 }
%t38 = type { %t37, %t37 }
%t39 = type { %t38, %t38 }
%t40 = type { %t39, %t39 }
%t41 = type { %t40, %t40 }
%t42 = type { %t41, %t41 }
%t43 = type { %t42, %t42 }
%t44 = type { %t43, %t43 }
%t45 = type { %t44, %t44 }
%t46 = type { %t45, %t45 }
%t47 = type { %t46, %t46 }
%t48 = type { %t47, %t47 }
%t49 = type { %t48, %t48 }
define void @tree(ptr %p) {
  %a = load %t49, ptr %p
  ret void
}
declare <200000 x i32> @llvm.ctpop.v200000i32(<200000 x i32>)
define void @counts() {
  %a = call <200000 x i32> @llvm.ctpop.v200000i32(<200000 x i32> zeroinitializer)
  ret void
}
define i32 @extracts() {
  %a = extractelement <16000000 x i32> zeroinitializer, i32 15999999
  ret i32 %a
}
define i32 @shuffles() {
  %a = shufflevector <16000000 x i32> zeroinitializer, <16000000 x i32> poison, <2 x i32> <i32 15999999, i32 8000000>
  %b = extractelement <2 x i32> %a, i32 0
  ret i32 %b
}
define void @merges(i1 %c) {
entry:
  br i1 %c, label %other, label %end
other:
  br label %end
end:
  %a = phi [2 x i262080] [ zeroinitializer, %entry ], [ zeroinitializer, %other ]
  ret void
}
