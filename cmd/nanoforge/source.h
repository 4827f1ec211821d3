/* The files of a program: NIR, bitcode, textual LLVM IR, or C and C++, which clang turns into bitcode. */
#ifndef NF_SOURCE_H
#define NF_SOURCE_H

#include "command.h"

typedef struct sources {
    nf_source files[64];
    nf_bytes bitcode[64]; /* what was C or C++ */
    uint32_t count;
} sources;

/* By the name: C, C++, .bc or .ll. */
bool sources_need_llvm(const char *path);
/* clang_flags: words with spaces between them, or NULL. False after a message. */
bool sources_read(const char *const *paths, int count, const char *clang_flags, sources *out);
void sources_free(sources *s);
/* Links them in the engine. */
nf_status sources_link(const sources *s, nf_engine *engine, nf_program **program, nf_error *error);
/* Names each function that NIR can't express, which the program's module lacks: for commands that look
 * at the module. */
void left_out_tell(const nf_program *program, const char *path);

#endif
