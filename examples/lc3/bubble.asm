; Sorts 256 pseudo-random words by bubble sort, a few hundred times over, and says whether they
; were in order every time.
;
;     nanoforge lc3 run --stats examples/lc3/bubble.asm

        .ORIG   x3000
        LD      R6, TIMES
ROUND   JSR     FILL
        JSR     SORT
        JSR     CHECK
        ADD     R6, R6, #-1
        BRp     ROUND
        LEA     R0, GOOD
        PUTS
        HALT

; Words from a linear congruence: x = 5 x + 12345. The next round goes on where this one ends.
FILL    LD      R1, ARRAY
        LD      R2, SIZE
        LD      R3, SEED
        LD      R5, STEP
FILL1   ADD     R4, R3, R3
        ADD     R4, R4, R4
        ADD     R3, R4, R3
        ADD     R3, R3, R5
        AND     R4, R3, R3
        BRn     FILL2
        STR     R3, R1, #0      ; of the numbers only those not below 0, so that differences fit
        ADD     R1, R1, #1
        ADD     R2, R2, #-1
        BRp     FILL1
        ST      R3, SEED
        RET
FILL2   BRnzp   FILL1

SORT    LD      R5, SIZE
        ADD     R5, R5, #-1     ; pairs in this pass
PASS    LD      R1, ARRAY
        ADD     R2, R5, #0
        LDR     R3, R1, #0
PAIR    LDR     R4, R1, #1
        NOT     R0, R4
        ADD     R0, R0, #1
        ADD     R0, R3, R0      ; the left one minus the right one
        BRnz    INORDER
        STR     R4, R1, #0
        STR     R3, R1, #1
        ADD     R4, R3, #0
INORDER ADD     R3, R4, #0
        ADD     R1, R1, #1
        ADD     R2, R2, #-1
        BRp     PAIR
        ADD     R5, R5, #-1
        BRp     PASS
        RET

CHECK   LD      R1, ARRAY
        LD      R2, SIZE
        ADD     R2, R2, #-1
CHECK1  LDR     R3, R1, #0
        LDR     R4, R1, #1
        NOT     R4, R4
        ADD     R4, R4, #1
        ADD     R4, R3, R4
        BRp     WRONG
        ADD     R1, R1, #1
        ADD     R2, R2, #-1
        BRp     CHECK1
        RET
WRONG   LEA     R0, BAD
        PUTS
        HALT

TIMES   .FILL   #300
SIZE    .FILL   #256
SEED    .FILL   #1
STEP    .FILL   #12345
ARRAY   .FILL   x4000
GOOD    .STRINGZ "sorted\n"
BAD     .STRINGZ "out of order\n"
        .END
