#!/bin/sh
# Settled programs (bench/drift.c, bench/budget.c): inputs that change, and what looking on costs. The
# figures are the benchmarks' to say. STRESS=1: the long forms.
. test/lib_tap.sh
form=--quick
[ -n "${STRESS:-}" ] && form=
for name in drift budget; do
    check "$name" "${BUILD:-build}/bench/$name" $form
    sed "s|^|# |" "$work/check"
done
finish
