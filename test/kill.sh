#!/bin/sh
# kill -9 at any time: of the client, of a race's child, of the daemon. Nothing is left that stops the
# next run: no process, no socket.
set -u
# LeakSanitizer looks from a process of its own, which must not be taken for one of ours.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
nanoforge=${NANOFORGE:-build/nanoforge}
daemon=${BUILD:-build}/nanoforged
work=$(mktemp -d)
trap 'kill -9 "$daemon_pid" 2>/dev/null; rm -rf "$work"' EXIT
daemon_pid=
NANOFORGED_SOCKET=$work/socket
export NANOFORGED_SOCKET

fail() {
    echo "kill.sh: $*" >&2
    exit 1
}

# A name of our own, so that other runs of the program are not counted.
ln -s "$(cd "$(dirname "$nanoforge")" && pwd)/nanoforge" "$work/nf-kill-test"
running() { pgrep -f "$work/nf-kill-test" >/dev/null; }

wait_gone() {
    for _ in $(seq 200); do
        running || return 0
        sleep 0.05
    done
    fail "a process is left after $1"
}

answer=$("$work/nf-kill-test" run -q examples/saxpy.nir -- 2000) || fail "the first run failed"

# The client, at many different moments of its life: start, sampling, race, after the swap.
for delay in 0.005 0.02 0.04 0.06 0.08 0.1 0.12 0.15 0.2 0.3; do
    "$work/nf-kill-test" run -q examples/saxpy.nir -- 100000000 >/dev/null 2>&1 &
    client=$!
    sleep $delay
    kill -9 $client 2>/dev/null
    wait $client 2>/dev/null
    wait_gone "the client was killed after $delay s"
done

# A race's child: the parent notices, goes on and ends well.
"$work/nf-kill-test" run -q examples/saxpy.nir -- 300000 >"$work/out" 2>&1 &
client=$!
for _ in $(seq 100); do
    for child in $(pgrep -P $client 2>/dev/null); do kill -9 "$child" 2>/dev/null; done
    sleep 0.01
done
wait $client || fail "the client did not survive its child: $(cat "$work/out")"
grep -q '^300000 calls' "$work/out" || fail "a wrong answer after the child was killed: $(cat "$work/out")"
wait_gone "a child was killed"

# The daemon, while a client runs; then another one on the same socket.
for _ in 1 2 3; do
    "$daemon" 2>"$work/log" &
    daemon_pid=$!
    for _ in $(seq 200); do
        [ -S "$NANOFORGED_SOCKET" ] && break
        sleep 0.05
    done
    [ -S "$NANOFORGED_SOCKET" ] || fail "nanoforged does not start: $(cat "$work/log")"
    "$work/nf-kill-test" run -q examples/saxpy.nir -- 20000 >"$work/out" 2>&1 &
    client=$!
    sleep 0.1
    kill -9 "$daemon_pid"
    wait "$daemon_pid" 2>/dev/null
    wait $client || fail "the client did not survive the daemon: $(cat "$work/out")"
done
daemon_pid=

[ "$("$work/nf-kill-test" run -q examples/saxpy.nir -- 2000)" = "$answer" ] || fail "the last run answers differently"
