#!/bin/sh
# nanoforge lc3 debug: its commands, from a script.
. test/lib_tap.sh

debug() { # debug COMMANDS FILE [OPTION...]: one command for each ;
    printf '%s\n' "$1" | tr ';' '\n' >"$work/commands"
    shift
    timeout "$limit" "$NANOFORGE" lc3 debug "$@" <"$work/commands" >"$work/out" 2>"$work/err"
    status=$?
}
example=examples/lc3/fibonacci.asm

debug 'q' $example
expect "quits" 0
printed "shows where it begins" "^ *0  x3000 5260 *AND *R1, R1, #0  ; line 6"
debug '' $example
expect "ends with its input" 0
debug 's;;s 2' $example
printed "an empty line repeats" "^ *2  x3002"
printed "step takes a count" "^ *4  x300C 322C *PRINT"
debug 's 4;b;b 2;b 9' $example
printed "back" "^ *3  x3003 4808 *JSR *PRINT"
printed "back by more than there is" "^ *0  x3000"
debug 's 3;n' $example
printed "next passes over a call" "^ *[0-9]*  x3004 1642"
debug 's 4;finish' $example
printed "finish" "^ *[0-9]*  x3004 1642"
debug 'br PRINT;c;c;rc;r;br;d PRINT;br;c' $example
printed "a breakpoint at a label" "^ *4  x300C 322C *PRINT"
printed "comes again" "^ *70  x300C"
printed "registers" "^R0 x0000  R1 x0000  R2 x0001 .* R7 x3004"
printed "breakpoints are listed" "^x300C 322C *PRINT"
printed "and end" "The program has halted"
[ "$(grep -c '^ *4  x300C' "$work/out")" -eq 2 ]
verdict $? "reverse goes to the last breakpoint" "$work/out"
debug 'w SAVE7;c;rc;b' $example
printed "a watched word" "^x[0-9A-F]* was 0000, is 3004"
printed "reverse finds nothing before it" "where it began"
debug 'set R1 9;set x4000 x1234;set PSR x8001;set PC x3002;s;r;m x4000 2;m START' $example
printed "set a register" "R0 x0009  R1 x0009"
printed "set a word" "^x4000  1234 0000"
printed "set PC and PSR" "^PC x3003  PSR x8001"
printed "no such label" "no label: START"
debug 'set R1 9;s 2;b;r;b;r' $example
[ "$(grep -c 'R1 x0009' "$work/out")" -eq 1 ]
verdict $? "what was set is there when going back to it" "$work/out"
debug 'c;b 20;c' examples/lc3/hello.asm
[ "$(grep -c 'Hello from' "$work/out")" -eq 2 ]
verdict $? "going on prints again" "$work/out"
debug 's 2;b' examples/lc3/hello.asm
[ "$(grep -c 'Hello from' "$work/out")" -eq 1 ]
verdict $? "going back does not" "$work/out"
printf 'abc.' >"$work/keys"
debug 'c' examples/lc3/echo.asm --input "$work/keys"
printed "keys from a file" "^ABC$"
cat >"$work/echo.asm" <<'END'
        .ORIG x3000
        GETC
        OUT
        GETC
        HALT
        .END
END
debug 'c;keys x\n;c;keys;b 3;s;r' "$work/echo.asm"
printed "a program that waits" "waits for a key"
printed "is given keys" "2 keys, 2 of them taken"
printed "and given them again" "^R0 x0078"
debug 'list x3000 2;list;help;nonsense;watch;m' "$work/echo.asm"
printed "list marks the place" "^>  x3000 F020 *GETC"
printed "help" "continue *c"
printed "no such command" "no command 'nonsense'"
printed "no address" "an address or a label is missing"
debug 'c' "$work/nothing.asm"
expect "no such file" 1
finish
