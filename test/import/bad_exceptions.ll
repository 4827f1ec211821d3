; error: C++ exceptions are not supported: attempt has a landing pad
declare void @throws()
declare i32 @__gxx_personality_v0(...)

define void @waits() personality ptr @__gxx_personality_v0 {
  call void @throws()
  ret void
}

define i64 @attempt() personality ptr @__gxx_personality_v0 {
  invoke void @throws() to label %well unwind label %badly
well:
  ret i64 0
badly:
  %caught = landingpad { ptr, i32 } catch ptr null
  ret i64 1
}
