#!/bin/sh
# The workloads in C: each finds its known answer, natively at -O0 and -O3 and under the engine on
# every tier, finds a mistake that is put into its kernel, and needs nothing of libc in that kernel.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # programs may leak
. test/lib_tap.sh
folder=examples/workloads
clang=$(command -v clang-19) || clang=
flags='-std=c11 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla -Werror'

processor=$(taskset -pc $$ | sed 's/.*: //; s/[,-].*//') # the first that we may use

# The name, a size for every tier, one for native code, and the mistake.
workloads() {
    cat <<'END'
fibonacci    12   25      s/n < 2 ? n/n < 2 ? 1/
sum          7000 1000000 s/sum += values\[i\]/sum += values[i] | 1/
compute      20   100     s/(i \* j + k) % MODULUS;/(i + j + k) % MODULUS;/
primes       3000 3000000 s/marks\[i\] == 0/marks[i] <= 1/
fft_1d       64   5000    s/re1\[j\] = re0\[j\] - turned_re/re1[j] = re0[j] + turned_re/
sha256       300  1000000 s/rotate(e, 25)/rotate(e, 24)/
matrix_mul   17   130     s/scale \* row\[j\]/scale + row[j]/
quicksort    500  100000  s/values\[place - 1\] > value/values[place - 1] < value/
strops       100  100000  s/from\[length - 1 - i\]/from[i]/
regex_dfa    3000 500000  s/LETTER(3) | LETTER(4)/LETTER(4)/
gemm_tile    17   130     s/\[k \* ROWS + i\] \*/[k * ROWS + i] +/
physics_step 5    5000    s,half = time / 2,half = time / 3,
END
}

# Runs a workload; leaves $status, and what it said in $work/out and $work/err.
run() {
    timeout "$limit" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

# The last run ended well with the line that it shall print.
right() { # right NAME WORKLOAD SIZE
    grep -Eqx "$2 $3 [0-9a-f]{16}: ok" "$work/out" && [ "$status" -eq 0 ] && [ ! -s "$work/err" ]
    verdict $? "$1" "$work/out" "$work/err"
}

natively() { # natively NAME FEW MANY
    for level in O0 O3; do
        check "$1 by clang -$level" "$clang" $flags -$level "$folder/$1.c" -o "$work/$1.$level"
        for size in 1 2 3 "$2" "$3"; do
            run "$work/$1.$level" "$size"
            right "$1 $size at -$level" "$1" "$size"
            [ $level = O0 ] && cp "$work/out" "$work/$1.$size"
            check "$1 $size at -$level as at -O0" cmp "$work/out" "$work/$1.$size"
        done
    done
    run "$work/$1.O3" "$2" 3
    right "$1, three calls" "$1" "$2"
}

# Small on every tier, and large, so that functions are swapped meanwhile.
by_engine() { # by_engine NAME FEW MANY
    for tier in 0 1 2 3 auto; do
        nf run --quiet --tier $tier "$folder/$1.c" -- "$2"
        right "$1 $2 on tier $tier" "$1" "$2"
        check "$1 $2 on tier $tier as natively" cmp "$work/out" "$work/$1.$2"
    done
    nf run --quiet "$folder/$1.c" -- "$3" 20
    right "$1 $3 while it gets faster" "$1" "$3"
    check "$1 $3 while it gets faster as natively" cmp "$work/out" "$work/$1.$3"
    run taskset -c "$processor" "$NANOFORGE" run --quiet "$folder/$1.c" -- "$3" 20
    right "$1 $3 on one processor" "$1" "$3"
    check "$1 $3 on one processor as natively" cmp "$work/out" "$work/$1.$3"
    nf run --quiet "$folder/$1.c" -- 0
    expect "$1 under the engine refuses: 0" 2
}

mistaken() { # mistaken NAME SIZE MISTAKE
    sed "$3" "$folder/$1.c" >"$work/$1.mistaken.c"
    "$clang" -I"$folder" "$work/$1.mistaken.c" -o "$work/mistaken" 2>"$work/err"
    run "$work/mistaken" "$2"
    expect "$1 with a mistake" 1
    printed "$1 with a mistake says so" ': wrong$'
}

refuses() { # refuses NAME ARGUMENT...
    program=$1
    shift
    run "$work/$program.O3" "$@"
    expect "$program refuses: $*" 2
    said "$program says how to call it instead of: $*" '^usage: '
}

freestanding() { # freestanding NAME
    "$clang" $flags -O3 -ffreestanding -c "$folder/$1.c" -o "$work/$1.o" 2>"$work/err" &&
        nm -u "$work/$1.o" >"$work/undefined" && nm "$work/$1.o" | grep -q ' T workload$' &&
        ! grep -Evqw 'memcpy|memmove|memset|memcmp' "$work/undefined"
    verdict $? "$1 needs no libc" "$work/err" "$work/undefined"
}

if [ -z "$clang" ]; then
    skip "workloads" "no clang-19"
    finish
    exit
fi
echo 'int main(void) { return 3; }' >"$work/three.c"
nf run --quiet "$work/three.c"
runs_c=no
[ "$status" -eq 3 ] && runs_c=yes
while read -r workload few many mistake; do
    natively "$workload" "$few" "$many"
    if [ $runs_c = yes ]; then
        by_engine "$workload" "$few" "$many"
    else
        skip "$workload under the engine" "nanoforge runs no C here"
    fi
    mistaken "$workload" "$many" "$mistake"
    freestanding "$workload"
    for bad in 0 -1 abc 12x ' 1' '' 99999999999999999999; do refuses "$workload" "$bad"; done
done <<END
$(workloads)
END
refuses sum 1 0
refuses sum 1 1 1
refuses matrix_mul 513
check "every workload is in the table" test "$(workloads | awk '{ print $1 ".c" }' | sort)" = \
    "$(cd $folder && ls -- *.c | sort)"
finish
