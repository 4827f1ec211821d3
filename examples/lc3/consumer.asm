; Receives numbers that count up from 0 and wrap, for as long as there are any; says so and halts at
; the first one that is out of order. When the sender halts, this program ends at its trap.
        .ORIG x3000
        AND  R1, R1, #0         ; -(the number that is due)
NEXT    TRAP x31                ; receive R0
        ADD  R0, R0, R1
        BRnp WRONG
        ADD  R1, R1, #-1
        BR   NEXT
WRONG   LEA  R0, MESSAGE
        PUTS
        HALT
MESSAGE .STRINGZ "a message was lost, doubled or changed\n"
        .END
