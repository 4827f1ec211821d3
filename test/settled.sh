#!/bin/sh
# Settled programs (bench/drift.c, bench/budget.c, bench/slot.c): inputs that change, and what looking on
# and each call cost. The figures are the benchmarks' to say. STRESS=1: the long forms.
. test/lib_tap.sh
form=--quick
[ -n "${STRESS:-}" ] && form=
for name in drift budget slot; do
    check "$name" "${BUILD:-build}/bench/$name" $form
    sed "s|^|# |" "$work/check"
done
finish
