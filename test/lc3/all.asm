; Every instruction and directive, and every way to write a number.
        .orig x3000
START:  add r0, r1, r2
        ADD R3 R4 #15
        Add R5,R6,#-16
        and R7, R0, R7
        AND R0, R0, 0
        not r1, r2
BACK    BR BACK
        brn BACK
        BRz BACK
        BRp BACK
        BRnz BACK
        BRnp BACK
        BRzp BACK
        BRnzp #-1
        LD R0, DATA
        LD R0, x-1
        LDI R1, DATA
        LDR R2, R3, #-32
        LDR R2, R3, x1F
        LEA R4, DATA
        ST R5, DATA
        STI R6, DATA
        STR R7, R0, #31
        JMP R3
        RET
        JSR START
        JSR -1024
        JSRR R4
        RTI
        TRAP x25
        TRAP 255
        GETC
        OUT
        PUTC
        PUTS
        IN
        PUTSP
        HALT
        NOP
        NOP BACK
        NOP #-5

; labels alone, several on a line, called as instructions with a colon
DATA
more    IN: last .FILL DATA
        .fill IN
        .FILL LAST
        .FILL #-32768
        .FILL 65535
        .FILL xFFFF
        .FILL x-1
        .FILL -x10
        .FILL 0xAb
        .FILL b1010
        .FILL 0b11
        .FILL +7
        .FILL 'A'
        .FILL '\n'
b101    .FILL b101              ; the label, not the number
        .BLKW 2
        .BLKW 3, xABCD
        .STRINGZ ""
        .STRINGZ "a;b,c:d 'e'"
        .STRINGZ "\n\r\t\a\b\e\f\v\0\\\"\'"
        .STRINGZ "é"
        .END
        .ORIG xFD00
WRAP    .FILL 1
        .END
        .ORIG x0000
        JSR WRAP
        .END
; words:
;   x3000: 1042 172f 1bb0 5e07 5020 92bf 0fff 09fe
;   x3008: 05fd 03fc 0dfb 0bfa 07f9 0fff 201a 21ff
;   x3010: a218 64e0 64df e815 3a14 bc13 7e1f c0c0
;   x3018: c1c0 4fe6 4c00 4100 8000 f025 f0ff f020
;   x3020: f021 f021 f022 f023 f024 f025 0000 01de
;   x3028: 01fb 3029 3029 3029 8000 ffff ffff ffff
;   x3030: fff0 00ab 000a 0003 0007 0041 000a 3037
;   x3038: 0000 0000 abcd abcd abcd 0000 0061 003b
;   x3040: 0062 002c 0063 003a 0064 0020 0027 0065
;   x3048: 0027 0000 000a 000d 0009 0007 0008 001b
;   x3050: 000c 000b 0000 005c 0022 0027 0000 00c3
;   x3058: 00a9 0000
;   xfd00: 0001
;   x0000: 4cff
