#!/bin/sh
# Programs that csmith makes up: on each tier they print the checksum that they print natively.
#
# CSMITH_PROGRAMS says how many (a long run: 300), CSMITH_SEED the first seed. What the evaluator
# takes too long for is skipped there. A program that fails is kept in build/csmith-failed/.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # programs may leak
. test/lib_tap.sh
programs=${CSMITH_PROGRAMS:-12} seed=${CSMITH_SEED:-1}
clang=$(command -v clang-19) || clang=
headers=/usr/include/csmith
native_limit=2 evaluator_limit=10 # seconds

make_program() { # make_program SEED LEVEL: leaves program.c, program.bc, expected; false: try another
    csmith --seed "$1" >"$work/program.c" 2>/dev/null || return 1
    "$clang" -w "-O$2" -I$headers "$work/program.c" -o "$work/native" || return 1
    timeout $native_limit "$work/native" >"$work/expected" </dev/null || return 1
    "$clang" -w "-O$2" -I$headers -emit-llvm -c "$work/program.c" -o "$work/program.bc"
}

keep() { # keep SEED
    mkdir -p build/csmith-failed
    cp "$work/program.c" "build/csmith-failed/$1.c"
}

by_engine() { # by_engine SEED LEVEL TIER
    name="seed $1, -O$2, tier $3"
    limit=60
    [ "$3" = 0 ] && limit=$evaluator_limit
    nf run --quiet --tier "$3" "$work/program.bc"
    if [ "$status" -eq 124 ] && [ "$3" = 0 ]; then
        skip "$name" "too slow for the evaluator"
        return
    fi
    cmp "$work/expected" "$work/out" >"$work/cmp" 2>&1 && [ "$status" -eq 0 ]
    right=$?
    [ $right -eq 0 ] || keep "$1"
    verdict $right "$name" "$work/cmp" "$work/err"
}

if [ -z "$clang" ] || [ ! -e $headers/csmith.h ] || ! command -v csmith >/dev/null; then
    skip "programs by csmith" "no clang-19, or no csmith"
    finish
    exit
fi
echo 'int main(void) { return 3; }' >"$work/three.c"
nf run --quiet "$work/three.c"
if [ "$status" -ne 3 ]; then
    skip "programs by csmith" "nanoforge runs no C here"
    finish
    exit
fi
done=0
while [ "$done" -lt "$programs" ]; do
    level=$((seed % 4))
    if make_program "$seed" $level >"$work/make" 2>&1; then
        for tier in 0 1 2 3; do by_engine "$seed" $level $tier; done
        done=$((done + 1))
    fi
    seed=$((seed + 1))
done
finish
