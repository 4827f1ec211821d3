; error: entry 0 of @llvm.global_dtors is no function with a priority
@llvm.global_dtors = appending global [1 x { i32, ptr, ptr }] undef
