#!/bin/sh
# A function's code is exchanged five thousand times while eight threads call it (bench/swap.c). How
# long calls take is the benchmark's to say. STRESS=1: a million times.
. test/lib_tap.sh
form=--quick
[ -n "${STRESS:-}" ] && form=
check "no fault and no wrong answer" "${BUILD:-build}/bench/swap" $form
cp "$work/check" "$work/rows"
sed "s|^|# |" "$work/rows"
for bounded in "code, at most" "memory for records"; do
    check "bounded: $bounded" grep -q "$bounded.* ok" "$work/rows"
done
finish
