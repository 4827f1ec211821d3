#!/bin/sh
# Races whose right outcome is known (bench/trust.c): no bad candidate is accepted or does harm. How
# often good ones are found is the benchmark's to say. STRESS=1: the long form.
. test/lib_tap.sh
form=--quick
[ -n "${STRESS:-}" ] && form=
check "no bad candidate is accepted, and none does harm" "${BUILD:-build}/bench/trust" $form
sed "s|^|# |" "$work/check"
finish
