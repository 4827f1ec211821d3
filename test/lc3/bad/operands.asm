; Operands that are missing, too many, of the wrong kind or too large. Cases end with "; ---"; each
; message must stand, with its column where one is given, on the line that causes it.
        .ORIG x3000
        ADD R0, R1              ; error:9: an operand is missing: ADD register, register, register or ADD register, register, number
        ADD R0, R1, R2, R3      ; error:25: this operand is too many: ADD register
        ADD R0, #1, R2          ; error:17: expected a register, R0 to R7
        ADD R0, R0, R8          ; error:21: expected a number from -16 to 15
        ADD R0, R0, LABEL       ; error:21: expected a number from -16 to 15
        ADD R0, R0, #16         ; error:21: #16 does not fit: ADD takes -16 to 15
        ADD R0, R0, #-17        ; error:21: #-17 does not fit
        ADD R0, R0, x20         ; error:21: x20 does not fit
        ADD R0, R0, #99999999999; error:21: does not fit
        AND R0, R0, b100000     ; error:21: b100000 does not fit: AND takes -16 to 15
        LDR R0, R1, #32         ; error:21: #32 does not fit: LDR takes -32 to 31
        LDR R0, R1              ; error:9: an operand is missing: LDR register, register, number
        LDR R0, #1, #1          ; error:17: expected a register
        STR R0, R1, R2          ; error:21: expected a number
        NOT R0                  ; error:9: an operand is missing: NOT register, register
        NOT R0, R1, R2          ; error:21: this operand is too many
        JMP LABEL               ; error:13: expected a register, R0 to R7
        JSRR                    ; error:9: an operand is missing: JSRR register
        JSR R3                  ; error:13: expected a label or a number
        JSR #1024               ; error:13: #1024 does not fit: JSR takes -1024 to 1023
        BR                      ; error:9: an operand is missing: BR label
        BRnz LABEL, LABEL       ; error:21: this operand is too many: BRnz label
        LD R0                   ; error:9: an operand is missing: LD register, label
        LD R0, #256             ; error:16: #256 does not fit: LD takes -256 to 255
        LD R0, 'ab'             ; error:16: expected a label or a number
        LEA R0, "text"          ; error:17: expected a label or a number
        TRAP x100               ; error:14: x100 does not fit: TRAP takes 0 to 255
        TRAP -1                 ; error:14: -1 does not fit: TRAP takes 0 to 255
        TRAP                    ; error:9: an operand is missing: TRAP number
        TRAP HALT               ; error:14: expected a number from 0 to 255
        HALT #1                 ; error:14: this operand is too many: HALT takes none
        RET R7                  ; error:13: this operand is too many: RET takes none
        RTI 1                   ; error:13: this operand is too many: RTI
        NOP R1                  ; error:13: expected a label or a number
        NOP 1, 2                ; error:16: this operand is too many: NOP takes one at most
LABEL   LD R0 : LABEL           ; error:15: a colon belongs behind a label only
        .END
; ---
        .ORIG x3000
        ADD R0, R0, #x          ; error:21: expected a number from -16 to 15, as 10, #10, x1F or b101
        ADD R0, R0, 1F          ; error:21: expected a number from -16 to 15, as 10
        ADD R0, R0, #-          ; error:21: expected a number
        ADD R0, R0, --1         ; error:21: expected a number
        ADD R0, R0, x           ; error:21: expected a number from -16 to 15
        ADD R0, R0, ''          ; error:21: expected a number
        ADD R0, R0, x1F         ; warning:21: x1F is taken for -1 here
        ADD R0, R0, b10000      ; warning:21: b10000 is taken for -16 here
        ADD R0, R0, xFFFF       ; warning:21: xFFFF is taken for -1 here
        ADD R0, R0, xFFEF       ; error:21: xFFEF does not fit
        LDR R0, R0, x3F         ; warning:21: x3F is taken for -1 here
        BR xFFFE                ; warning:12: xFFFE is taken for -2 here
        .END
