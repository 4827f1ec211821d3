#!/bin/sh
# What is made from tables is up to date: make docs, and look at the difference.
set -eu
made=$(mktemp)
trap 'rm -f "$made"' EXIT
"$BUILD/nanoforge-docs" NIR >"$made"
if [ -n "${NF_BLESS:-}" ]; then cp "$made" docs/NIR.md; fi
diff -u docs/NIR.md "$made" || { echo 'docs/NIR.md is old: make docs'; exit 1; }
# It has every operation, and the page behind the preface is not empty.
for operation in iconst add fma reduce_fadd mstore tail_call_indirect switch trap; do
    grep -q "^| \`$operation\` | " docs/NIR.md
done
