#!/bin/sh
# nanoforge lc3 bus: every shape, every way in which programs can end, options and their mistakes.
. test/lib_tap.sh
. test/lib_lc3.sh
limit=20

bus() { # bus [OPTION...] NAME...: with names for programs
    set -- $(for word in "$@"; do
        [ -f "$work/$word.asm" ] && word=$work/$word.asm
        echo "$word"
    done)
    nf lc3 bus "$@"
}

printed_is() { # printed_is NAME OUTPUT: without what HALT prints
    [ "$(sed '/^$/d; /^--- Halting the LC-3 ---$/d' "$work/out")" = "$2" ]
    verdict $? "$1" "$work/out" "$work/err"
}

# figure PROGRAM NAME: of $work/json
figure() {
    sed -n "/\"program\": \".*$1.asm\"/,/^  }/s/.*\"$2\": \"*\([^\",]*\).*/\1/p" "$work/json" | xargs
}

equals() { # equals NAME VALUE WANTED
    [ "$2" = "$3" ]
    verdict $? "$1: $2, wanted $3" "$work/json"
}

program count <<'END'
; 1 to 1000
        AND R0, R0, #0
        LD R1, N
LOOP    ADD R0, R0, #1
        TRAP x30
        ADD R1, R1, #-1
        BRp LOOP
        HALT
N       .FILL #1000
END
program pass <<'END'
LOOP    TRAP x31
        ADD R0, R0, #1
        TRAP x30
        BR LOOP
END
program sum <<'END'
; adds 1000 words, which have been passed on twice: 1 to 1000, and 2 more each
        AND R2, R2, #0
        LD R1, N
LOOP    TRAP x31
        ADD R2, R2, R0
        ADD R1, R1, #-1
        BRp LOOP
        LD R0, MINUS
        ADD R2, R2, R0
        BRz FINE
        LEA R0, BAD
        PUTS
        HALT
FINE    LEA R0, GOOD
        PUTS
        HALT
N       .FILL #1000
MINUS   .FILL #21788            ; 8 * 65536 - (1000 * 1001 / 2 + 2 * 1000)
GOOD    .STRINGZ "right"
BAD     .STRINGZ "wrong"
END

# --- examples ---
nf lc3 bus --json "$work/json" examples/lc3/producer.asm examples/lc3/consumer.asm
expect "producer and consumer" 0
printed_is "nothing is lost, doubled or changed" ""
equals "the consumer has all" "$(figure consumer received)" "$(figure producer sent)"
equals "the producer halts" "$(figure producer ended)" halted
equals "the consumer ends with it" "$(figure consumer ended)" "bus ended"
said "the table has messages" '^messages  *sent  *received  *lost'
said "and latencies" '^latency, ns  *p50  *p90  *p99'
nf lc3 bus --quiet --shape loop --pin 0 examples/lc3/ping.asm examples/lc3/pong.asm
expect "ping and pong, on one CPU" 0
printed_is "come back" "30000 round trips"
check "--quiet says nothing" [ ! -s "$work/err" ]

# --- shapes ---
bus --json "$work/json" count pass pass sum
expect "a chain of four" 0
printed_is "is right" "right"
equals "each has its messages" "$(figure pass sent)" "1000 1000"
program twice <<'END'
        LD R1, N
LOOP    TRAP x31
        ADD R1, R1, #-1
        BRp LOOP
        HALT
N       .FILL #2000
END
bus --shape gather --json "$work/json" count count twice
expect "two to one" 0
equals "who receives from both" "$(figure twice received)" 2000
program slow <<'END'
LOOP    TRAP x31
        AND R1, R1, #0
        ADD R1, R1, #10
DELAY   ADD R1, R1, #-1
        BRp DELAY
        BR LOOP
END
bus --shape broadcast --words 4096 --json "$work/json" count slow slow
expect "one to two" 0
equals "both have all" "$(figure slow received)" "1000 1000"
equals "and lose nothing where there is room" "$(figure slow lost)" "0 0"
bus --words 1 count pass pass sum
expect "the smallest rings" 0
printed_is "are right too" "right"

# --- ends ---
bus --json "$work/json" count sum
printed_is "a wrong sum is told from a right one" "wrong"
program once <<'END'
        TRAP x31
        HALT
END
program forever <<'END'
LOOP    TRAP x30
        BR LOOP
END
bus --json "$work/json" forever once
expect "who sends to one that has halted ends" 0
equals "at its trap" "$(figure forever ended)" "bus ended"
program deaf <<'END'
        TRAP x31
        LEA R0, TEXT
        PUTS
        HALT
TEXT    .STRINGZ "went on"
END
bus deaf sum
expect "nobody sends to the first of a chain" 0
printed_is "which ends at its trap" ""
bus --shape loop deaf deaf
expect "all wait for each other" 1
said "and are told so" "all programs wait for each other"
program spin <<'END'
LOOP    BR LOOP
END
bus --limit 100000 --json "$work/json" spin once
expect "a limit" 4
said "is told" "spin.asm: stopped at the limit"
equals "counts to the instruction" "$(figure spin instructions)" 100000
program fault <<'END'
        .FILL xD000
END
bus fault once
expect "a fault" 3
said "is told with its place" "fault.asm: a fault at x3000"
program key <<'END'
        GETC
END
bus key once
expect "there is no keyboard" 5
for signal in INT:130 TERM:143; do
    "$NANOFORGE" lc3 bus --shape loop "$work/spin.asm" "$work/once.asm" >"$work/out" 2>"$work/err" &
    started=$!
    until [ "$(ls "/proc/$started/task" | wc -l)" -ge 3 ]; do sleep 0.02; done
    kill -s "${signal%:*}" $started
    wait $started
    status=$?
    expect "SIG${signal%:*} ends it" "${signal#*:}"
    said "and there are figures" 'spin.asm  *stopped'
done

# --- processes ---
bus --processes --json "$work/json" count pass pass sum
expect "a chain of four processes" 0
printed_is "is right" "right"
equals "each has its messages" "$(figure pass sent)" "1000 1000"
equals "their instructions are counted" "$(figure count instructions)" 4003
bus --processes --shape gather --json "$work/json" count count twice
expect "two processes to one" 0
equals "who receives from both" "$(figure twice received)" 2000
bus --processes --shape broadcast --words 4096 --json "$work/json" count slow slow
expect "one process to two" 0
equals "both have all" "$(figure slow received)" "1000 1000"
bus --processes --shape loop deaf deaf
expect "processes that wait for each other" 1
said "are told so" "all programs wait for each other"
bus --processes fault once
expect "a fault in a process" 3
said "is told with its place" "fault.asm: a fault at x3000"
program drain <<'END'
LOOP    TRAP x31
        BR LOOP
END
programs_of() { # programs_of PID: of timeout, whose child is their parent
    pgrep -P "$(pgrep -P "$1")" 2>/dev/null
}
for victim in 1 2; do
    timeout $limit "$NANOFORGE" lc3 bus --processes --json "$work/json" "$work/forever.asm" \
        "$work/drain.asm" >"$work/out" 2>"$work/err" &
    started=$!
    until [ "$(programs_of $started | wc -l)" -eq 2 ] || ! kill -0 $started; do sleep 0.02; done
    sleep 0.1
    kill -9 "$(programs_of $started | sed -n ${victim}p)"
    wait $started
    status=$?
    expect "process $victim of 2 is killed" 1
    said "that is told" 'its process was killed by signal 9'
    equals "and the other one ends at its trap" "$(figure forever ended) $(figure drain ended)" \
        "$([ $victim = 1 ] && echo killed bus ended || echo bus ended killed)"
done

# --- engines ---
for engine in interp jit step; do
    bus --engine $engine count pass pass sum
    expect "--engine $engine" 0
    printed_is "sums by $engine" "right"
done
bus --engine fast count sum
expect "no such engine" 2

# --- mistakes ---
program send <<'END'
        TRAP x30
        HALT
END
bus send
expect "one program" 2
bus send "$work/none.obj"
expect "no such file" 1
printf '\060' >"$work/short.obj"
bus send "$work/short.obj"
expect "half a word" 1
bus --shape star send once
expect "no such shape" 2
for list in x 0, ,0 0,,1 -1 99999 0x1; do
    bus --pin "$list" send once
    expect "no list of CPUs: $list" 2
done
bus --pin 4000 send once
expect "a CPU that there is not" 0
said "is told" "is kept nowhere"
bus --words 0 send once
expect "rings of nothing" 2
bus --words 2G send once
expect "rings too large" 2
bus --json "$work/none/json" send once
expect "figures that cannot be written" 1
timeout $limit "$NANOFORGE" lc3 bus "$work/count.asm" "$work/sum.asm" >/dev/full 2>"$work/err"
status=$?
expect "output that cannot be written" 1
finish
