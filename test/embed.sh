#!/bin/sh
# The examples of embedding: C against the static library, C++ against it too, both with the public
# headers alone.
. test/lib_tap.sh
flags=
[ -n "${SANITIZE:-}" ] && flags=-fsanitize=$SANITIZE

"$BUILD/examples/dot" >"$work/out" 2>"$work/err"
status=$?
expect "dot.c" 0
printed "it starts on the first tier" '^call *1: dot@t1#1'
printed "and is right" '^dot = 2048$'

for compiler in g++ clang++; do
    if ! command -v $compiler >/dev/null; then
        skip "build.cc by $compiler" "there is no $compiler"
        continue
    fi
    check "build.cc by $compiler" $compiler -std=c++11 -pedantic -Wall -Wextra -Werror $flags \
        -Iinclude examples/embed/build.cc "$BUILD/libnanoforge.a" -pthread -ldl -o "$work/build"
    "$work/build" >"$work/out" 2>"$work/err"
    status=$?
    expect "what $compiler built" 0
    printed "is right" '^sum = 500500$'
done
finish
