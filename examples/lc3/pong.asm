; Sends back what it receives, 1 larger.
        .ORIG x3000
NEXT    TRAP x31
        ADD  R0, R0, #1
        TRAP x30
        BR   NEXT
        .END
