; The smallest program that says something.
        .ORIG   x3000
        LEA     R0, TEXT        ; R0 = where the text is
        PUTS
        HALT
TEXT    .STRINGZ "Hello, world!\n"
        .END
; words:
;   x3000: e002 f022 f025 0048 0065 006c 006c 006f
;   x3008: 002c 0020 0077 006f 0072 006c 0064 0021
;   x3010: 000a 0000
