#!/bin/sh
# What docs/security.md promises of how we are linked: what the loader fills in is read-only, nothing is
# both writable and executable, and programs are loaded anywhere.
. test/lib_tap.sh
build=${BUILD:-build}

resolved_at_once() { readelf -dW "$1" | grep -q 'BIND_NOW\|FLAGS_1.*NOW'; }
relocations_read_only() { readelf -lW "$1" | grep -q GNU_RELRO; }
no_segment_writable_and_executable() { ! readelf -lW "$1" | grep -q 'RWE'; }
loaded_anywhere() { readelf -hW "$1" | grep -q 'Type: *DYN'; }

for binary in nanoforge nanoforged libnanoforge.so libnanoforge-llvm.so; do
    [ -f "$build/$binary" ] || continue
    for promise in resolved_at_once relocations_read_only no_segment_writable_and_executable \
        loaded_anywhere; do
        check "$binary: $promise" $promise "$build/$binary"
    done
done
finish
