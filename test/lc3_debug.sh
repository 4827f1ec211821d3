#!/bin/sh
# nanoforge lc3 debug: sessions as scripts, and what they print.
. test/lib_tap.sh

cat >"$work/p.asm" <<'END'
        .ORIG x3000
        AND R0, R0, #0
        ADD R0, R0, #3
LOOP    JSR SUB
        ADD R0, R0, #-1
        BRp LOOP
        LEA R0, TEXT
        PUTS
        GETC
        HALT
COUNT   .FILL 0
TEXT    .STRINGZ "Hi\n"
SUB     LD R1, COUNT
        ADD R1, R1, #1
        ST R1, COUNT
        RET
        .END
END

# Commands from standard input.
debug() { # debug OPTION... <SCRIPT
    timeout "$limit" "$NANOFORGE" lc3 debug "$@" >"$work/out" 2>"$work/err"
    status=$?
}

debug "$work/p.asm" <<'END'
END
expect "no command at all" 0
printed "shows where the program begins" '^=> x3000 5020 .* AND   R0, R0, #0  ; 2: AND R0, R0, #0$'

debug "$work/p.asm" <<'END'
help
break SUB
continue
backtrace
finish
delete
watch COUNT
continue
print [COUNT]
watch R3
END
expect "breakpoints, calls, watchpoints" 0
printed "help lists the commands" '^rc  reverse-continue'
printed "a breakpoint is set" '^breakpoint 1 at x300E  SUB$'
printed "and reached" '^=> x300E .* SUB '
printed "the caller is shown" '^#1  x3002  LOOP         called x300E  SUB$'
printed "the call is finished" '^=> x3003 '
printed "a change is seen" '^watchpoint 2: COUNT was x0001, is x0002$'
printed "a register is watched by its name" '^watchpoint 3: R3 is x0000$'
printed "and can be printed" '^x0002  2 '

debug "$work/p.asm" <<'END'
break :4
continue 2
registers
reverse-continue
reverse-step
reverse-step 9999
step 3
reverse-continue
delete
continue
reverse-next
goto 5
restart
END
expect "back" 0
printed "a line is a place" '^breakpoint 1 at x3002  LOOP$'
printed "registers" '^R0 x0002  R1 x0001 '
printed "the time" '^9 instructions executed$'
printed "back to the breakpoint and a step behind it" '^=> x3001 '
printed "back to the beginning" '^this is the beginning$'
printed "until the program waits" "^the program waits for a key"
printed "a step before that" '^=> x3006 F022 .* PUTS'
printed "another time" '^=> x3010 33F8 .* ST    R1, COUNT'

debug "$work/p.asm" <<'END'
until LOOP
set R0 = 1
set COUNT x40
input q
continue
examine COUNT 1
reverse-step
print R0
unassemble TEXT 1
list LOOP
labels
info
print LOOP+1
END
expect "changes" 0
printed "output of the program" '^Hi$'
printed "it halts" '^the machine has halted after 13 instructions$'
printed "memory has what was made of the change" '^x3009  0041 *A$'
printed "the key is remembered" "^x0071  113  'q'"
printed "instructions" '^   x300A 0048  TEXT  .* NOP   #72 ; x3053'
printed "source" '^   x3002     4  LOOP    JSR SUB$'
printed "labels" '^x300E  SUB$'
printed "no breakpoints" '^there are no breakpoints'
printed "addresses have names" '^x3003  12291  LOOP+1$'

echo x >"$work/keys"
debug --input "$work/keys" "$work/p.asm" <<'END'
step 100000
END
expect "keys from a file" 0
printed "are enough" '^the machine has halted'

# --- what is wrong ---

debug "$work/p.asm" <<'END'
frobnicate
break NOWHERE
break :99
break x3000 x3001
print [x3000
print
step many
delete 7
finish
set
watch PC
goto
set R0 99999
set R0 99999999999999999999999999
set R0 b12
END
expect "wrong commands" 1
printed "unknown command" "^there is no command 'frobnicate'"
printed "unknown label" "^'NOWHERE' is no label, number or register$"
printed "no such line" '^there is no line 99$'
printed "too much" "^'x3001' is too much$"
printed "no bracket" "^']' is missing$"
printed "no value" '^an address or a value is missing$'
printed "no number" "^expected a number at 'many'$"
printed "no breakpoint" '^there is no breakpoint or watchpoint 7$'
printed "no time" '^a number is missing$'
printed "no call" '^this is in no call$'
printed "a number that is too large" "^'99999' does not fit 16 bits$"
printed "one that is far too large" "^'9\{20,\}' does not fit 16 bits$"
printed "digits that are none" "^'b12' is no label, number or register$"
printed "nothing to watch" '^only memory and R0 to R7 can be watched$'
debug <<'END'
END
expect "no file" 2
debug --edition 4 "$work/p.asm" <<'END'
END
expect "an edition that is none" 2
debug "$work/none.obj" <<'END'
END
expect "a file that is not there" 1
finish
