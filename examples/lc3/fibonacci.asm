; The Fibonacci numbers that fit 15 bits, in decimal, a line each.
;
;     nanoforge lc3 run examples/lc3/fibonacci.asm

        .ORIG   x3000
        AND     R1, R1, #0      ; this one
        ADD     R2, R1, #1      ; the next
NEXT    ADD     R0, R1, #0
        JSR     PRINT
        ADD     R3, R1, R2
        BRn     DONE            ; the sum has left the positive numbers
        ADD     R1, R2, #0
        ADD     R2, R3, #0
        BRnzp   NEXT
DONE    ADD     R0, R2, #0
        JSR     PRINT
        HALT

; Prints R0, which is not negative, and a line feed. Keeps all registers but R0 and R7.
PRINT   ST      R1, SAVE1
        ST      R2, SAVE2
        ST      R3, SAVE3
        ST      R4, SAVE4
        ST      R5, SAVE5
        ST      R7, SAVE7
        LEA     R1, POWERS
        AND     R5, R5, #0      ; whether a digit has been printed
DIGIT   LDR     R2, R1, #0      ; minus a power of ten; 0 ends the list
        BRz     ONES
        AND     R3, R3, #0
COUNT   ADD     R4, R0, R2
        BRn     HAVE
        ADD     R0, R4, #0
        ADD     R3, R3, #1
        BRnzp   COUNT
HAVE    ADD     R5, R5, R3      ; no zeros in front
        BRz     SKIP
        ST      R0, REST
        LD      R0, ZERO
        ADD     R0, R0, R3
        OUT
        LD      R0, REST
SKIP    ADD     R1, R1, #1
        BRnzp   DIGIT
ONES    LD      R3, ZERO
        ADD     R0, R0, R3
        OUT
        AND     R0, R0, #0
        ADD     R0, R0, #10
        OUT
        LD      R1, SAVE1
        LD      R2, SAVE2
        LD      R3, SAVE3
        LD      R4, SAVE4
        LD      R5, SAVE5
        LD      R7, SAVE7
        RET
POWERS  .FILL   #-10000
        .FILL   #-1000
        .FILL   #-100
        .FILL   #-10
        .FILL   #0
ZERO    .FILL   x30
REST    .BLKW   1
SAVE1   .BLKW   1
SAVE2   .BLKW   1
SAVE3   .BLKW   1
SAVE4   .BLKW   1
SAVE5   .BLKW   1
SAVE7   .BLKW   1
        .END
