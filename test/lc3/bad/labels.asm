        .ORIG x3000
FIRST   ADD R0, R0, #1          ; note:1: it is here
first:  ADD R0, R0, #1          ; error:1: there is a label 'FIRST' already
        BR FIRTS                ; error:12: there is no label 'FIRTS'; did you mean 'FIRST'?
        BR completely_else      ; error:12: there is no label 'completely_else'
R1      HALT                    ; error:1: 'R1' is a register and can't be a label
R1:     HALT                    ; error:1: 'R1' is a register and can't be a label
x10:    HALT                    ; error:1: 'x10' reads as a number and can't be a label
12      HALT                    ; error:1: '12' reads as a number and can't be a label
1st     HALT                    ; error:1: '1st' begins as a number does and can't be a label
HALT    .FILL 1                 ; error:1: HALT is an instruction; a label that is called so needs a colon
PUTS:   .FILL 1                 ; no error: there is a colon
        : HALT                  ; error:9: no label stands before this colon
        "text" HALT             ; error:9: expected a label or an instruction
        .END
; ---
        .ORIG x3000
NEAR    LD R0, FAR              ; error:16: 'FAR' is too far away: 256 words from the next instruction, of which LD reaches -256 to 255 (1 too many)
        .BLKW 255
        LD R0, FAR
FAR     BRz NEAR                ; error:13: 'NEAR' is too far away: -258 words from the next instruction, of which BRz reaches -256 to 255 (2 too many)
        JSR NEAR
        .BLKW 800
        JSR NEAR                ; error:13: 'NEAR' is too far away: -1060 words from the next instruction, of which JSR reaches -1024 to 1023 (36 too many)
        .END
; ---
        .ORIG x3000
        HALTT                   ; warning:9: 'HALTT' is a label that nothing uses; did you mean HALT?
LOOP
        AD R0, R0, #1           ; error:9: there is no instruction 'AD'; did you mean ADD?
HERE    ADDD R0, R0, #1         ; error:9: there is no instruction 'ADDD'; did you mean ADD?
        BRZZ LOOP               ; error:9: there is no instruction 'BRZZ'; did you mean BRz?
        BR HERE                 ; no error: HERE is a label all the same
        FOO #1                  ; error:9: there is no instruction 'FOO'
        MOV R0, R1              ; error:9: there is no instruction 'MOV'
        JMPT R7                 ; warning:9: JMPT is PennSim's; machines by the book take xc1c1 for illegal
        RTT                     ; warning:9: RTT is PennSim's
        .END
