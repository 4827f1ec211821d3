# For tests in shell of programs in LC-3 assembly; to be sourced behind lib_tap.sh.

program() { # program NAME: standard input is its source; it begins at x3000
    { echo ".ORIG x3000" && cat && echo ".END"; } >"$work/$1.asm"
}
