; Echoes keys by interrupts, in upper case, while the program counts; a full stop ends it.
;
;     nanoforge lc3 run examples/lc3/echo.asm
;
; Starts in the operating system's part of memory, since only that may enable interrupts: it puts
; the routine's address into the table, enables the keyboard's interrupt, and goes to the user's
; program by RTI.

        .ORIG   x1000
        LEA     R0, KEY
        STI     R0, VECTOR
        LD      R0, ENABLE
        STI     R0, KBSR
        LD      R0, PSR
        ADD     R6, R6, #-1
        STR     R0, R6, #0
        LD      R0, MAIN
        ADD     R6, R6, #-1
        STR     R0, R6, #0
        RTI
VECTOR  .FILL   x0180
ENABLE  .FILL   x4000
PSR     .FILL   x8002
MAIN    .FILL   x3000

; Whoever was interrupted finds all registers as they were, and the condition codes: RTI restores
; them.
KEY     ADD     R6, R6, #-2
        STR     R0, R6, #0
        STR     R1, R6, #1
        LDI     R0, KBDR
        LD      R1, STOP
        ADD     R1, R0, R1
        BRz     END
        LD      R1, LITTLEA
        ADD     R1, R0, R1
        BRn     PRINT
        LD      R1, LITTLEZ
        ADD     R1, R0, R1
        BRp     PRINT
        LD      R1, UPPER
        ADD     R0, R0, R1
PRINT   OUT
        LDR     R0, R6, #0
        LDR     R1, R6, #1
        ADD     R6, R6, #2
        RTI
END     AND     R0, R0, #0
        ADD     R0, R0, #10
        OUT
        HALT
KBSR    .FILL   xFE00
KBDR    .FILL   xFE02
STOP    .FILL   #-46
LITTLEA .FILL   #-97
LITTLEZ .FILL   #-122
UPPER   .FILL   #-32
        .END

        .ORIG   x3000
COUNT   ADD     R1, R1, #1
        BRnzp   COUNT
        .END
