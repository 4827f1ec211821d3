; Intrinsic functions on floating point; arguments are bits.
define i64 @minnum(i64 %x, i64 %y) {
  %a = bitcast i64 %x to double
  %b = bitcast i64 %y to double
  %v = call double @llvm.minnum.f64(double %a, double %b)
  %r = bitcast double %v to i64
  ret i64 %r
}
declare double @llvm.minnum.f64(double, double)
; call minnum(4607182418800017408, 4611686018427387904) = 4607182418800017408
; call minnum(4607182418800017408, 0) = 0
; call minnum(4607182418800017408, -9223372036854775808) = -9223372036854775808
; call minnum(4607182418800017408, -4616189618054758400) = -4616189618054758400
; call minnum(0, 4611686018427387904) = 0
; call minnum(0, 0) = 0
; call minnum(0, -9223372036854775808) = 0
; call minnum(0, -4616189618054758400) = -4616189618054758400
; call minnum(-9223372036854775808, 4611686018427387904) = -9223372036854775808
; call minnum(-9223372036854775808, 0) = -9223372036854775808
; call minnum(-9223372036854775808, -9223372036854775808) = -9223372036854775808
; call minnum(-9223372036854775808, -4616189618054758400) = -4616189618054758400
; call minnum(9218868437227405312, 4611686018427387904) = 4611686018427387904
; call minnum(9218868437227405312, 0) = 0
; call minnum(9218868437227405312, -9223372036854775808) = -9223372036854775808
; call minnum(9218868437227405312, -4616189618054758400) = -4616189618054758400
define i64 @maxnum(i64 %x, i64 %y) {
  %a = bitcast i64 %x to double
  %b = bitcast i64 %y to double
  %v = call double @llvm.maxnum.f64(double %a, double %b)
  %r = bitcast double %v to i64
  ret i64 %r
}
declare double @llvm.maxnum.f64(double, double)
; call maxnum(4607182418800017408, 4611686018427387904) = 4611686018427387904
; call maxnum(4607182418800017408, 0) = 4607182418800017408
; call maxnum(4607182418800017408, -9223372036854775808) = 4607182418800017408
; call maxnum(4607182418800017408, -4616189618054758400) = 4607182418800017408
; call maxnum(0, 4611686018427387904) = 4611686018427387904
; call maxnum(0, 0) = 0
; call maxnum(0, -9223372036854775808) = 0
; call maxnum(0, -4616189618054758400) = 0
; call maxnum(-9223372036854775808, 4611686018427387904) = 4611686018427387904
; call maxnum(-9223372036854775808, 0) = -9223372036854775808
; call maxnum(-9223372036854775808, -9223372036854775808) = -9223372036854775808
; call maxnum(-9223372036854775808, -4616189618054758400) = -9223372036854775808
; call maxnum(9218868437227405312, 4611686018427387904) = 9218868437227405312
; call maxnum(9218868437227405312, 0) = 9218868437227405312
; call maxnum(9218868437227405312, -9223372036854775808) = 9218868437227405312
; call maxnum(9218868437227405312, -4616189618054758400) = 9218868437227405312
define i64 @minimum(i64 %x, i64 %y) {
  %a = bitcast i64 %x to double
  %b = bitcast i64 %y to double
  %v = call double @llvm.minimum.f64(double %a, double %b)
  %r = bitcast double %v to i64
  ret i64 %r
}
declare double @llvm.minimum.f64(double, double)
; call minimum(4607182418800017408, 4611686018427387904) = 4607182418800017408
; call minimum(4607182418800017408, 0) = 0
; call minimum(4607182418800017408, -9223372036854775808) = -9223372036854775808
; call minimum(4607182418800017408, -4616189618054758400) = -4616189618054758400
; call minimum(0, 4611686018427387904) = 0
; call minimum(0, 0) = 0
; call minimum(0, -9223372036854775808) = -9223372036854775808
; call minimum(0, -4616189618054758400) = -4616189618054758400
; call minimum(-9223372036854775808, 4611686018427387904) = -9223372036854775808
; call minimum(-9223372036854775808, 0) = -9223372036854775808
; call minimum(-9223372036854775808, -9223372036854775808) = -9223372036854775808
; call minimum(-9223372036854775808, -4616189618054758400) = -4616189618054758400
; call minimum(9218868437227405312, 4611686018427387904) = 4611686018427387904
; call minimum(9218868437227405312, 0) = 0
; call minimum(9218868437227405312, -9223372036854775808) = -9223372036854775808
; call minimum(9218868437227405312, -4616189618054758400) = -4616189618054758400
define i64 @maximum(i64 %x, i64 %y) {
  %a = bitcast i64 %x to double
  %b = bitcast i64 %y to double
  %v = call double @llvm.maximum.f64(double %a, double %b)
  %r = bitcast double %v to i64
  ret i64 %r
}
declare double @llvm.maximum.f64(double, double)
; call maximum(4607182418800017408, 4611686018427387904) = 4611686018427387904
; call maximum(4607182418800017408, 0) = 4607182418800017408
; call maximum(4607182418800017408, -9223372036854775808) = 4607182418800017408
; call maximum(4607182418800017408, -4616189618054758400) = 4607182418800017408
; call maximum(0, 4611686018427387904) = 4611686018427387904
; call maximum(0, 0) = 0
; call maximum(0, -9223372036854775808) = 0
; call maximum(0, -4616189618054758400) = 0
; call maximum(-9223372036854775808, 4611686018427387904) = 4611686018427387904
; call maximum(-9223372036854775808, 0) = 0
; call maximum(-9223372036854775808, -9223372036854775808) = -9223372036854775808
; call maximum(-9223372036854775808, -4616189618054758400) = -9223372036854775808
; call maximum(9218868437227405312, 4611686018427387904) = 9218868437227405312
; call maximum(9218868437227405312, 0) = 9218868437227405312
; call maximum(9218868437227405312, -9223372036854775808) = 9218868437227405312
; call maximum(9218868437227405312, -4616189618054758400) = 9218868437227405312
define i64 @copysign(i64 %x, i64 %y) {
  %a = bitcast i64 %x to double
  %b = bitcast i64 %y to double
  %v = call double @llvm.copysign.f64(double %a, double %b)
  %r = bitcast double %v to i64
  ret i64 %r
}
declare double @llvm.copysign.f64(double, double)
; call copysign(4607182418800017408, 4611686018427387904) = 4607182418800017408
; call copysign(4607182418800017408, 0) = 4607182418800017408
; call copysign(4607182418800017408, -9223372036854775808) = -4616189618054758400
; call copysign(4607182418800017408, -4616189618054758400) = -4616189618054758400
; call copysign(0, 4611686018427387904) = 0
; call copysign(0, 0) = 0
; call copysign(0, -9223372036854775808) = -9223372036854775808
; call copysign(0, -4616189618054758400) = -9223372036854775808
; call copysign(-9223372036854775808, 4611686018427387904) = 0
; call copysign(-9223372036854775808, 0) = 0
; call copysign(-9223372036854775808, -9223372036854775808) = -9223372036854775808
; call copysign(-9223372036854775808, -4616189618054758400) = -9223372036854775808
; call copysign(9218868437227405312, 4611686018427387904) = 9218868437227405312
; call copysign(9218868437227405312, 0) = 9218868437227405312
; call copysign(9218868437227405312, -9223372036854775808) = -4503599627370496
; call copysign(9218868437227405312, -4616189618054758400) = -4503599627370496
define i64 @class_1(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 1)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 1)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_1(0) = 0
; call class_1(-9223372036854775808) = 0
; call class_1(1) = 0
; call class_1(4607182418800017408) = 0
; call class_1(-4616189618054758400) = 0
; call class_1(9218868437227405312) = 0
; call class_1(-4503599627370496) = 0
; call class_1(9221120237041090560) = 0
; call class_1(9218868437227405313) = 1
; call class_1(2139095040) = 0
; call class_1(4286578689) = 2
; call class_1(2147483649) = 0
define i64 @class_2(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 2)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 2)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_2(0) = 0
; call class_2(-9223372036854775808) = 0
; call class_2(1) = 0
; call class_2(4607182418800017408) = 0
; call class_2(-4616189618054758400) = 0
; call class_2(9218868437227405312) = 0
; call class_2(-4503599627370496) = 0
; call class_2(9221120237041090560) = 1
; call class_2(9218868437227405313) = 0
; call class_2(2139095040) = 0
; call class_2(4286578689) = 0
; call class_2(2147483649) = 0
define i64 @class_3(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 3)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 3)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_3(0) = 0
; call class_3(-9223372036854775808) = 0
; call class_3(1) = 0
; call class_3(4607182418800017408) = 0
; call class_3(-4616189618054758400) = 0
; call class_3(9218868437227405312) = 0
; call class_3(-4503599627370496) = 0
; call class_3(9221120237041090560) = 1
; call class_3(9218868437227405313) = 1
; call class_3(2139095040) = 0
; call class_3(4286578689) = 2
; call class_3(2147483649) = 0
define i64 @class_4(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 4)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 4)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_4(0) = 0
; call class_4(-9223372036854775808) = 0
; call class_4(1) = 0
; call class_4(4607182418800017408) = 0
; call class_4(-4616189618054758400) = 0
; call class_4(9218868437227405312) = 0
; call class_4(-4503599627370496) = 1
; call class_4(9221120237041090560) = 0
; call class_4(9218868437227405313) = 0
; call class_4(2139095040) = 0
; call class_4(4286578689) = 0
; call class_4(2147483649) = 0
define i64 @class_516(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 516)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 516)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_516(0) = 0
; call class_516(-9223372036854775808) = 0
; call class_516(1) = 0
; call class_516(4607182418800017408) = 0
; call class_516(-4616189618054758400) = 0
; call class_516(9218868437227405312) = 1
; call class_516(-4503599627370496) = 1
; call class_516(9221120237041090560) = 0
; call class_516(9218868437227405313) = 0
; call class_516(2139095040) = 2
; call class_516(4286578689) = 0
; call class_516(2147483649) = 0
define i64 @class_264(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 264)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 264)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_264(0) = 0
; call class_264(-9223372036854775808) = 0
; call class_264(1) = 0
; call class_264(4607182418800017408) = 1
; call class_264(-4616189618054758400) = 1
; call class_264(9218868437227405312) = 0
; call class_264(-4503599627370496) = 0
; call class_264(9221120237041090560) = 0
; call class_264(9218868437227405313) = 0
; call class_264(2139095040) = 0
; call class_264(4286578689) = 0
; call class_264(2147483649) = 0
define i64 @class_144(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 144)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 144)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_144(0) = 0
; call class_144(-9223372036854775808) = 0
; call class_144(1) = 3
; call class_144(4607182418800017408) = 0
; call class_144(-4616189618054758400) = 0
; call class_144(9218868437227405312) = 0
; call class_144(-4503599627370496) = 0
; call class_144(9221120237041090560) = 0
; call class_144(9218868437227405313) = 2
; call class_144(2139095040) = 1
; call class_144(4286578689) = 1
; call class_144(2147483649) = 3
define i64 @class_96(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 96)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 96)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_96(0) = 3
; call class_96(-9223372036854775808) = 3
; call class_96(1) = 0
; call class_96(4607182418800017408) = 2
; call class_96(-4616189618054758400) = 2
; call class_96(9218868437227405312) = 2
; call class_96(-4503599627370496) = 2
; call class_96(9221120237041090560) = 2
; call class_96(9218868437227405313) = 0
; call class_96(2139095040) = 0
; call class_96(4286578689) = 0
; call class_96(2147483649) = 0
define i64 @class_60(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 60)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 60)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_60(0) = 0
; call class_60(-9223372036854775808) = 1
; call class_60(1) = 0
; call class_60(4607182418800017408) = 0
; call class_60(-4616189618054758400) = 1
; call class_60(9218868437227405312) = 0
; call class_60(-4503599627370496) = 1
; call class_60(9221120237041090560) = 0
; call class_60(9218868437227405313) = 0
; call class_60(2139095040) = 0
; call class_60(4286578689) = 0
; call class_60(2147483649) = 2
define i64 @class_504(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 504)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 504)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_504(0) = 3
; call class_504(-9223372036854775808) = 3
; call class_504(1) = 3
; call class_504(4607182418800017408) = 3
; call class_504(-4616189618054758400) = 3
; call class_504(9218868437227405312) = 2
; call class_504(-4503599627370496) = 2
; call class_504(9221120237041090560) = 2
; call class_504(9218868437227405313) = 2
; call class_504(2139095040) = 1
; call class_504(4286578689) = 1
; call class_504(2147483649) = 3
define i64 @class_1020(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 1020)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 1020)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_1020(0) = 3
; call class_1020(-9223372036854775808) = 3
; call class_1020(1) = 3
; call class_1020(4607182418800017408) = 3
; call class_1020(-4616189618054758400) = 3
; call class_1020(9218868437227405312) = 3
; call class_1020(-4503599627370496) = 3
; call class_1020(9221120237041090560) = 2
; call class_1020(9218868437227405313) = 2
; call class_1020(2139095040) = 3
; call class_1020(4286578689) = 1
; call class_1020(2147483649) = 3
define i64 @class_612(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 612)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 612)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_612(0) = 3
; call class_612(-9223372036854775808) = 3
; call class_612(1) = 0
; call class_612(4607182418800017408) = 2
; call class_612(-4616189618054758400) = 2
; call class_612(9218868437227405312) = 3
; call class_612(-4503599627370496) = 3
; call class_612(9221120237041090560) = 2
; call class_612(9218868437227405313) = 0
; call class_612(2139095040) = 2
; call class_612(4286578689) = 0
; call class_612(2147483649) = 0
define i64 @class_32(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i1 @llvm.is.fpclass.f64(double %a, i32 32)
  %f = trunc i64 %x to i32
  %s = bitcast i32 %f to float
  %u = call i1 @llvm.is.fpclass.f32(float %s, i32 32)
  %e = zext i1 %v to i64
  %g = zext i1 %u to i64
  %h = shl i64 %g, 1
  %r = or i64 %e, %h
  ret i64 %r
}
; call class_32(0) = 0
; call class_32(-9223372036854775808) = 1
; call class_32(1) = 0
; call class_32(4607182418800017408) = 0
; call class_32(-4616189618054758400) = 0
; call class_32(9218868437227405312) = 0
; call class_32(-4503599627370496) = 0
; call class_32(9221120237041090560) = 0
; call class_32(9218868437227405313) = 0
; call class_32(2139095040) = 0
; call class_32(4286578689) = 0
; call class_32(2147483649) = 0
declare i1 @llvm.is.fpclass.f64(double, i32)
declare i1 @llvm.is.fpclass.f32(float, i32)
define i64 @si_i8(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i8 @llvm.fptosi.sat.i8.f64(double %a)
  %r = zext i8 %v to i64
  ret i64 %r
}
declare i8 @llvm.fptosi.sat.i8.f64(double)
; call si_i8(0) = 0
; call si_i8(4636737291354636288) = 100
; call si_i8(-4586634745500139520) = 156
; call si_i8(9221120237041090560) = 0
; call si_i8(4890909195324358656) = 127
; call si_i8(9214364837600034816) = 127
; call si_i8(-4503599627370496) = 128
; call si_i8(4746794007244308480) = 127
define i64 @si_i13(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i13 @llvm.fptosi.sat.i13.f64(double %a)
  %r = zext i13 %v to i64
  ret i64 %r
}
declare i13 @llvm.fptosi.sat.i13.f64(double)
; call si_i13(0) = 0
; call si_i13(4636737291354636288) = 100
; call si_i13(-4586634745500139520) = 8092
; call si_i13(9221120237041090560) = 0
; call si_i13(4890909195324358656) = 4095
; call si_i13(9214364837600034816) = 4095
; call si_i13(-4503599627370496) = 4096
; call si_i13(4746794007244308480) = 4095
define i64 @si_i32(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i32 @llvm.fptosi.sat.i32.f64(double %a)
  %r = zext i32 %v to i64
  ret i64 %r
}
declare i32 @llvm.fptosi.sat.i32.f64(double)
; call si_i32(0) = 0
; call si_i32(4636737291354636288) = 100
; call si_i32(-4586634745500139520) = 4294967196
; call si_i32(9221120237041090560) = 0
; call si_i32(4890909195324358656) = 2147483647
; call si_i32(9214364837600034816) = 2147483647
; call si_i32(-4503599627370496) = 2147483648
; call si_i32(4746794007244308480) = 2147483647
define i64 @si_i64(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i64 @llvm.fptosi.sat.i64.f64(double %a)
  %r = add i64 %v, 0
  ret i64 %r
}
declare i64 @llvm.fptosi.sat.i64.f64(double)
; call si_i64(0) = 0
; call si_i64(4636737291354636288) = 100
; call si_i64(-4586634745500139520) = -100
; call si_i64(9221120237041090560) = 0
; call si_i64(4890909195324358656) = 9223372036854775807
; call si_i64(9214364837600034816) = 9223372036854775807
; call si_i64(-4503599627370496) = -9223372036854775808
; call si_i64(4746794007244308480) = 2147483647
define i64 @ui_i8(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i8 @llvm.fptoui.sat.i8.f64(double %a)
  %r = zext i8 %v to i64
  ret i64 %r
}
declare i8 @llvm.fptoui.sat.i8.f64(double)
; call ui_i8(0) = 0
; call ui_i8(4636737291354636288) = 100
; call ui_i8(-4586634745500139520) = 0
; call ui_i8(9221120237041090560) = 0
; call ui_i8(4890909195324358656) = 255
; call ui_i8(9214364837600034816) = 255
; call ui_i8(-4503599627370496) = 0
; call ui_i8(4746794007244308480) = 255
define i64 @ui_i13(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i13 @llvm.fptoui.sat.i13.f64(double %a)
  %r = zext i13 %v to i64
  ret i64 %r
}
declare i13 @llvm.fptoui.sat.i13.f64(double)
; call ui_i13(0) = 0
; call ui_i13(4636737291354636288) = 100
; call ui_i13(-4586634745500139520) = 0
; call ui_i13(9221120237041090560) = 0
; call ui_i13(4890909195324358656) = 8191
; call ui_i13(9214364837600034816) = 8191
; call ui_i13(-4503599627370496) = 0
; call ui_i13(4746794007244308480) = 8191
define i64 @ui_i32(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i32 @llvm.fptoui.sat.i32.f64(double %a)
  %r = zext i32 %v to i64
  ret i64 %r
}
declare i32 @llvm.fptoui.sat.i32.f64(double)
; call ui_i32(0) = 0
; call ui_i32(4636737291354636288) = 100
; call ui_i32(-4586634745500139520) = 0
; call ui_i32(9221120237041090560) = 0
; call ui_i32(4890909195324358656) = 4294967295
; call ui_i32(9214364837600034816) = 4294967295
; call ui_i32(-4503599627370496) = 0
; call ui_i32(4746794007244308480) = 2147483647
define i64 @ui_i64(i64 %x) {
  %a = bitcast i64 %x to double
  %v = call i64 @llvm.fptoui.sat.i64.f64(double %a)
  %r = add i64 %v, 0
  ret i64 %r
}
declare i64 @llvm.fptoui.sat.i64.f64(double)
; call ui_i64(0) = 0
; call ui_i64(4636737291354636288) = 100
; call ui_i64(-4586634745500139520) = 0
; call ui_i64(9221120237041090560) = 0
; call ui_i64(4890909195324358656) = -9223372036854775808
; call ui_i64(9214364837600034816) = -1
; call ui_i64(-4503599627370496) = 0
; call ui_i64(4746794007244308480) = 2147483647
