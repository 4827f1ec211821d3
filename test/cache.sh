#!/bin/sh
# What a run of a C program leaves for the next one: imported modules, and objects of LLVM's.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # libLLVM leaks
. test/lib_tap.sh
cache=$XDG_CACHE_HOME/nanoforge

cat >"$work/sum.c" <<'C'
#include <stdarg.h>
#include <stdio.h>
static int sum(int count, ...)
{
    va_list list;
    int total = 0;
    va_start(list, count);
    while (count-- > 0) total += va_arg(list, int);
    va_end(list);
    return total;
}
static int product(int count, ...)
{
    va_list list;
    int total = 1;
    va_start(list, count);
    while (count-- > 0) total *= va_arg(list, int);
    va_end(list);
    return total;
}
int main(int count, char **arguments)
{
    (void)arguments;
    printf("%d %d\n", sum(3, count, 2, 3), product(3, count, 2, 4));
    return 0;
}
C

# Runs it, and notes what the loader opened.
run() {
    rm -f "$work"/loader.*
    LD_DEBUG=files LD_DEBUG_OUTPUT="$work/loader" nf run --quiet "$work/sum.bc"
    expect "$1: runs" 0
    printed "$1: right" '^6 8$'
}

loads_llvm() {
    grep -q 'libLLVM' "$work"/loader.*
}

loads_no_llvm() {
    ! loads_llvm
}

has_kinds() {
    ls "$cache"/*.nir "$cache"/*.o
}

# What stands at the end of each file becomes something else.
damage() {
    for file in "$cache"/*; do
        size=$(stat -c %s "$file")
        printf 'damage' | dd of="$file" bs=1 seek=$((size - 6)) conv=notrunc 2>/dev/null
    done
}

if ! clang-19 -O1 -fno-inline -emit-llvm -c "$work/sum.c" -o "$work/sum.bc" 2>"$work/err"; then
    skip "the cache" "no clang-19"
    finish
    exit
fi
nf run --quiet "$work/sum.bc"
if [ "$status" -ne 0 ]; then
    skip "the cache" "nanoforge runs no C here"
    finish
    exit
fi
rm -rf "$cache"
run "first run"
check "first run: loads LLVM" loads_llvm
check "first run: keeps a module and an object" has_kinds
run "second run"
check "second run: loads no LLVM" loads_no_llvm
damage
run "damaged files"
check "damaged files: LLVM makes them anew" loads_llvm
run "mended files"
check "mended files: load no LLVM" loads_no_llvm
chmod g+w "$cache"/*
run "files that others can write"
check "files that others can write are passed over" loads_llvm
set -- "$cache"/*.o
mv "$1" "$work/object"
mv "$2" "$1"
mv "$work/object" "$2"
run "files under each other's names"
check "files under each other's names are passed over" loads_llvm

# What a file of bitcode holds is known by its inode, size and times, once those are not of the last
# moments; and it is read when LLVM is to compile.
cat >"$work/same.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int twice(int x)
{
    return x * 2;
}
int main(int count, char **arguments)
{
    for (int descriptor = 3; count > 3 && descriptor < 64; descriptor++) close(descriptor);
    if (count > 1 && strcmp(arguments[1], "cut") == 0) truncate(arguments[count - 1], 100);
    if (count > 1 && strcmp(arguments[1], "remove") == 0) unlink(arguments[count - 1]);
    printf("%d ANSWER\n", twice(count));
    return 0;
}
C
compile() {
    sed "s/ANSWER/$1/" "$work/same.c" >"$work/this.c"
    clang-19 -O1 -fno-inline -Wno-unused-result -emit-llvm -c "$work/this.c" -o "$work/$2"
}
knows() {
    test "$(find "$cache" -name '*.src' | wc -l)" -eq "$1"
}
same() {
    title=$1
    shift
    nf run --tier 3 "$work/same.bc" -- "$@"
    expect "$title: runs" 0
    printed "$title: right" "$answer"
}
rm -rf "$cache"
compile first same.bc
answer='^2 first$'
same "a file that was just written"
check "a file that was just written is read each time" knows 0
sleep 3
same "a file from before"
check "a file from before is known from now on" knows 1
same "a known file"
compile other other.bc
cat "$work/other.bc" >"$work/same.bc"
answer='^2 other$'
same "a file with other bytes in the same place"
sleep 3
same "the same, later"
check "the same, later: it is known, too" knows 2
for how in keep remove cut; do
    for closes in '' closes; do
        cat "$work/other.bc" >"$work/same.bc"
        sleep 3
        rm -rf "$cache"
        answer='other$'
        same "before the program does $how"
        rm "$(ls -S "$cache"/*.o | tail -n 1)" # that of the function that main() calls
        title="a program that does $how its file${closes:+ and $closes}"
        same "$title" $how $closes "$work/same.bc"
        case $how$closes in
        keep* | remove) said "$title: LLVM has it" 'compiled  twice@llvm' ;;
        *) said "$title: is told" 'same.bc has changed since the program was loaded; tier 2 instead' ;;
        esac
    done
done
rm -f "$work/same.bc"
nf run "$work/same.bc"
expect "a file that is not there" 1
said "a file that is not there" 'same.bc: cannot read file: No such file'
mkdir "$work/same.bc"
nf run "$work/same.bc"
expect "a folder" 1
said "a folder" 'same.bc: cannot read file: Is a directory'

old=$cache/00000000000000000000000000000000.o young=$cache/ffffffffffffffffffffffffffffffff.o
rm "$cache"/*.o
truncate -s 300M "$old" "$cache/notes.txt"
truncate -s 30M "$young"
touch -d '2 days ago' "$cache"/*.nir
touch -d '3 days ago' "$old" "$cache/notes.txt"
run "a full cache"
check "a full cache: the oldest goes" test ! -e "$old"
check "a full cache: the young stays" test -e "$young"
check "a full cache: what is not the cache's stays" test -e "$cache/notes.txt"

echo 'not a folder' >"$work/file"
XDG_CACHE_HOME=$work/file
run "no place for a cache"
XDG_CACHE_HOME=relative
run "a relative place"
check "a relative place is not used" test ! -e relative
finish
