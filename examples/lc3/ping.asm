; Sends a number and waits until it comes back, 1 larger, again and again.
;
;   nanoforge lc3 bus --shape loop examples/lc3/ping.asm examples/lc3/pong.asm
        .ORIG x3000
        AND  R0, R0, #0
        LD   R1, TRIPS
NEXT    TRAP x30
        TRAP x31
        ADD  R1, R1, #-1
        BRp  NEXT
        LD   R1, EXPECTED
        ADD  R0, R0, R1
        BRnp WRONG
        LEA  R0, WELL
        PUTS
        HALT
WRONG   LEA  R0, BADLY
        PUTS
        HALT
TRIPS   .FILL #30000
EXPECTED .FILL #-30000
WELL    .STRINGZ "30000 round trips\n"
BADLY   .STRINGZ "a message was lost, doubled or changed\n"
        .END
