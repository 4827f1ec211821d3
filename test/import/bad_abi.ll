; error: is for another ABI (x86_64-pc-linux-gnux32, not that of 64-bit Linux)
target datalayout = "e-m:e-p:32:32-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnux32"
