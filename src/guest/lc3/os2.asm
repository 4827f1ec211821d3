; The built-in operating system of the LC-3, second edition: what os2.def has as words.
;
; A trap is a call there: it leaves R7 behind and no stack, so each routine keeps what it saves in
; words of its own, and returns by RET. See os3.asm for the rest.

        .ORIG   x0200

START   LD      R7, USERPC
        RET
USERPC  .FILL   x3000

GETC_   LDI     R0, KBSR
        BRzp    GETC_
        LDI     R0, KBDR
        RET

OUT_    ST      R1, OUTR1
OUT1    LDI     R1, DSR
        BRzp    OUT1
        STI     R0, DDR
        LD      R1, OUTR1
        RET
OUTR1   .FILL   0

KBSR    .FILL   xFE00
KBDR    .FILL   xFE02
DSR     .FILL   xFE04
DDR     .FILL   xFE06

PUTS_   ST      R0, PUTSR0
        ST      R1, PUTSR1
        ST      R7, PUTSR7
        ADD     R1, R0, #0
PUTS1   LDR     R0, R1, #0
        BRz     PUTS2
        TRAP    x21
        ADD     R1, R1, #1
        BRnzp   PUTS1
PUTS2   LD      R0, PUTSR0
        LD      R1, PUTSR1
        LD      R7, PUTSR7
        RET
PUTSR0  .FILL   0
PUTSR1  .FILL   0
PUTSR7  .FILL   0

IN_     ST      R7, INR7
        LEA     R0, PROMPT
        TRAP    x22
        TRAP    x20
        TRAP    x21
        ST      R0, INR0
        AND     R0, R0, #0
        ADD     R0, R0, #10
        TRAP    x21
        LD      R7, INR7
        LD      R0, INR0
        RET
INR0    .FILL   0
INR7    .FILL   0
PROMPT  .STRINGZ "\nInput a character> "

PUTSP_  ST      R0, PSPR0
        ST      R1, PSPR1
        ST      R2, PSPR2
        ST      R3, PSPR3
        ST      R7, PSPR7
        ADD     R1, R0, #0
PUTSP1  LDR     R2, R1, #0
        LD      R0, LOWBYTE
        AND     R0, R0, R2
        BRz     PUTSP4
        TRAP    x21
        AND     R0, R0, #0      ; the high byte of R2 to R0, bit by bit
        ADD     R3, R0, #8
PUTSP2  ADD     R0, R0, R0
        ADD     R2, R2, #0
        BRzp    PUTSP3
        ADD     R0, R0, #1
PUTSP3  ADD     R2, R2, R2
        ADD     R3, R3, #-1
        BRp     PUTSP2
        ADD     R0, R0, #0
        BRz     PUTSP4
        TRAP    x21
        ADD     R1, R1, #1
        BRnzp   PUTSP1
PUTSP4  LD      R0, PSPR0
        LD      R1, PSPR1
        LD      R2, PSPR2
        LD      R3, PSPR3
        LD      R7, PSPR7
        RET
LOWBYTE .FILL   x00FF
PSPR0   .FILL   0
PSPR1   .FILL   0
PSPR2   .FILL   0
PSPR3   .FILL   0
PSPR7   .FILL   0

HALT_   LEA     R0, HALTING
        TRAP    x22
HALT1   LDI     R0, MCR
        LD      R1, STOPPED
        AND     R0, R0, R1
        STI     R0, MCR
        BRnzp   HALT1
MCR     .FILL   xFFFE
STOPPED .FILL   x7FFF
HALTING .STRINGZ "\n\n--- Halting the LC-3 ---\n\n"

BADTRAP LEA     R0, MSGTRAP
        BRnzp   DIE
EXPRIV  LEA     R0, MSGPRIV
        BRnzp   DIE
EXILL   LEA     R0, MSGILL
        BRnzp   DIE
EXACV   LEA     R0, MSGACV
DIE     TRAP    x22
        TRAP    x25

BADINT  RTI

MSGTRAP .STRINGZ "\n\n--- Undefined trap executed ---\n\n"
MSGPRIV .STRINGZ "\n\n--- Privilege violation ---\n\n"
MSGILL  .STRINGZ "\n\n--- Illegal opcode ---\n\n"
MSGACV  .STRINGZ "\n\n--- Access violation ---\n\n"
        .END
