# For tests in shell: each check prints a line of TAP, which scripts/run-tests counts. Source it,
# check, and end with `finish`. $work is a directory that goes away by itself; $NANOFORGE the
# program, as an absolute path.
set -u
NANOFORGE=$(cd "$(dirname "${NANOFORGE:-build/nanoforge}")" && pwd)/nanoforge
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache"
limit=60 # seconds for one run
checks=0 failures=0

# What a check failed with is shown as comments.
verdict() { # verdict STATUS NAME [FILE...]
    checks=$((checks + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $checks - $2"
        return
    fi
    failures=$((failures + 1))
    echo "not ok $checks - $2"
    shift 2
    for file in "$@"; do
        sed "s|^|# ${file##*/}: |" "$file" | tail -n 20
    done
}

check() { # check NAME COMMAND...: the command succeeds
    name=$1
    shift
    "$@" >"$work/check" 2>&1 </dev/null
    verdict $? "$name" "$work/check"
}

skip() { # skip NAME REASON
    checks=$((checks + 1))
    echo "ok $checks - $1 # SKIP $2"
}

# Runs nanoforge; leaves $status, and what it said in $work/out and $work/err.
nf() {
    timeout "$limit" "$NANOFORGE" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

expect() { # expect NAME STATUS: how the last nf ended
    wanted=1
    [ "$status" -eq "$2" ] && wanted=0
    [ $wanted -eq 0 ] || echo "exit status $status, not $2" >>"$work/err"
    verdict $wanted "$1" "$work/err"
}

said() { # said NAME PATTERN: a line of the last nf's standard error matches
    grep -q -e "$2" "$work/err"
    verdict $? "$1" "$work/err"
}

printed() { # printed NAME PATTERN: the same of its standard output
    grep -q -e "$2" "$work/out"
    verdict $? "$1" "$work/out" "$work/err"
}

finish() {
    echo "1..$checks"
    [ "$failures" -eq 0 ]
}
