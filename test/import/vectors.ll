; Vectors: lanes moved about, single bits in memory, reductions, bitcasts.
define i64 @shuffle(i64 %x, i64 %y) {
  %a = bitcast i64 %x to <4 x i16>
  %b = bitcast i64 %y to <4 x i16>
  %s = shufflevector <4 x i16> %a, <4 x i16> %b, <8 x i32> <i32 7, i32 0, i32 1, i32 6, i32 5, i32 2, i32 3, i32 4>
  %w = bitcast <8 x i16> %s to i128
  %h = lshr i128 %w, 64
  %l = xor i128 %w, %h
  %r = trunc i128 %l to i64
  ret i64 %r
}
; call shuffle(0x123456789abcdef, 0x7766554433221100) = 4919206812982985796
define i64 @mask(i64 %x, i64 %y) {
  %a = bitcast i64 %x to <8 x i8>
  %b = bitcast i64 %y to <8 x i8>
  %c = icmp slt <8 x i8> %a, %b
  %m = bitcast <8 x i1> %c to i8
  %r = zext i8 %m to i64
  ret i64 %r
}
; call mask(0x0180ff7f00112233, 0x007f007f01102234) = 105
define i64 @bits(i64 %x) {
  %slot = alloca <8 x i1>
  %b = trunc i64 %x to i8
  %v = bitcast i8 %b to <8 x i1>
  %n = xor <8 x i1> %v, <i1 true, i1 false, i1 true, i1 false, i1 true, i1 false, i1 true, i1 true>
  store <8 x i1> %n, ptr %slot
  %l = load i8, ptr %slot
  %k = load <8 x i1>, ptr %slot
  %s = sext <8 x i1> %k to <8 x i8>
  %w = bitcast <8 x i8> %s to i64
  %e = zext i8 %l to i64
  %r = xor i64 %w, %e
  ret i64 %r
}
; call bits(0x5a) = -72057589742960784
; call bits(0xff) = 280379743338282
define i64 @lane(i64 %x, i64 %i, i64 %y) {
  %a = bitcast i64 %x to <4 x i16>
  %b = trunc i64 %y to i16
  %n = insertelement <4 x i16> %a, i16 %b, i64 %i
  %e = extractelement <4 x i16> %a, i64 %i
  %w = bitcast <4 x i16> %n to i64
  %f = zext i16 %e to i64
  %r = add i64 %w, %f
  ret i64 %r
}
; call lane(0x123456789abcdef, 0, 77) = 81985529216486972
; call lane(0x123456789abcdef, 3, 77) = 21749884200406802
define i64 @reduce(i64 %x) {
  %a = bitcast i64 %x to <8 x i8>
  %s = call i8 @llvm.vector.reduce.add.v8i8(<8 x i8> %a)
  %m = call i8 @llvm.vector.reduce.smin.v8i8(<8 x i8> %a)
  %u = call i8 @llvm.vector.reduce.umax.v8i8(<8 x i8> %a)
  %o = call i8 @llvm.vector.reduce.xor.v8i8(<8 x i8> %a)
  %f = uitofp <8 x i8> %a to <8 x float>
  %g = call float @llvm.vector.reduce.fadd.v8f32(float 0.5, <8 x float> %f)
  %i = fptoui float %g to i64
  %e1 = zext i8 %s to i64
  %e2 = zext i8 %m to i64
  %e3 = zext i8 %u to i64
  %e4 = zext i8 %o to i64
  %r1 = mul i64 %e1, 1000
  %r2 = add i64 %r1, %e2
  %r3 = mul i64 %r2, 1000
  %r4 = add i64 %r3, %e3
  %r5 = mul i64 %r4, 1000
  %r6 = add i64 %r5, %e4
  %r7 = mul i64 %r6, 10000
  %r = add i64 %r7, %i
  ret i64 %r
}
; call reduce(0x8123456789abcdef) = 641292391281088
; call reduce(0x0102030405060708) = 360010080080036
declare i8 @llvm.vector.reduce.add.v8i8(<8 x i8>)
declare i8 @llvm.vector.reduce.smin.v8i8(<8 x i8>)
declare i8 @llvm.vector.reduce.umax.v8i8(<8 x i8>)
declare i8 @llvm.vector.reduce.xor.v8i8(<8 x i8>)
declare float @llvm.vector.reduce.fadd.v8f32(float, <8 x float>)
define i64 @pointers(i64 %x) {
  %s = alloca [4 x i64]
  %p = getelementptr [4 x i64], ptr %s, i64 0, <4 x i64> <i64 3, i64 1, i64 2, i64 0>
  %p0 = extractelement <4 x ptr> %p, i32 0
  %p1 = extractelement <4 x ptr> %p, i32 3
  store i64 %x, ptr %p0
  store i64 9, ptr %p1
  %q = getelementptr i64, ptr %s, i64 3
  %l = load i64, ptr %q
  %k = load i64, ptr %s
  %r = mul i64 %l, %k
  ret i64 %r
}
; call pointers(7) = 63
; An index of 8 bits never means lane 256.
define i64 @far_lane(i64 %i) {
  %p = alloca <512 x i8>
  store <512 x i8> zeroinitializer, ptr %p
  %a = load volatile <512 x i8>, ptr %p
  %b = insertelement <512 x i8> %a, i8 9, i32 256
  %k = trunc i64 %i to i8
  %c = insertelement <512 x i8> %b, i8 5, i8 %k
  %d = extractelement <512 x i8> %b, i8 %k
  %e = extractelement <512 x i8> %c, i32 256
  %x = zext i8 %d to i64
  %y = zext i8 %e to i64
  %z = mul i64 %x, 100
  %r = add i64 %y, %z
  ret i64 %r
}
; call far_lane(0) = 9
; call far_lane(255) = 9
; Lanes of odd widths in data.
@truths = global <12 x i1> <i1 true, i1 false, i1 true, i1 true, i1 poison, i1 false, i1 false, i1 true, i1 true, i1 true, i1 false, i1 true>
@sevens = global { i8, <3 x i7>, i8 } { i8 -1, <3 x i7> <i7 -1, i7 1, i7 65>, i8 -1 }, align 4
@longer = global <2 x i100> <i100 1, i100 633825300114114700748351602688>
define i64 @odd_lanes(i64 %i) {
  %a = load i16, ptr @truths
  %p = getelementptr { i8, <3 x i7>, i8 }, ptr @sevens, i64 0, i32 1
  %v = load volatile <3 x i7>, ptr %p
  %w = load i32, ptr %p
  %b = extractelement <3 x i7> %v, i64 %i
  %q = getelementptr i8, ptr @longer, i64 24
  %c = load i8, ptr %q
  %x = zext i16 %a to i64
  %y = zext i7 %b to i64
  %z = zext i32 %w to i64
  %u = zext i8 %c to i64
  %m = mul i64 %x, 1000
  %n = add i64 %m, %y
  %o = shl i64 %z, 32
  %s = xor i64 %n, %o
  %d = shl i64 %u, 24
  %r = xor i64 %s, %d
  ret i64 %r
}
; call odd_lanes(0) = 4575065738649415
; call odd_lanes(1) = 4575065738649289
; call odd_lanes(2) = 4575065738649353
