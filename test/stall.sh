#!/bin/sh
# Races in a process with a large heap, by zygote and by fork (bench/stall.c): they go right. How long
# they stop a caller is the benchmark's to say. STRESS=1: the long form.
. test/lib_tap.sh
form=--quick
[ -n "${STRESS:-}" ] && form=
check "races on a large heap go right" "${BUILD:-build}/bench/stall" $form
sed "s|^|# |" "$work/check"
finish
