#!/bin/sh
# C and C++ programs of test/import/, from every level of clang's optimiser: they end on each tier as they
# do natively, with the same output.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # programs may leak
. test/lib_tap.sh
folder=test/import
clang=$(command -v clang-19) || clang=

natively() { # natively FILE NAME LEVEL: leaves $work/expected and $expected
    case $1 in
    *.c) flags='-std=gnu11 -w' libraries=-lm ;;
    *) flags='-fno-exceptions -w' libraries=-lstdc++ ;;
    esac
    "$clang" $flags $more "-$3" "$1" -o "$work/native" $libraries 2>"$work/err" &&
        "$clang" $flags $more "-$3" -emit-llvm -c "$1" -o "$work/$2.bc" 2>>"$work/err"
    verdict $? "$2 compiles at -$3" "$work/err"
    (timeout "$limit" "$work/native" one two >"$work/expected" 2>/dev/null </dev/null) 2>/dev/null
    expected=$?
}

# A program that ends by a signal tells the shell so, which has nothing to say about it.
by_engine() { # by_engine NAME LEVEL TIER
    { nf run --quiet --tier "$3" "$work/$1.bc" -- one two; } 2>/dev/null
    cmp "$work/expected" "$work/out" >"$work/cmp" 2>&1 && [ "$status" -eq "$expected" ]
    verdict $? "$1 -$2 on tier $3" "$work/cmp" "$work/err"
}

if [ -z "$clang" ]; then
    skip "programs in C" "no clang-19"
    finish
    exit
fi
echo 'int main(void) { return 3; }' >"$work/three.c"
nf run --quiet "$work/three.c"
if [ "$status" -ne 3 ]; then
    skip "programs in C" "nanoforge runs no C here"
    finish
    exit
fi
echo 'int main() { return [] { return 3; }(); }' >"$work/three.cc"
nf run --quiet "$work/three.cc"
[ "$status" -eq 3 ]
verdict $? "a file of C++" "$work/err"
printf '%s\n' 'static int round = 1;' 'int *get(void) { return &round; }' >"$work/data.c"
printf '%s\n' '#include <math.h>' 'int *get(void);' \
    'int main(int c, char **v) { return *get() + (int)round(c * 1.5); }' >"$work/calls.c"
for tier in 0 1 2 3 auto; do
    nf run --quiet --tier "$tier" "$work/data.c" "$work/calls.c"
    [ "$status" -eq 3 ]
    verdict $? "a static name is another file's function, tier $tier" "$work/err"
done
(PATH="${NANOFORGE%/*}:$PATH" timeout "$limit" nanoforge run --quiet "$work/three.c") 2>"$work/err"
[ $? -eq 3 ]
verdict $? "the shell finds nanoforge, and nanoforge its plug-in" "$work/err"
for file in "$folder"/*.c "$folder"/*.cc; do
    name=$(basename "${file%.*}")
    more=$(sed -n '1s|^/\* clang: \(.*\) \*/$|\1|p' "$file") # flags in its first line
    if [ "$more" = -mavx ] && ! grep -qw avx /proc/cpuinfo; then
        skip "$name" "this CPU has no AVX"
        continue
    fi
    for level in O0 O1 O2 O3; do
        natively "$file" "$name" $level
        case $level in
        O0 | O2) tiers='0 1 2 3 auto' ;;
        *) tiers='0 2' ;;
        esac
        for tier in $tiers; do by_engine "$name" $level "$tier"; done
    done
done
finish
