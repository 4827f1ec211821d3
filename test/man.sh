#!/bin/sh
# The manual: formatted without a warning, and no option or function left out.
. test/lib_tap.sh

for page in man/*.[1-8]; do
    if command -v groff >/dev/null; then
        groff -man -ww -Tutf8 "$page" >/dev/null 2>"$work/warnings"
        check "$page has no warnings" [ ! -s "$work/warnings" ]
    else
        skip "$page has no warnings" "there is no groff"
    fi
done

# The long options in standard input.
options() {
    grep -o -e '--[a-z][a-z-]*' | grep -vx -e --help | sort -u
}

# An option is described behind .TP or .TQ; elsewhere in a command's section it may be another's.
documented() { # documented PAGE GROUP COMMAND...
    page=$1 group=$2
    shift 2
    for command in "$@"; do
        nf $group $command --help
        options <"$work/out" >"$work/known"
        sed 's/\\-/-/g' "man/$page.1" |
            awk -v command="$command" '/^\.S[SH]/ { on = $2 == command } on' >"$work/section"
        options <"$work/section" >"$work/mentioned"
        sed -n '/^\.T[PQ]/ { n; p; }' "$work/section" | options >"$work/described"
        comm -23 "$work/known" "$work/mentioned" >"$work/missing"
        [ ! -s "$work/missing" ]
        verdict $? "$page(1) has all options of $command" "$work/missing"
        comm -13 "$work/known" "$work/described" >"$work/strange"
        [ ! -s "$work/strange" ]
        verdict $? "$page(1) describes no others for $command" "$work/strange"
    done
}
documented nanoforge "" run race cat verify pass compile eval reduce
documented nanoforge-lc3 lc3 run debug bus asm disasm

for name in $(grep -o 'nf_[a-z_]*(' include/nanoforge/nanoforge.h | tr -d '(' | sort -u); do
    grep -q "$name" man/nanoforge.3
    verdict $? "nanoforge(3) has $name"
done
finish
