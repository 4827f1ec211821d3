; Says hello.
;
;     nanoforge lc3 run examples/lc3/hello.asm

        .ORIG   x3000
        LEA     R0, TEXT
        PUTS
        HALT
TEXT    .STRINGZ "Hello from the LC-3!\n"
        .END
