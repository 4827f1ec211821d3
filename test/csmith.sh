#!/bin/sh
# Programs that csmith makes up: on each tier they print the checksum that they print natively.
#
# CSMITH_PROGRAMS says how many, CSMITH_SEED the first seed, CSMITH_OPTIONS how large they are: smaller
# than by csmith's own choice, which takes longer to make them up than all tiers to run them. The
# processors share them. A program that fails is kept in build/csmith-failed/. One that takes long to
# make up is enormous, and one that runs for longer than a blink natively keeps the evaluator busy for
# minutes: another takes its place.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # programs may leak
. test/lib_tap.sh
programs=${CSMITH_PROGRAMS:-300} seed=${CSMITH_SEED:-1}
clang=$(command -v clang-19) || clang=
headers=/usr/include/csmith
options=${CSMITH_OPTIONS---max-funcs 6 --max-block-size 3}
making_limit=1 native_limit=0.1 # seconds, the former of processor time

make_program() { # make_program SEED LEVEL: leaves program.c, program.bc, expected; false: try another
    (ulimit -t $making_limit && csmith --seed "$1" $options) >"$work/program.c" 2>/dev/null || return 1
    "$clang" -w "-O$2" -I$headers -emit-llvm -c "$work/program.c" -o "$work/program.bc" || return 1
    "$clang" -w "-O$2" -Xclang -disable-llvm-passes "$work/program.bc" -o "$work/native" || return 1
    timeout $native_limit "$work/native" >"$work/expected" </dev/null
}

keep() { # keep SEED
    mkdir -p build/csmith-failed
    cp "$work/program.c" "build/csmith-failed/$1.c"
}

by_engine() { # by_engine SEED LEVEL TIER
    nf run --quiet --tier "$3" "$work/program.bc"
    [ "$status" -eq 0 ] || echo "exit status $status" >>"$work/err"
    [ "$status" -eq 0 ] && cmp "$work/expected" "$work/out" >"$work/cmp" 2>&1
    right=$?
    [ $right -eq 0 ] || keep "$1"
    verdict $right "seed $1, -O$2, tier $3" "$work/cmp" "$work/err"
}

some_programs() { # some_programs COUNT FIRST STEP
    done=0 seed=$2
    while [ "$done" -lt "$1" ]; do
        level=$((seed / $3 % 4))
        if make_program "$seed" $level >"$work/make" 2>&1; then
            for tier in 0 1 2 3 auto; do by_engine "$seed" $level $tier; done
            done=$((done + 1))
        fi
        seed=$((seed + $3))
    done
}

share() { # share NUMBER OF: that processor's programs, results to a file
    work=$all/$1
    mkdir "$work"
    some_programs $(((programs + $2 - 1 - $1) / $2)) $((seed + $1)) "$2" >"$all/$1.tap"
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
all=$work shares=$(nproc)
for number in $(seq 0 $((shares - 1))); do share "$number" "$shares" & done
wait
cat "$all"/*.tap | awk '
    /^not / { $3 = ++checks; failed = 1 }
    /^ok /  { $2 = ++checks }
    { print }
    END { print "1.." checks; exit failed }'
