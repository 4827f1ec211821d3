#!/bin/sh
# Every example gives the same output on every tier, and the right one: by its own check (its exit
# status), and by an independent tool where there is one.
. test/lib_tap.sh
echo 'int main(void) { return 3; }' >"$work/three.c"
nf run --quiet "$work/three.c"
runs_c=no
[ "$status" -eq 3 ] && runs_c=yes
file=src/x64/insn.def # in every checkout, and not small

# What the example prints on each tier, compared with $work/expected when that is there.
example() { # example NAME ARGUMENT...
    example=$1
    shift
    rm -f "$work/first"
    [ -f "$work/expected" ] && cp "$work/expected" "$work/first"
    for tier in 0 1 2 auto; do
        nf run --quiet --tier $tier "examples/$example.nir" -- "$@"
        [ -f "$work/first" ] || cp "$work/out" "$work/first"
        [ $status -eq 0 ] && cmp "$work/first" "$work/out" >"$work/cmp" 2>&1
        verdict $? "$example on tier $tier" "$work/err" "$work/out"
    done
    rm -f "$work/expected"
}

# An example whose first argument is a file says what is wrong with it.
bad_files() { # bad_files EXAMPLE
    nf run --quiet "examples/$1"
    expect "$1 without a file" 2
    nf run --quiet "examples/$1" -- "$work/none"
    expect "$1 of no file" 1
    said "$1 of no file says so" 'No such file'
    nf run --quiet "examples/$1" -- "$work"
    expect "$1 of a directory" 1
}

expected() { # writes what the next example must print
    cat >"$work/expected"
}

echo 'hello, NanoForge' | expected
example hello NanoForge

echo '100 calls, y[1] = 50.0, y[4095] = 0.0' | expected
example saxpy 100

set -- $(wc -lc $file)
echo "$*" | expected
example wc $file 2

sha256sum $file | expected
example sha256 $file

gzip -c $file | tail -c 8 | od -An -tx4 -N4 | tr -d ' ' | expected
example crc32 $file

echo "$(seq 2 9999 | factor | awk 'NF == 2' | wc -l) primes below 10000" | expected
example sieve 10000 2

example quicksort 200 5
example matmul 24 3
example callbacks 2
example threads 20

# 1 + 1/4 + 1/9 + ...
awk 'BEGIN { for (i = 4096; i > 0; i--) s += 1 / (i * i); printf "5 calls, dot = %.4f\n", s }' |
    expected
example dot 5

awk 'BEGIN { for (n = 1; n <= 300; n++) for (x = n; x != 1; s++) x = x % 2 ? 3 * x + 1 : x / 2
    print s " steps for the numbers up to 300" }' | expected
example vm 300 2

# What the benchmarks game publishes for 1,000 steps.
printf -- '-0.169075164\n-0.169087605\n' | expected
example nbody 1000

# The same picture, number by number, from awk's doubles.
awk 'BEGIN {
    width = 48; height = 40
    for (row = 0; row < height; row++) for (column = 0; column < width; column++) {
        x = -2.25 + column * (3 / width); y = (row - (height - 1) / 2) * (2.5 / height)
        re = im = step = 0
        while (re * re + im * im <= 4 && step < 255) {
            t = re * re - im * im + x; im = re * im + re * im + y; re = t; step++
        }
        print step
    } }' >"$work/awk"
example mandelbrot 48 40
tail -c 1920 "$work/first" | od -An -v -tu1 -w1 | tr -d ' ' >"$work/pixels"
check "mandelbrot by awk" cmp "$work/awk" "$work/pixels"

# Long enough to become hot: the answer is the same when functions are swapped while they are called.
for run in "wc $file 3000" "saxpy 30000" "sha256 $file 300" "quicksort 1000 1000" "sieve 100000 200" \
    "matmul 64 300" "nbody 200000" "callbacks 200" "threads 4000" "vm 10000 5" "mandelbrot 300 250" \
    "crc32 $file 300" "dot 30000"; do
    set -- $run
    program=$1
    shift
    nf run --quiet --tier 1 "examples/$program.nir" -- "$@"
    mv "$work/out" "$work/expected"
    nf run "examples/$program.nir" -- "$@"
    [ $status -eq 0 ] && cmp "$work/expected" "$work/out" >>"$work/err" 2>&1
    verdict $? "$run while it gets faster" "$work/err"
done

# C, on every tier and while it gets faster.
if [ "$runs_c" = yes ]; then
    sha256sum $file >"$work/expected"
    for run in "0 1" "1 20" "2 20" "3 20" "auto 20" "auto 2000"; do
        nf run --quiet --tier ${run% *} examples/sha256sum.c -- $file ${run#* }
        [ $status -eq 0 ] && cmp "$work/expected" "$work/out" >>"$work/err" 2>&1
        verdict $? "sha256sum.c on tier ${run% *}, ${run#* } times" "$work/err"
    done
    for size in 0 55 56 63 64 119 120; do
        head -c $size $file >"$work/piece"
        sha256sum "$work/piece" >"$work/expected"
        nf run --quiet examples/sha256sum.c -- "$work/piece"
        check "sha256sum.c of $size bytes" cmp "$work/expected" "$work/out"
    done
    bad_files sha256sum.c
else
    skip "sha256sum.c" "nanoforge runs no C here"
fi

for bad in wc.nir sha256.nir crc32.nir; do bad_files $bad; done
finish
