; error: data @signed has a constant of an unknown kind in it
@signed = global ptr ptrauth (ptr @f, i32 0)
define void @f() {
  ret void
}
