; What NIR cannot express, with the reasons.
; foreign varargs: varargs function
; foreign assembly: inline assembly
; foreign extended: 80-bit floating point (long double)
; foreign twice: a call that returns twice (setjmp)
; foreign dynamic: a stack allocation of variable size
; foreign pair: a result in two registers
; foreign calls_pair: a result in two registers
; foreign lanes: a vector as an argument
; foreign jumps: the address of a label
; foreign huge: more than 1 MiB on the stack
; foreign half: 16-bit floating point
; foreign wide: an integer of very many bits
; foreign chain: an argument that C does not have
; foreign calls_chain: an argument that C does not have
; foreign self: an argument that C does not have
; foreign error: an argument that C does not have
; foreign async: an argument that C does not have
; foreign frame: an argument that C does not have
; foreign truths: a vector as an argument
; foreign calls_truths: a vector as an argument
; foreign gives_truths: a vector as a result
; foreign nibbles: a vector as an argument
; foreign masks: llvm.ptrmask
; foreign sizes: llvm.objectsize
; foreign rounds: llvm.lrint
; foreign steps: a scalable vector
; foreign holds: a scalable vector
define i64 @varargs(i64 %n, ...) {
  ret i64 %n
}
define i64 @assembly(i64 %n) {
  %r = call i64 asm "addq $$1, $0", "=r,0"(i64 %n)
  ret i64 %r
}
define x86_fp80 @extended(x86_fp80 %a) {
  ret x86_fp80 %a
}
declare i32 @setjmp(ptr) returns_twice
define i32 @twice(ptr %p) {
  %r = call i32 @setjmp(ptr %p) returns_twice
  ret i32 %r
}
define void @dynamic(i64 %n) {
  %p = alloca i8, i64 %n
  store volatile i8 0, ptr %p
  ret void
}
define { i64, i64 } @pair(i64 %n) {
  %a = insertvalue { i64, i64 } zeroinitializer, i64 %n, 1
  ret { i64, i64 } %a
}
define i64 @calls_pair(i64 %n) {
  %p = call { i64, i64 } @pair(i64 %n)
  %r = extractvalue { i64, i64 } %p, 1
  ret i64 %r
}
define i64 @lanes(<4 x i32> %v) {
  ret i64 0
}
define i64 @jumps(i1 %c) {
  %t = select i1 %c, ptr blockaddress(@jumps, %a), ptr blockaddress(@jumps, %b)
  indirectbr ptr %t, [label %a, label %b]
a:
  ret i64 1
b:
  ret i64 2
}
define void @huge() {
  %p = alloca [2000000 x i8]
  store volatile i8 0, ptr %p
  ret void
}
define half @half(half %x) {
  ret half %x
}
define void @wide(ptr %p) {
  %a = load i256, ptr %p
  %b = udiv i256 %a, 10
  store i256 %b, ptr %p
  ret void
}
define i64 @chain(ptr nest %p, i64 %n) {
  ret i64 %n
}
define i64 @calls_chain(ptr %f, ptr %p, i64 %n) {
  %r = call i64 %f(ptr nest %p, i64 %n)
  ret i64 %r
}
define i64 @self(ptr swiftself %p, i64 %n) {
  ret i64 %n
}
define i64 @error(ptr swifterror %p, i64 %n) {
  ret i64 %n
}
define i64 @async(ptr swiftasync %p, i64 %n) {
  ret i64 %n
}
define i64 @frame(ptr inalloca(i64) %p) {
  ret i64 0
}
define i64 @truths(<64 x i1> %v, i64 %n) {
  ret i64 %n
}
define i64 @calls_truths(i64 %x, i64 %n) {
  %v = bitcast i64 %x to <64 x i1>
  %r = call i64 @truths(<64 x i1> %v, i64 %n)
  ret i64 %r
}
define <64 x i1> @gives_truths(i64 %x) {
  %v = bitcast i64 %x to <64 x i1>
  ret <64 x i1> %v
}
define i64 @nibbles(<16 x i4> %v, i64 %n) {
  ret i64 %n
}
declare <2 x ptr> @llvm.ptrmask.v2p0.v2i64(<2 x ptr>, <2 x i64>)
define void @masks(ptr %p) {
  %a = load <2 x ptr>, ptr %p
  %b = call <2 x ptr> @llvm.ptrmask.v2p0.v2i64(<2 x ptr> %a, <2 x i64> <i64 -1, i64 -16>)
  store <2 x ptr> %b, ptr %p
  ret void
}
declare i128 @llvm.objectsize.i128.p0(ptr, i1, i1, i1)
define void @sizes(ptr %p) {
  %a = call i128 @llvm.objectsize.i128.p0(ptr %p, i1 false, i1 false, i1 false)
  store i128 %a, ptr %p
  ret void
}
declare i128 @llvm.lrint.i128.f64(double)
define void @rounds(ptr %p) {
  %a = load double, ptr %p
  %b = call i128 @llvm.lrint.i128.f64(double %a)
  store i128 %b, ptr %p
  ret void
}
define ptr @steps(ptr %p) {
  %q = getelementptr <vscale x 4 x i32>, ptr %p, i64 1
  ret ptr %q
}
define void @holds() {
  %a = alloca <vscale x 4 x i32>
  store i32 1, ptr %a
  ret void
}
