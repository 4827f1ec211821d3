#!/bin/sh
# The command line as its user meets it: what commands print, exit statuses, bad input.
. test/lib_tap.sh

write() { # write FILE: standard input becomes $work/FILE
    cat >"$work/$1"
}

# --- help, version, misuse ---

nf
expect "no command" 2
for option in --help -h help; do
    nf $option
    expect "$option" 0
    printed "$option lists the commands" '^  compile '
done
for command in run race cat verify pass compile eval reduce version help; do
    nf $command --help
    expect "$command --help" 0
    printed "$command --help tells the usage" "^Usage: nanoforge $command"
    cp "$work/out" "$work/help"
    nf help $command
    check "help $command is the same" cmp "$work/help" "$work/out"
    nf $command --no-such-option
    expect "$command with an unknown option" 2
    said "$command names the option" "'--no-such-option'"
done
nf no-such-command
expect "an unknown command" 2
nf help no-such-command
expect "help for an unknown command" 2
nf version
expect "version" 0
printed "version names itself" '^nanoforge [0-9]*\.[0-9]*\.[0-9]*$'
nf --version
expect "--version" 0
for command in run race cat verify compile eval reduce; do
    nf $command
    expect "$command without a file" 2
done
nf cat a b
expect "one file too many" 2
nf run --tier 7 examples/hello.nir
expect "a tier that is none" 2
nf run --policy luck examples/hello.nir
expect "a policy that is none" 2
nf run --code-bytes many examples/hello.nir
expect "a number that is none" 2
nf run --code-bytes
expect "an option without its value" 2
nf run --quiet=yes examples/hello.nir
expect "a flag with a value" 2
nf run --without mmx9 examples/hello.nir
expect "a feature that is none" 2
nf reduce --inputs 0 examples/hello.nir
expect "no inputs" 2
nf reduce --tier 3 examples/hello.nir
expect "a tier that is none to reduce for" 2
nf compile --variant mmx9 examples/hello.nir
expect "a variant that is none" 2
said "the variants are listed" 'unroll4'
nf compile --tier 1 --variant scalar examples/hello.nir
expect "a variant of tier 1" 2
nf pass examples/hello.nir
expect "pass without a name" 2
nf pass no_such_pass examples/hello.nir
expect "a pass that is none" 2
said "the passes are listed" ' gvn .* licm '
nf compile --dump=gvn,no_such_pass examples/hello.nir
expect "a dump of a pass that is none" 2
said "it is named" "no pass 'no_such_pass'"
nf compile --stop-after no_such_pass examples/hello.nir
expect "an end behind a pass that is none" 2
for tier in "" "--tier 1"; do
    nf reduce $tier --variant mmx9 examples/hello.nir
    expect "a variant that is none to reduce for $tier" 2
    said "the variants are listed" 'unroll4'
done
nf reduce --tier 1 --variant unroll2 examples/hello.nir
expect "a variant that is not tried on tier 1" 2
nf race examples/saxpy.nir
expect "race without a function" 2
timeout 5 "${NANOFORGE%/*}/nanoforged" --socket "" >"$work/out" 2>"$work/err"
status=$?
expect "a daemon at no path" 2
nf race --function no_such_function examples/saxpy.nir
expect "race of a function that is none" 1
said "race names it" 'unknown symbol: there is no function @no_such_function'

# --- reduce ---

nf reduce examples/wc.nir -- sh -c '! grep -q "call @" "$1"' sh {}
expect "reduce for a command" 0
printed "what the command looks for is left" 'call @'
said "it tells how it failed" 'sh exits with 1'
said "and how much went" 'instructions in .* became'
nf reduce examples/hello.nir -- true
expect "reduce for a command that does not fail" 1
said "there is nothing to reduce" 'no failure to reduce'
nf reduce --inputs 2 examples/hello.nir
expect "reduce where all tiers agree" 1

# --- what comes in ---

write syntax.nir <<END
func @main() -> i32 {
entry:
  %r = iconst.i32 )
  ret %r
}
END
write type.nir <<END
func @main() -> i32 {
entry:
  %a = iconst.i64 1
  %r = add.i32 %a, %a
  ret %r
}
END
write symbol.nir <<END
extern @no_such_function_anywhere() -> i32
func @main() -> i32 {
entry:
  %r = call @no_such_function_anywhere()
  ret %r
}
END
write no-main.nir <<END
func @other() -> void {
entry:
  ret
}
END
: >"$work/empty.nir"
head -c 4096 /dev/urandom >"$work/random"
nf cat --binary --output "$work/sha256.nfb" examples/sha256.nir
expect "cat --binary" 0
size=$(wc -c <"$work/sha256.nfb")

for command in run cat verify compile eval "pass gvn" "race -f main"; do
    nf $command "$work/none.nir"
    expect "$command of no file" 1
    said "$command of no file says so" 'none.nir: cannot read file: No such file'
    nf $command "$work"
    expect "$command of a directory" 1
    said "$command of a directory says so" 'Is a directory'
    nf $command "$work/random"
    expect "$command of noise" 1
    nf $command "$work/syntax.nir"
    expect "$command of a syntax error" 1
    said "$command says where: file, line, column" 'syntax.nir:3:19: '
    nf $command "$work/type.nir"
    expect "$command of a type error" 1
    said "$command says where: file, line" 'type.nir:4: .*add.*i64.*i32'
    head -c $((size / 2)) "$work/sha256.nfb" >"$work/half.nfb"
    nf $command "$work/half.nfb"
    expect "$command of half a binary" 1
    said "$command names the half binary" 'half.nfb: '
done
for command in run compile eval; do
    nf $command "$work/symbol.nir"
    expect "$command of an unknown symbol" 1
    said "$command names the symbol" 'unknown symbol @no_such_function_anywhere'
done
for file in no-main empty; do
    nf run "$work/$file.nir"
    expect "run of $file" 1
    said "run of $file says so" 'no function @main'
done

# A binary with one byte changed is refused, or is another module that is sound: never a crash.
at=0
crashes=0
while [ $at -lt "$size" ]; do
    { head -c $at "$work/sha256.nfb"; printf '\377'; tail -c +$((at + 2)) "$work/sha256.nfb"; } \
        >"$work/changed.nfb"
    nf verify "$work/changed.nfb"
    [ $status -le 1 ] || crashes=$((crashes + 1))
    at=$((at + size / 60 + 1))
done
check "a changed byte is no crash" [ $crashes -eq 0 ]

# --- text, binary, text ---

for file in examples/*.nir test/nir/all.nir; do
    nf cat $file
    cp "$work/out" "$work/text1.nir"
    nf cat --binary --output "$work/binary" "$work/text1.nir"
    nf cat "$work/binary"
    check "$file through the binary form" cmp "$work/text1.nir" "$work/out"
done
nf cat --binary --text examples/hello.nir
expect "cat to both forms" 2
nf cat --output "$work/no/such/place" examples/hello.nir
expect "cat to nowhere" 1
"$NANOFORGE" cat - <examples/hello.nir >"$work/out" 2>"$work/err"
status=$?
expect "cat of standard input" 0
"$NANOFORGE" version >/dev/full 2>"$work/err"
status=$?
expect "output to a full device" 1

nf verify examples/*.nir
expect "verify" 0
nf verify --quiet examples/hello.nir "$work/type.nir" examples/saxpy.nir
expect "verify of one bad file among others" 1

# --- programs ---

write status.nir <<END
extern @exit(i32) -> void
extern @atol(i64) -> i64
func @main(%argc: i32, %argv: i64) -> i32 {
entry:
  %text = load.i64 [%argv + 8]
  %number = call @atol(%text)
  %status = trunc.i32 %number
  %three = iconst.i32 3
  %by_exit = icmp.eq.i32 %argc, %three
  brif %by_exit, leave, done
leave:
  call @exit(%status)
  br done
done:
  ret %status
}
func @sum(%a: i32, %b: f64) -> f64 {
entry:
  %wide = sitofp.f64 %a
  %sum = fadd.f64 %wide, %b
  ret %sum
}
func @quotient(%a: i8, %b: i8) -> i8 {
entry:
  %q = sdiv.i8 %a, %b
  ret %q
}
END
for tier in 0 1 2 auto; do
    nf run --quiet --tier $tier "$work/status.nir" -- 42
    expect "the program's exit status on tier $tier" 42
    nf run --tier $tier "$work/status.nir" -- 43 exit
    expect "the status of exit() on tier $tier" 43
done
nf eval "$work/status.nir" -- 44
expect "eval gives the program's status" 44
nf eval --function sum "$work/status.nir" -- -3 0.5
expect "eval of a function" 0
printed "eval prints the result" '^-2.5$'
nf eval --function sum "$work/status.nir" -- 1
expect "eval with an argument too few" 2
nf eval --function sum "$work/status.nir" -- 1 x
expect "eval with an argument that is none" 2
nf eval --function quotient "$work/status.nir" -- -128 254
expect "eval takes numbers as signed or unsigned" 0
printed "which are the same bits" '^64$'
for pair in "256 1" "-129 1" "1 99999999999999999999" "1 -99999999999999999999"; do
    nf eval --function quotient "$work/status.nir" -- $pair
    expect "eval with a number too large: $pair" 2
    said "which is told" "argument [12] of @quotient does not fit i8: '-*[0-9]*'"
done
nf eval --function quotient "$work/status.nir" -- 7 0
expect "eval of a trap" 1
said "eval says where it trapped" 'status.nir:[0-9]*: in quotient: sdiv traps'
nf eval --steps 100 examples/sieve.nir
expect "eval with a limit of steps" 1

nf run --quiet examples/hello.nir
check "run --quiet is quiet" [ ! -s "$work/err" ]
nf run examples/hello.nir
said "run tells what is compiled" 'compiled *main@t1#1'
said "run ends with a table" 'function  *calls'
if grep -q "$(printf '\033')" "$work/out" "$work/err"; then escapes=1; else escapes=0; fi
check "no escape sequence where there is no terminal" [ $escapes -eq 0 ]

# --- a full code arena ---

awk 'BEGIN {
    print "func @main() -> i32 {\nentry:\n  %v0 = iconst.i32 0"
    for (i = 1; i <= 300; i++) printf "  %%v%d = call @f%d(%%v%d)\n", i, i, i - 1
    print "  %ten = iconst.i32 10\n  %r = urem.i32 %v300, %ten\n  ret %r\n}"
    for (i = 1; i <= 300; i++)
        printf "func @f%d(%%a: i32) -> i32 {\nentry:\n  %%c = iconst.i32 %d\n  %%r = add.i32 %%a, %%c\n  ret %%r\n}\n", i, i
}' >"$work/many.nir"
nf run "$work/many.nir"
expect "many functions" 0
nf run --code-bytes 4k "$work/many.nir"
expect "a code arena without room for the stubs" 1
said "its message names the limit" 'code memory is full.* of 4096 used'
nf run --code-bytes 36k "$work/many.nir"
expect "a code arena without room for main: it is interpreted" 0
said "which is told" 'code memory is full.*interpreted'
nf run --code-bytes 40k "$work/many.nir"
expect "a code arena without room for all code: some makes room" 0
said "which is told, too" 'evicted *f[0-9]*: its code makes room'
nf run --code-bytes 100G "$work/many.nir"
expect "a code arena beyond the limit" 2

# --- dumps ---

nf run --policy counts examples/saxpy.nir
expect "a program promoted by counts" 0
printed "it gives the same answer" '^100000 calls, y\[1\] = 50000.0'
said "level 1 is told" 'swap  *evaluator -> saxpy@t1#1: [0-9]* calls: level 1'
said "level 2 is told" 'compiled  saxpy@.*#2: '
said "and swapped to" 'swap  *saxpy@t1#1 -> saxpy@.*: [0-9]* calls: level 2'
if grep -q '^HAVE_LLVM' "${BUILD:-build}/config.mk" && command -v clang-19 >/dev/null; then
    printf 'int twice(int x) { return 2 * x; }\nint main(void) { return twice(21); }\n' >"$work/c.c"
    nf cat "$work/c.c"
    expect "cat of C" 0
    printed "it is NIR" '^func @twice(%v1: i32) -> i32'
    nf compile --function twice "$work/c.c"
    expect "compile of C" 0
    nf eval "$work/c.c"
    expect "eval of C" 42
    write foreign.c <<END
#include <stdarg.h>
int first(int n, ...) { va_list l; va_start(l, n); int x = va_arg(l, int); va_end(l); return x; }
int main(void) { return first(1, 43); }
END
    for command in "cat -b -o $work/foreign.nfb" verify "pass gvn" compile eval; do
        nf $command "$work/foreign.c"
        wanted=0
        [ "$command" = eval ] && wanted=43
        expect "$command of a function that NIR can't express" $wanted
        said "${command%% *} names it" 'foreign.c: @first is left out: varargs function$'
    done
else
    skip "cat, compile and eval of C" "there is no LLVM 19 or no clang-19"
fi
nf compile --tier 1 --function saxpy --dump examples/saxpy.nir
expect "compile --dump" 0
printed "the dump has NIR" '%product = fmul.f32 %a, %xi'
printed "and code" '  *0  f30f1efa'
nf compile --variant scalar --function saxpy --dump=rotate,licm examples/saxpy.nir
expect "compile --dump of passes" 0
printed "the dump has the passes" '^; --- after rotate'
nf compile --function no_such_function examples/saxpy.nir
expect "compile of a function that is none" 1
nf pass --list
expect "pass --list" 0
printed "which lists the passes" '^gvn '
for pass in $(awk '{ print $1 }' "$work/out") all; do
    nf pass $pass examples/saxpy.nir
    expect "pass $pass" 0
    cp "$work/out" "$work/passed.nir"
    nf run --quiet --tier 1 "$work/passed.nir" -- 10
    printed "what $pass made runs" '^10 calls, y\[1\] = 5.0'
done

# --- races and the report ---

nf race --function saxpy --quiet --json "$work/report.json" examples/saxpy.nir -- 2000000
expect "race" 0
printed "the race shows the winner" 'saxpy@[a-z0-9.]*#[0-9]* *won '
printed "and the answers" 'the same answers on [0-9]* inputs'
nf race --function fill examples/saxpy.nir -- 1
expect "race of a function that stays cold" 1
said "which is told" 'fill did not race: not hot enough'
nf race --function saxpy examples/saxpy.nir -- 2000
expect "race in a program that ends early" 1
said "which is told, and what helps" 'did not race: the program ended .*; let it run longer'
sed 's/\\-/-/g' README.md man/nanoforge.1 |
    grep -o 'nanoforge race -[^`]* examples/[^`]*' >"$work/examples"
while read -r _ example; do
    nf $example
    expect "the documented $example" 0
done <"$work/examples"

if command -v python3 >/dev/null && python3 -c '' 2>/dev/null; then
    check "the report is JSON" python3 -m json.tool "$work/report.json"
else
    skip "the report is JSON" "there is no python3"
fi
check "the report has its version" grep -q '"version": 1,' "$work/report.json"
grep -o '"[a-z_]*":' "$work/report.json" | tr -d '":' | sort -u >"$work/written"
sed -n 's/^| \(`[a-z_`, ]*\) |.*/\1/p' docs/report.md | grep -o '[a-z_]*' | sort -u >"$work/documented"
diff "$work/documented" "$work/written" >"$work/differences"
verdict $? "the report has the documented fields and no others" "$work/differences"

nf run --quiet --json "$work/no/such/place" examples/hello.nir
expect "a report to nowhere" 1
check "is told before the program runs" [ ! -s "$work/out" ]
nf run --quiet --json - examples/hello.nir
expect "a report to standard output" 0
printed "comes behind the program's output" '"programs": \['
for file in examples/hello.nir "$work/many.nir"; do
    nf run --quiet --json /dev/full $file
    expect "a report to a full device" 1
    said "which is told with the reason" '/dev/full: cannot write the report: No space left on device'
done
nf run --quiet --json /dev/full "$work/status.nir" -- 42 exit
expect "the program's own status goes before it" 42
nf race --function saxpy --quiet --json /dev/full examples/saxpy.nir -- 2000000
expect "race with a report to a full device" 1
"$NANOFORGE" run --quiet --json - examples/hello.nir >/dev/full 2>"$work/err"
status=$?
expect "a report to standard output that is full" 1
said "which is told" '-: cannot write the report: No space left on device'

# --- a terminal ---

if command -v script >/dev/null && TERM=xterm script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    live="'$NANOFORGE' run examples/saxpy.nir -- 6000000"
    TERM=xterm timeout $limit script -qec "$live" /dev/null >"$work/terminal" </dev/null
    check "a terminal gets a live line" grep -q 'saxpy@.* % of the time, .* calls/s' "$work/terminal"
    check "and colour" grep -q "$(printf '\033\\[36m')" "$work/terminal"
    check "the program's output has a line of its own" \
        grep -q "^\\(.*$(printf '\033\\[K')\\)\\?6000000 calls" "$work/terminal"
    TERM=xterm NO_COLOR=1 timeout $limit script -qec "$live" /dev/null >"$work/terminal" </dev/null
    if grep -q "$(printf '\033\\[[0-9]*m')" "$work/terminal"; then colours=1; else colours=0; fi
    check "NO_COLOR gets none" [ $colours -eq 0 ]
    TERM=dumb NO_COLOR=1 timeout $limit script -qec "$live" /dev/null >"$work/terminal" </dev/null
    if grep -q "$(printf '\033')" "$work/terminal"; then escapes=1; else escapes=0; fi
    check "a dumb terminal gets no escape sequence" [ $escapes -eq 0 ]
else
    skip "a terminal gets a live line" "there is no script(1) that works"
fi
finish
