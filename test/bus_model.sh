#!/bin/sh
# The ring's protocol under the model checker spin: right as it is, and wrong with any of its lines
# broken, which shows that the model can tell. NF_MODEL_TOTAL: messages that are sent.
. test/lib_tap.sh
if ! command -v spin >/dev/null; then
    echo '1..0 # SKIP there is no spin (Debian: spin)'
    exit 77
fi
model=$PWD/test/bus/ring.pml

# explore NAME [DEFINE]: all interleavings; what was found in $work/NAME.out
explore() {
    mkdir -p "$work/$1"
    (cd "$work/$1" &&
        spin ${2:+-D"$2"} -DTOTAL="${NF_MODEL_TOTAL:-6}" -a "$model" &&
        "${CC:-gcc}" -O0 -w -DSAFETY -DMEMLIM=2048 -DCOLLAPSE -o pan pan.c &&
        timeout "$limit" ./pan -m100000) >"$work/$1.out" 2>&1
}

completed() { # completed NAME: nothing was left out
    ! grep -q 'search not completed\|max search depth too small\|out of memory' "$work/$1.out" &&
        grep -q 'errors: ' "$work/$1.out"
}

explore right
completed right && grep -q 'errors: 0' "$work/right.out"
verdict $? "every interleaving is right" "$work/right.out"
for broken in NO_FENCE NO_SECOND_LOOK NO_FLUSH END_FIRST EARLY_RELEASE STALE_CLOSE NO_WAKE; do
    grep -q "ifn*def $broken\$" "$model" && explore $broken $broken
    grep -q 'errors: [1-9]' "$work/$broken.out"
    verdict $? "$broken is found out" "$work/$broken.out"
done
finish
