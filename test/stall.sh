#!/bin/sh
# Races in a process with a large heap, by zygote and by fork (bench/stall.c): they go right. How long
# they stop a caller is the benchmark's to say. STRESS=1: the long form.
. test/lib_tap.sh
form=--quick
[ -n "${STRESS:-}" ] && form=
"${BUILD:-build}/bench/stall" $form >"$work/rows" 2>&1 </dev/null
status=$?
if grep -q 'no zygote here' "$work/rows"; then
    skip "races on a large heap go right" "a build with a sanitizer has no zygote"
else
    verdict $status "races on a large heap go right"
fi
sed "s|^|# |" "$work/rows"
finish
