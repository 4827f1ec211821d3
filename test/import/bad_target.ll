; error: is for another machine (aarch64-unknown-linux-gnu, not x86_64)
target triple = "aarch64-unknown-linux-gnu"
