; The built-in operating system of the LC-3, third edition: what os3.def has as words.
;
; Service routines save what they use on the supervisor stack and return by RTI, which also
; restores the condition codes. While a program leaves all this alone, native code stands in for
; the service traps (trap.c), with the same effects; the words are there for who reads or patches
; them, and for exceptions.

        .ORIG   x0200

; Where a machine would begin by itself: to user space.
START   LD      R6, STACK
        LD      R0, USERPSR
        ADD     R6, R6, #-1
        STR     R0, R6, #0
        LD      R0, USERPC
        ADD     R6, R6, #-1
        STR     R0, R6, #0
        RTI
STACK   .FILL   x3000
USERPSR .FILL   x8002
USERPC  .FILL   x3000

GETC_   LDI     R0, KBSR
        BRzp    GETC_
        LDI     R0, KBDR
        RTI

; A character of R0 to the display.
OUT_    ADD     R6, R6, #-1
        STR     R1, R6, #0
OUT1    LDI     R1, DSR
        BRzp    OUT1
        STI     R0, DDR
        LDR     R1, R6, #0
        ADD     R6, R6, #1
        RTI

KBSR    .FILL   xFE00
KBDR    .FILL   xFE02
DSR     .FILL   xFE04
DDR     .FILL   xFE06

; The string at R0, a character a word.
PUTS_   ADD     R6, R6, #-2
        STR     R0, R6, #0
        STR     R1, R6, #1
        ADD     R1, R0, #0
PUTS1   LDR     R0, R1, #0
        BRz     PUTS2
        TRAP    x21
        ADD     R1, R1, #1
        BRnzp   PUTS1
PUTS2   LDR     R0, R6, #0
        LDR     R1, R6, #1
        ADD     R6, R6, #2
        RTI

; A key that is asked for and shown.
IN_     LEA     R0, PROMPT
        TRAP    x22
        TRAP    x20
        TRAP    x21
        ADD     R6, R6, #-1
        STR     R0, R6, #0
        AND     R0, R0, #0
        ADD     R0, R0, #10
        TRAP    x21
        LDR     R0, R6, #0
        ADD     R6, R6, #1
        RTI
PROMPT  .STRINGZ "\nInput a character> "

; The string at R0, two characters a word, the low byte first.
PUTSP_  ADD     R6, R6, #-4
        STR     R0, R6, #0
        STR     R1, R6, #1
        STR     R2, R6, #2
        STR     R3, R6, #3
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
PUTSP4  LDR     R0, R6, #0
        LDR     R1, R6, #1
        LDR     R2, R6, #2
        LDR     R3, R6, #3
        ADD     R6, R6, #4
        RTI
LOWBYTE .FILL   x00FF

; Who was halted and is started again is halted again.
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

; An interrupt that nobody handles.
BADINT  RTI

MSGTRAP .STRINGZ "\n\n--- Undefined trap executed ---\n\n"
MSGPRIV .STRINGZ "\n\n--- Privilege violation ---\n\n"
MSGILL  .STRINGZ "\n\n--- Illegal opcode ---\n\n"
MSGACV  .STRINGZ "\n\n--- Access violation ---\n\n"
        .END
