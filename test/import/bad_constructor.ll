; error: entry 1 of @llvm.global_ctors is no function with a priority
@llvm.global_ctors = appending global [2 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 1, ptr @first, ptr null }, { i32, ptr, ptr } { i32 2, ptr inttoptr (i64 4096 to ptr), ptr null }]
define void @first() {
  ret void
}
