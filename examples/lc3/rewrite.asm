; A loop that rewrites its own body in every pass: the instruction at HERE adds 1, then 2, and so
; on up to 15, and begins again. Prints the low four bits of the sum as a letter: A for 0.
;
;     nanoforge lc3 run --stats examples/lc3/rewrite.asm

        .ORIG   x3000
        LD      R1, PASSES
        LD      R2, FIRST       ; ADD R3, R3, #1
        AND     R3, R3, #0
        LD      R5, LAST        ; minus ADD R3, R3, #15
LOOP    ST      R2, HERE
HERE    .FILL   0               ; is an instruction by the time that it is reached
        ADD     R2, R2, #1      ; the same with an immediate that is one more
        ADD     R4, R2, R5
        BRnz    MORE
        LD      R2, FIRST
MORE    ADD     R1, R1, #-1
        BRp     LOOP
        AND     R3, R3, #15
        LD      R0, LETTER
        ADD     R0, R0, R3
        OUT
        AND     R0, R0, #0
        ADD     R0, R0, #10
        OUT
        HALT
PASSES  .FILL   #29999
FIRST   ADD     R3, R3, #1
LAST    .FILL   xE911
LETTER  .FILL   x41
        .END
