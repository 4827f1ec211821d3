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

sed 's/\\-/-/g' man/nanoforge.1 >"$work/page"
for command in run race cat verify pass compile eval version; do
    nf $command --help
    for option in $(grep -o -e '--[a-z][a-z-]*' "$work/out" | sort -u); do
        [ "$option" = --help ] && continue
        grep -q -e "$option" "$work/page"
        verdict $? "nanoforge(1) has $option of $command"
    done
done

sed 's/\\-/-/g' man/nanoforge-lc3.1 >"$work/page"
for command in run debug bus asm disasm; do
    nf lc3 $command --help
    for option in $(grep -o -e '--[a-z][a-z-]*' "$work/out" | sort -u); do
        [ "$option" = --help ] && continue
        grep -q -e "$option" "$work/page"
        verdict $? "nanoforge-lc3(1) has $option of $command"
    done
done

for name in $(grep -o 'nf_[a-z_]*(' include/nanoforge/nanoforge.h | tr -d '(' | sort -u); do
    case $name in nf_cpu_features) continue ;; esac # of another header, named in a comment
    grep -q "$name" man/nanoforge.3
    verdict $? "nanoforge(3) has $name"
done
finish
