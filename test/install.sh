#!/bin/sh
# What is installed is enough: a C and a C++ program are built against it alone, linked both ways.
# All of it is taken away again.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
prefix=$root/usr
flags=
[ -n "${SANITIZE:-}" ] && flags=-fsanitize=$SANITIZE

# The build directory is done; this only copies.
make BUILD="$BUILD" SANITIZE="${SANITIZE:-}" DESTDIR="$root" PREFIX=/usr install >/dev/null

for header in "$prefix"/include/nanoforge/*.h; do
    echo "#include <nanoforge/${header##*/}>"
done >"$root/use.c"
cat >>"$root/use.c" <<END
#include <string.h>
int main(void) { return strcmp(nf_status_text(NF_OK), "ok") != 0; }
END
cp "$root/use.c" "$root/use.cc"

build() { # build COMPILER SOURCE NAME LIBRARIES...
    compiler=$1 source=$2 name=$3
    shift 3
    "$compiler" -Wall -Wextra -Werror $flags -I"$prefix/include" "$source" -o "$root/$name" "$@"
}

build "${CC:-gcc}" "$root/use.c" shared -L"$prefix/lib" -lnanoforge
LD_LIBRARY_PATH=$prefix/lib "$root/shared"
build "${CC:-gcc}" "$root/use.c" static "$prefix/lib/libnanoforge.a" -pthread -ldl -lm
"$root/static"
if command -v g++ >/dev/null; then
    build g++ "$root/use.cc" cxx "$prefix/lib/libnanoforge.a" -pthread -ldl -lm
    "$root/cxx"
fi
grep -q "^Version: [0-9]" "$prefix/lib/pkgconfig/nanoforge.pc"

make BUILD="$BUILD" SANITIZE="${SANITIZE:-}" DESTDIR="$root" PREFIX=/usr uninstall >/dev/null
left=$(find "$prefix" -type f -o -type l)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
