#!/bin/sh
# nanoforge lc3 run --bus-out and --bus-in: commands of their own that meet by a ring's name, in either
# order; ends that die; files that are no rings.
. test/lib_tap.sh
. test/lib_lc3.sh
limit=20
ring=test.$$
file=/dev/shm/nanoforge-$ring
trap 'rm -rf "$work"; rm -f "$file" "$file".back' EXIT

program count <<'END'
; sends 1 to 20000 and a 0
        AND R0, R0, #0
        LD R1, N
LOOP    ADD R0, R0, #1
        TRAP x30
        ADD R1, R1, #-1
        BRp LOOP
        AND R0, R0, #0
        TRAP x30
        HALT
N       .FILL #20000
END
program check <<'END'
; says OK when 1, 2, 3 and so on have come, up to a 0
        AND R1, R1, #0
LOOP    TRAP x31
        ADD R0, R0, #0
        BRz FINE
        ADD R1, R1, #1
        NOT R2, R0
        ADD R2, R2, #1
        ADD R2, R2, R1
        BRz LOOP
        HALT
FINE    LEA R0, TEXT
        PUTS
        HALT
TEXT    .STRINGZ "OK"
END
program forever <<'END'
LOOP    TRAP x30
        BR LOOP
END
program take <<'END'
LOOP    TRAP x31
        BR LOOP
END
program ask <<'END'
; sends a word and waits for the answer, 1000 times; says OK when each is one more
        LD R3, N
        AND R0, R0, #0
LOOP    ADD R1, R0, #1
        TRAP x30
        TRAP x31
        NOT R2, R0
        ADD R2, R2, #1
        ADD R2, R2, R1
        BRnp WRONG
        ADD R3, R3, #-1
        BRp LOOP
        LEA R0, TEXT
        PUTS
WRONG   HALT
N       .FILL #1000
TEXT    .STRINGZ "OK"
END
program answer <<'END'
LOOP    TRAP x31
        ADD R0, R0, #1
        TRAP x30
        BR LOOP
END
program send_and_read <<'END'
; what was sent can be received while this one waits for a key
        LD R0, A
        TRAP x30
        GETC
        HALT
A       .FILL x41
END
program print <<'END'
        TRAP x31
        OUT
        HALT
END

# start [OPTION...] PROGRAM: in the background; $started is its process, $work/started says what it said
start() {
    timeout "$limit" "$NANOFORGE" lc3 run "$@" >"$work/started" 2>"$work/started.err" </dev/null &
    started=$!
    for i in $(seq 2000); do
        [ -e "$file" ] && break
        sleep 0.01
    done
}

# met: waits until the other end has come, and the name has gone
met() {
    for i in $(seq 2000); do
        [ -e "$file" ] || break
        sleep 0.01
    done
    sleep 0.1
}

# ended NAME STATUS: how what was started ended
ended() {
    wait $started
    got=$?
    [ "$got" = "$2" ]
    verdict $? "$1: exit status $got, wanted $2" "$work/started" "$work/started.err"
}

run() { # run OPTION NAME PROGRAM
    nf lc3 run "$1" "$2" "$work/$3.asm"
}

child() { # the process that timeout has started
    ps -o pid= --ppid "$started" | tr -d ' '
}

nothing_is_left() {
    check "no file is left" [ ! -e "$file" ]
}

# --- meeting ---
start --bus-out "$ring" "$work/count.asm"
check "the file is its user's alone" [ "$(stat -c %a "$file")" = 600 ]
run --bus-in "$ring" check
expect "the receiver comes second" 0
check "and gets everything in order" grep -q OK "$work/out"
ended "the sender" 0
nothing_is_left

start --bus-in "$ring" "$work/check.asm"
run --bus-out "$ring" count
expect "the sender comes second" 0
ended "the receiver" 0
check "which got everything" grep -q OK "$work/started"
nothing_is_left

start --bus-out "$ring" --bus-words 28 --engine interp "$work/count.asm"
nf lc3 run --bus-in "$ring" --bus-words 99 "$work/check.asm"
expect "who comes first says how large the ring is" 0
ended "a small ring" 0

start --bus-out "$ring" --bus-in "$ring.back" "$work/ask.asm"
nf lc3 run --bus-in "$ring" --bus-out "$ring.back" "$work/answer.asm"
expect "two rings; this one ends when the other has halted" 0
ended "question and answer" 0
check "each right" grep -q OK "$work/started"

mkfifo "$work/keys"
timeout $limit "$NANOFORGE" lc3 run --bus-out "$ring" "$work/send_and_read.asm" <"$work/keys" >/dev/null 2>&1 &
exec 9>"$work/keys"
run --bus-in "$ring" print
check "a word is not kept while its sender waits for a key" grep -q A "$work/out"
exec 9>&-
wait

# --- ends that die ---
# The end that was started first is killed when it has met the other one.
kill_first() { # kill_first OPTION PROGRAM OTHER_OPTION OTHER_PROGRAM NAME
    start "$1" "$ring" "$work/$2.asm"
    timeout $limit "$NANOFORGE" lc3 run "$3" "$ring" "$work/$4.asm" 2>"$work/err" &
    other=$!
    met
    kill -KILL "$(child)"
    wait $other
    check "$5: the other's exit status is 6" [ $? = 6 ]
    wait $started 2>/dev/null
}

kill_first --bus-out forever --bus-in take "a sender was killed"
said "and it says why" "the program at the other end of /nanoforge-$ring has died"
kill_first --bus-in take --bus-out forever "a receiver was killed"

start --bus-out "$ring" "$work/count.asm"
kill -KILL "$(child)"
wait $started 2>/dev/null
check "who is killed alone leaves the file" [ -e "$file" ]
start --bus-in "$ring" "$work/check.asm"
sleep 0.1
run --bus-out "$ring" count
expect "the name is as good as new" 0
ended "for who came next" 0
nothing_is_left

for signal in INT TERM HUP; do
    start --bus-out "$ring" "$work/count.asm"
    kill -$signal "$(child)"
    wait $started
    got=$?
    check "SIG$signal ends who waits alone: $got" [ $got -gt 128 ]
    nothing_is_left
    rm -f "$file"
done

# --- files that are no rings ---
refused() { # refused NAME TEXT
    run --bus-in "$ring" take
    expect "$1" 1
    said "it says why" "$2"
}
start --bus-in "$ring" "$work/take.asm"
refused "an end is taken" "its receiver is there already"
cp "$file" "$work/ring"
kill "$started"
wait $started 2>/dev/null

umask 077
head -c 8192 /dev/urandom >"$file"
refused "not a ring" "is no ring of messages of 2 bytes"
head -c 100 "$work/ring" >"$file"
refused "a ring's beginning" "is no ring"
head -c 4000 "$work/ring" >"$file"
refused "a ring without its end" "is no ring"
cp "$work/ring" "$file"
printf '\4' | dd of="$file" bs=1 seek=4 conv=notrunc 2>/dev/null
refused "words of four bytes" "is no ring of messages of 2 bytes"
cp "$work/ring" "$file"
printf '\3' | dd of="$file" bs=1 seek=8 conv=notrunc 2>/dev/null
refused "three cells" "is no ring"
cp "$work/ring" "$file"
printf '\377\377\377' | dd of="$file" bs=1 seek=10 conv=notrunc 2>/dev/null
refused "more cells than there is memory" "is no ring"
cp "$work/ring" "$file"
chmod 666 "$file"
refused "a file that others may write" "is not this user's alone"
rm -f "$file"
ln -s "$work/ring" "$file"
run --bus-in "$ring" take
expect "a link" 1
rm -f "$file"

start --bus-in "$ring" "$work/take.asm"
: >"$file"
ended "the file is cut off under who waits" 6
check "who says so" grep -q "was cut off" "$work/started.err"
rm -f "$file"

# --- mistakes ---
for bad in "" a/b ../x "a b" "$(printf '%65s' | tr ' ' a)"; do
    run --bus-in "$bad" take
    expect "no name: '$bad'" 2
done
nf lc3 run --bus-in "$ring" --bus-words 0 "$work/take.asm"
expect "a ring of nothing" 2
nf lc3 run --bus-in "$ring" --check "$work/take.asm"
expect "--check on a bus" 2
nothing_is_left
finish
