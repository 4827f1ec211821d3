#!/bin/sh
# nanoforge lc3 asm and disasm from the command line: files, formats, messages, exit statuses.
. test/lib_tap.sh

write() { # write FILE: standard input becomes $work/FILE
    cat >"$work/$1"
}
dump() { # dump FILE: its bytes, a line
    od -An -v -tx1 "$1" | tr -d ' \n'
}
holds() { # holds NAME FILE HEX
    [ "$(dump "$2")" = "$3" ] 2>/dev/null
    verdict $? "$1"
}

# --- the command itself ---

nf lc3
expect "no command" 2
nf lc3 --help
expect "--help" 0
printed "--help lists the commands" '^  asm '
nf lc3 frobnicate
expect "an unknown command" 2
nf lc3 --frobnicate
expect "an unknown option" 2
said "it is named" "'--frobnicate'"
nf lc3 asm --help
expect "asm --help" 0
printed "asm --help tells the usage" '^Usage: nanoforge lc3 asm'

# --- assembling ---

write p.asm <<END
        .ORIG x3000
LOOP    ADD R0, R0, x1F
        BRp LOOP
        HALT
        .END
END
nf lc3 asm "$work/p.asm"
expect "a program" 0
said "a warning is shown with its place" 'p.asm:2:21: warning: x1F is taken for -1 here'
holds "the object has the source's name" "$work/p.obj" 3000103f03fef025
nf lc3 asm --quiet "$work/p.asm" -o "$work/other"
expect "--quiet" 0
check "no warnings then" test ! -s "$work/err"
check "--output names the object" cmp "$work/p.obj" "$work/other"
nf lc3 asm -q "$work/p.asm" -o - --listing "$work/p.lst" --symbols "$work/p.sym"
expect "a listing and symbols" 0
check "- is standard output" cmp "$work/p.obj" "$work/out"
check "the listing" grep -q 'x3001  x03fe       3          BRp LOOP' "$work/p.lst"
check "the symbols" grep -q '^//	LOOP  *3000$' "$work/p.sym"
for format in classic lc3tools ensemble ensemble-text bin hex native; do
    nf lc3 asm -q --format $format "$work/p.asm" -o "$work/$format"
    expect "--format $format" 0
done
holds "native is little-endian" "$work/native" 00303f10fe0325f0
nf lc3 asm -q --format bin "$work/p.asm"
check "bin has its own ending" cmp "$work/p.bin" "$work/bin"
nf lc3 asm --format elf "$work/p.asm"
expect "a format that is none" 2
said "the formats are listed" 'lc3tools, with the source lines'
printf '.ORIG x3000\nHALT\n.END\n.ORIG x4000\nHALT\n.END\n' | write two.asm
nf lc3 asm "$work/two.asm"
expect "two segments" 0
check "they become lc3tools'" test "$(head -c 4 "$work/two.obj" | od -An -tx1)" = ' 1c 30 15 c0'
nf lc3 asm --format classic "$work/two.asm"
expect "two segments do not fit the classic form" 1
said "it is said what would do" "'classic' has room for one origin only"
"$NANOFORGE" lc3 asm - -o "$work/piped" <"$work/p.asm" 2>/dev/null
check "standard input" cmp "$work/p.obj" "$work/piped"

# --- errors ---

write bad.asm <<END
        .ORIG x3000
        BR NOWHERE
        ADD R0, R0, #16
        .END
END
nf lc3 asm "$work/bad.asm"
expect "errors" 1
said "the first is told" 'bad.asm:2:12: error: there is no label .NOWHERE'
said "and the second" 'bad.asm:3:21: error: #16 does not fit: ADD takes -16 to 15'
said "with its line" '^    3 |         ADD R0, R0, #16'
said "and a mark under it" '^      |                     ^~~'
said "and they are counted" 'bad.asm: 2 errors'
check "no object is written" test ! -e "$work/bad.obj"
nf lc3 asm "$work/none.asm"
expect "a file that is not there" 1
nf lc3 asm -
expect "standard input without --output" 2
nf lc3 asm "$work/p.asm" -o "$work/none/p.obj"
expect "an output that can't be written" 1
cp "$work/p.asm" "$work/p.hex"
nf lc3 asm -q -f hex "$work/p.hex"
expect "the source is not overwritten" 1
check "it is still there" cmp "$work/p.asm" "$work/p.hex"
: >"$work/empty.asm"
nf lc3 asm "$work/empty.asm"
expect "an empty file" 1
said "has no .ORIG" 'there is no .ORIG'

# --- disassembling ---

nf lc3 disasm --help
expect "disasm --help" 0
nf lc3 disasm "$work/p.obj"
expect "disasm" 0
printed "labels are made for targets" '^L_3000  *ADD   R0, R0, #-1  *; x3000  x103f$'
nf lc3 disasm --symbols "$work/p.sym" --plain "$work/p.obj" -o "$work/back.asm"
expect "disasm with symbols" 0
check "labels are taken from there" grep -q '^ *BRp   LOOP$' "$work/back.asm"
nf lc3 asm "$work/back.asm"
check "what comes out assembles to the same" cmp "$work/p.obj" "$work/back.obj"
for format in lc3tools ensemble ensemble-text bin hex native; do
    nf lc3 disasm "$work/$format"
    expect "disasm of $format" 0
    printed "its words" 'HALT  *; x3002  xf025'
done
nf lc3 disasm "$work/p.asm"
expect "disasm of a source, which is assembled" 0
printed "with its labels" '^ *BRp   LOOP '
nf lc3 disasm --format native "$work/p.obj"
expect "disasm by another format" 0
printed "which says what the bytes mean" '.ORIG x0030'
nf lc3 disasm --format elf "$work/p.obj"
expect "disasm by a format that is none" 2
nf lc3 disasm "$work/bad.asm"
expect "disasm of what does not assemble" 1
printf '\060\000\360' >"$work/cut.obj"
nf lc3 disasm "$work/cut.obj"
expect "disasm of an object that is cut off" 1
said "it is said where" 'cut.obj: byte 2: the file ends within a word'
nf lc3 disasm "$NANOFORGE"
expect "disasm of a program of another kind" 1
said "it is said what it is" 'this is an ELF file, no LC-3 object'
nf lc3 disasm
expect "disasm without a file" 2
finish
