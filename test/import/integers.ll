; Intrinsic functions on integers of every kind of width: arguments are cut to it, results extended by zeros.
define i64 @ctpop_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %v = call i1 @llvm.ctpop.i1(i1 %a)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call ctpop_1(1, 2, 3) = 1
; call ctpop_1(-1, -1, 64) = 1
; call ctpop_1(5, -3, 33) = 1
; call ctpop_1(-9223372036854775808, -1, 13) = 0
; call ctpop_1(81985529216486895, 119, 100) = 1
define i64 @bitreverse_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %v = call i1 @llvm.bitreverse.i1(i1 %a)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call bitreverse_1(1, 2, 3) = 1
; call bitreverse_1(-1, -1, 64) = 1
; call bitreverse_1(5, -3, 33) = 1
; call bitreverse_1(-9223372036854775808, -1, 13) = 0
; call bitreverse_1(81985529216486895, 119, 100) = 1
define i64 @ctlz_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %v = call i1 @llvm.ctlz.i1(i1 %a, i1 false)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call ctlz_1(1, 2, 3) = 0
; call ctlz_1(-1, -1, 64) = 0
; call ctlz_1(5, -3, 33) = 0
; call ctlz_1(-9223372036854775808, -1, 13) = 1
; call ctlz_1(81985529216486895, 119, 100) = 0
define i64 @cttz_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %v = call i1 @llvm.cttz.i1(i1 %a, i1 false)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call cttz_1(1, 2, 3) = 0
; call cttz_1(-1, -1, 64) = 0
; call cttz_1(5, -3, 33) = 0
; call cttz_1(-9223372036854775808, -1, 13) = 1
; call cttz_1(81985529216486895, 119, 100) = 0
define i64 @abs_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %v = call i1 @llvm.abs.i1(i1 %a, i1 false)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call abs_1(1, 2, 3) = 1
; call abs_1(-1, -1, 64) = 1
; call abs_1(5, -3, 33) = 1
; call abs_1(-9223372036854775808, -1, 13) = 0
; call abs_1(81985529216486895, 119, 100) = 1
define i64 @smin_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.smin.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call smin_1(1, 2, 3) = 1
; call smin_1(-1, -1, 64) = 1
; call smin_1(5, -3, 33) = 1
; call smin_1(-9223372036854775808, -1, 13) = 1
; call smin_1(81985529216486895, 119, 100) = 1
define i64 @smax_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.smax.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call smax_1(1, 2, 3) = 0
; call smax_1(-1, -1, 64) = 1
; call smax_1(5, -3, 33) = 1
; call smax_1(-9223372036854775808, -1, 13) = 0
; call smax_1(81985529216486895, 119, 100) = 1
define i64 @umin_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.umin.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call umin_1(1, 2, 3) = 0
; call umin_1(-1, -1, 64) = 1
; call umin_1(5, -3, 33) = 1
; call umin_1(-9223372036854775808, -1, 13) = 0
; call umin_1(81985529216486895, 119, 100) = 1
define i64 @umax_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.umax.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call umax_1(1, 2, 3) = 1
; call umax_1(-1, -1, 64) = 1
; call umax_1(5, -3, 33) = 1
; call umax_1(-9223372036854775808, -1, 13) = 1
; call umax_1(81985529216486895, 119, 100) = 1
define i64 @sadd_sat_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.sadd.sat.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call sadd_sat_1(1, 2, 3) = 1
; call sadd_sat_1(-1, -1, 64) = 1
; call sadd_sat_1(5, -3, 33) = 1
; call sadd_sat_1(-9223372036854775808, -1, 13) = 1
; call sadd_sat_1(81985529216486895, 119, 100) = 1
define i64 @uadd_sat_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.uadd.sat.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call uadd_sat_1(1, 2, 3) = 1
; call uadd_sat_1(-1, -1, 64) = 1
; call uadd_sat_1(5, -3, 33) = 1
; call uadd_sat_1(-9223372036854775808, -1, 13) = 1
; call uadd_sat_1(81985529216486895, 119, 100) = 1
define i64 @ssub_sat_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.ssub.sat.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call ssub_sat_1(1, 2, 3) = 1
; call ssub_sat_1(-1, -1, 64) = 0
; call ssub_sat_1(5, -3, 33) = 0
; call ssub_sat_1(-9223372036854775808, -1, 13) = 0
; call ssub_sat_1(81985529216486895, 119, 100) = 0
define i64 @usub_sat_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = call i1 @llvm.usub.sat.i1(i1 %a, i1 %b)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call usub_sat_1(1, 2, 3) = 1
; call usub_sat_1(-1, -1, 64) = 0
; call usub_sat_1(5, -3, 33) = 0
; call usub_sat_1(-9223372036854775808, -1, 13) = 0
; call usub_sat_1(81985529216486895, 119, 100) = 0
define i64 @fshl_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %c = trunc i64 %z to i1
  %v = call i1 @llvm.fshl.i1(i1 %a, i1 %b, i1 %c)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call fshl_1(1, 2, 3) = 1
; call fshl_1(-1, -1, 64) = 1
; call fshl_1(5, -3, 33) = 1
; call fshl_1(-9223372036854775808, -1, 13) = 0
; call fshl_1(81985529216486895, 119, 100) = 1
define i64 @rotate_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %c = trunc i64 %z to i1
  %v = call i1 @llvm.fshl.i1(i1 %a, i1 %a, i1 %c)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call rotate_1(1, 2, 3) = 1
; call rotate_1(-1, -1, 64) = 1
; call rotate_1(5, -3, 33) = 1
; call rotate_1(-9223372036854775808, -1, 13) = 0
; call rotate_1(81985529216486895, 119, 100) = 1
define i64 @fshr_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %c = trunc i64 %z to i1
  %v = call i1 @llvm.fshr.i1(i1 %a, i1 %b, i1 %c)
  %r = zext i1 %v to i64
  ret i64 %r
}
; call fshr_1(1, 2, 3) = 0
; call fshr_1(-1, -1, 64) = 1
; call fshr_1(5, -3, 33) = 1
; call fshr_1(-9223372036854775808, -1, 13) = 1
; call fshr_1(81985529216486895, 119, 100) = 1
define i64 @sadd_over_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %p = call {i1, i1} @llvm.sadd.with.overflow.i1(i1 %a, i1 %b)
  %v1 = extractvalue {i1, i1} %p, 0
  %o = extractvalue {i1, i1} %p, 1
  %oe = or i1 %o, false
  %v = xor i1 %v1, %oe
  %r = zext i1 %v to i64
  ret i64 %r
}
; call sadd_over_1(1, 2, 3) = 1
; call sadd_over_1(-1, -1, 64) = 1
; call sadd_over_1(5, -3, 33) = 1
; call sadd_over_1(-9223372036854775808, -1, 13) = 1
; call sadd_over_1(81985529216486895, 119, 100) = 1
define i64 @uadd_over_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %p = call {i1, i1} @llvm.uadd.with.overflow.i1(i1 %a, i1 %b)
  %v1 = extractvalue {i1, i1} %p, 0
  %o = extractvalue {i1, i1} %p, 1
  %oe = or i1 %o, false
  %v = xor i1 %v1, %oe
  %r = zext i1 %v to i64
  ret i64 %r
}
; call uadd_over_1(1, 2, 3) = 1
; call uadd_over_1(-1, -1, 64) = 1
; call uadd_over_1(5, -3, 33) = 1
; call uadd_over_1(-9223372036854775808, -1, 13) = 1
; call uadd_over_1(81985529216486895, 119, 100) = 1
define i64 @ssub_over_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %p = call {i1, i1} @llvm.ssub.with.overflow.i1(i1 %a, i1 %b)
  %v1 = extractvalue {i1, i1} %p, 0
  %o = extractvalue {i1, i1} %p, 1
  %oe = or i1 %o, false
  %v = xor i1 %v1, %oe
  %r = zext i1 %v to i64
  ret i64 %r
}
; call ssub_over_1(1, 2, 3) = 1
; call ssub_over_1(-1, -1, 64) = 0
; call ssub_over_1(5, -3, 33) = 0
; call ssub_over_1(-9223372036854775808, -1, 13) = 0
; call ssub_over_1(81985529216486895, 119, 100) = 0
define i64 @usub_over_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %p = call {i1, i1} @llvm.usub.with.overflow.i1(i1 %a, i1 %b)
  %v1 = extractvalue {i1, i1} %p, 0
  %o = extractvalue {i1, i1} %p, 1
  %oe = or i1 %o, false
  %v = xor i1 %v1, %oe
  %r = zext i1 %v to i64
  ret i64 %r
}
; call usub_over_1(1, 2, 3) = 1
; call usub_over_1(-1, -1, 64) = 0
; call usub_over_1(5, -3, 33) = 0
; call usub_over_1(-9223372036854775808, -1, 13) = 0
; call usub_over_1(81985529216486895, 119, 100) = 0
define i64 @smul_over_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %p = call {i1, i1} @llvm.smul.with.overflow.i1(i1 %a, i1 %b)
  %v1 = extractvalue {i1, i1} %p, 0
  %o = extractvalue {i1, i1} %p, 1
  %oe = or i1 %o, false
  %v = xor i1 %v1, %oe
  %r = zext i1 %v to i64
  ret i64 %r
}
; call smul_over_1(1, 2, 3) = 0
; call smul_over_1(-1, -1, 64) = 0
; call smul_over_1(5, -3, 33) = 0
; call smul_over_1(-9223372036854775808, -1, 13) = 0
; call smul_over_1(81985529216486895, 119, 100) = 0
define i64 @umul_over_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %p = call {i1, i1} @llvm.umul.with.overflow.i1(i1 %a, i1 %b)
  %v1 = extractvalue {i1, i1} %p, 0
  %o = extractvalue {i1, i1} %p, 1
  %oe = or i1 %o, false
  %v = xor i1 %v1, %oe
  %r = zext i1 %v to i64
  ret i64 %r
}
; call umul_over_1(1, 2, 3) = 0
; call umul_over_1(-1, -1, 64) = 1
; call umul_over_1(5, -3, 33) = 1
; call umul_over_1(-9223372036854775808, -1, 13) = 0
; call umul_over_1(81985529216486895, 119, 100) = 1
define i64 @icmp_slt_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = icmp slt i1 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_1(1, 2, 3) = 1
; call icmp_slt_1(-1, -1, 64) = 0
; call icmp_slt_1(5, -3, 33) = 0
; call icmp_slt_1(-9223372036854775808, -1, 13) = 0
; call icmp_slt_1(81985529216486895, 119, 100) = 0
define i64 @icmp_ule_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = icmp ule i1 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_1(1, 2, 3) = 0
; call icmp_ule_1(-1, -1, 64) = 1
; call icmp_ule_1(5, -3, 33) = 1
; call icmp_ule_1(-9223372036854775808, -1, 13) = 1
; call icmp_ule_1(81985529216486895, 119, 100) = 1
define i64 @icmp_eq_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = icmp eq i1 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_1(1, 2, 3) = 0
; call icmp_eq_1(-1, -1, 64) = 1
; call icmp_eq_1(5, -3, 33) = 1
; call icmp_eq_1(-9223372036854775808, -1, 13) = 0
; call icmp_eq_1(81985529216486895, 119, 100) = 1
define i64 @icmp_sge_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %v = icmp sge i1 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_1(1, 2, 3) = 0
; call icmp_sge_1(-1, -1, 64) = 1
; call icmp_sge_1(5, -3, 33) = 1
; call icmp_sge_1(-9223372036854775808, -1, 13) = 1
; call icmp_sge_1(81985529216486895, 119, 100) = 1
define i64 @sext_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %r = zext i1 %a to i64
  ret i64 %r
}
; call sext_1(1, 2, 3) = 1
; call sext_1(-1, -1, 64) = 1
; call sext_1(5, -3, 33) = 1
; call sext_1(-9223372036854775808, -1, 13) = 0
; call sext_1(81985529216486895, 119, 100) = 1
define i64 @switch_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  switch i1 %a, label %d [ i1 0, label %p ]
p:
  ret i64 10
d:
  ret i64 30
}
; call switch_1(1, 2, 3) = 30
; call switch_1(-1, -1, 64) = 30
; call switch_1(5, -3, 33) = 30
; call switch_1(-9223372036854775808, -1, 13) = 10
; call switch_1(81985529216486895, 119, 100) = 30
define i64 @tofloat_1(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i1
  %b = trunc i64 %y to i1
  %f = sitofp i1 %a to double
  %g = uitofp i1 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_1(1, 2, 3) = -4616189618054758400
; call tofloat_1(-1, -1, 64) = 0
; call tofloat_1(5, -3, 33) = 0
; call tofloat_1(-9223372036854775808, -1, 13) = 4607182418800017408
; call tofloat_1(81985529216486895, 119, 100) = 0
define i64 @ctpop_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %v = call i3 @llvm.ctpop.i3(i3 %a)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call ctpop_3(1, 2, 3) = 1
; call ctpop_3(-1, -1, 64) = 3
; call ctpop_3(5, -3, 33) = 2
; call ctpop_3(-9223372036854775808, -1, 13) = 0
; call ctpop_3(81985529216486895, 119, 100) = 3
define i64 @bitreverse_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %v = call i3 @llvm.bitreverse.i3(i3 %a)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call bitreverse_3(1, 2, 3) = 4
; call bitreverse_3(-1, -1, 64) = 7
; call bitreverse_3(5, -3, 33) = 5
; call bitreverse_3(-9223372036854775808, -1, 13) = 0
; call bitreverse_3(81985529216486895, 119, 100) = 7
define i64 @ctlz_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %v = call i3 @llvm.ctlz.i3(i3 %a, i1 false)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call ctlz_3(1, 2, 3) = 2
; call ctlz_3(-1, -1, 64) = 0
; call ctlz_3(5, -3, 33) = 0
; call ctlz_3(-9223372036854775808, -1, 13) = 3
; call ctlz_3(81985529216486895, 119, 100) = 0
define i64 @cttz_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %v = call i3 @llvm.cttz.i3(i3 %a, i1 false)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call cttz_3(1, 2, 3) = 0
; call cttz_3(-1, -1, 64) = 0
; call cttz_3(5, -3, 33) = 0
; call cttz_3(-9223372036854775808, -1, 13) = 3
; call cttz_3(81985529216486895, 119, 100) = 0
define i64 @abs_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %v = call i3 @llvm.abs.i3(i3 %a, i1 false)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call abs_3(1, 2, 3) = 1
; call abs_3(-1, -1, 64) = 1
; call abs_3(5, -3, 33) = 3
; call abs_3(-9223372036854775808, -1, 13) = 0
; call abs_3(81985529216486895, 119, 100) = 1
define i64 @smin_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.smin.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call smin_3(1, 2, 3) = 1
; call smin_3(-1, -1, 64) = 7
; call smin_3(5, -3, 33) = 5
; call smin_3(-9223372036854775808, -1, 13) = 7
; call smin_3(81985529216486895, 119, 100) = 7
define i64 @smax_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.smax.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call smax_3(1, 2, 3) = 2
; call smax_3(-1, -1, 64) = 7
; call smax_3(5, -3, 33) = 5
; call smax_3(-9223372036854775808, -1, 13) = 0
; call smax_3(81985529216486895, 119, 100) = 7
define i64 @umin_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.umin.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call umin_3(1, 2, 3) = 1
; call umin_3(-1, -1, 64) = 7
; call umin_3(5, -3, 33) = 5
; call umin_3(-9223372036854775808, -1, 13) = 0
; call umin_3(81985529216486895, 119, 100) = 7
define i64 @umax_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.umax.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call umax_3(1, 2, 3) = 2
; call umax_3(-1, -1, 64) = 7
; call umax_3(5, -3, 33) = 5
; call umax_3(-9223372036854775808, -1, 13) = 7
; call umax_3(81985529216486895, 119, 100) = 7
define i64 @sadd_sat_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.sadd.sat.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call sadd_sat_3(1, 2, 3) = 3
; call sadd_sat_3(-1, -1, 64) = 6
; call sadd_sat_3(5, -3, 33) = 4
; call sadd_sat_3(-9223372036854775808, -1, 13) = 7
; call sadd_sat_3(81985529216486895, 119, 100) = 6
define i64 @uadd_sat_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.uadd.sat.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call uadd_sat_3(1, 2, 3) = 3
; call uadd_sat_3(-1, -1, 64) = 7
; call uadd_sat_3(5, -3, 33) = 7
; call uadd_sat_3(-9223372036854775808, -1, 13) = 7
; call uadd_sat_3(81985529216486895, 119, 100) = 7
define i64 @ssub_sat_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.ssub.sat.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call ssub_sat_3(1, 2, 3) = 7
; call ssub_sat_3(-1, -1, 64) = 0
; call ssub_sat_3(5, -3, 33) = 0
; call ssub_sat_3(-9223372036854775808, -1, 13) = 1
; call ssub_sat_3(81985529216486895, 119, 100) = 0
define i64 @usub_sat_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = call i3 @llvm.usub.sat.i3(i3 %a, i3 %b)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call usub_sat_3(1, 2, 3) = 0
; call usub_sat_3(-1, -1, 64) = 0
; call usub_sat_3(5, -3, 33) = 0
; call usub_sat_3(-9223372036854775808, -1, 13) = 0
; call usub_sat_3(81985529216486895, 119, 100) = 0
define i64 @fshl_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %c = trunc i64 %z to i3
  %v = call i3 @llvm.fshl.i3(i3 %a, i3 %b, i3 %c)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call fshl_3(1, 2, 3) = 1
; call fshl_3(-1, -1, 64) = 7
; call fshl_3(5, -3, 33) = 3
; call fshl_3(-9223372036854775808, -1, 13) = 3
; call fshl_3(81985529216486895, 119, 100) = 7
define i64 @rotate_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %c = trunc i64 %z to i3
  %v = call i3 @llvm.fshl.i3(i3 %a, i3 %a, i3 %c)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call rotate_3(1, 2, 3) = 1
; call rotate_3(-1, -1, 64) = 7
; call rotate_3(5, -3, 33) = 3
; call rotate_3(-9223372036854775808, -1, 13) = 0
; call rotate_3(81985529216486895, 119, 100) = 7
define i64 @fshr_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %c = trunc i64 %z to i3
  %v = call i3 @llvm.fshr.i3(i3 %a, i3 %b, i3 %c)
  %r = zext i3 %v to i64
  ret i64 %r
}
; call fshr_3(1, 2, 3) = 2
; call fshr_3(-1, -1, 64) = 7
; call fshr_3(5, -3, 33) = 6
; call fshr_3(-9223372036854775808, -1, 13) = 1
; call fshr_3(81985529216486895, 119, 100) = 7
define i64 @sadd_over_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %p = call {i3, i1} @llvm.sadd.with.overflow.i3(i3 %a, i3 %b)
  %v1 = extractvalue {i3, i1} %p, 0
  %o = extractvalue {i3, i1} %p, 1
  %oe = zext i1 %o to i3
  %v = xor i3 %v1, %oe
  %r = zext i3 %v to i64
  ret i64 %r
}
; call sadd_over_3(1, 2, 3) = 3
; call sadd_over_3(-1, -1, 64) = 6
; call sadd_over_3(5, -3, 33) = 3
; call sadd_over_3(-9223372036854775808, -1, 13) = 7
; call sadd_over_3(81985529216486895, 119, 100) = 6
define i64 @uadd_over_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %p = call {i3, i1} @llvm.uadd.with.overflow.i3(i3 %a, i3 %b)
  %v1 = extractvalue {i3, i1} %p, 0
  %o = extractvalue {i3, i1} %p, 1
  %oe = zext i1 %o to i3
  %v = xor i3 %v1, %oe
  %r = zext i3 %v to i64
  ret i64 %r
}
; call uadd_over_3(1, 2, 3) = 3
; call uadd_over_3(-1, -1, 64) = 7
; call uadd_over_3(5, -3, 33) = 3
; call uadd_over_3(-9223372036854775808, -1, 13) = 7
; call uadd_over_3(81985529216486895, 119, 100) = 7
define i64 @ssub_over_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %p = call {i3, i1} @llvm.ssub.with.overflow.i3(i3 %a, i3 %b)
  %v1 = extractvalue {i3, i1} %p, 0
  %o = extractvalue {i3, i1} %p, 1
  %oe = zext i1 %o to i3
  %v = xor i3 %v1, %oe
  %r = zext i3 %v to i64
  ret i64 %r
}
; call ssub_over_3(1, 2, 3) = 7
; call ssub_over_3(-1, -1, 64) = 0
; call ssub_over_3(5, -3, 33) = 0
; call ssub_over_3(-9223372036854775808, -1, 13) = 1
; call ssub_over_3(81985529216486895, 119, 100) = 0
define i64 @usub_over_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %p = call {i3, i1} @llvm.usub.with.overflow.i3(i3 %a, i3 %b)
  %v1 = extractvalue {i3, i1} %p, 0
  %o = extractvalue {i3, i1} %p, 1
  %oe = zext i1 %o to i3
  %v = xor i3 %v1, %oe
  %r = zext i3 %v to i64
  ret i64 %r
}
; call usub_over_3(1, 2, 3) = 6
; call usub_over_3(-1, -1, 64) = 0
; call usub_over_3(5, -3, 33) = 0
; call usub_over_3(-9223372036854775808, -1, 13) = 0
; call usub_over_3(81985529216486895, 119, 100) = 0
define i64 @smul_over_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %p = call {i3, i1} @llvm.smul.with.overflow.i3(i3 %a, i3 %b)
  %v1 = extractvalue {i3, i1} %p, 0
  %o = extractvalue {i3, i1} %p, 1
  %oe = zext i1 %o to i3
  %v = xor i3 %v1, %oe
  %r = zext i3 %v to i64
  ret i64 %r
}
; call smul_over_3(1, 2, 3) = 2
; call smul_over_3(-1, -1, 64) = 1
; call smul_over_3(5, -3, 33) = 0
; call smul_over_3(-9223372036854775808, -1, 13) = 0
; call smul_over_3(81985529216486895, 119, 100) = 1
define i64 @umul_over_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %p = call {i3, i1} @llvm.umul.with.overflow.i3(i3 %a, i3 %b)
  %v1 = extractvalue {i3, i1} %p, 0
  %o = extractvalue {i3, i1} %p, 1
  %oe = zext i1 %o to i3
  %v = xor i3 %v1, %oe
  %r = zext i3 %v to i64
  ret i64 %r
}
; call umul_over_3(1, 2, 3) = 2
; call umul_over_3(-1, -1, 64) = 0
; call umul_over_3(5, -3, 33) = 0
; call umul_over_3(-9223372036854775808, -1, 13) = 0
; call umul_over_3(81985529216486895, 119, 100) = 0
define i64 @icmp_slt_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = icmp slt i3 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_3(1, 2, 3) = 1
; call icmp_slt_3(-1, -1, 64) = 0
; call icmp_slt_3(5, -3, 33) = 0
; call icmp_slt_3(-9223372036854775808, -1, 13) = 0
; call icmp_slt_3(81985529216486895, 119, 100) = 0
define i64 @icmp_ule_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = icmp ule i3 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_3(1, 2, 3) = 1
; call icmp_ule_3(-1, -1, 64) = 1
; call icmp_ule_3(5, -3, 33) = 1
; call icmp_ule_3(-9223372036854775808, -1, 13) = 1
; call icmp_ule_3(81985529216486895, 119, 100) = 1
define i64 @icmp_eq_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = icmp eq i3 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_3(1, 2, 3) = 0
; call icmp_eq_3(-1, -1, 64) = 1
; call icmp_eq_3(5, -3, 33) = 1
; call icmp_eq_3(-9223372036854775808, -1, 13) = 0
; call icmp_eq_3(81985529216486895, 119, 100) = 1
define i64 @icmp_sge_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %v = icmp sge i3 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_3(1, 2, 3) = 0
; call icmp_sge_3(-1, -1, 64) = 1
; call icmp_sge_3(5, -3, 33) = 1
; call icmp_sge_3(-9223372036854775808, -1, 13) = 1
; call icmp_sge_3(81985529216486895, 119, 100) = 1
define i64 @sext_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %v = ashr i3 %a, 1
  %r = zext i3 %v to i64
  ret i64 %r
}
; call sext_3(1, 2, 3) = 0
; call sext_3(-1, -1, 64) = 7
; call sext_3(5, -3, 33) = 6
; call sext_3(-9223372036854775808, -1, 13) = 0
; call sext_3(81985529216486895, 119, 100) = 7
define i64 @memory_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %s = alloca i3
  store i3 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i3, ptr %s
  %v = add i3 %l, %b
  %r = zext i3 %v to i64
  ret i64 %r
}
; call memory_3(1, 2, 3) = 3
; call memory_3(-1, -1, 64) = 6
; call memory_3(5, -3, 33) = 2
; call memory_3(-9223372036854775808, -1, 13) = 7
; call memory_3(81985529216486895, 119, 100) = 6
define i64 @switch_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  switch i3 %a, label %d [ i3 0, label %p i3 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_3(1, 2, 3) = 30
; call switch_3(-1, -1, 64) = 20
; call switch_3(5, -3, 33) = 30
; call switch_3(-9223372036854775808, -1, 13) = 10
; call switch_3(81985529216486895, 119, 100) = 20
define i64 @tofloat_3(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i3
  %b = trunc i64 %y to i3
  %f = sitofp i3 %a to double
  %g = uitofp i3 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_3(1, 2, 3) = 4613937818241073152
; call tofloat_3(-1, -1, 64) = 4618441417868443648
; call tofloat_3(5, -3, 33) = 4611686018427387904
; call tofloat_3(-9223372036854775808, -1, 13) = 4619567317775286272
; call tofloat_3(81985529216486895, 119, 100) = 4618441417868443648
define i64 @ctpop_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %v = call i8 @llvm.ctpop.i8(i8 %a)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call ctpop_8(1, 2, 3) = 1
; call ctpop_8(-1, -1, 64) = 8
; call ctpop_8(5, -3, 33) = 2
; call ctpop_8(-9223372036854775808, -1, 13) = 0
; call ctpop_8(81985529216486895, 119, 100) = 7
define i64 @bitreverse_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %v = call i8 @llvm.bitreverse.i8(i8 %a)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call bitreverse_8(1, 2, 3) = 128
; call bitreverse_8(-1, -1, 64) = 255
; call bitreverse_8(5, -3, 33) = 160
; call bitreverse_8(-9223372036854775808, -1, 13) = 0
; call bitreverse_8(81985529216486895, 119, 100) = 247
define i64 @ctlz_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %v = call i8 @llvm.ctlz.i8(i8 %a, i1 false)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call ctlz_8(1, 2, 3) = 7
; call ctlz_8(-1, -1, 64) = 0
; call ctlz_8(5, -3, 33) = 5
; call ctlz_8(-9223372036854775808, -1, 13) = 8
; call ctlz_8(81985529216486895, 119, 100) = 0
define i64 @cttz_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %v = call i8 @llvm.cttz.i8(i8 %a, i1 false)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call cttz_8(1, 2, 3) = 0
; call cttz_8(-1, -1, 64) = 0
; call cttz_8(5, -3, 33) = 0
; call cttz_8(-9223372036854775808, -1, 13) = 8
; call cttz_8(81985529216486895, 119, 100) = 0
define i64 @abs_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %v = call i8 @llvm.abs.i8(i8 %a, i1 false)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call abs_8(1, 2, 3) = 1
; call abs_8(-1, -1, 64) = 1
; call abs_8(5, -3, 33) = 5
; call abs_8(-9223372036854775808, -1, 13) = 0
; call abs_8(81985529216486895, 119, 100) = 17
define i64 @smin_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.smin.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call smin_8(1, 2, 3) = 1
; call smin_8(-1, -1, 64) = 255
; call smin_8(5, -3, 33) = 253
; call smin_8(-9223372036854775808, -1, 13) = 255
; call smin_8(81985529216486895, 119, 100) = 239
define i64 @smax_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.smax.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call smax_8(1, 2, 3) = 2
; call smax_8(-1, -1, 64) = 255
; call smax_8(5, -3, 33) = 5
; call smax_8(-9223372036854775808, -1, 13) = 0
; call smax_8(81985529216486895, 119, 100) = 119
define i64 @umin_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.umin.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call umin_8(1, 2, 3) = 1
; call umin_8(-1, -1, 64) = 255
; call umin_8(5, -3, 33) = 5
; call umin_8(-9223372036854775808, -1, 13) = 0
; call umin_8(81985529216486895, 119, 100) = 119
define i64 @umax_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.umax.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call umax_8(1, 2, 3) = 2
; call umax_8(-1, -1, 64) = 255
; call umax_8(5, -3, 33) = 253
; call umax_8(-9223372036854775808, -1, 13) = 255
; call umax_8(81985529216486895, 119, 100) = 239
define i64 @sadd_sat_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.sadd.sat.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call sadd_sat_8(1, 2, 3) = 3
; call sadd_sat_8(-1, -1, 64) = 254
; call sadd_sat_8(5, -3, 33) = 2
; call sadd_sat_8(-9223372036854775808, -1, 13) = 255
; call sadd_sat_8(81985529216486895, 119, 100) = 102
define i64 @uadd_sat_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.uadd.sat.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call uadd_sat_8(1, 2, 3) = 3
; call uadd_sat_8(-1, -1, 64) = 255
; call uadd_sat_8(5, -3, 33) = 255
; call uadd_sat_8(-9223372036854775808, -1, 13) = 255
; call uadd_sat_8(81985529216486895, 119, 100) = 255
define i64 @ssub_sat_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.ssub.sat.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call ssub_sat_8(1, 2, 3) = 255
; call ssub_sat_8(-1, -1, 64) = 0
; call ssub_sat_8(5, -3, 33) = 8
; call ssub_sat_8(-9223372036854775808, -1, 13) = 1
; call ssub_sat_8(81985529216486895, 119, 100) = 128
define i64 @usub_sat_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = call i8 @llvm.usub.sat.i8(i8 %a, i8 %b)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call usub_sat_8(1, 2, 3) = 0
; call usub_sat_8(-1, -1, 64) = 0
; call usub_sat_8(5, -3, 33) = 0
; call usub_sat_8(-9223372036854775808, -1, 13) = 0
; call usub_sat_8(81985529216486895, 119, 100) = 120
define i64 @fshl_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %c = trunc i64 %z to i8
  %v = call i8 @llvm.fshl.i8(i8 %a, i8 %b, i8 %c)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call fshl_8(1, 2, 3) = 8
; call fshl_8(-1, -1, 64) = 255
; call fshl_8(5, -3, 33) = 11
; call fshl_8(-9223372036854775808, -1, 13) = 31
; call fshl_8(81985529216486895, 119, 100) = 247
define i64 @rotate_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %c = trunc i64 %z to i8
  %v = call i8 @llvm.fshl.i8(i8 %a, i8 %a, i8 %c)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call rotate_8(1, 2, 3) = 8
; call rotate_8(-1, -1, 64) = 255
; call rotate_8(5, -3, 33) = 10
; call rotate_8(-9223372036854775808, -1, 13) = 0
; call rotate_8(81985529216486895, 119, 100) = 254
define i64 @fshr_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %c = trunc i64 %z to i8
  %v = call i8 @llvm.fshr.i8(i8 %a, i8 %b, i8 %c)
  %r = zext i8 %v to i64
  ret i64 %r
}
; call fshr_8(1, 2, 3) = 32
; call fshr_8(-1, -1, 64) = 255
; call fshr_8(5, -3, 33) = 254
; call fshr_8(-9223372036854775808, -1, 13) = 7
; call fshr_8(81985529216486895, 119, 100) = 247
define i64 @sadd_over_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %p = call {i8, i1} @llvm.sadd.with.overflow.i8(i8 %a, i8 %b)
  %v1 = extractvalue {i8, i1} %p, 0
  %o = extractvalue {i8, i1} %p, 1
  %oe = zext i1 %o to i8
  %v = xor i8 %v1, %oe
  %r = zext i8 %v to i64
  ret i64 %r
}
; call sadd_over_8(1, 2, 3) = 3
; call sadd_over_8(-1, -1, 64) = 254
; call sadd_over_8(5, -3, 33) = 2
; call sadd_over_8(-9223372036854775808, -1, 13) = 255
; call sadd_over_8(81985529216486895, 119, 100) = 102
define i64 @uadd_over_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %p = call {i8, i1} @llvm.uadd.with.overflow.i8(i8 %a, i8 %b)
  %v1 = extractvalue {i8, i1} %p, 0
  %o = extractvalue {i8, i1} %p, 1
  %oe = zext i1 %o to i8
  %v = xor i8 %v1, %oe
  %r = zext i8 %v to i64
  ret i64 %r
}
; call uadd_over_8(1, 2, 3) = 3
; call uadd_over_8(-1, -1, 64) = 255
; call uadd_over_8(5, -3, 33) = 3
; call uadd_over_8(-9223372036854775808, -1, 13) = 255
; call uadd_over_8(81985529216486895, 119, 100) = 103
define i64 @ssub_over_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %p = call {i8, i1} @llvm.ssub.with.overflow.i8(i8 %a, i8 %b)
  %v1 = extractvalue {i8, i1} %p, 0
  %o = extractvalue {i8, i1} %p, 1
  %oe = zext i1 %o to i8
  %v = xor i8 %v1, %oe
  %r = zext i8 %v to i64
  ret i64 %r
}
; call ssub_over_8(1, 2, 3) = 255
; call ssub_over_8(-1, -1, 64) = 0
; call ssub_over_8(5, -3, 33) = 8
; call ssub_over_8(-9223372036854775808, -1, 13) = 1
; call ssub_over_8(81985529216486895, 119, 100) = 121
define i64 @usub_over_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %p = call {i8, i1} @llvm.usub.with.overflow.i8(i8 %a, i8 %b)
  %v1 = extractvalue {i8, i1} %p, 0
  %o = extractvalue {i8, i1} %p, 1
  %oe = zext i1 %o to i8
  %v = xor i8 %v1, %oe
  %r = zext i8 %v to i64
  ret i64 %r
}
; call usub_over_8(1, 2, 3) = 254
; call usub_over_8(-1, -1, 64) = 0
; call usub_over_8(5, -3, 33) = 9
; call usub_over_8(-9223372036854775808, -1, 13) = 0
; call usub_over_8(81985529216486895, 119, 100) = 120
define i64 @smul_over_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %p = call {i8, i1} @llvm.smul.with.overflow.i8(i8 %a, i8 %b)
  %v1 = extractvalue {i8, i1} %p, 0
  %o = extractvalue {i8, i1} %p, 1
  %oe = zext i1 %o to i8
  %v = xor i8 %v1, %oe
  %r = zext i8 %v to i64
  ret i64 %r
}
; call smul_over_8(1, 2, 3) = 2
; call smul_over_8(-1, -1, 64) = 1
; call smul_over_8(5, -3, 33) = 241
; call smul_over_8(-9223372036854775808, -1, 13) = 0
; call smul_over_8(81985529216486895, 119, 100) = 24
define i64 @umul_over_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %p = call {i8, i1} @llvm.umul.with.overflow.i8(i8 %a, i8 %b)
  %v1 = extractvalue {i8, i1} %p, 0
  %o = extractvalue {i8, i1} %p, 1
  %oe = zext i1 %o to i8
  %v = xor i8 %v1, %oe
  %r = zext i8 %v to i64
  ret i64 %r
}
; call umul_over_8(1, 2, 3) = 2
; call umul_over_8(-1, -1, 64) = 0
; call umul_over_8(5, -3, 33) = 240
; call umul_over_8(-9223372036854775808, -1, 13) = 0
; call umul_over_8(81985529216486895, 119, 100) = 24
define i64 @icmp_slt_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = icmp slt i8 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_8(1, 2, 3) = 1
; call icmp_slt_8(-1, -1, 64) = 0
; call icmp_slt_8(5, -3, 33) = 0
; call icmp_slt_8(-9223372036854775808, -1, 13) = 0
; call icmp_slt_8(81985529216486895, 119, 100) = 1
define i64 @icmp_ule_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = icmp ule i8 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_8(1, 2, 3) = 1
; call icmp_ule_8(-1, -1, 64) = 1
; call icmp_ule_8(5, -3, 33) = 1
; call icmp_ule_8(-9223372036854775808, -1, 13) = 1
; call icmp_ule_8(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = icmp eq i8 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_8(1, 2, 3) = 0
; call icmp_eq_8(-1, -1, 64) = 1
; call icmp_eq_8(5, -3, 33) = 0
; call icmp_eq_8(-9223372036854775808, -1, 13) = 0
; call icmp_eq_8(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %v = icmp sge i8 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_8(1, 2, 3) = 0
; call icmp_sge_8(-1, -1, 64) = 1
; call icmp_sge_8(5, -3, 33) = 1
; call icmp_sge_8(-9223372036854775808, -1, 13) = 1
; call icmp_sge_8(81985529216486895, 119, 100) = 0
define i64 @sext_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %v = ashr i8 %a, 1
  %r = zext i8 %v to i64
  ret i64 %r
}
; call sext_8(1, 2, 3) = 0
; call sext_8(-1, -1, 64) = 255
; call sext_8(5, -3, 33) = 2
; call sext_8(-9223372036854775808, -1, 13) = 0
; call sext_8(81985529216486895, 119, 100) = 247
define i64 @memory_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %s = alloca i8
  store i8 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i8, ptr %s
  %v = add i8 %l, %b
  %r = zext i8 %v to i64
  ret i64 %r
}
; call memory_8(1, 2, 3) = 3
; call memory_8(-1, -1, 64) = 254
; call memory_8(5, -3, 33) = 2
; call memory_8(-9223372036854775808, -1, 13) = 255
; call memory_8(81985529216486895, 119, 100) = 102
define i64 @switch_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  switch i8 %a, label %d [ i8 0, label %p i8 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_8(1, 2, 3) = 30
; call switch_8(-1, -1, 64) = 20
; call switch_8(5, -3, 33) = 30
; call switch_8(-9223372036854775808, -1, 13) = 10
; call switch_8(81985529216486895, 119, 100) = 30
define i64 @tofloat_8(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i8
  %b = trunc i64 %y to i8
  %f = sitofp i8 %a to double
  %g = uitofp i8 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_8(1, 2, 3) = 4613937818241073152
; call tofloat_8(-1, -1, 64) = 4643140847074803712
; call tofloat_8(5, -3, 33) = 4643246400191070208
; call tofloat_8(-9223372036854775808, -1, 13) = 4643176031446892544
; call tofloat_8(81985529216486895, 119, 100) = 4636878028842991616
define i64 @ctpop_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %v = call i13 @llvm.ctpop.i13(i13 %a)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call ctpop_13(1, 2, 3) = 1
; call ctpop_13(-1, -1, 64) = 13
; call ctpop_13(5, -3, 33) = 2
; call ctpop_13(-9223372036854775808, -1, 13) = 0
; call ctpop_13(81985529216486895, 119, 100) = 10
define i64 @bitreverse_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %v = call i13 @llvm.bitreverse.i13(i13 %a)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call bitreverse_13(1, 2, 3) = 4096
; call bitreverse_13(-1, -1, 64) = 8191
; call bitreverse_13(5, -3, 33) = 5120
; call bitreverse_13(-9223372036854775808, -1, 13) = 0
; call bitreverse_13(81985529216486895, 119, 100) = 7926
define i64 @ctlz_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %v = call i13 @llvm.ctlz.i13(i13 %a, i1 false)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call ctlz_13(1, 2, 3) = 12
; call ctlz_13(-1, -1, 64) = 0
; call ctlz_13(5, -3, 33) = 10
; call ctlz_13(-9223372036854775808, -1, 13) = 13
; call ctlz_13(81985529216486895, 119, 100) = 1
define i64 @cttz_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %v = call i13 @llvm.cttz.i13(i13 %a, i1 false)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call cttz_13(1, 2, 3) = 0
; call cttz_13(-1, -1, 64) = 0
; call cttz_13(5, -3, 33) = 0
; call cttz_13(-9223372036854775808, -1, 13) = 13
; call cttz_13(81985529216486895, 119, 100) = 0
define i64 @abs_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %v = call i13 @llvm.abs.i13(i13 %a, i1 false)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call abs_13(1, 2, 3) = 1
; call abs_13(-1, -1, 64) = 1
; call abs_13(5, -3, 33) = 5
; call abs_13(-9223372036854775808, -1, 13) = 0
; call abs_13(81985529216486895, 119, 100) = 3567
define i64 @smin_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.smin.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call smin_13(1, 2, 3) = 1
; call smin_13(-1, -1, 64) = 8191
; call smin_13(5, -3, 33) = 8189
; call smin_13(-9223372036854775808, -1, 13) = 8191
; call smin_13(81985529216486895, 119, 100) = 119
define i64 @smax_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.smax.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call smax_13(1, 2, 3) = 2
; call smax_13(-1, -1, 64) = 8191
; call smax_13(5, -3, 33) = 5
; call smax_13(-9223372036854775808, -1, 13) = 0
; call smax_13(81985529216486895, 119, 100) = 3567
define i64 @umin_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.umin.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call umin_13(1, 2, 3) = 1
; call umin_13(-1, -1, 64) = 8191
; call umin_13(5, -3, 33) = 5
; call umin_13(-9223372036854775808, -1, 13) = 0
; call umin_13(81985529216486895, 119, 100) = 119
define i64 @umax_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.umax.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call umax_13(1, 2, 3) = 2
; call umax_13(-1, -1, 64) = 8191
; call umax_13(5, -3, 33) = 8189
; call umax_13(-9223372036854775808, -1, 13) = 8191
; call umax_13(81985529216486895, 119, 100) = 3567
define i64 @sadd_sat_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.sadd.sat.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call sadd_sat_13(1, 2, 3) = 3
; call sadd_sat_13(-1, -1, 64) = 8190
; call sadd_sat_13(5, -3, 33) = 2
; call sadd_sat_13(-9223372036854775808, -1, 13) = 8191
; call sadd_sat_13(81985529216486895, 119, 100) = 3686
define i64 @uadd_sat_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.uadd.sat.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call uadd_sat_13(1, 2, 3) = 3
; call uadd_sat_13(-1, -1, 64) = 8191
; call uadd_sat_13(5, -3, 33) = 8191
; call uadd_sat_13(-9223372036854775808, -1, 13) = 8191
; call uadd_sat_13(81985529216486895, 119, 100) = 3686
define i64 @ssub_sat_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.ssub.sat.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call ssub_sat_13(1, 2, 3) = 8191
; call ssub_sat_13(-1, -1, 64) = 0
; call ssub_sat_13(5, -3, 33) = 8
; call ssub_sat_13(-9223372036854775808, -1, 13) = 1
; call ssub_sat_13(81985529216486895, 119, 100) = 3448
define i64 @usub_sat_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = call i13 @llvm.usub.sat.i13(i13 %a, i13 %b)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call usub_sat_13(1, 2, 3) = 0
; call usub_sat_13(-1, -1, 64) = 0
; call usub_sat_13(5, -3, 33) = 0
; call usub_sat_13(-9223372036854775808, -1, 13) = 0
; call usub_sat_13(81985529216486895, 119, 100) = 3448
define i64 @fshl_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %c = trunc i64 %z to i13
  %v = call i13 @llvm.fshl.i13(i13 %a, i13 %b, i13 %c)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call fshl_13(1, 2, 3) = 8
; call fshl_13(-1, -1, 64) = 8191
; call fshl_13(5, -3, 33) = 767
; call fshl_13(-9223372036854775808, -1, 13) = 0
; call fshl_13(81985529216486895, 119, 100) = 7687
define i64 @rotate_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %c = trunc i64 %z to i13
  %v = call i13 @llvm.fshl.i13(i13 %a, i13 %a, i13 %c)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call rotate_13(1, 2, 3) = 8
; call rotate_13(-1, -1, 64) = 8191
; call rotate_13(5, -3, 33) = 640
; call rotate_13(-9223372036854775808, -1, 13) = 0
; call rotate_13(81985529216486895, 119, 100) = 7902
define i64 @fshr_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %c = trunc i64 %z to i13
  %v = call i13 @llvm.fshr.i13(i13 %a, i13 %b, i13 %c)
  %r = zext i13 %v to i64
  ret i64 %r
}
; call fshr_13(1, 2, 3) = 1024
; call fshr_13(-1, -1, 64) = 8191
; call fshr_13(5, -3, 33) = 383
; call fshr_13(-9223372036854775808, -1, 13) = 8191
; call fshr_13(81985529216486895, 119, 100) = 7920
define i64 @sadd_over_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %p = call {i13, i1} @llvm.sadd.with.overflow.i13(i13 %a, i13 %b)
  %v1 = extractvalue {i13, i1} %p, 0
  %o = extractvalue {i13, i1} %p, 1
  %oe = zext i1 %o to i13
  %v = xor i13 %v1, %oe
  %r = zext i13 %v to i64
  ret i64 %r
}
; call sadd_over_13(1, 2, 3) = 3
; call sadd_over_13(-1, -1, 64) = 8190
; call sadd_over_13(5, -3, 33) = 2
; call sadd_over_13(-9223372036854775808, -1, 13) = 8191
; call sadd_over_13(81985529216486895, 119, 100) = 3686
define i64 @uadd_over_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %p = call {i13, i1} @llvm.uadd.with.overflow.i13(i13 %a, i13 %b)
  %v1 = extractvalue {i13, i1} %p, 0
  %o = extractvalue {i13, i1} %p, 1
  %oe = zext i1 %o to i13
  %v = xor i13 %v1, %oe
  %r = zext i13 %v to i64
  ret i64 %r
}
; call uadd_over_13(1, 2, 3) = 3
; call uadd_over_13(-1, -1, 64) = 8191
; call uadd_over_13(5, -3, 33) = 3
; call uadd_over_13(-9223372036854775808, -1, 13) = 8191
; call uadd_over_13(81985529216486895, 119, 100) = 3686
define i64 @ssub_over_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %p = call {i13, i1} @llvm.ssub.with.overflow.i13(i13 %a, i13 %b)
  %v1 = extractvalue {i13, i1} %p, 0
  %o = extractvalue {i13, i1} %p, 1
  %oe = zext i1 %o to i13
  %v = xor i13 %v1, %oe
  %r = zext i13 %v to i64
  ret i64 %r
}
; call ssub_over_13(1, 2, 3) = 8191
; call ssub_over_13(-1, -1, 64) = 0
; call ssub_over_13(5, -3, 33) = 8
; call ssub_over_13(-9223372036854775808, -1, 13) = 1
; call ssub_over_13(81985529216486895, 119, 100) = 3448
define i64 @usub_over_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %p = call {i13, i1} @llvm.usub.with.overflow.i13(i13 %a, i13 %b)
  %v1 = extractvalue {i13, i1} %p, 0
  %o = extractvalue {i13, i1} %p, 1
  %oe = zext i1 %o to i13
  %v = xor i13 %v1, %oe
  %r = zext i13 %v to i64
  ret i64 %r
}
; call usub_over_13(1, 2, 3) = 8190
; call usub_over_13(-1, -1, 64) = 0
; call usub_over_13(5, -3, 33) = 9
; call usub_over_13(-9223372036854775808, -1, 13) = 0
; call usub_over_13(81985529216486895, 119, 100) = 3448
define i64 @smul_over_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %p = call {i13, i1} @llvm.smul.with.overflow.i13(i13 %a, i13 %b)
  %v1 = extractvalue {i13, i1} %p, 0
  %o = extractvalue {i13, i1} %p, 1
  %oe = zext i1 %o to i13
  %v = xor i13 %v1, %oe
  %r = zext i13 %v to i64
  ret i64 %r
}
; call smul_over_13(1, 2, 3) = 2
; call smul_over_13(-1, -1, 64) = 1
; call smul_over_13(5, -3, 33) = 8177
; call smul_over_13(-9223372036854775808, -1, 13) = 0
; call smul_over_13(81985529216486895, 119, 100) = 6680
define i64 @umul_over_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %p = call {i13, i1} @llvm.umul.with.overflow.i13(i13 %a, i13 %b)
  %v1 = extractvalue {i13, i1} %p, 0
  %o = extractvalue {i13, i1} %p, 1
  %oe = zext i1 %o to i13
  %v = xor i13 %v1, %oe
  %r = zext i13 %v to i64
  ret i64 %r
}
; call umul_over_13(1, 2, 3) = 2
; call umul_over_13(-1, -1, 64) = 0
; call umul_over_13(5, -3, 33) = 8176
; call umul_over_13(-9223372036854775808, -1, 13) = 0
; call umul_over_13(81985529216486895, 119, 100) = 6680
define i64 @icmp_slt_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = icmp slt i13 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_13(1, 2, 3) = 1
; call icmp_slt_13(-1, -1, 64) = 0
; call icmp_slt_13(5, -3, 33) = 0
; call icmp_slt_13(-9223372036854775808, -1, 13) = 0
; call icmp_slt_13(81985529216486895, 119, 100) = 0
define i64 @icmp_ule_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = icmp ule i13 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_13(1, 2, 3) = 1
; call icmp_ule_13(-1, -1, 64) = 1
; call icmp_ule_13(5, -3, 33) = 1
; call icmp_ule_13(-9223372036854775808, -1, 13) = 1
; call icmp_ule_13(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = icmp eq i13 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_13(1, 2, 3) = 0
; call icmp_eq_13(-1, -1, 64) = 1
; call icmp_eq_13(5, -3, 33) = 0
; call icmp_eq_13(-9223372036854775808, -1, 13) = 0
; call icmp_eq_13(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %v = icmp sge i13 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_13(1, 2, 3) = 0
; call icmp_sge_13(-1, -1, 64) = 1
; call icmp_sge_13(5, -3, 33) = 1
; call icmp_sge_13(-9223372036854775808, -1, 13) = 1
; call icmp_sge_13(81985529216486895, 119, 100) = 1
define i64 @sext_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %v = ashr i13 %a, 1
  %r = zext i13 %v to i64
  ret i64 %r
}
; call sext_13(1, 2, 3) = 0
; call sext_13(-1, -1, 64) = 8191
; call sext_13(5, -3, 33) = 2
; call sext_13(-9223372036854775808, -1, 13) = 0
; call sext_13(81985529216486895, 119, 100) = 1783
define i64 @memory_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %s = alloca i13
  store i13 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i13, ptr %s
  %v = add i13 %l, %b
  %r = zext i13 %v to i64
  ret i64 %r
}
; call memory_13(1, 2, 3) = 3
; call memory_13(-1, -1, 64) = 8190
; call memory_13(5, -3, 33) = 2
; call memory_13(-9223372036854775808, -1, 13) = 8191
; call memory_13(81985529216486895, 119, 100) = 3686
define i64 @switch_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  switch i13 %a, label %d [ i13 0, label %p i13 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_13(1, 2, 3) = 30
; call switch_13(-1, -1, 64) = 20
; call switch_13(5, -3, 33) = 30
; call switch_13(-9223372036854775808, -1, 13) = 10
; call switch_13(81985529216486895, 119, 100) = 30
define i64 @tofloat_13(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i13
  %b = trunc i64 %y to i13
  %f = sitofp i13 %a to double
  %g = uitofp i13 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_13(1, 2, 3) = 4613937818241073152
; call tofloat_13(-1, -1, 64) = 4665727014932578304
; call tofloat_13(5, -3, 33) = 4665730313467461632
; call tofloat_13(-9223372036854775808, -1, 13) = 4665728114444206080
; call tofloat_13(81985529216486895, 119, 100) = 4660324014793687040
define i64 @ctpop_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %v = call i16 @llvm.ctpop.i16(i16 %a)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call ctpop_16(1, 2, 3) = 1
; call ctpop_16(-1, -1, 64) = 16
; call ctpop_16(5, -3, 33) = 2
; call ctpop_16(-9223372036854775808, -1, 13) = 0
; call ctpop_16(81985529216486895, 119, 100) = 12
define i64 @bitreverse_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %v = call i16 @llvm.bitreverse.i16(i16 %a)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call bitreverse_16(1, 2, 3) = 32768
; call bitreverse_16(-1, -1, 64) = 65535
; call bitreverse_16(5, -3, 33) = 40960
; call bitreverse_16(-9223372036854775808, -1, 13) = 0
; call bitreverse_16(81985529216486895, 119, 100) = 63411
define i64 @bswap_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %v = call i16 @llvm.bswap.i16(i16 %a)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call bswap_16(1, 2, 3) = 256
; call bswap_16(-1, -1, 64) = 65535
; call bswap_16(5, -3, 33) = 1280
; call bswap_16(-9223372036854775808, -1, 13) = 0
; call bswap_16(81985529216486895, 119, 100) = 61389
define i64 @ctlz_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %v = call i16 @llvm.ctlz.i16(i16 %a, i1 false)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call ctlz_16(1, 2, 3) = 15
; call ctlz_16(-1, -1, 64) = 0
; call ctlz_16(5, -3, 33) = 13
; call ctlz_16(-9223372036854775808, -1, 13) = 16
; call ctlz_16(81985529216486895, 119, 100) = 0
define i64 @cttz_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %v = call i16 @llvm.cttz.i16(i16 %a, i1 false)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call cttz_16(1, 2, 3) = 0
; call cttz_16(-1, -1, 64) = 0
; call cttz_16(5, -3, 33) = 0
; call cttz_16(-9223372036854775808, -1, 13) = 16
; call cttz_16(81985529216486895, 119, 100) = 0
define i64 @abs_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %v = call i16 @llvm.abs.i16(i16 %a, i1 false)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call abs_16(1, 2, 3) = 1
; call abs_16(-1, -1, 64) = 1
; call abs_16(5, -3, 33) = 5
; call abs_16(-9223372036854775808, -1, 13) = 0
; call abs_16(81985529216486895, 119, 100) = 12817
define i64 @smin_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.smin.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call smin_16(1, 2, 3) = 1
; call smin_16(-1, -1, 64) = 65535
; call smin_16(5, -3, 33) = 65533
; call smin_16(-9223372036854775808, -1, 13) = 65535
; call smin_16(81985529216486895, 119, 100) = 52719
define i64 @smax_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.smax.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call smax_16(1, 2, 3) = 2
; call smax_16(-1, -1, 64) = 65535
; call smax_16(5, -3, 33) = 5
; call smax_16(-9223372036854775808, -1, 13) = 0
; call smax_16(81985529216486895, 119, 100) = 119
define i64 @umin_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.umin.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call umin_16(1, 2, 3) = 1
; call umin_16(-1, -1, 64) = 65535
; call umin_16(5, -3, 33) = 5
; call umin_16(-9223372036854775808, -1, 13) = 0
; call umin_16(81985529216486895, 119, 100) = 119
define i64 @umax_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.umax.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call umax_16(1, 2, 3) = 2
; call umax_16(-1, -1, 64) = 65535
; call umax_16(5, -3, 33) = 65533
; call umax_16(-9223372036854775808, -1, 13) = 65535
; call umax_16(81985529216486895, 119, 100) = 52719
define i64 @sadd_sat_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.sadd.sat.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call sadd_sat_16(1, 2, 3) = 3
; call sadd_sat_16(-1, -1, 64) = 65534
; call sadd_sat_16(5, -3, 33) = 2
; call sadd_sat_16(-9223372036854775808, -1, 13) = 65535
; call sadd_sat_16(81985529216486895, 119, 100) = 52838
define i64 @uadd_sat_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.uadd.sat.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call uadd_sat_16(1, 2, 3) = 3
; call uadd_sat_16(-1, -1, 64) = 65535
; call uadd_sat_16(5, -3, 33) = 65535
; call uadd_sat_16(-9223372036854775808, -1, 13) = 65535
; call uadd_sat_16(81985529216486895, 119, 100) = 52838
define i64 @ssub_sat_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.ssub.sat.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call ssub_sat_16(1, 2, 3) = 65535
; call ssub_sat_16(-1, -1, 64) = 0
; call ssub_sat_16(5, -3, 33) = 8
; call ssub_sat_16(-9223372036854775808, -1, 13) = 1
; call ssub_sat_16(81985529216486895, 119, 100) = 52600
define i64 @usub_sat_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = call i16 @llvm.usub.sat.i16(i16 %a, i16 %b)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call usub_sat_16(1, 2, 3) = 0
; call usub_sat_16(-1, -1, 64) = 0
; call usub_sat_16(5, -3, 33) = 0
; call usub_sat_16(-9223372036854775808, -1, 13) = 0
; call usub_sat_16(81985529216486895, 119, 100) = 52600
define i64 @fshl_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %c = trunc i64 %z to i16
  %v = call i16 @llvm.fshl.i16(i16 %a, i16 %b, i16 %c)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call fshl_16(1, 2, 3) = 8
; call fshl_16(-1, -1, 64) = 65535
; call fshl_16(5, -3, 33) = 11
; call fshl_16(-9223372036854775808, -1, 13) = 8191
; call fshl_16(81985529216486895, 119, 100) = 57072
define i64 @rotate_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %c = trunc i64 %z to i16
  %v = call i16 @llvm.fshl.i16(i16 %a, i16 %a, i16 %c)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call rotate_16(1, 2, 3) = 8
; call rotate_16(-1, -1, 64) = 65535
; call rotate_16(5, -3, 33) = 10
; call rotate_16(-9223372036854775808, -1, 13) = 0
; call rotate_16(81985529216486895, 119, 100) = 57084
define i64 @fshr_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %c = trunc i64 %z to i16
  %v = call i16 @llvm.fshr.i16(i16 %a, i16 %b, i16 %c)
  %r = zext i16 %v to i64
  ret i64 %r
}
; call fshr_16(1, 2, 3) = 8192
; call fshr_16(-1, -1, 64) = 65535
; call fshr_16(5, -3, 33) = 65534
; call fshr_16(-9223372036854775808, -1, 13) = 7
; call fshr_16(81985529216486895, 119, 100) = 61447
define i64 @sadd_over_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %p = call {i16, i1} @llvm.sadd.with.overflow.i16(i16 %a, i16 %b)
  %v1 = extractvalue {i16, i1} %p, 0
  %o = extractvalue {i16, i1} %p, 1
  %oe = zext i1 %o to i16
  %v = xor i16 %v1, %oe
  %r = zext i16 %v to i64
  ret i64 %r
}
; call sadd_over_16(1, 2, 3) = 3
; call sadd_over_16(-1, -1, 64) = 65534
; call sadd_over_16(5, -3, 33) = 2
; call sadd_over_16(-9223372036854775808, -1, 13) = 65535
; call sadd_over_16(81985529216486895, 119, 100) = 52838
define i64 @uadd_over_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %p = call {i16, i1} @llvm.uadd.with.overflow.i16(i16 %a, i16 %b)
  %v1 = extractvalue {i16, i1} %p, 0
  %o = extractvalue {i16, i1} %p, 1
  %oe = zext i1 %o to i16
  %v = xor i16 %v1, %oe
  %r = zext i16 %v to i64
  ret i64 %r
}
; call uadd_over_16(1, 2, 3) = 3
; call uadd_over_16(-1, -1, 64) = 65535
; call uadd_over_16(5, -3, 33) = 3
; call uadd_over_16(-9223372036854775808, -1, 13) = 65535
; call uadd_over_16(81985529216486895, 119, 100) = 52838
define i64 @ssub_over_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %p = call {i16, i1} @llvm.ssub.with.overflow.i16(i16 %a, i16 %b)
  %v1 = extractvalue {i16, i1} %p, 0
  %o = extractvalue {i16, i1} %p, 1
  %oe = zext i1 %o to i16
  %v = xor i16 %v1, %oe
  %r = zext i16 %v to i64
  ret i64 %r
}
; call ssub_over_16(1, 2, 3) = 65535
; call ssub_over_16(-1, -1, 64) = 0
; call ssub_over_16(5, -3, 33) = 8
; call ssub_over_16(-9223372036854775808, -1, 13) = 1
; call ssub_over_16(81985529216486895, 119, 100) = 52600
define i64 @usub_over_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %p = call {i16, i1} @llvm.usub.with.overflow.i16(i16 %a, i16 %b)
  %v1 = extractvalue {i16, i1} %p, 0
  %o = extractvalue {i16, i1} %p, 1
  %oe = zext i1 %o to i16
  %v = xor i16 %v1, %oe
  %r = zext i16 %v to i64
  ret i64 %r
}
; call usub_over_16(1, 2, 3) = 65534
; call usub_over_16(-1, -1, 64) = 0
; call usub_over_16(5, -3, 33) = 9
; call usub_over_16(-9223372036854775808, -1, 13) = 0
; call usub_over_16(81985529216486895, 119, 100) = 52600
define i64 @smul_over_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %p = call {i16, i1} @llvm.smul.with.overflow.i16(i16 %a, i16 %b)
  %v1 = extractvalue {i16, i1} %p, 0
  %o = extractvalue {i16, i1} %p, 1
  %oe = zext i1 %o to i16
  %v = xor i16 %v1, %oe
  %r = zext i16 %v to i64
  ret i64 %r
}
; call smul_over_16(1, 2, 3) = 2
; call smul_over_16(-1, -1, 64) = 1
; call smul_over_16(5, -3, 33) = 65521
; call smul_over_16(-9223372036854775808, -1, 13) = 0
; call smul_over_16(81985529216486895, 119, 100) = 47640
define i64 @umul_over_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %p = call {i16, i1} @llvm.umul.with.overflow.i16(i16 %a, i16 %b)
  %v1 = extractvalue {i16, i1} %p, 0
  %o = extractvalue {i16, i1} %p, 1
  %oe = zext i1 %o to i16
  %v = xor i16 %v1, %oe
  %r = zext i16 %v to i64
  ret i64 %r
}
; call umul_over_16(1, 2, 3) = 2
; call umul_over_16(-1, -1, 64) = 0
; call umul_over_16(5, -3, 33) = 65520
; call umul_over_16(-9223372036854775808, -1, 13) = 0
; call umul_over_16(81985529216486895, 119, 100) = 47640
define i64 @icmp_slt_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = icmp slt i16 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_16(1, 2, 3) = 1
; call icmp_slt_16(-1, -1, 64) = 0
; call icmp_slt_16(5, -3, 33) = 0
; call icmp_slt_16(-9223372036854775808, -1, 13) = 0
; call icmp_slt_16(81985529216486895, 119, 100) = 1
define i64 @icmp_ule_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = icmp ule i16 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_16(1, 2, 3) = 1
; call icmp_ule_16(-1, -1, 64) = 1
; call icmp_ule_16(5, -3, 33) = 1
; call icmp_ule_16(-9223372036854775808, -1, 13) = 1
; call icmp_ule_16(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = icmp eq i16 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_16(1, 2, 3) = 0
; call icmp_eq_16(-1, -1, 64) = 1
; call icmp_eq_16(5, -3, 33) = 0
; call icmp_eq_16(-9223372036854775808, -1, 13) = 0
; call icmp_eq_16(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %v = icmp sge i16 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_16(1, 2, 3) = 0
; call icmp_sge_16(-1, -1, 64) = 1
; call icmp_sge_16(5, -3, 33) = 1
; call icmp_sge_16(-9223372036854775808, -1, 13) = 1
; call icmp_sge_16(81985529216486895, 119, 100) = 0
define i64 @sext_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %v = ashr i16 %a, 1
  %r = zext i16 %v to i64
  ret i64 %r
}
; call sext_16(1, 2, 3) = 0
; call sext_16(-1, -1, 64) = 65535
; call sext_16(5, -3, 33) = 2
; call sext_16(-9223372036854775808, -1, 13) = 0
; call sext_16(81985529216486895, 119, 100) = 59127
define i64 @memory_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %s = alloca i16
  store i16 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i16, ptr %s
  %v = add i16 %l, %b
  %r = zext i16 %v to i64
  ret i64 %r
}
; call memory_16(1, 2, 3) = 3
; call memory_16(-1, -1, 64) = 65534
; call memory_16(5, -3, 33) = 2
; call memory_16(-9223372036854775808, -1, 13) = 65535
; call memory_16(81985529216486895, 119, 100) = 52838
define i64 @switch_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  switch i16 %a, label %d [ i16 0, label %p i16 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_16(1, 2, 3) = 30
; call switch_16(-1, -1, 64) = 20
; call switch_16(5, -3, 33) = 30
; call switch_16(-9223372036854775808, -1, 13) = 10
; call switch_16(81985529216486895, 119, 100) = 30
define i64 @tofloat_16(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i16
  %b = trunc i64 %y to i16
  %f = sitofp i16 %a to double
  %g = uitofp i16 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_16(1, 2, 3) = 4613937818241073152
; call tofloat_16(-1, -1, 64) = 4679239737960038400
; call tofloat_16(5, -3, 33) = 4679240150276898816
; call tofloat_16(-9223372036854775808, -1, 13) = 4679239875398991872
; call tofloat_16(81985529216486895, 119, 100) = -4555165623201562624
define i64 @ctpop_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %v = call i24 @llvm.ctpop.i24(i24 %a)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call ctpop_24(1, 2, 3) = 1
; call ctpop_24(-1, -1, 64) = 24
; call ctpop_24(5, -3, 33) = 2
; call ctpop_24(-9223372036854775808, -1, 13) = 0
; call ctpop_24(81985529216486895, 119, 100) = 17
define i64 @bitreverse_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %v = call i24 @llvm.bitreverse.i24(i24 %a)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call bitreverse_24(1, 2, 3) = 8388608
; call bitreverse_24(-1, -1, 64) = 16777215
; call bitreverse_24(5, -3, 33) = 10485760
; call bitreverse_24(-9223372036854775808, -1, 13) = 0
; call bitreverse_24(81985529216486895, 119, 100) = 16233429
define i64 @ctlz_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %v = call i24 @llvm.ctlz.i24(i24 %a, i1 false)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call ctlz_24(1, 2, 3) = 23
; call ctlz_24(-1, -1, 64) = 0
; call ctlz_24(5, -3, 33) = 21
; call ctlz_24(-9223372036854775808, -1, 13) = 24
; call ctlz_24(81985529216486895, 119, 100) = 0
define i64 @cttz_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %v = call i24 @llvm.cttz.i24(i24 %a, i1 false)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call cttz_24(1, 2, 3) = 0
; call cttz_24(-1, -1, 64) = 0
; call cttz_24(5, -3, 33) = 0
; call cttz_24(-9223372036854775808, -1, 13) = 24
; call cttz_24(81985529216486895, 119, 100) = 0
define i64 @abs_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %v = call i24 @llvm.abs.i24(i24 %a, i1 false)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call abs_24(1, 2, 3) = 1
; call abs_24(-1, -1, 64) = 1
; call abs_24(5, -3, 33) = 5
; call abs_24(-9223372036854775808, -1, 13) = 0
; call abs_24(81985529216486895, 119, 100) = 5517841
define i64 @smin_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.smin.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call smin_24(1, 2, 3) = 1
; call smin_24(-1, -1, 64) = 16777215
; call smin_24(5, -3, 33) = 16777213
; call smin_24(-9223372036854775808, -1, 13) = 16777215
; call smin_24(81985529216486895, 119, 100) = 11259375
define i64 @smax_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.smax.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call smax_24(1, 2, 3) = 2
; call smax_24(-1, -1, 64) = 16777215
; call smax_24(5, -3, 33) = 5
; call smax_24(-9223372036854775808, -1, 13) = 0
; call smax_24(81985529216486895, 119, 100) = 119
define i64 @umin_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.umin.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call umin_24(1, 2, 3) = 1
; call umin_24(-1, -1, 64) = 16777215
; call umin_24(5, -3, 33) = 5
; call umin_24(-9223372036854775808, -1, 13) = 0
; call umin_24(81985529216486895, 119, 100) = 119
define i64 @umax_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.umax.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call umax_24(1, 2, 3) = 2
; call umax_24(-1, -1, 64) = 16777215
; call umax_24(5, -3, 33) = 16777213
; call umax_24(-9223372036854775808, -1, 13) = 16777215
; call umax_24(81985529216486895, 119, 100) = 11259375
define i64 @sadd_sat_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.sadd.sat.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call sadd_sat_24(1, 2, 3) = 3
; call sadd_sat_24(-1, -1, 64) = 16777214
; call sadd_sat_24(5, -3, 33) = 2
; call sadd_sat_24(-9223372036854775808, -1, 13) = 16777215
; call sadd_sat_24(81985529216486895, 119, 100) = 11259494
define i64 @uadd_sat_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.uadd.sat.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call uadd_sat_24(1, 2, 3) = 3
; call uadd_sat_24(-1, -1, 64) = 16777215
; call uadd_sat_24(5, -3, 33) = 16777215
; call uadd_sat_24(-9223372036854775808, -1, 13) = 16777215
; call uadd_sat_24(81985529216486895, 119, 100) = 11259494
define i64 @ssub_sat_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.ssub.sat.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call ssub_sat_24(1, 2, 3) = 16777215
; call ssub_sat_24(-1, -1, 64) = 0
; call ssub_sat_24(5, -3, 33) = 8
; call ssub_sat_24(-9223372036854775808, -1, 13) = 1
; call ssub_sat_24(81985529216486895, 119, 100) = 11259256
define i64 @usub_sat_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = call i24 @llvm.usub.sat.i24(i24 %a, i24 %b)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call usub_sat_24(1, 2, 3) = 0
; call usub_sat_24(-1, -1, 64) = 0
; call usub_sat_24(5, -3, 33) = 0
; call usub_sat_24(-9223372036854775808, -1, 13) = 0
; call usub_sat_24(81985529216486895, 119, 100) = 11259256
define i64 @fshl_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %c = trunc i64 %z to i24
  %v = call i24 @llvm.fshl.i24(i24 %a, i24 %b, i24 %c)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call fshl_24(1, 2, 3) = 8
; call fshl_24(-1, -1, 64) = 16777215
; call fshl_24(5, -3, 33) = 3071
; call fshl_24(-9223372036854775808, -1, 13) = 8191
; call fshl_24(81985529216486895, 119, 100) = 12377840
define i64 @rotate_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %c = trunc i64 %z to i24
  %v = call i24 @llvm.fshl.i24(i24 %a, i24 %a, i24 %c)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call rotate_24(1, 2, 3) = 8
; call rotate_24(-1, -1, 64) = 16777215
; call rotate_24(5, -3, 33) = 2560
; call rotate_24(-9223372036854775808, -1, 13) = 0
; call rotate_24(81985529216486895, 119, 100) = 12377850
define i64 @fshr_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %c = trunc i64 %z to i24
  %v = call i24 @llvm.fshr.i24(i24 %a, i24 %b, i24 %c)
  %r = zext i24 %v to i64
  ret i64 %r
}
; call fshr_24(1, 2, 3) = 2097152
; call fshr_24(-1, -1, 64) = 16777215
; call fshr_24(5, -3, 33) = 196607
; call fshr_24(-9223372036854775808, -1, 13) = 2047
; call fshr_24(81985529216486895, 119, 100) = 15728647
define i64 @sadd_over_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %p = call {i24, i1} @llvm.sadd.with.overflow.i24(i24 %a, i24 %b)
  %v1 = extractvalue {i24, i1} %p, 0
  %o = extractvalue {i24, i1} %p, 1
  %oe = zext i1 %o to i24
  %v = xor i24 %v1, %oe
  %r = zext i24 %v to i64
  ret i64 %r
}
; call sadd_over_24(1, 2, 3) = 3
; call sadd_over_24(-1, -1, 64) = 16777214
; call sadd_over_24(5, -3, 33) = 2
; call sadd_over_24(-9223372036854775808, -1, 13) = 16777215
; call sadd_over_24(81985529216486895, 119, 100) = 11259494
define i64 @uadd_over_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %p = call {i24, i1} @llvm.uadd.with.overflow.i24(i24 %a, i24 %b)
  %v1 = extractvalue {i24, i1} %p, 0
  %o = extractvalue {i24, i1} %p, 1
  %oe = zext i1 %o to i24
  %v = xor i24 %v1, %oe
  %r = zext i24 %v to i64
  ret i64 %r
}
; call uadd_over_24(1, 2, 3) = 3
; call uadd_over_24(-1, -1, 64) = 16777215
; call uadd_over_24(5, -3, 33) = 3
; call uadd_over_24(-9223372036854775808, -1, 13) = 16777215
; call uadd_over_24(81985529216486895, 119, 100) = 11259494
define i64 @ssub_over_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %p = call {i24, i1} @llvm.ssub.with.overflow.i24(i24 %a, i24 %b)
  %v1 = extractvalue {i24, i1} %p, 0
  %o = extractvalue {i24, i1} %p, 1
  %oe = zext i1 %o to i24
  %v = xor i24 %v1, %oe
  %r = zext i24 %v to i64
  ret i64 %r
}
; call ssub_over_24(1, 2, 3) = 16777215
; call ssub_over_24(-1, -1, 64) = 0
; call ssub_over_24(5, -3, 33) = 8
; call ssub_over_24(-9223372036854775808, -1, 13) = 1
; call ssub_over_24(81985529216486895, 119, 100) = 11259256
define i64 @usub_over_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %p = call {i24, i1} @llvm.usub.with.overflow.i24(i24 %a, i24 %b)
  %v1 = extractvalue {i24, i1} %p, 0
  %o = extractvalue {i24, i1} %p, 1
  %oe = zext i1 %o to i24
  %v = xor i24 %v1, %oe
  %r = zext i24 %v to i64
  ret i64 %r
}
; call usub_over_24(1, 2, 3) = 16777214
; call usub_over_24(-1, -1, 64) = 0
; call usub_over_24(5, -3, 33) = 9
; call usub_over_24(-9223372036854775808, -1, 13) = 0
; call usub_over_24(81985529216486895, 119, 100) = 11259256
define i64 @smul_over_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %p = call {i24, i1} @llvm.smul.with.overflow.i24(i24 %a, i24 %b)
  %v1 = extractvalue {i24, i1} %p, 0
  %o = extractvalue {i24, i1} %p, 1
  %oe = zext i1 %o to i24
  %v = xor i24 %v1, %oe
  %r = zext i24 %v to i64
  ret i64 %r
}
; call smul_over_24(1, 2, 3) = 2
; call smul_over_24(-1, -1, 64) = 1
; call smul_over_24(5, -3, 33) = 16777201
; call smul_over_24(-9223372036854775808, -1, 13) = 0
; call smul_over_24(81985529216486895, 119, 100) = 14465560
define i64 @umul_over_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %p = call {i24, i1} @llvm.umul.with.overflow.i24(i24 %a, i24 %b)
  %v1 = extractvalue {i24, i1} %p, 0
  %o = extractvalue {i24, i1} %p, 1
  %oe = zext i1 %o to i24
  %v = xor i24 %v1, %oe
  %r = zext i24 %v to i64
  ret i64 %r
}
; call umul_over_24(1, 2, 3) = 2
; call umul_over_24(-1, -1, 64) = 0
; call umul_over_24(5, -3, 33) = 16777200
; call umul_over_24(-9223372036854775808, -1, 13) = 0
; call umul_over_24(81985529216486895, 119, 100) = 14465560
define i64 @icmp_slt_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = icmp slt i24 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_24(1, 2, 3) = 1
; call icmp_slt_24(-1, -1, 64) = 0
; call icmp_slt_24(5, -3, 33) = 0
; call icmp_slt_24(-9223372036854775808, -1, 13) = 0
; call icmp_slt_24(81985529216486895, 119, 100) = 1
define i64 @icmp_ule_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = icmp ule i24 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_24(1, 2, 3) = 1
; call icmp_ule_24(-1, -1, 64) = 1
; call icmp_ule_24(5, -3, 33) = 1
; call icmp_ule_24(-9223372036854775808, -1, 13) = 1
; call icmp_ule_24(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = icmp eq i24 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_24(1, 2, 3) = 0
; call icmp_eq_24(-1, -1, 64) = 1
; call icmp_eq_24(5, -3, 33) = 0
; call icmp_eq_24(-9223372036854775808, -1, 13) = 0
; call icmp_eq_24(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %v = icmp sge i24 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_24(1, 2, 3) = 0
; call icmp_sge_24(-1, -1, 64) = 1
; call icmp_sge_24(5, -3, 33) = 1
; call icmp_sge_24(-9223372036854775808, -1, 13) = 1
; call icmp_sge_24(81985529216486895, 119, 100) = 0
define i64 @sext_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %v = ashr i24 %a, 1
  %r = zext i24 %v to i64
  ret i64 %r
}
; call sext_24(1, 2, 3) = 0
; call sext_24(-1, -1, 64) = 16777215
; call sext_24(5, -3, 33) = 2
; call sext_24(-9223372036854775808, -1, 13) = 0
; call sext_24(81985529216486895, 119, 100) = 14018295
define i64 @memory_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %s = alloca i24
  store i24 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i24, ptr %s
  %v = add i24 %l, %b
  %r = zext i24 %v to i64
  ret i64 %r
}
; call memory_24(1, 2, 3) = 3
; call memory_24(-1, -1, 64) = 16777214
; call memory_24(5, -3, 33) = 2
; call memory_24(-9223372036854775808, -1, 13) = 16777215
; call memory_24(81985529216486895, 119, 100) = 11259494
define i64 @switch_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  switch i24 %a, label %d [ i24 0, label %p i24 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_24(1, 2, 3) = 30
; call switch_24(-1, -1, 64) = 20
; call switch_24(5, -3, 33) = 30
; call switch_24(-9223372036854775808, -1, 13) = 10
; call switch_24(81985529216486895, 119, 100) = 30
define i64 @tofloat_24(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i24
  %b = trunc i64 %y to i24
  %f = sitofp i24 %a to double
  %g = uitofp i24 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_24(1, 2, 3) = 4613937818241073152
; call tofloat_24(-1, -1, 64) = 4715268808783167488
; call tofloat_24(5, -3, 33) = 4715268810393780224
; call tofloat_24(-9223372036854775808, -1, 13) = 4715268809320038400
; call tofloat_24(81985529216486895, 119, 100) = -4515689416995373056
define i64 @ctpop_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %v = call i32 @llvm.ctpop.i32(i32 %a)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call ctpop_32(1, 2, 3) = 1
; call ctpop_32(-1, -1, 64) = 32
; call ctpop_32(5, -3, 33) = 2
; call ctpop_32(-9223372036854775808, -1, 13) = 0
; call ctpop_32(81985529216486895, 119, 100) = 20
define i64 @bitreverse_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %v = call i32 @llvm.bitreverse.i32(i32 %a)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call bitreverse_32(1, 2, 3) = 2147483648
; call bitreverse_32(-1, -1, 64) = 4294967295
; call bitreverse_32(5, -3, 33) = 2684354560
; call bitreverse_32(-9223372036854775808, -1, 13) = 0
; call bitreverse_32(81985529216486895, 119, 100) = 4155757969
define i64 @bswap_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %v = call i32 @llvm.bswap.i32(i32 %a)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call bswap_32(1, 2, 3) = 16777216
; call bswap_32(-1, -1, 64) = 4294967295
; call bswap_32(5, -3, 33) = 83886080
; call bswap_32(-9223372036854775808, -1, 13) = 0
; call bswap_32(81985529216486895, 119, 100) = 4023233417
define i64 @ctlz_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %v = call i32 @llvm.ctlz.i32(i32 %a, i1 false)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call ctlz_32(1, 2, 3) = 31
; call ctlz_32(-1, -1, 64) = 0
; call ctlz_32(5, -3, 33) = 29
; call ctlz_32(-9223372036854775808, -1, 13) = 32
; call ctlz_32(81985529216486895, 119, 100) = 0
define i64 @cttz_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %v = call i32 @llvm.cttz.i32(i32 %a, i1 false)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call cttz_32(1, 2, 3) = 0
; call cttz_32(-1, -1, 64) = 0
; call cttz_32(5, -3, 33) = 0
; call cttz_32(-9223372036854775808, -1, 13) = 32
; call cttz_32(81985529216486895, 119, 100) = 0
define i64 @abs_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %v = call i32 @llvm.abs.i32(i32 %a, i1 false)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call abs_32(1, 2, 3) = 1
; call abs_32(-1, -1, 64) = 1
; call abs_32(5, -3, 33) = 5
; call abs_32(-9223372036854775808, -1, 13) = 0
; call abs_32(81985529216486895, 119, 100) = 1985229329
define i64 @smin_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.smin.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call smin_32(1, 2, 3) = 1
; call smin_32(-1, -1, 64) = 4294967295
; call smin_32(5, -3, 33) = 4294967293
; call smin_32(-9223372036854775808, -1, 13) = 4294967295
; call smin_32(81985529216486895, 119, 100) = 2309737967
define i64 @smax_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.smax.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call smax_32(1, 2, 3) = 2
; call smax_32(-1, -1, 64) = 4294967295
; call smax_32(5, -3, 33) = 5
; call smax_32(-9223372036854775808, -1, 13) = 0
; call smax_32(81985529216486895, 119, 100) = 119
define i64 @umin_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.umin.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call umin_32(1, 2, 3) = 1
; call umin_32(-1, -1, 64) = 4294967295
; call umin_32(5, -3, 33) = 5
; call umin_32(-9223372036854775808, -1, 13) = 0
; call umin_32(81985529216486895, 119, 100) = 119
define i64 @umax_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.umax.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call umax_32(1, 2, 3) = 2
; call umax_32(-1, -1, 64) = 4294967295
; call umax_32(5, -3, 33) = 4294967293
; call umax_32(-9223372036854775808, -1, 13) = 4294967295
; call umax_32(81985529216486895, 119, 100) = 2309737967
define i64 @sadd_sat_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.sadd.sat.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call sadd_sat_32(1, 2, 3) = 3
; call sadd_sat_32(-1, -1, 64) = 4294967294
; call sadd_sat_32(5, -3, 33) = 2
; call sadd_sat_32(-9223372036854775808, -1, 13) = 4294967295
; call sadd_sat_32(81985529216486895, 119, 100) = 2309738086
define i64 @uadd_sat_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.uadd.sat.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call uadd_sat_32(1, 2, 3) = 3
; call uadd_sat_32(-1, -1, 64) = 4294967295
; call uadd_sat_32(5, -3, 33) = 4294967295
; call uadd_sat_32(-9223372036854775808, -1, 13) = 4294967295
; call uadd_sat_32(81985529216486895, 119, 100) = 2309738086
define i64 @ssub_sat_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.ssub.sat.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call ssub_sat_32(1, 2, 3) = 4294967295
; call ssub_sat_32(-1, -1, 64) = 0
; call ssub_sat_32(5, -3, 33) = 8
; call ssub_sat_32(-9223372036854775808, -1, 13) = 1
; call ssub_sat_32(81985529216486895, 119, 100) = 2309737848
define i64 @usub_sat_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = call i32 @llvm.usub.sat.i32(i32 %a, i32 %b)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call usub_sat_32(1, 2, 3) = 0
; call usub_sat_32(-1, -1, 64) = 0
; call usub_sat_32(5, -3, 33) = 0
; call usub_sat_32(-9223372036854775808, -1, 13) = 0
; call usub_sat_32(81985529216486895, 119, 100) = 2309737848
define i64 @fshl_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %c = trunc i64 %z to i32
  %v = call i32 @llvm.fshl.i32(i32 %a, i32 %b, i32 %c)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call fshl_32(1, 2, 3) = 8
; call fshl_32(-1, -1, 64) = 4294967295
; call fshl_32(5, -3, 33) = 11
; call fshl_32(-9223372036854775808, -1, 13) = 8191
; call fshl_32(81985529216486895, 119, 100) = 2596069104
define i64 @rotate_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %c = trunc i64 %z to i32
  %v = call i32 @llvm.fshl.i32(i32 %a, i32 %a, i32 %c)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call rotate_32(1, 2, 3) = 8
; call rotate_32(-1, -1, 64) = 4294967295
; call rotate_32(5, -3, 33) = 10
; call rotate_32(-9223372036854775808, -1, 13) = 0
; call rotate_32(81985529216486895, 119, 100) = 2596069112
define i64 @fshr_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %c = trunc i64 %z to i32
  %v = call i32 @llvm.fshr.i32(i32 %a, i32 %b, i32 %c)
  %r = zext i32 %v to i64
  ret i64 %r
}
; call fshr_32(1, 2, 3) = 536870912
; call fshr_32(-1, -1, 64) = 4294967295
; call fshr_32(5, -3, 33) = 4294967294
; call fshr_32(-9223372036854775808, -1, 13) = 524287
; call fshr_32(81985529216486895, 119, 100) = 4026531847
define i64 @sadd_over_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %p = call {i32, i1} @llvm.sadd.with.overflow.i32(i32 %a, i32 %b)
  %v1 = extractvalue {i32, i1} %p, 0
  %o = extractvalue {i32, i1} %p, 1
  %oe = zext i1 %o to i32
  %v = xor i32 %v1, %oe
  %r = zext i32 %v to i64
  ret i64 %r
}
; call sadd_over_32(1, 2, 3) = 3
; call sadd_over_32(-1, -1, 64) = 4294967294
; call sadd_over_32(5, -3, 33) = 2
; call sadd_over_32(-9223372036854775808, -1, 13) = 4294967295
; call sadd_over_32(81985529216486895, 119, 100) = 2309738086
define i64 @uadd_over_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %p = call {i32, i1} @llvm.uadd.with.overflow.i32(i32 %a, i32 %b)
  %v1 = extractvalue {i32, i1} %p, 0
  %o = extractvalue {i32, i1} %p, 1
  %oe = zext i1 %o to i32
  %v = xor i32 %v1, %oe
  %r = zext i32 %v to i64
  ret i64 %r
}
; call uadd_over_32(1, 2, 3) = 3
; call uadd_over_32(-1, -1, 64) = 4294967295
; call uadd_over_32(5, -3, 33) = 3
; call uadd_over_32(-9223372036854775808, -1, 13) = 4294967295
; call uadd_over_32(81985529216486895, 119, 100) = 2309738086
define i64 @ssub_over_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %p = call {i32, i1} @llvm.ssub.with.overflow.i32(i32 %a, i32 %b)
  %v1 = extractvalue {i32, i1} %p, 0
  %o = extractvalue {i32, i1} %p, 1
  %oe = zext i1 %o to i32
  %v = xor i32 %v1, %oe
  %r = zext i32 %v to i64
  ret i64 %r
}
; call ssub_over_32(1, 2, 3) = 4294967295
; call ssub_over_32(-1, -1, 64) = 0
; call ssub_over_32(5, -3, 33) = 8
; call ssub_over_32(-9223372036854775808, -1, 13) = 1
; call ssub_over_32(81985529216486895, 119, 100) = 2309737848
define i64 @usub_over_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %p = call {i32, i1} @llvm.usub.with.overflow.i32(i32 %a, i32 %b)
  %v1 = extractvalue {i32, i1} %p, 0
  %o = extractvalue {i32, i1} %p, 1
  %oe = zext i1 %o to i32
  %v = xor i32 %v1, %oe
  %r = zext i32 %v to i64
  ret i64 %r
}
; call usub_over_32(1, 2, 3) = 4294967294
; call usub_over_32(-1, -1, 64) = 0
; call usub_over_32(5, -3, 33) = 9
; call usub_over_32(-9223372036854775808, -1, 13) = 0
; call usub_over_32(81985529216486895, 119, 100) = 2309737848
define i64 @smul_over_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %p = call {i32, i1} @llvm.smul.with.overflow.i32(i32 %a, i32 %b)
  %v1 = extractvalue {i32, i1} %p, 0
  %o = extractvalue {i32, i1} %p, 1
  %oe = zext i1 %o to i32
  %v = xor i32 %v1, %oe
  %r = zext i32 %v to i64
  ret i64 %r
}
; call smul_over_32(1, 2, 3) = 2
; call smul_over_32(-1, -1, 64) = 1
; call smul_over_32(5, -3, 33) = 4294967281
; call smul_over_32(-9223372036854775808, -1, 13) = 0
; call smul_over_32(81985529216486895, 119, 100) = 4275878424
define i64 @umul_over_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %p = call {i32, i1} @llvm.umul.with.overflow.i32(i32 %a, i32 %b)
  %v1 = extractvalue {i32, i1} %p, 0
  %o = extractvalue {i32, i1} %p, 1
  %oe = zext i1 %o to i32
  %v = xor i32 %v1, %oe
  %r = zext i32 %v to i64
  ret i64 %r
}
; call umul_over_32(1, 2, 3) = 2
; call umul_over_32(-1, -1, 64) = 0
; call umul_over_32(5, -3, 33) = 4294967280
; call umul_over_32(-9223372036854775808, -1, 13) = 0
; call umul_over_32(81985529216486895, 119, 100) = 4275878424
define i64 @icmp_slt_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = icmp slt i32 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_32(1, 2, 3) = 1
; call icmp_slt_32(-1, -1, 64) = 0
; call icmp_slt_32(5, -3, 33) = 0
; call icmp_slt_32(-9223372036854775808, -1, 13) = 0
; call icmp_slt_32(81985529216486895, 119, 100) = 1
define i64 @icmp_ule_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = icmp ule i32 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_32(1, 2, 3) = 1
; call icmp_ule_32(-1, -1, 64) = 1
; call icmp_ule_32(5, -3, 33) = 1
; call icmp_ule_32(-9223372036854775808, -1, 13) = 1
; call icmp_ule_32(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = icmp eq i32 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_32(1, 2, 3) = 0
; call icmp_eq_32(-1, -1, 64) = 1
; call icmp_eq_32(5, -3, 33) = 0
; call icmp_eq_32(-9223372036854775808, -1, 13) = 0
; call icmp_eq_32(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %v = icmp sge i32 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_32(1, 2, 3) = 0
; call icmp_sge_32(-1, -1, 64) = 1
; call icmp_sge_32(5, -3, 33) = 1
; call icmp_sge_32(-9223372036854775808, -1, 13) = 1
; call icmp_sge_32(81985529216486895, 119, 100) = 0
define i64 @sext_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %v = ashr i32 %a, 1
  %r = zext i32 %v to i64
  ret i64 %r
}
; call sext_32(1, 2, 3) = 0
; call sext_32(-1, -1, 64) = 4294967295
; call sext_32(5, -3, 33) = 2
; call sext_32(-9223372036854775808, -1, 13) = 0
; call sext_32(81985529216486895, 119, 100) = 3302352631
define i64 @memory_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %s = alloca i32
  store i32 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i32, ptr %s
  %v = add i32 %l, %b
  %r = zext i32 %v to i64
  ret i64 %r
}
; call memory_32(1, 2, 3) = 3
; call memory_32(-1, -1, 64) = 4294967294
; call memory_32(5, -3, 33) = 2
; call memory_32(-9223372036854775808, -1, 13) = 4294967295
; call memory_32(81985529216486895, 119, 100) = 2309738086
define i64 @switch_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  switch i32 %a, label %d [ i32 0, label %p i32 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_32(1, 2, 3) = 30
; call switch_32(-1, -1, 64) = 20
; call switch_32(5, -3, 33) = 30
; call switch_32(-9223372036854775808, -1, 13) = 10
; call switch_32(81985529216486895, 119, 100) = 30
define i64 @tofloat_32(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i32
  %b = trunc i64 %y to i32
  %f = sitofp i32 %a to double
  %g = uitofp i32 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_32(1, 2, 3) = 4613937818241073152
; call tofloat_32(-1, -1, 64) = 4751297606871678976
; call tofloat_32(5, -3, 33) = 4751297606877970432
; call tofloat_32(-9223372036854775808, -1, 13) = 4751297606873776128
; call tofloat_32(81985529216486895, 119, 100) = -4477258574044594176
define i64 @ctpop_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %v = call i33 @llvm.ctpop.i33(i33 %a)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call ctpop_33(1, 2, 3) = 1
; call ctpop_33(-1, -1, 64) = 33
; call ctpop_33(5, -3, 33) = 2
; call ctpop_33(-9223372036854775808, -1, 13) = 0
; call ctpop_33(81985529216486895, 119, 100) = 21
define i64 @bitreverse_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %v = call i33 @llvm.bitreverse.i33(i33 %a)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call bitreverse_33(1, 2, 3) = 4294967296
; call bitreverse_33(-1, -1, 64) = 8589934591
; call bitreverse_33(5, -3, 33) = 5368709120
; call bitreverse_33(-9223372036854775808, -1, 13) = 0
; call bitreverse_33(81985529216486895, 119, 100) = 8311515939
define i64 @ctlz_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %v = call i33 @llvm.ctlz.i33(i33 %a, i1 false)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call ctlz_33(1, 2, 3) = 32
; call ctlz_33(-1, -1, 64) = 0
; call ctlz_33(5, -3, 33) = 30
; call ctlz_33(-9223372036854775808, -1, 13) = 33
; call ctlz_33(81985529216486895, 119, 100) = 0
define i64 @cttz_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %v = call i33 @llvm.cttz.i33(i33 %a, i1 false)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call cttz_33(1, 2, 3) = 0
; call cttz_33(-1, -1, 64) = 0
; call cttz_33(5, -3, 33) = 0
; call cttz_33(-9223372036854775808, -1, 13) = 33
; call cttz_33(81985529216486895, 119, 100) = 0
define i64 @abs_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %v = call i33 @llvm.abs.i33(i33 %a, i1 false)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call abs_33(1, 2, 3) = 1
; call abs_33(-1, -1, 64) = 1
; call abs_33(5, -3, 33) = 5
; call abs_33(-9223372036854775808, -1, 13) = 0
; call abs_33(81985529216486895, 119, 100) = 1985229329
define i64 @smin_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.smin.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call smin_33(1, 2, 3) = 1
; call smin_33(-1, -1, 64) = 8589934591
; call smin_33(5, -3, 33) = 8589934589
; call smin_33(-9223372036854775808, -1, 13) = 8589934591
; call smin_33(81985529216486895, 119, 100) = 6604705263
define i64 @smax_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.smax.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call smax_33(1, 2, 3) = 2
; call smax_33(-1, -1, 64) = 8589934591
; call smax_33(5, -3, 33) = 5
; call smax_33(-9223372036854775808, -1, 13) = 0
; call smax_33(81985529216486895, 119, 100) = 119
define i64 @umin_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.umin.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call umin_33(1, 2, 3) = 1
; call umin_33(-1, -1, 64) = 8589934591
; call umin_33(5, -3, 33) = 5
; call umin_33(-9223372036854775808, -1, 13) = 0
; call umin_33(81985529216486895, 119, 100) = 119
define i64 @umax_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.umax.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call umax_33(1, 2, 3) = 2
; call umax_33(-1, -1, 64) = 8589934591
; call umax_33(5, -3, 33) = 8589934589
; call umax_33(-9223372036854775808, -1, 13) = 8589934591
; call umax_33(81985529216486895, 119, 100) = 6604705263
define i64 @sadd_sat_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.sadd.sat.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call sadd_sat_33(1, 2, 3) = 3
; call sadd_sat_33(-1, -1, 64) = 8589934590
; call sadd_sat_33(5, -3, 33) = 2
; call sadd_sat_33(-9223372036854775808, -1, 13) = 8589934591
; call sadd_sat_33(81985529216486895, 119, 100) = 6604705382
define i64 @uadd_sat_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.uadd.sat.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call uadd_sat_33(1, 2, 3) = 3
; call uadd_sat_33(-1, -1, 64) = 8589934591
; call uadd_sat_33(5, -3, 33) = 8589934591
; call uadd_sat_33(-9223372036854775808, -1, 13) = 8589934591
; call uadd_sat_33(81985529216486895, 119, 100) = 6604705382
define i64 @ssub_sat_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.ssub.sat.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call ssub_sat_33(1, 2, 3) = 8589934591
; call ssub_sat_33(-1, -1, 64) = 0
; call ssub_sat_33(5, -3, 33) = 8
; call ssub_sat_33(-9223372036854775808, -1, 13) = 1
; call ssub_sat_33(81985529216486895, 119, 100) = 6604705144
define i64 @usub_sat_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = call i33 @llvm.usub.sat.i33(i33 %a, i33 %b)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call usub_sat_33(1, 2, 3) = 0
; call usub_sat_33(-1, -1, 64) = 0
; call usub_sat_33(5, -3, 33) = 0
; call usub_sat_33(-9223372036854775808, -1, 13) = 0
; call usub_sat_33(81985529216486895, 119, 100) = 6604705144
define i64 @fshl_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %c = trunc i64 %z to i33
  %v = call i33 @llvm.fshl.i33(i33 %a, i33 %b, i33 %c)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call fshl_33(1, 2, 3) = 8
; call fshl_33(-1, -1, 64) = 8589934591
; call fshl_33(5, -3, 33) = 5
; call fshl_33(-9223372036854775808, -1, 13) = 8191
; call fshl_33(81985529216486895, 119, 100) = 4619475934
define i64 @rotate_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %c = trunc i64 %z to i33
  %v = call i33 @llvm.fshl.i33(i33 %a, i33 %a, i33 %c)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call rotate_33(1, 2, 3) = 8
; call rotate_33(-1, -1, 64) = 8589934591
; call rotate_33(5, -3, 33) = 5
; call rotate_33(-9223372036854775808, -1, 13) = 0
; call rotate_33(81985529216486895, 119, 100) = 4619475935
define i64 @fshr_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %c = trunc i64 %z to i33
  %v = call i33 @llvm.fshr.i33(i33 %a, i33 %b, i33 %c)
  %r = zext i33 %v to i64
  ret i64 %r
}
; call fshr_33(1, 2, 3) = 1073741824
; call fshr_33(-1, -1, 64) = 8589934591
; call fshr_33(5, -3, 33) = 8589934589
; call fshr_33(-9223372036854775808, -1, 13) = 1048575
; call fshr_33(81985529216486895, 119, 100) = 4294967355
define i64 @sadd_over_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %p = call {i33, i1} @llvm.sadd.with.overflow.i33(i33 %a, i33 %b)
  %v1 = extractvalue {i33, i1} %p, 0
  %o = extractvalue {i33, i1} %p, 1
  %oe = zext i1 %o to i33
  %v = xor i33 %v1, %oe
  %r = zext i33 %v to i64
  ret i64 %r
}
; call sadd_over_33(1, 2, 3) = 3
; call sadd_over_33(-1, -1, 64) = 8589934590
; call sadd_over_33(5, -3, 33) = 2
; call sadd_over_33(-9223372036854775808, -1, 13) = 8589934591
; call sadd_over_33(81985529216486895, 119, 100) = 6604705382
define i64 @uadd_over_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %p = call {i33, i1} @llvm.uadd.with.overflow.i33(i33 %a, i33 %b)
  %v1 = extractvalue {i33, i1} %p, 0
  %o = extractvalue {i33, i1} %p, 1
  %oe = zext i1 %o to i33
  %v = xor i33 %v1, %oe
  %r = zext i33 %v to i64
  ret i64 %r
}
; call uadd_over_33(1, 2, 3) = 3
; call uadd_over_33(-1, -1, 64) = 8589934591
; call uadd_over_33(5, -3, 33) = 3
; call uadd_over_33(-9223372036854775808, -1, 13) = 8589934591
; call uadd_over_33(81985529216486895, 119, 100) = 6604705382
define i64 @ssub_over_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %p = call {i33, i1} @llvm.ssub.with.overflow.i33(i33 %a, i33 %b)
  %v1 = extractvalue {i33, i1} %p, 0
  %o = extractvalue {i33, i1} %p, 1
  %oe = zext i1 %o to i33
  %v = xor i33 %v1, %oe
  %r = zext i33 %v to i64
  ret i64 %r
}
; call ssub_over_33(1, 2, 3) = 8589934591
; call ssub_over_33(-1, -1, 64) = 0
; call ssub_over_33(5, -3, 33) = 8
; call ssub_over_33(-9223372036854775808, -1, 13) = 1
; call ssub_over_33(81985529216486895, 119, 100) = 6604705144
define i64 @usub_over_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %p = call {i33, i1} @llvm.usub.with.overflow.i33(i33 %a, i33 %b)
  %v1 = extractvalue {i33, i1} %p, 0
  %o = extractvalue {i33, i1} %p, 1
  %oe = zext i1 %o to i33
  %v = xor i33 %v1, %oe
  %r = zext i33 %v to i64
  ret i64 %r
}
; call usub_over_33(1, 2, 3) = 8589934590
; call usub_over_33(-1, -1, 64) = 0
; call usub_over_33(5, -3, 33) = 9
; call usub_over_33(-9223372036854775808, -1, 13) = 0
; call usub_over_33(81985529216486895, 119, 100) = 6604705144
define i64 @smul_over_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %p = call {i33, i1} @llvm.smul.with.overflow.i33(i33 %a, i33 %b)
  %v1 = extractvalue {i33, i1} %p, 0
  %o = extractvalue {i33, i1} %p, 1
  %oe = zext i1 %o to i33
  %v = xor i33 %v1, %oe
  %r = zext i33 %v to i64
  ret i64 %r
}
; call smul_over_33(1, 2, 3) = 2
; call smul_over_33(-1, -1, 64) = 1
; call smul_over_33(5, -3, 33) = 8589934577
; call smul_over_33(-9223372036854775808, -1, 13) = 0
; call smul_over_33(81985529216486895, 119, 100) = 4275878424
define i64 @umul_over_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %p = call {i33, i1} @llvm.umul.with.overflow.i33(i33 %a, i33 %b)
  %v1 = extractvalue {i33, i1} %p, 0
  %o = extractvalue {i33, i1} %p, 1
  %oe = zext i1 %o to i33
  %v = xor i33 %v1, %oe
  %r = zext i33 %v to i64
  ret i64 %r
}
; call umul_over_33(1, 2, 3) = 2
; call umul_over_33(-1, -1, 64) = 0
; call umul_over_33(5, -3, 33) = 8589934576
; call umul_over_33(-9223372036854775808, -1, 13) = 0
; call umul_over_33(81985529216486895, 119, 100) = 4275878424
define i64 @icmp_slt_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = icmp slt i33 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_33(1, 2, 3) = 1
; call icmp_slt_33(-1, -1, 64) = 0
; call icmp_slt_33(5, -3, 33) = 0
; call icmp_slt_33(-9223372036854775808, -1, 13) = 0
; call icmp_slt_33(81985529216486895, 119, 100) = 1
define i64 @icmp_ule_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = icmp ule i33 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_33(1, 2, 3) = 1
; call icmp_ule_33(-1, -1, 64) = 1
; call icmp_ule_33(5, -3, 33) = 1
; call icmp_ule_33(-9223372036854775808, -1, 13) = 1
; call icmp_ule_33(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = icmp eq i33 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_33(1, 2, 3) = 0
; call icmp_eq_33(-1, -1, 64) = 1
; call icmp_eq_33(5, -3, 33) = 0
; call icmp_eq_33(-9223372036854775808, -1, 13) = 0
; call icmp_eq_33(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %v = icmp sge i33 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_33(1, 2, 3) = 0
; call icmp_sge_33(-1, -1, 64) = 1
; call icmp_sge_33(5, -3, 33) = 1
; call icmp_sge_33(-9223372036854775808, -1, 13) = 1
; call icmp_sge_33(81985529216486895, 119, 100) = 0
define i64 @sext_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %v = ashr i33 %a, 1
  %r = zext i33 %v to i64
  ret i64 %r
}
; call sext_33(1, 2, 3) = 0
; call sext_33(-1, -1, 64) = 8589934591
; call sext_33(5, -3, 33) = 2
; call sext_33(-9223372036854775808, -1, 13) = 0
; call sext_33(81985529216486895, 119, 100) = 7597319927
define i64 @memory_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %s = alloca i33
  store i33 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i33, ptr %s
  %v = add i33 %l, %b
  %r = zext i33 %v to i64
  ret i64 %r
}
; call memory_33(1, 2, 3) = 3
; call memory_33(-1, -1, 64) = 8589934590
; call memory_33(5, -3, 33) = 2
; call memory_33(-9223372036854775808, -1, 13) = 8589934591
; call memory_33(81985529216486895, 119, 100) = 6604705382
define i64 @switch_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  switch i33 %a, label %d [ i33 0, label %p i33 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_33(1, 2, 3) = 30
; call switch_33(-1, -1, 64) = 20
; call switch_33(5, -3, 33) = 30
; call switch_33(-9223372036854775808, -1, 13) = 10
; call switch_33(81985529216486895, 119, 100) = 30
define i64 @tofloat_33(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i33
  %b = trunc i64 %y to i33
  %f = sitofp i33 %a to double
  %g = uitofp i33 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_33(1, 2, 3) = 4613937818241073152
; call tofloat_33(-1, -1, 64) = 4755801206501146624
; call tofloat_33(5, -3, 33) = 4755801206504292352
; call tofloat_33(-9223372036854775808, -1, 13) = 4755801206502195200
; call tofloat_33(81985529216486895, 119, 100) = -4477258574044594176
define i64 @ctpop_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %v = call i48 @llvm.ctpop.i48(i48 %a)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call ctpop_48(1, 2, 3) = 1
; call ctpop_48(-1, -1, 64) = 48
; call ctpop_48(5, -3, 33) = 2
; call ctpop_48(-9223372036854775808, -1, 13) = 0
; call ctpop_48(81985529216486895, 119, 100) = 28
define i64 @bswap_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %v = call i48 @llvm.bswap.i48(i48 %a)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call bswap_48(1, 2, 3) = 1099511627776
; call bswap_48(-1, -1, 64) = 281474976710655
; call bswap_48(5, -3, 33) = 5497558138880
; call bswap_48(-9223372036854775808, -1, 13) = 0
; call bswap_48(81985529216486895, 119, 100) = 263666625242949
define i64 @ctlz_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %v = call i48 @llvm.ctlz.i48(i48 %a, i1 false)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call ctlz_48(1, 2, 3) = 47
; call ctlz_48(-1, -1, 64) = 0
; call ctlz_48(5, -3, 33) = 45
; call ctlz_48(-9223372036854775808, -1, 13) = 48
; call ctlz_48(81985529216486895, 119, 100) = 1
define i64 @cttz_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %v = call i48 @llvm.cttz.i48(i48 %a, i1 false)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call cttz_48(1, 2, 3) = 0
; call cttz_48(-1, -1, 64) = 0
; call cttz_48(5, -3, 33) = 0
; call cttz_48(-9223372036854775808, -1, 13) = 48
; call cttz_48(81985529216486895, 119, 100) = 0
define i64 @abs_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %v = call i48 @llvm.abs.i48(i48 %a, i1 false)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call abs_48(1, 2, 3) = 1
; call abs_48(-1, -1, 64) = 1
; call abs_48(5, -3, 33) = 5
; call abs_48(-9223372036854775808, -1, 13) = 0
; call abs_48(81985529216486895, 119, 100) = 76310993685999
define i64 @smin_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.smin.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call smin_48(1, 2, 3) = 1
; call smin_48(-1, -1, 64) = 281474976710655
; call smin_48(5, -3, 33) = 281474976710653
; call smin_48(-9223372036854775808, -1, 13) = 281474976710655
; call smin_48(81985529216486895, 119, 100) = 119
define i64 @smax_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.smax.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call smax_48(1, 2, 3) = 2
; call smax_48(-1, -1, 64) = 281474976710655
; call smax_48(5, -3, 33) = 5
; call smax_48(-9223372036854775808, -1, 13) = 0
; call smax_48(81985529216486895, 119, 100) = 76310993685999
define i64 @umin_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.umin.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call umin_48(1, 2, 3) = 1
; call umin_48(-1, -1, 64) = 281474976710655
; call umin_48(5, -3, 33) = 5
; call umin_48(-9223372036854775808, -1, 13) = 0
; call umin_48(81985529216486895, 119, 100) = 119
define i64 @umax_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.umax.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call umax_48(1, 2, 3) = 2
; call umax_48(-1, -1, 64) = 281474976710655
; call umax_48(5, -3, 33) = 281474976710653
; call umax_48(-9223372036854775808, -1, 13) = 281474976710655
; call umax_48(81985529216486895, 119, 100) = 76310993685999
define i64 @sadd_sat_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.sadd.sat.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call sadd_sat_48(1, 2, 3) = 3
; call sadd_sat_48(-1, -1, 64) = 281474976710654
; call sadd_sat_48(5, -3, 33) = 2
; call sadd_sat_48(-9223372036854775808, -1, 13) = 281474976710655
; call sadd_sat_48(81985529216486895, 119, 100) = 76310993686118
define i64 @uadd_sat_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.uadd.sat.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call uadd_sat_48(1, 2, 3) = 3
; call uadd_sat_48(-1, -1, 64) = 281474976710655
; call uadd_sat_48(5, -3, 33) = 281474976710655
; call uadd_sat_48(-9223372036854775808, -1, 13) = 281474976710655
; call uadd_sat_48(81985529216486895, 119, 100) = 76310993686118
define i64 @ssub_sat_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.ssub.sat.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call ssub_sat_48(1, 2, 3) = 281474976710655
; call ssub_sat_48(-1, -1, 64) = 0
; call ssub_sat_48(5, -3, 33) = 8
; call ssub_sat_48(-9223372036854775808, -1, 13) = 1
; call ssub_sat_48(81985529216486895, 119, 100) = 76310993685880
define i64 @usub_sat_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = call i48 @llvm.usub.sat.i48(i48 %a, i48 %b)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call usub_sat_48(1, 2, 3) = 0
; call usub_sat_48(-1, -1, 64) = 0
; call usub_sat_48(5, -3, 33) = 0
; call usub_sat_48(-9223372036854775808, -1, 13) = 0
; call usub_sat_48(81985529216486895, 119, 100) = 76310993685880
define i64 @fshl_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %c = trunc i64 %z to i48
  %v = call i48 @llvm.fshl.i48(i48 %a, i48 %b, i48 %c)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call fshl_48(1, 2, 3) = 8
; call fshl_48(-1, -1, 64) = 281474976710655
; call fshl_48(5, -3, 33) = 51539607551
; call fshl_48(-9223372036854775808, -1, 13) = 8191
; call fshl_48(81985529216486895, 119, 100) = 95075992133360
define i64 @rotate_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %c = trunc i64 %z to i48
  %v = call i48 @llvm.fshl.i48(i48 %a, i48 %a, i48 %c)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call rotate_48(1, 2, 3) = 8
; call rotate_48(-1, -1, 64) = 281474976710655
; call rotate_48(5, -3, 33) = 42949672960
; call rotate_48(-9223372036854775808, -1, 13) = 0
; call rotate_48(81985529216486895, 119, 100) = 95075992133364
define i64 @fshr_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %c = trunc i64 %z to i48
  %v = call i48 @llvm.fshr.i48(i48 %a, i48 %b, i48 %c)
  %r = zext i48 %v to i64
  ret i64 %r
}
; call fshr_48(1, 2, 3) = 35184372088832
; call fshr_48(-1, -1, 64) = 281474976710655
; call fshr_48(5, -3, 33) = 196607
; call fshr_48(-9223372036854775808, -1, 13) = 34359738367
; call fshr_48(81985529216486895, 119, 100) = 263882790666247
define i64 @sadd_over_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %p = call {i48, i1} @llvm.sadd.with.overflow.i48(i48 %a, i48 %b)
  %v1 = extractvalue {i48, i1} %p, 0
  %o = extractvalue {i48, i1} %p, 1
  %oe = zext i1 %o to i48
  %v = xor i48 %v1, %oe
  %r = zext i48 %v to i64
  ret i64 %r
}
; call sadd_over_48(1, 2, 3) = 3
; call sadd_over_48(-1, -1, 64) = 281474976710654
; call sadd_over_48(5, -3, 33) = 2
; call sadd_over_48(-9223372036854775808, -1, 13) = 281474976710655
; call sadd_over_48(81985529216486895, 119, 100) = 76310993686118
define i64 @uadd_over_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %p = call {i48, i1} @llvm.uadd.with.overflow.i48(i48 %a, i48 %b)
  %v1 = extractvalue {i48, i1} %p, 0
  %o = extractvalue {i48, i1} %p, 1
  %oe = zext i1 %o to i48
  %v = xor i48 %v1, %oe
  %r = zext i48 %v to i64
  ret i64 %r
}
; call uadd_over_48(1, 2, 3) = 3
; call uadd_over_48(-1, -1, 64) = 281474976710655
; call uadd_over_48(5, -3, 33) = 3
; call uadd_over_48(-9223372036854775808, -1, 13) = 281474976710655
; call uadd_over_48(81985529216486895, 119, 100) = 76310993686118
define i64 @ssub_over_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %p = call {i48, i1} @llvm.ssub.with.overflow.i48(i48 %a, i48 %b)
  %v1 = extractvalue {i48, i1} %p, 0
  %o = extractvalue {i48, i1} %p, 1
  %oe = zext i1 %o to i48
  %v = xor i48 %v1, %oe
  %r = zext i48 %v to i64
  ret i64 %r
}
; call ssub_over_48(1, 2, 3) = 281474976710655
; call ssub_over_48(-1, -1, 64) = 0
; call ssub_over_48(5, -3, 33) = 8
; call ssub_over_48(-9223372036854775808, -1, 13) = 1
; call ssub_over_48(81985529216486895, 119, 100) = 76310993685880
define i64 @usub_over_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %p = call {i48, i1} @llvm.usub.with.overflow.i48(i48 %a, i48 %b)
  %v1 = extractvalue {i48, i1} %p, 0
  %o = extractvalue {i48, i1} %p, 1
  %oe = zext i1 %o to i48
  %v = xor i48 %v1, %oe
  %r = zext i48 %v to i64
  ret i64 %r
}
; call usub_over_48(1, 2, 3) = 281474976710654
; call usub_over_48(-1, -1, 64) = 0
; call usub_over_48(5, -3, 33) = 9
; call usub_over_48(-9223372036854775808, -1, 13) = 0
; call usub_over_48(81985529216486895, 119, 100) = 76310993685880
define i64 @smul_over_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %p = call {i48, i1} @llvm.smul.with.overflow.i48(i48 %a, i48 %b)
  %v1 = extractvalue {i48, i1} %p, 0
  %o = extractvalue {i48, i1} %p, 1
  %oe = zext i1 %o to i48
  %v = xor i48 %v1, %oe
  %r = zext i48 %v to i64
  ret i64 %r
}
; call smul_over_48(1, 2, 3) = 2
; call smul_over_48(-1, -1, 64) = 1
; call smul_over_48(5, -3, 33) = 281474976710641
; call smul_over_48(-9223372036854775808, -1, 13) = 0
; call smul_over_48(81985529216486895, 119, 100) = 73808993892888
define i64 @umul_over_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %p = call {i48, i1} @llvm.umul.with.overflow.i48(i48 %a, i48 %b)
  %v1 = extractvalue {i48, i1} %p, 0
  %o = extractvalue {i48, i1} %p, 1
  %oe = zext i1 %o to i48
  %v = xor i48 %v1, %oe
  %r = zext i48 %v to i64
  ret i64 %r
}
; call umul_over_48(1, 2, 3) = 2
; call umul_over_48(-1, -1, 64) = 0
; call umul_over_48(5, -3, 33) = 281474976710640
; call umul_over_48(-9223372036854775808, -1, 13) = 0
; call umul_over_48(81985529216486895, 119, 100) = 73808993892888
define i64 @icmp_slt_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = icmp slt i48 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_48(1, 2, 3) = 1
; call icmp_slt_48(-1, -1, 64) = 0
; call icmp_slt_48(5, -3, 33) = 0
; call icmp_slt_48(-9223372036854775808, -1, 13) = 0
; call icmp_slt_48(81985529216486895, 119, 100) = 0
define i64 @icmp_ule_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = icmp ule i48 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_48(1, 2, 3) = 1
; call icmp_ule_48(-1, -1, 64) = 1
; call icmp_ule_48(5, -3, 33) = 1
; call icmp_ule_48(-9223372036854775808, -1, 13) = 1
; call icmp_ule_48(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = icmp eq i48 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_48(1, 2, 3) = 0
; call icmp_eq_48(-1, -1, 64) = 1
; call icmp_eq_48(5, -3, 33) = 0
; call icmp_eq_48(-9223372036854775808, -1, 13) = 0
; call icmp_eq_48(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %v = icmp sge i48 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_48(1, 2, 3) = 0
; call icmp_sge_48(-1, -1, 64) = 1
; call icmp_sge_48(5, -3, 33) = 1
; call icmp_sge_48(-9223372036854775808, -1, 13) = 1
; call icmp_sge_48(81985529216486895, 119, 100) = 1
define i64 @sext_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %v = ashr i48 %a, 1
  %r = zext i48 %v to i64
  ret i64 %r
}
; call sext_48(1, 2, 3) = 0
; call sext_48(-1, -1, 64) = 281474976710655
; call sext_48(5, -3, 33) = 2
; call sext_48(-9223372036854775808, -1, 13) = 0
; call sext_48(81985529216486895, 119, 100) = 38155496842999
define i64 @memory_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %s = alloca i48
  store i48 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i48, ptr %s
  %v = add i48 %l, %b
  %r = zext i48 %v to i64
  ret i64 %r
}
; call memory_48(1, 2, 3) = 3
; call memory_48(-1, -1, 64) = 281474976710654
; call memory_48(5, -3, 33) = 2
; call memory_48(-9223372036854775808, -1, 13) = 281474976710655
; call memory_48(81985529216486895, 119, 100) = 76310993686118
define i64 @switch_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  switch i48 %a, label %d [ i48 0, label %p i48 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_48(1, 2, 3) = 30
; call switch_48(-1, -1, 64) = 20
; call switch_48(5, -3, 33) = 30
; call switch_48(-9223372036854775808, -1, 13) = 10
; call switch_48(81985529216486895, 119, 100) = 30
define i64 @tofloat_48(i64 %x, i64 %y, i64 %z) {
  %a = trunc i64 %x to i48
  %b = trunc i64 %y to i48
  %f = sitofp i48 %a to double
  %g = uitofp i48 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_48(1, 2, 3) = 4613937818241073152
; call tofloat_48(-1, -1, 64) = 4823355200913801152
; call tofloat_48(5, -3, 33) = 4823355200913801248
; call tofloat_48(-9223372036854775808, -1, 13) = 4823355200913801184
; call tofloat_48(81985529216486895, 119, 100) = 4814728305627601280
define i64 @ctpop_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %v = call i64 @llvm.ctpop.i64(i64 %a)
  ret i64 %v
}
; call ctpop_64(1, 2, 3) = 1
; call ctpop_64(-1, -1, 64) = 64
; call ctpop_64(5, -3, 33) = 2
; call ctpop_64(-9223372036854775808, -1, 13) = 1
; call ctpop_64(81985529216486895, 119, 100) = 32
define i64 @bitreverse_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %v = call i64 @llvm.bitreverse.i64(i64 %a)
  ret i64 %v
}
; call bitreverse_64(1, 2, 3) = -9223372036854775808
; call bitreverse_64(-1, -1, 64) = -1
; call bitreverse_64(5, -3, 33) = -6917529027641081856
; call bitreverse_64(-9223372036854775808, -1, 13) = 1
; call bitreverse_64(81985529216486895, 119, 100) = -597899502893742976
define i64 @bswap_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %v = call i64 @llvm.bswap.i64(i64 %a)
  ret i64 %v
}
; call bswap_64(1, 2, 3) = 72057594037927936
; call bswap_64(-1, -1, 64) = -1
; call bswap_64(5, -3, 33) = 360287970189639680
; call bswap_64(-9223372036854775808, -1, 13) = 128
; call bswap_64(81985529216486895, 119, 100) = -1167088121787636991
define i64 @ctlz_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %v = call i64 @llvm.ctlz.i64(i64 %a, i1 false)
  ret i64 %v
}
; call ctlz_64(1, 2, 3) = 63
; call ctlz_64(-1, -1, 64) = 0
; call ctlz_64(5, -3, 33) = 61
; call ctlz_64(-9223372036854775808, -1, 13) = 0
; call ctlz_64(81985529216486895, 119, 100) = 7
define i64 @cttz_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %v = call i64 @llvm.cttz.i64(i64 %a, i1 false)
  ret i64 %v
}
; call cttz_64(1, 2, 3) = 0
; call cttz_64(-1, -1, 64) = 0
; call cttz_64(5, -3, 33) = 0
; call cttz_64(-9223372036854775808, -1, 13) = 63
; call cttz_64(81985529216486895, 119, 100) = 0
define i64 @abs_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %v = call i64 @llvm.abs.i64(i64 %a, i1 false)
  ret i64 %v
}
; call abs_64(1, 2, 3) = 1
; call abs_64(-1, -1, 64) = 1
; call abs_64(5, -3, 33) = 5
; call abs_64(-9223372036854775808, -1, 13) = -9223372036854775808
; call abs_64(81985529216486895, 119, 100) = 81985529216486895
define i64 @smin_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.smin.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call smin_64(1, 2, 3) = 1
; call smin_64(-1, -1, 64) = -1
; call smin_64(5, -3, 33) = -3
; call smin_64(-9223372036854775808, -1, 13) = -9223372036854775808
; call smin_64(81985529216486895, 119, 100) = 119
define i64 @smax_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.smax.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call smax_64(1, 2, 3) = 2
; call smax_64(-1, -1, 64) = -1
; call smax_64(5, -3, 33) = 5
; call smax_64(-9223372036854775808, -1, 13) = -1
; call smax_64(81985529216486895, 119, 100) = 81985529216486895
define i64 @umin_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.umin.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call umin_64(1, 2, 3) = 1
; call umin_64(-1, -1, 64) = -1
; call umin_64(5, -3, 33) = 5
; call umin_64(-9223372036854775808, -1, 13) = -9223372036854775808
; call umin_64(81985529216486895, 119, 100) = 119
define i64 @umax_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.umax.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call umax_64(1, 2, 3) = 2
; call umax_64(-1, -1, 64) = -1
; call umax_64(5, -3, 33) = -3
; call umax_64(-9223372036854775808, -1, 13) = -1
; call umax_64(81985529216486895, 119, 100) = 81985529216486895
define i64 @sadd_sat_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.sadd.sat.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call sadd_sat_64(1, 2, 3) = 3
; call sadd_sat_64(-1, -1, 64) = -2
; call sadd_sat_64(5, -3, 33) = 2
; call sadd_sat_64(-9223372036854775808, -1, 13) = -9223372036854775808
; call sadd_sat_64(81985529216486895, 119, 100) = 81985529216487014
define i64 @uadd_sat_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.uadd.sat.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call uadd_sat_64(1, 2, 3) = 3
; call uadd_sat_64(-1, -1, 64) = -1
; call uadd_sat_64(5, -3, 33) = -1
; call uadd_sat_64(-9223372036854775808, -1, 13) = -1
; call uadd_sat_64(81985529216486895, 119, 100) = 81985529216487014
define i64 @ssub_sat_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.ssub.sat.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call ssub_sat_64(1, 2, 3) = -1
; call ssub_sat_64(-1, -1, 64) = 0
; call ssub_sat_64(5, -3, 33) = 8
; call ssub_sat_64(-9223372036854775808, -1, 13) = -9223372036854775807
; call ssub_sat_64(81985529216486895, 119, 100) = 81985529216486776
define i64 @usub_sat_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = call i64 @llvm.usub.sat.i64(i64 %a, i64 %b)
  ret i64 %v
}
; call usub_sat_64(1, 2, 3) = 0
; call usub_sat_64(-1, -1, 64) = 0
; call usub_sat_64(5, -3, 33) = 0
; call usub_sat_64(-9223372036854775808, -1, 13) = 0
; call usub_sat_64(81985529216486895, 119, 100) = 81985529216486776
define i64 @fshl_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %c = add i64 %z, 0
  %v = call i64 @llvm.fshl.i64(i64 %a, i64 %b, i64 %c)
  ret i64 %v
}
; call fshl_64(1, 2, 3) = 8
; call fshl_64(-1, -1, 64) = -1
; call fshl_64(5, -3, 33) = 51539607551
; call fshl_64(-9223372036854775808, -1, 13) = 8191
; call fshl_64(81985529216486895, 119, 100) = -7296712173873528832
define i64 @rotate_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %c = add i64 %z, 0
  %v = call i64 @llvm.fshl.i64(i64 %a, i64 %a, i64 %c)
  ret i64 %v
}
; call rotate_64(1, 2, 3) = 8
; call rotate_64(-1, -1, 64) = -1
; call rotate_64(5, -3, 33) = 42949672960
; call rotate_64(-9223372036854775808, -1, 13) = 4096
; call rotate_64(81985529216486895, 119, 100) = -7296712173568108936
define i64 @fshr_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %c = add i64 %z, 0
  %v = call i64 @llvm.fshr.i64(i64 %a, i64 %b, i64 %c)
  ret i64 %v
}
; call fshr_64(1, 2, 3) = 2305843009213693952
; call fshr_64(-1, -1, 64) = -1
; call fshr_64(5, -3, 33) = 12884901887
; call fshr_64(-9223372036854775808, -1, 13) = 2251799813685247
; call fshr_64(81985529216486895, 119, 100) = 8690466096660086784
define i64 @sadd_over_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %p = call {i64, i1} @llvm.sadd.with.overflow.i64(i64 %a, i64 %b)
  %v1 = extractvalue {i64, i1} %p, 0
  %o = extractvalue {i64, i1} %p, 1
  %oe = zext i1 %o to i64
  %v = xor i64 %v1, %oe
  ret i64 %v
}
; call sadd_over_64(1, 2, 3) = 3
; call sadd_over_64(-1, -1, 64) = -2
; call sadd_over_64(5, -3, 33) = 2
; call sadd_over_64(-9223372036854775808, -1, 13) = 9223372036854775806
; call sadd_over_64(81985529216486895, 119, 100) = 81985529216487014
define i64 @uadd_over_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %p = call {i64, i1} @llvm.uadd.with.overflow.i64(i64 %a, i64 %b)
  %v1 = extractvalue {i64, i1} %p, 0
  %o = extractvalue {i64, i1} %p, 1
  %oe = zext i1 %o to i64
  %v = xor i64 %v1, %oe
  ret i64 %v
}
; call uadd_over_64(1, 2, 3) = 3
; call uadd_over_64(-1, -1, 64) = -1
; call uadd_over_64(5, -3, 33) = 3
; call uadd_over_64(-9223372036854775808, -1, 13) = 9223372036854775806
; call uadd_over_64(81985529216486895, 119, 100) = 81985529216487014
define i64 @ssub_over_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %p = call {i64, i1} @llvm.ssub.with.overflow.i64(i64 %a, i64 %b)
  %v1 = extractvalue {i64, i1} %p, 0
  %o = extractvalue {i64, i1} %p, 1
  %oe = zext i1 %o to i64
  %v = xor i64 %v1, %oe
  ret i64 %v
}
; call ssub_over_64(1, 2, 3) = -1
; call ssub_over_64(-1, -1, 64) = 0
; call ssub_over_64(5, -3, 33) = 8
; call ssub_over_64(-9223372036854775808, -1, 13) = -9223372036854775807
; call ssub_over_64(81985529216486895, 119, 100) = 81985529216486776
define i64 @usub_over_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %p = call {i64, i1} @llvm.usub.with.overflow.i64(i64 %a, i64 %b)
  %v1 = extractvalue {i64, i1} %p, 0
  %o = extractvalue {i64, i1} %p, 1
  %oe = zext i1 %o to i64
  %v = xor i64 %v1, %oe
  ret i64 %v
}
; call usub_over_64(1, 2, 3) = -2
; call usub_over_64(-1, -1, 64) = 0
; call usub_over_64(5, -3, 33) = 9
; call usub_over_64(-9223372036854775808, -1, 13) = -9223372036854775808
; call usub_over_64(81985529216486895, 119, 100) = 81985529216486776
define i64 @smul_over_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %p = call {i64, i1} @llvm.smul.with.overflow.i64(i64 %a, i64 %b)
  %v1 = extractvalue {i64, i1} %p, 0
  %o = extractvalue {i64, i1} %p, 1
  %oe = zext i1 %o to i64
  %v = xor i64 %v1, %oe
  ret i64 %v
}
; call smul_over_64(1, 2, 3) = 2
; call smul_over_64(-1, -1, 64) = 1
; call smul_over_64(5, -3, 33) = -15
; call smul_over_64(-9223372036854775808, -1, 13) = -9223372036854775807
; call smul_over_64(81985529216486895, 119, 100) = -8690466096947611112
define i64 @umul_over_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %p = call {i64, i1} @llvm.umul.with.overflow.i64(i64 %a, i64 %b)
  %v1 = extractvalue {i64, i1} %p, 0
  %o = extractvalue {i64, i1} %p, 1
  %oe = zext i1 %o to i64
  %v = xor i64 %v1, %oe
  ret i64 %v
}
; call umul_over_64(1, 2, 3) = 2
; call umul_over_64(-1, -1, 64) = 0
; call umul_over_64(5, -3, 33) = -16
; call umul_over_64(-9223372036854775808, -1, 13) = -9223372036854775807
; call umul_over_64(81985529216486895, 119, 100) = -8690466096947611111
define i64 @icmp_slt_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = icmp slt i64 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_64(1, 2, 3) = 1
; call icmp_slt_64(-1, -1, 64) = 0
; call icmp_slt_64(5, -3, 33) = 0
; call icmp_slt_64(-9223372036854775808, -1, 13) = 1
; call icmp_slt_64(81985529216486895, 119, 100) = 0
define i64 @icmp_ule_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = icmp ule i64 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_64(1, 2, 3) = 1
; call icmp_ule_64(-1, -1, 64) = 1
; call icmp_ule_64(5, -3, 33) = 1
; call icmp_ule_64(-9223372036854775808, -1, 13) = 1
; call icmp_ule_64(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = icmp eq i64 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_64(1, 2, 3) = 0
; call icmp_eq_64(-1, -1, 64) = 1
; call icmp_eq_64(5, -3, 33) = 0
; call icmp_eq_64(-9223372036854775808, -1, 13) = 0
; call icmp_eq_64(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %v = icmp sge i64 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_64(1, 2, 3) = 0
; call icmp_sge_64(-1, -1, 64) = 1
; call icmp_sge_64(5, -3, 33) = 1
; call icmp_sge_64(-9223372036854775808, -1, 13) = 0
; call icmp_sge_64(81985529216486895, 119, 100) = 1
define i64 @sext_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %v = ashr i64 %a, 1
  ret i64 %v
}
; call sext_64(1, 2, 3) = 0
; call sext_64(-1, -1, 64) = -1
; call sext_64(5, -3, 33) = 2
; call sext_64(-9223372036854775808, -1, 13) = -4611686018427387904
; call sext_64(81985529216486895, 119, 100) = 40992764608243447
define i64 @memory_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %s = alloca i64
  store i64 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i64, ptr %s
  %v = add i64 %l, %b
  ret i64 %v
}
; call memory_64(1, 2, 3) = 3
; call memory_64(-1, -1, 64) = -2
; call memory_64(5, -3, 33) = 2
; call memory_64(-9223372036854775808, -1, 13) = 9223372036854775807
; call memory_64(81985529216486895, 119, 100) = 81985529216487014
define i64 @switch_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  switch i64 %a, label %d [ i64 0, label %p i64 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_64(1, 2, 3) = 30
; call switch_64(-1, -1, 64) = 20
; call switch_64(5, -3, 33) = 30
; call switch_64(-9223372036854775808, -1, 13) = 30
; call switch_64(81985529216486895, 119, 100) = 30
define i64 @tofloat_64(i64 %x, i64 %y, i64 %z) {
  %a = add i64 %x, 0
  %b = add i64 %y, 0
  %f = sitofp i64 %a to double
  %g = uitofp i64 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_64(1, 2, 3) = 4613937818241073152
; call tofloat_64(-1, -1, 64) = 4895412794951729152
; call tofloat_64(5, -3, 33) = 4895412794951729152
; call tofloat_64(-9223372036854775808, -1, 13) = 4890909195324358656
; call tofloat_64(81985529216486895, 119, 100) = 4860004493881425126
define i64 @ctpop_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %v = call i128 @llvm.ctpop.i128(i128 %a)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call ctpop_128(1, 2, 3) = 2
; call ctpop_128(-1, -1, 64) = 37
; call ctpop_128(5, -3, 33) = 4
; call ctpop_128(-9223372036854775808, -1, 13) = 37
; call ctpop_128(81985529216486895, 119, 100) = 50
define i64 @bitreverse_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %v = call i128 @llvm.bitreverse.i128(i128 %a)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call bitreverse_128(1, 2, 3) = -9223372034774401024
; call bitreverse_128(-1, -1, 64) = -4160749568
; call bitreverse_128(5, -3, 33) = 6917529030241550336
; call bitreverse_128(-9223372036854775808, -1, 13) = -268435425
; call bitreverse_128(81985529216486895, 119, 100) = 8211129257981373268
define i64 @bswap_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %v = call i128 @llvm.bswap.i128(i128 %a)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call bswap_128(1, 2, 3) = 2233785431818764288
; call bswap_128(-1, -1, 64) = -117021081600
; call bswap_128(5, -3, 33) = -7277816914615730176
; call bswap_128(-9223372036854775808, -1, 13) = -4043305088
; call bswap_128(81985529216486895, 119, 100) = -555159348900074420
define i64 @ctlz_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %v = call i128 @llvm.ctlz.i128(i128 %a, i1 false)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call ctlz_128(1, 2, 3) = 90
; call ctlz_128(-1, -1, 64) = 91
; call ctlz_128(5, -3, 33) = 88
; call ctlz_128(-9223372036854775808, -1, 13) = 28
; call ctlz_128(81985529216486895, 119, 100) = 34
define i64 @cttz_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %v = call i128 @llvm.cttz.i128(i128 %a, i1 false)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call cttz_128(1, 2, 3) = 0
; call cttz_128(-1, -1, 64) = 0
; call cttz_128(5, -3, 33) = 0
; call cttz_128(-9223372036854775808, -1, 13) = 63
; call cttz_128(81985529216486895, 119, 100) = 0
define i64 @abs_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %v = call i128 @llvm.abs.i128(i128 %a, i1 false)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call abs_128(1, 2, 3) = 137438953473
; call abs_128(-1, -1, 64) = 137438953471
; call abs_128(5, -3, 33) = 687194767365
; call abs_128(-9223372036854775808, -1, 13) = -9223369906550997023
; call abs_128(81985529216486895, 119, 100) = 3772600883175963840
define i64 @smin_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = call i128 @llvm.smin.i128(i128 %a, i128 %b)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call smin_128(1, 2, 3) = 137438953473
; call smin_128(-1, -1, 64) = 137438953471
; call smin_128(5, -3, 33) = 412316860413
; call smin_128(-9223372036854775808, -1, 13) = 137438953471
; call smin_128(81985529216486895, 119, 100) = 16355235463287
define i64 @smax_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = call i128 @llvm.smax.i128(i128 %a, i128 %b)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call smax_128(1, 2, 3) = 274877906946
; call smax_128(-1, -1, 64) = 137438953471
; call smax_128(5, -3, 33) = 687194767365
; call smax_128(-9223372036854775808, -1, 13) = -9223369906550997023
; call smax_128(81985529216486895, 119, 100) = 3772600883175963840
define i64 @umin_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = call i128 @llvm.umin.i128(i128 %a, i128 %b)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call umin_128(1, 2, 3) = 137438953473
; call umin_128(-1, -1, 64) = 137438953471
; call umin_128(5, -3, 33) = 412316860413
; call umin_128(-9223372036854775808, -1, 13) = 137438953471
; call umin_128(81985529216486895, 119, 100) = 16355235463287
define i64 @umax_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = call i128 @llvm.umax.i128(i128 %a, i128 %b)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call umax_128(1, 2, 3) = 274877906946
; call umax_128(-1, -1, 64) = 137438953471
; call umax_128(5, -3, 33) = 687194767365
; call umax_128(-9223372036854775808, -1, 13) = -9223369906550997023
; call umax_128(81985529216486895, 119, 100) = 3772600883175963840
define i64 @fshl_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %cw = sext i64 %z to i128
  %ch = shl i128 %cw, 37
  %c = xor i128 %ch, %cw
  %v = call i128 @llvm.fshl.i128(i128 %a, i128 %b, i128 %c)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call fshl_128(1, 2, 3) = 1099511627784
; call fshl_128(-1, -1, 64) = 4260607557601
; call fshl_128(5, -3, 33) = 42949682880
; call fshl_128(-9223372036854775808, -1, 13) = 17451448555933696
; call fshl_128(81985529216486895, 119, 100) = -4837148505564713472
define i64 @rotate_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %cw = sext i64 %z to i128
  %ch = shl i128 %cw, 37
  %c = xor i128 %ch, %cw
  %v = call i128 @llvm.fshl.i128(i128 %a, i128 %a, i128 %c)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call rotate_128(1, 2, 3) = 1099511627784
; call rotate_128(-1, -1, 64) = 4260607557601
; call rotate_128(5, -3, 33) = 42949682880
; call rotate_128(-9223372036854775808, -1, 13) = 17451448555933696
; call rotate_128(81985529216486895, 119, 100) = -408648875571705786
define i64 @fshr_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %cw = sext i64 %z to i128
  %ch = shl i128 %cw, 37
  %c = xor i128 %ch, %cw
  %v = call i128 @llvm.fshr.i128(i128 %a, i128 %b, i128 %c)
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call fshr_128(1, 2, 3) = -2305842974853955584
; call fshr_128(-1, -1, 64) = 4260607557601
; call fshr_128(5, -3, 33) = 332859965487
; call fshr_128(-9223372036854775808, -1, 13) = 16777215
; call fshr_128(81985529216486895, 119, 100) = 4472201757059989880
define i64 @sadd_over_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %p = call {i128, i1} @llvm.sadd.with.overflow.i128(i128 %a, i128 %b)
  %v1 = extractvalue {i128, i1} %p, 0
  %o = extractvalue {i128, i1} %p, 1
  %oe = zext i1 %o to i128
  %v = xor i128 %v1, %oe
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call sadd_over_128(1, 2, 3) = 412316860419
; call sadd_over_128(-1, -1, 64) = 274877906942
; call sadd_over_128(5, -3, 33) = 1099511627778
; call sadd_over_128(-9223372036854775808, -1, 13) = -9223369906550996962
; call sadd_over_128(81985529216486895, 119, 100) = 3772617238411427657
define i64 @uadd_over_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %p = call {i128, i1} @llvm.uadd.with.overflow.i128(i128 %a, i128 %b)
  %v1 = extractvalue {i128, i1} %p, 0
  %o = extractvalue {i128, i1} %p, 1
  %oe = zext i1 %o to i128
  %v = xor i128 %v1, %oe
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call uadd_over_128(1, 2, 3) = 412316860419
; call uadd_over_128(-1, -1, 64) = 274877906942
; call uadd_over_128(5, -3, 33) = 1099511627778
; call uadd_over_128(-9223372036854775808, -1, 13) = -9223369906550996962
; call uadd_over_128(81985529216486895, 119, 100) = 3772617238411427657
define i64 @ssub_over_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %p = call {i128, i1} @llvm.ssub.with.overflow.i128(i128 %a, i128 %b)
  %v1 = extractvalue {i128, i1} %p, 0
  %o = extractvalue {i128, i1} %p, 1
  %oe = zext i1 %o to i128
  %v = xor i128 %v1, %oe
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call ssub_over_128(1, 2, 3) = 137438953502
; call ssub_over_128(-1, -1, 64) = 0
; call ssub_over_128(5, -3, 33) = 274877906952
; call ssub_over_128(-9223372036854775808, -1, 13) = 9223369906550996960
; call ssub_over_128(81985529216486895, 119, 100) = 3772584527940500567
define i64 @usub_over_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %p = call {i128, i1} @llvm.usub.with.overflow.i128(i128 %a, i128 %b)
  %v1 = extractvalue {i128, i1} %p, 0
  %o = extractvalue {i128, i1} %p, 1
  %oe = zext i1 %o to i128
  %v = xor i128 %v1, %oe
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call usub_over_128(1, 2, 3) = 137438953503
; call usub_over_128(-1, -1, 64) = 0
; call usub_over_128(5, -3, 33) = 274877906952
; call usub_over_128(-9223372036854775808, -1, 13) = 9223369906550996960
; call usub_over_128(81985529216486895, 119, 100) = 3772584527940500567
define i64 @smul_over_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %p = call {i128, i1} @llvm.smul.with.overflow.i128(i128 %a, i128 %b)
  %v1 = extractvalue {i128, i1} %p, 0
  %o = extractvalue {i128, i1} %p, 1
  %oe = zext i1 %o to i128
  %v = xor i128 %v1, %oe
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call smul_over_128(1, 2, 3) = 549755877378
; call smul_over_128(-1, -1, 64) = -274877875232
; call smul_over_128(5, -3, 33) = -476144
; call smul_over_128(-9223372036854775808, -1, 13) = 9223367776247218177
; call smul_over_128(81985529216486895, 119, 100) = 4423433530140522937
define i64 @umul_over_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %p = call {i128, i1} @llvm.umul.with.overflow.i128(i128 %a, i128 %b)
  %v1 = extractvalue {i128, i1} %p, 0
  %o = extractvalue {i128, i1} %p, 1
  %oe = zext i1 %o to i128
  %v = xor i128 %v1, %oe
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call umul_over_128(1, 2, 3) = 549755877378
; call umul_over_128(-1, -1, 64) = -274877875232
; call umul_over_128(5, -3, 33) = -476144
; call umul_over_128(-9223372036854775808, -1, 13) = 9223367776247218177
; call umul_over_128(81985529216486895, 119, 100) = 4423433530140522937
define i64 @icmp_slt_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = icmp slt i128 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_slt_128(1, 2, 3) = 1
; call icmp_slt_128(-1, -1, 64) = 0
; call icmp_slt_128(5, -3, 33) = 0
; call icmp_slt_128(-9223372036854775808, -1, 13) = 0
; call icmp_slt_128(81985529216486895, 119, 100) = 0
define i64 @icmp_ule_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = icmp ule i128 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_ule_128(1, 2, 3) = 1
; call icmp_ule_128(-1, -1, 64) = 1
; call icmp_ule_128(5, -3, 33) = 0
; call icmp_ule_128(-9223372036854775808, -1, 13) = 0
; call icmp_ule_128(81985529216486895, 119, 100) = 0
define i64 @icmp_eq_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = icmp eq i128 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_eq_128(1, 2, 3) = 0
; call icmp_eq_128(-1, -1, 64) = 1
; call icmp_eq_128(5, -3, 33) = 0
; call icmp_eq_128(-9223372036854775808, -1, 13) = 0
; call icmp_eq_128(81985529216486895, 119, 100) = 0
define i64 @icmp_sge_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %v = icmp sge i128 %a, %b
  %r = zext i1 %v to i64
  ret i64 %r
}
; call icmp_sge_128(1, 2, 3) = 0
; call icmp_sge_128(-1, -1, 64) = 1
; call icmp_sge_128(5, -3, 33) = 1
; call icmp_sge_128(-9223372036854775808, -1, 13) = 1
; call icmp_sge_128(81985529216486895, 119, 100) = 1
define i64 @sext_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %v = ashr i128 %a, 1
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call sext_128(1, 2, 3) = 68719476736
; call sext_128(-1, -1, 64) = 68719476735
; call sext_128(5, -3, 33) = 343597383682
; call sext_128(-9223372036854775808, -1, 13) = -4611684953275498527
; call sext_128(81985529216486895, 119, 100) = -7337071595266793857
define i64 @memory_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %s = alloca i128
  store i128 %a, ptr %s
  %p = getelementptr i8, ptr %s, i64 0
  %q = load i8, ptr %p
  %l = load i128, ptr %s
  %v = add i128 %l, %b
  %rl = trunc i128 %v to i64
  %rs = lshr i128 %v, 64
  %rh = trunc i128 %rs to i64
  %rm = mul i64 %rh, 31
  %r = xor i64 %rl, %rm
  ret i64 %r
}
; call memory_128(1, 2, 3) = 412316860419
; call memory_128(-1, -1, 64) = 274877906942
; call memory_128(5, -3, 33) = 1099511627778
; call memory_128(-9223372036854775808, -1, 13) = -9223369906550996962
; call memory_128(81985529216486895, 119, 100) = 3772617238411427657
define i64 @switch_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  switch i128 %a, label %d [ i128 0, label %p i128 -1, label %q ]
p:
  ret i64 10
q:
  ret i64 20
d:
  ret i64 30
}
; call switch_128(1, 2, 3) = 30
; call switch_128(-1, -1, 64) = 30
; call switch_128(5, -3, 33) = 30
; call switch_128(-9223372036854775808, -1, 13) = 30
; call switch_128(81985529216486895, 119, 100) = 30
define i64 @tofloat_128(i64 %x, i64 %y, i64 %z) {
  %aw = sext i64 %x to i128
  %ah = shl i128 %aw, 37
  %a = xor i128 %ah, %aw
  %bw = sext i64 %y to i128
  %bh = shl i128 %bw, 37
  %b = xor i128 %bh, %bw
  %f = sitofp i128 %a to double
  %g = uitofp i128 %b to double
  %h = fadd double %f, %g
  %r = bitcast double %h to i64
  ret i64 %r
}
; call tofloat_128(1, 2, 3) = 4780571004453830656
; call tofloat_128(-1, -1, 64) = 4778319204640030720
; call tofloat_128(5, -3, 33) = 4787326403894845440
; call tofloat_128(-9223372036854775808, -1, 13) = 5057542381537001472
; call tofloat_128(81985529216486895, 119, 100) = 5026637680094096771
declare i1 @llvm.abs.i1(i1, i1)
declare i1 @llvm.bitreverse.i1(i1)
declare i1 @llvm.ctlz.i1(i1, i1)
declare i1 @llvm.ctpop.i1(i1)
declare i1 @llvm.cttz.i1(i1, i1)
declare i1 @llvm.fshl.i1(i1, i1, i1)
declare i1 @llvm.fshr.i1(i1, i1, i1)
declare i1 @llvm.sadd.sat.i1(i1, i1)
declare i1 @llvm.smax.i1(i1, i1)
declare i1 @llvm.smin.i1(i1, i1)
declare i1 @llvm.ssub.sat.i1(i1, i1)
declare i1 @llvm.uadd.sat.i1(i1, i1)
declare i1 @llvm.umax.i1(i1, i1)
declare i1 @llvm.umin.i1(i1, i1)
declare i1 @llvm.usub.sat.i1(i1, i1)
declare i128 @llvm.abs.i128(i128, i1)
declare i128 @llvm.bitreverse.i128(i128)
declare i128 @llvm.bswap.i128(i128)
declare i128 @llvm.ctlz.i128(i128, i1)
declare i128 @llvm.ctpop.i128(i128)
declare i128 @llvm.cttz.i128(i128, i1)
declare i128 @llvm.fshl.i128(i128, i128, i128)
declare i128 @llvm.fshr.i128(i128, i128, i128)
declare i128 @llvm.smax.i128(i128, i128)
declare i128 @llvm.smin.i128(i128, i128)
declare i128 @llvm.umax.i128(i128, i128)
declare i128 @llvm.umin.i128(i128, i128)
declare i13 @llvm.abs.i13(i13, i1)
declare i13 @llvm.bitreverse.i13(i13)
declare i13 @llvm.ctlz.i13(i13, i1)
declare i13 @llvm.ctpop.i13(i13)
declare i13 @llvm.cttz.i13(i13, i1)
declare i13 @llvm.fshl.i13(i13, i13, i13)
declare i13 @llvm.fshr.i13(i13, i13, i13)
declare i13 @llvm.sadd.sat.i13(i13, i13)
declare i13 @llvm.smax.i13(i13, i13)
declare i13 @llvm.smin.i13(i13, i13)
declare i13 @llvm.ssub.sat.i13(i13, i13)
declare i13 @llvm.uadd.sat.i13(i13, i13)
declare i13 @llvm.umax.i13(i13, i13)
declare i13 @llvm.umin.i13(i13, i13)
declare i13 @llvm.usub.sat.i13(i13, i13)
declare i16 @llvm.abs.i16(i16, i1)
declare i16 @llvm.bitreverse.i16(i16)
declare i16 @llvm.bswap.i16(i16)
declare i16 @llvm.ctlz.i16(i16, i1)
declare i16 @llvm.ctpop.i16(i16)
declare i16 @llvm.cttz.i16(i16, i1)
declare i16 @llvm.fshl.i16(i16, i16, i16)
declare i16 @llvm.fshr.i16(i16, i16, i16)
declare i16 @llvm.sadd.sat.i16(i16, i16)
declare i16 @llvm.smax.i16(i16, i16)
declare i16 @llvm.smin.i16(i16, i16)
declare i16 @llvm.ssub.sat.i16(i16, i16)
declare i16 @llvm.uadd.sat.i16(i16, i16)
declare i16 @llvm.umax.i16(i16, i16)
declare i16 @llvm.umin.i16(i16, i16)
declare i16 @llvm.usub.sat.i16(i16, i16)
declare i24 @llvm.abs.i24(i24, i1)
declare i24 @llvm.bitreverse.i24(i24)
declare i24 @llvm.ctlz.i24(i24, i1)
declare i24 @llvm.ctpop.i24(i24)
declare i24 @llvm.cttz.i24(i24, i1)
declare i24 @llvm.fshl.i24(i24, i24, i24)
declare i24 @llvm.fshr.i24(i24, i24, i24)
declare i24 @llvm.sadd.sat.i24(i24, i24)
declare i24 @llvm.smax.i24(i24, i24)
declare i24 @llvm.smin.i24(i24, i24)
declare i24 @llvm.ssub.sat.i24(i24, i24)
declare i24 @llvm.uadd.sat.i24(i24, i24)
declare i24 @llvm.umax.i24(i24, i24)
declare i24 @llvm.umin.i24(i24, i24)
declare i24 @llvm.usub.sat.i24(i24, i24)
declare i3 @llvm.abs.i3(i3, i1)
declare i3 @llvm.bitreverse.i3(i3)
declare i3 @llvm.ctlz.i3(i3, i1)
declare i3 @llvm.ctpop.i3(i3)
declare i3 @llvm.cttz.i3(i3, i1)
declare i3 @llvm.fshl.i3(i3, i3, i3)
declare i3 @llvm.fshr.i3(i3, i3, i3)
declare i3 @llvm.sadd.sat.i3(i3, i3)
declare i3 @llvm.smax.i3(i3, i3)
declare i3 @llvm.smin.i3(i3, i3)
declare i3 @llvm.ssub.sat.i3(i3, i3)
declare i3 @llvm.uadd.sat.i3(i3, i3)
declare i3 @llvm.umax.i3(i3, i3)
declare i3 @llvm.umin.i3(i3, i3)
declare i3 @llvm.usub.sat.i3(i3, i3)
declare i32 @llvm.abs.i32(i32, i1)
declare i32 @llvm.bitreverse.i32(i32)
declare i32 @llvm.bswap.i32(i32)
declare i32 @llvm.ctlz.i32(i32, i1)
declare i32 @llvm.ctpop.i32(i32)
declare i32 @llvm.cttz.i32(i32, i1)
declare i32 @llvm.fshl.i32(i32, i32, i32)
declare i32 @llvm.fshr.i32(i32, i32, i32)
declare i32 @llvm.sadd.sat.i32(i32, i32)
declare i32 @llvm.smax.i32(i32, i32)
declare i32 @llvm.smin.i32(i32, i32)
declare i32 @llvm.ssub.sat.i32(i32, i32)
declare i32 @llvm.uadd.sat.i32(i32, i32)
declare i32 @llvm.umax.i32(i32, i32)
declare i32 @llvm.umin.i32(i32, i32)
declare i32 @llvm.usub.sat.i32(i32, i32)
declare i33 @llvm.abs.i33(i33, i1)
declare i33 @llvm.bitreverse.i33(i33)
declare i33 @llvm.ctlz.i33(i33, i1)
declare i33 @llvm.ctpop.i33(i33)
declare i33 @llvm.cttz.i33(i33, i1)
declare i33 @llvm.fshl.i33(i33, i33, i33)
declare i33 @llvm.fshr.i33(i33, i33, i33)
declare i33 @llvm.sadd.sat.i33(i33, i33)
declare i33 @llvm.smax.i33(i33, i33)
declare i33 @llvm.smin.i33(i33, i33)
declare i33 @llvm.ssub.sat.i33(i33, i33)
declare i33 @llvm.uadd.sat.i33(i33, i33)
declare i33 @llvm.umax.i33(i33, i33)
declare i33 @llvm.umin.i33(i33, i33)
declare i33 @llvm.usub.sat.i33(i33, i33)
declare i48 @llvm.abs.i48(i48, i1)
declare i48 @llvm.bswap.i48(i48)
declare i48 @llvm.ctlz.i48(i48, i1)
declare i48 @llvm.ctpop.i48(i48)
declare i48 @llvm.cttz.i48(i48, i1)
declare i48 @llvm.fshl.i48(i48, i48, i48)
declare i48 @llvm.fshr.i48(i48, i48, i48)
declare i48 @llvm.sadd.sat.i48(i48, i48)
declare i48 @llvm.smax.i48(i48, i48)
declare i48 @llvm.smin.i48(i48, i48)
declare i48 @llvm.ssub.sat.i48(i48, i48)
declare i48 @llvm.uadd.sat.i48(i48, i48)
declare i48 @llvm.umax.i48(i48, i48)
declare i48 @llvm.umin.i48(i48, i48)
declare i48 @llvm.usub.sat.i48(i48, i48)
declare i64 @llvm.abs.i64(i64, i1)
declare i64 @llvm.bitreverse.i64(i64)
declare i64 @llvm.bswap.i64(i64)
declare i64 @llvm.ctlz.i64(i64, i1)
declare i64 @llvm.ctpop.i64(i64)
declare i64 @llvm.cttz.i64(i64, i1)
declare i64 @llvm.fshl.i64(i64, i64, i64)
declare i64 @llvm.fshr.i64(i64, i64, i64)
declare i64 @llvm.sadd.sat.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.ssub.sat.i64(i64, i64)
declare i64 @llvm.uadd.sat.i64(i64, i64)
declare i64 @llvm.umax.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.usub.sat.i64(i64, i64)
declare i8 @llvm.abs.i8(i8, i1)
declare i8 @llvm.bitreverse.i8(i8)
declare i8 @llvm.ctlz.i8(i8, i1)
declare i8 @llvm.ctpop.i8(i8)
declare i8 @llvm.cttz.i8(i8, i1)
declare i8 @llvm.fshl.i8(i8, i8, i8)
declare i8 @llvm.fshr.i8(i8, i8, i8)
declare i8 @llvm.sadd.sat.i8(i8, i8)
declare i8 @llvm.smax.i8(i8, i8)
declare i8 @llvm.smin.i8(i8, i8)
declare i8 @llvm.ssub.sat.i8(i8, i8)
declare i8 @llvm.uadd.sat.i8(i8, i8)
declare i8 @llvm.umax.i8(i8, i8)
declare i8 @llvm.umin.i8(i8, i8)
declare i8 @llvm.usub.sat.i8(i8, i8)
declare {i1, i1} @llvm.sadd.with.overflow.i1(i1, i1)
declare {i1, i1} @llvm.smul.with.overflow.i1(i1, i1)
declare {i1, i1} @llvm.ssub.with.overflow.i1(i1, i1)
declare {i1, i1} @llvm.uadd.with.overflow.i1(i1, i1)
declare {i1, i1} @llvm.umul.with.overflow.i1(i1, i1)
declare {i1, i1} @llvm.usub.with.overflow.i1(i1, i1)
declare {i128, i1} @llvm.sadd.with.overflow.i128(i128, i128)
declare {i128, i1} @llvm.smul.with.overflow.i128(i128, i128)
declare {i128, i1} @llvm.ssub.with.overflow.i128(i128, i128)
declare {i128, i1} @llvm.uadd.with.overflow.i128(i128, i128)
declare {i128, i1} @llvm.umul.with.overflow.i128(i128, i128)
declare {i128, i1} @llvm.usub.with.overflow.i128(i128, i128)
declare {i13, i1} @llvm.sadd.with.overflow.i13(i13, i13)
declare {i13, i1} @llvm.smul.with.overflow.i13(i13, i13)
declare {i13, i1} @llvm.ssub.with.overflow.i13(i13, i13)
declare {i13, i1} @llvm.uadd.with.overflow.i13(i13, i13)
declare {i13, i1} @llvm.umul.with.overflow.i13(i13, i13)
declare {i13, i1} @llvm.usub.with.overflow.i13(i13, i13)
declare {i16, i1} @llvm.sadd.with.overflow.i16(i16, i16)
declare {i16, i1} @llvm.smul.with.overflow.i16(i16, i16)
declare {i16, i1} @llvm.ssub.with.overflow.i16(i16, i16)
declare {i16, i1} @llvm.uadd.with.overflow.i16(i16, i16)
declare {i16, i1} @llvm.umul.with.overflow.i16(i16, i16)
declare {i16, i1} @llvm.usub.with.overflow.i16(i16, i16)
declare {i24, i1} @llvm.sadd.with.overflow.i24(i24, i24)
declare {i24, i1} @llvm.smul.with.overflow.i24(i24, i24)
declare {i24, i1} @llvm.ssub.with.overflow.i24(i24, i24)
declare {i24, i1} @llvm.uadd.with.overflow.i24(i24, i24)
declare {i24, i1} @llvm.umul.with.overflow.i24(i24, i24)
declare {i24, i1} @llvm.usub.with.overflow.i24(i24, i24)
declare {i3, i1} @llvm.sadd.with.overflow.i3(i3, i3)
declare {i3, i1} @llvm.smul.with.overflow.i3(i3, i3)
declare {i3, i1} @llvm.ssub.with.overflow.i3(i3, i3)
declare {i3, i1} @llvm.uadd.with.overflow.i3(i3, i3)
declare {i3, i1} @llvm.umul.with.overflow.i3(i3, i3)
declare {i3, i1} @llvm.usub.with.overflow.i3(i3, i3)
declare {i32, i1} @llvm.sadd.with.overflow.i32(i32, i32)
declare {i32, i1} @llvm.smul.with.overflow.i32(i32, i32)
declare {i32, i1} @llvm.ssub.with.overflow.i32(i32, i32)
declare {i32, i1} @llvm.uadd.with.overflow.i32(i32, i32)
declare {i32, i1} @llvm.umul.with.overflow.i32(i32, i32)
declare {i32, i1} @llvm.usub.with.overflow.i32(i32, i32)
declare {i33, i1} @llvm.sadd.with.overflow.i33(i33, i33)
declare {i33, i1} @llvm.smul.with.overflow.i33(i33, i33)
declare {i33, i1} @llvm.ssub.with.overflow.i33(i33, i33)
declare {i33, i1} @llvm.uadd.with.overflow.i33(i33, i33)
declare {i33, i1} @llvm.umul.with.overflow.i33(i33, i33)
declare {i33, i1} @llvm.usub.with.overflow.i33(i33, i33)
declare {i48, i1} @llvm.sadd.with.overflow.i48(i48, i48)
declare {i48, i1} @llvm.smul.with.overflow.i48(i48, i48)
declare {i48, i1} @llvm.ssub.with.overflow.i48(i48, i48)
declare {i48, i1} @llvm.uadd.with.overflow.i48(i48, i48)
declare {i48, i1} @llvm.umul.with.overflow.i48(i48, i48)
declare {i48, i1} @llvm.usub.with.overflow.i48(i48, i48)
declare {i64, i1} @llvm.sadd.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.smul.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.ssub.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.uadd.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.umul.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.usub.with.overflow.i64(i64, i64)
declare {i8, i1} @llvm.sadd.with.overflow.i8(i8, i8)
declare {i8, i1} @llvm.smul.with.overflow.i8(i8, i8)
declare {i8, i1} @llvm.ssub.with.overflow.i8(i8, i8)
declare {i8, i1} @llvm.uadd.with.overflow.i8(i8, i8)
declare {i8, i1} @llvm.umul.with.overflow.i8(i8, i8)
declare {i8, i1} @llvm.usub.with.overflow.i8(i8, i8)
