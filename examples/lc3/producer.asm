; Sends the numbers 0 to 65535, ROUNDS times, and halts.
;
;   nanoforge lc3 bus examples/lc3/producer.asm examples/lc3/consumer.asm
        .ORIG x3000
        LD   R1, ROUNDS
        AND  R0, R0, #0
NEXT    TRAP x30                ; send R0
        ADD  R0, R0, #1
        BRnp NEXT
        ADD  R1, R1, #-1
        BRp  NEXT
        HALT
ROUNDS  .FILL #200
        .END
