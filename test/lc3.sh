#!/bin/sh
# nanoforge lc3 run: examples, console, ends and exit codes, determinism, snapshots, the terminal.
. test/lib_tap.sh
. test/lib_lc3.sh

run() { # run NAME [OPTION...]: with $keys as standard input
    name=$1
    shift
    printf '%s' "${keys-}" | timeout "$limit" "$NANOFORGE" lc3 run "$@" "$work/$name.asm" \
        >"$work/out" 2>"$work/err"
    status=$?
}

gave() { # gave NAME STATUS OUTPUT: how the last run ended, without what HALT prints
    head=$(sed '/^$/d; /^--- Halting the LC-3 ---$/d' "$work/out")
    wanted=1
    [ "$status" -eq "$2" ] && [ "$head" = "$3" ] && wanted=0
    verdict $wanted "$1" "$work/out" "$work/err"
}

# --- examples on all engines ---
for engine in jit interp step; do
    nf lc3 run --engine $engine examples/lc3/hello.asm && gave "hello by $engine" 0 "Hello from the LC-3!"
    nf lc3 run --engine $engine examples/lc3/fibonacci.asm
    expect "fibonacci by $engine ends" 0
    grep -qx 28657 "$work/out"
    verdict $? "fibonacci by $engine" "$work/out"
    nf lc3 run --engine $engine examples/lc3/rewrite.asm && gave "rewrite by $engine" 0 "B"
    printf 'Hello, world.' >"$work/keys"
    nf lc3 run --engine $engine --input "$work/keys" examples/lc3/echo.asm
    gave "echo by $engine" 0 "HELLO, WORLD"
done
for name in hello fibonacci rewrite; do
    nf lc3 run --check examples/lc3/$name.asm
    expect "$name in lockstep" 0
done
nf lc3 run --check --limit 300000 examples/lc3/bubble.asm
expect "bubble sort in lockstep" 4
nf lc3 run --check --input "$work/keys" examples/lc3/echo.asm && gave "echo in lockstep" 0 "HELLO, WORLD"
nf lc3 run examples/lc3/bubble.asm && gave "bubble sort" 0 "sorted"

# --- the console ---
program echo <<'END'
LOOP    GETC
        OUT
        BRnzp LOOP
END
keys='abc' run echo
gave "keys from a pipe, up to its end" 5 "abc"
said "and what it ended for" "input has ended"
printf 'xyz' >"$work/keys"
run echo --input "$work/keys"
gave "keys from a file" 5 "xyz"
program poll <<'END'
LOOP    LDI R0, KBSR
        BRzp LOOP
        LDI R0, KBDR
        STI R0, DDR
        BRnzp LOOP
KBSR    .FILL xFE00
KBDR    .FILL xFE02
DDR     .FILL xFE06
END
keys='pq' run poll --ignore-privilege
gave "polled keys" 5 "pq"
program out <<'END'
        LD R0, A
        OUT
        HALT
A       .FILL x41
END
timeout $limit "$NANOFORGE" lc3 run "$work/out.asm" >/dev/full 2>"$work/err"
verdict $((! $?)) "output that cannot be written is an error"
said "and is said" "cannot write"

# --- ends ---
program loop <<'END'
LOOP    BRnzp LOOP
END
run loop --limit 1000
gave "a limit" 4 ""
program fault <<'END'
        AND R0, R0, #0
        LDR R1, R0, #0  ; not for users
        HALT
END
run fault
gave "a fault" 3 "--- Access violation ---"
said "names instruction and line" "user mode at x3001: 6200: *LDR R1, R0, #0"
run fault --ignore-privilege
gave "privilege ignored" 0 ""
run fault --edition 2
gave "the second edition has no such fault" 0 ""
program illegal <<'END'
        .FILL xD000
END
run illegal
gave "an illegal opcode" 3 "--- Illegal opcode ---"
program trap <<'END'
        TRAP x77
END
run trap
gave "an undefined trap" 3 "--- Undefined trap executed ---"
# In the foreground: else timeout sends the signal twice, and the second one ends the process.
timeout --foreground --preserve-status -s INT 0.3 "$NANOFORGE" lc3 run --snapshot "$work/stopped" \
    "$work/loop.asm" 2>"$work/err"
status=$?
expect "SIGINT ends a run" 130
sleep 0.6 | timeout --foreground --preserve-status -s INT 0.3 "$NANOFORGE" lc3 run "$work/echo.asm" 2>"$work/err"
status=$?
expect "SIGINT ends the waiting for a key" 130
[ -s "$work/stopped" ]
verdict $? "and what is to be done at the end is done"

# --- bad input ---
nf lc3 run "$work/nothing.obj"
expect "no such file" 1
printf '\060' >"$work/short.obj"
nf lc3 run "$work/short.obj"
expect "half a word" 1
printf '\375\377\001\002\003\004' >"$work/far.obj"
nf lc3 run "$work/far.obj"
expect "an object that reaches into the devices" 1
said "says so" "reach into the device registers"
nf lc3 run
expect "no file" 2
nf lc3 run --engine x "$work/out.asm"
expect "no such engine" 2
nf lc3 run --edition 4 "$work/out.asm"
expect "no such edition" 2
nf lc3 run --start x12345 "$work/out.asm"
expect "no such address" 2
nf lc3 run --resume "$work/short.obj"
expect "no snapshot" 1
nf lc3 nonsense
expect "no such command" 2

# --- ends that nobody wants, the same on every engine ---
cat >"$work/edge.asm" <<'END'
        .ORIG xFDFA
        LD R1, N
LOOP    ADD R0, R0, #3
        ADD R1, R1, #-1
        BRp LOOP
        BRnzp ON                ; over the number, and into the device registers
N       .FILL x7FFF
ON      .END
END
program down <<'END'
        LD R6, TOP              ; pushes until it has overwritten itself, and runs up to the devices
PUSH    ADD R6, R6, #-1
        STR R0, R6, #0
        BR PUSH
TOP     .FILL xFE00
END
program recurse <<'END'
        LD R6, TOP              ; pushes into system space
CALL    ADD R6, R6, #-1
        STR R7, R6, #0
        JSR CALL
TOP     .FILL x3000
END
program wipe <<'END'
        LD R0, BAD              ; pushes words that are no instructions, and runs into them
        LD R6, TOP
PUSH    ADD R6, R6, #-1
        STR R0, R6, #0
        BR PUSH
BAD     .FILL xD000
TOP     .FILL xFE00
END
program eof <<'END'
        LD R1, N
LOOP    ADD R1, R1, #-1
        BRp LOOP
        GETC
        BR LOOP
N       .FILL x7FFF
END
program eof_poll <<'END'
LOOP    LDI R0, KBSR
        BRzp LOOP
        LDI R0, KBDR
        BR LOOP
KBSR    .FILL xFE00
KBDR    .FILL xFE02
END
for engine in interp jit step; do
    run edge --engine $engine
    gave "$engine: code runs into device space" 3 "--- Access violation ---"
    said "at its first word" "at xFE00"
    run down --engine $engine
    gave "$engine: a stack overflows into its program" 3 "--- Access violation ---"
    said "which ends where memory does" "at xFE00"
    run recurse --engine $engine
    gave "$engine: a stack overflows into the system" 3 "--- Access violation ---"
    said "at the store" "at x3002"
    run wipe --engine $engine
    gave "$engine: illegal words are pushed over a program" 3 "--- Illegal opcode ---"
    said "which ends at the first" "at x3004"
    keys=k run eof --engine $engine
    gave "$engine: input ends for GETC" 5 ""
    keys=k run eof_poll --ignore-privilege --engine $engine
    gave "$engine: input ends for a program that polls" 5 ""
done

# --- determinism ---
program junk <<'END'
        LDI R0, P
        ADD R0, R0, R5
        LD R1, M
        AND R0, R0, R1
        LD R1, A
        ADD R0, R0, R1
        OUT
        HALT
P       .FILL x4000
M       .FILL x000F
A       .FILL x41
END
run junk
gave "what is not initialised is 0" 0 A
for seed in 1 2 3 4 5 6 7 8; do
    run junk --seed $seed && cp "$work/out" "$work/first"
    run junk --seed $seed
    cmp -s "$work/out" "$work/first" || echo "$seed differs from itself" >>"$work/unsteady"
    head -n 1 "$work/out" >>"$work/letters"
done
check "a seed gives the same run again" [ ! -e "$work/unsteady" ]
check "seeds differ" [ "$(sort -u "$work/letters" | wc -l)" -gt 3 ]

# --- an operating system of one's own ---
cat >"$work/os.asm" <<'END'
        .ORIG x0021
        .FILL x1000
        .END
        .ORIG x0025
        .FILL x1010
        .END
        .ORIG x1000             ; OUT prints each character twice
        STI R0, DDR
        STI R0, DDR
        RTI
DDR     .FILL xFE06
        .END
        .ORIG x1010
        AND R0, R0, #0
        STI R0, MCR
MCR     .FILL xFFFE
        .END
END
run out --os "$work/os.asm"
gave "--os" 0 "AA"
check "whose HALT prints nothing" [ "$(cat "$work/out")" = AA ]

# --- snapshots ---
printf 'snapshot' >"$work/keys"
run echo --input "$work/keys" && cp "$work/out" "$work/whole"
run echo --input "$work/keys" --limit 10 --snapshot "$work/state"
gave "a run up to a limit" 4 "sna"
nf lc3 run --input "$work/keys" --resume "$work/state"
gave "goes on from its snapshot" 5 "pshot"

# --- speed ---
nf lc3 run --stats --json "$work/json" examples/lc3/bubble.asm
said "speed is shown" "ns/instruction *mean [0-9.]* *p50 [0-9.]* *p99 [0-9.]* *p99.9 [0-9.]* *max"
for key in engine instructions slices ns_per_instruction mean p50 p99 p99_9 max \
    instructions_per_second share_waiting share_stolen compiler regions regions_written \
    regions_flushed regions_refused code_bytes compile_ns compiled_instructions entries links links_changed \
    exits_budget exits_cold exits_helped exits_guarded regions_unguarded \
    compiled_t1 compiled_t2 compiled_t2_flat compiled_llvm races races_won; do
    grep -q "\"$key\":" "$work/json"
    verdict $? "--json has $key" "$work/json"
done
said "what was compiled is shown" "^compiled *[1-9][0-9]* regions: [1-9][0-9]* times by T1, [1-9][0-9]* by T2, [1-9]"
said "and what for" "^in regions *99[0-9.]* % of instructions; entered [0-9]*, linked by [0-9]* jumps;"
run out --trace
said "--trace shows instructions" "^ *0 0000 .* 8002  x3000 2002 *LD *R0, A"
run out --registers --memory x3000:4
said "--registers" "^R0 x0041  R1 x0000"
said "and the rest" "^PC x3002  PSR x8001: user mode, priority 0, P"
said "--memory" "^x3000  2002 F021 F025 0041 .*A"
nf lc3 run --memory x3000:x "$work/out.asm"
expect "no such memory" 2

# --- the built-in operating system is what its sources say ---
for edition in 2 3; do
    grep '^OS_WORDS' src/guest/lc3/os$edition.def | grep -o '0x....' | sed 's/0x//' >"$work/words"
    nf lc3 asm --format hex --output - src/guest/lc3/os$edition.asm
    tail -n +2 "$work/out" >"$work/assembled"
    cmp -s "$work/words" "$work/assembled"
    verdict $? "os$edition.def is os$edition.asm"
done

# --- the terminal is raw, and as it was however a run ends ---
if command -v script >/dev/null; then
    for signal in INT TERM HUP QUIT; do
        cat >"$work/session" <<END
tty=\$(tty)
stty -g >'$work/before'
timeout --foreground -s $signal 0.4 '$NANOFORGE' lc3 run '$work/loop.asm' <"\$tty" &
sleep 0.2
stty -a >'$work/during'
wait
stty -g >'$work/after'
END
        script -qec "sh '$work/session'" /dev/null >/dev/null 2>&1 </dev/null
        grep -q -e '-icanon' "$work/during" && cmp -s "$work/before" "$work/after"
        verdict $? "SIG$signal gives the terminal back" "$work/before" "$work/during" "$work/after"
    done
else
    skip "signals give the terminal back" "there is no script(1)"
fi
finish
