        .ORIG                   ; error:9: .ORIG needs an address
        .FILL                   ; error:9: .FILL needs a number or label
        .FILL R1                ; error:15: expected a number from -32768 to 65535
        .FILL 1, 2              ; error:18: this operand is too many: .FILL takes a number or label
        .FILL x10000            ; error:15: x10000 does not fit: .FILL takes -32768 to 65535
        .FILL #-32769           ; error:15: #-32769 does not fit
        .FILL "A"               ; error:15: expected a number
        .FILL nowhere           ; error:15: there is no label 'nowhere'
        .BLKW                   ; error:9: .BLKW needs a number, and what to fill with
        .BLKW 0                 ; warning:15: this makes no word at all
        .BLKW -1                ; error:15: -1 does not fit: .BLKW takes 0 to 65535
        .BLKW 1, 2, 3           ; error:21: this operand is too many
        .BLKW label             ; error:15: expected a number from 0 to 65535
        .STRINGZ                ; error:9: .STRINGZ needs a text in quotes
        .STRINGZ text           ; error:18: expected a text in double quotes
        .STRINGZ "a" "b"        ; error:22: this operand is too many
        .STRINGZ "\q"           ; warning:19: there is no such escape; the backslash stays
        .STRINGZ "abc           ; error:18: this quote is not closed on its line
        .STRINGZ "abc\"         ; error:18: this quote is not closed on its line
        .FILL 'a                ; error:15: this quote is not closed on its line
        .FIL 1                  ; error:9: there is no directive '.FIL'; did you mean .FILL?
        .SECTION text           ; error:9: there is no directive '.SECTION'
        .                       ; error:9: there is no directive '.'
        .EXTERNAL label         ; error:9: nothing is linked here
        .END 1                  ; warning:14: what stands behind .END is not assembled
; ---
        HALT                    ; error:9: this has no address: .ORIG must come first
        .ORIG x3001
        .END
        .ORIG x10000            ; error:15: x10000 does not fit: .ORIG takes 0 to 65535
        .END
; ---
LABEL                           ; error:1: this has no address: .ORIG must come first
        .END
; ---
        .ORIG x3000
        HALT
        .ORIG x4000             ; warning:9: .END is missing before this
        HALT
        .END
behind                          ; warning:1: what stands behind .END is not assembled
        what? "
        .ORIG x5000
        HALT                    ; warning: .END is missing at the end
; ---
; error:1: there is no .ORIG, and nothing to assemble
; ---
        .ORIG xFFFD
        .FILL 1                 ; warning:9: from xfe00 on there are device registers
        .FILL 2
        .FILL 3                 ; no error: the last word
        .END
; ---
        .ORIG xFFFE
        .FILL 0                 ; warning:9: from xfe00 on there are device registers
        .BLKW 3                 ; error:9: xFFFF is the last address
        .FILL 1
        .END
; ---
        .ORIG xFDFF
        .BLKW 2                 ; warning:9: from xfe00 on there are device registers
        .END
; ---
        .ORIG x3000
        .BLKW 4                 ; note:9: it is this one's
LAST    HALT                    ; note:9: it is this one's
        .END
        .ORIG x2FFF
        .FILL 1
        .FILL 2                 ; error:9: address x3000 is taken already
        .FILL 3
        .END
        .ORIG x3004
        HALT                    ; error:9: address x3004 is taken already
        .END
; ---
        .ORIG x3000
        HALT
        HALT                    ; note:9: it is this one's
        .END
        .ORIG x3001
        .STRINGZ "ab"           ; error:9: address x3001 is taken already
        .END
