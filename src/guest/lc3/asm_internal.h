/* What the assembler's files share: tokens, names of operations, fields, statements. */
#ifndef NF_GUEST_LC3_ASM_INTERNAL_H
#define NF_GUEST_LC3_ASM_INTERNAL_H

#include "asm.h"
#include "isa.h"
#include "base/bitset.h"

/* --- tokens (asm_lex.c) --- */

typedef enum nf_lc3_token_kind {
    NF_LC3_TOKEN_END, /* of the line */
    NF_LC3_TOKEN_WORD,
    NF_LC3_TOKEN_STRING,    /* text is what stands between the quotes, escapes and all */
    NF_LC3_TOKEN_CHARACTER, /* the same in single quotes */
    NF_LC3_TOKEN_COLON,
    NF_LC3_TOKEN_OPEN, /* a quote that is not closed on its line */
} nf_lc3_token_kind;

typedef struct nf_lc3_token {
    const char *text;
    uint32_t length;
    uint32_t column, width; /* on the line, quotes included */
    nf_lc3_token_kind kind;
} nf_lc3_token;

/* A line of the source, without its end. */
typedef struct nf_lc3_source_line {
    const char *text, *end;
    uint32_t number;
} nf_lc3_source_line;

/* The line that starts at `at`, which moves behind its end: \n, \r\n or \r. */
nf_lc3_source_line nf_lc3_line_next(const char **at, const char *end, uint32_t number);
/* The next token at or behind `at`, which moves behind it. */
nf_lc3_token nf_lc3_token_next(const nf_lc3_source_line *line, const char **at);

/* How much of a token a message shows. */
static inline int nf_lc3_token_shown(const nf_lc3_token *token)
{
    enum { SHOWN_MAX = 40 };
    return token->length < SHOWN_MAX ? (int)token->length : SHOWN_MAX;
}

typedef enum nf_lc3_number_kind {
    NF_LC3_NUMBER_NONE,    /* it is a name */
    NF_LC3_NUMBER_DECIMAL, /* or a character */
    NF_LC3_NUMBER_PATTERN, /* hexadecimal or binary: may mean bits */
    NF_LC3_NUMBER_BINARY,  /* the same, and also a name: b101 */
    NF_LC3_NUMBER_BAD,     /* it starts as a number only */
} nf_lc3_number_kind;

/* Larger ones are cut to +-NF_LC3_NUMBER_MAX. */
enum { NF_LC3_NUMBER_MAX = 1 << 24 };
nf_lc3_number_kind nf_lc3_number_parse(const nf_lc3_token *token, int32_t *number);

/* The next character of a string, escapes decoded; `at` moves behind it. *unknown: an escape that
 * there is not, of which this is the backslash. */
uint16_t nf_lc3_string_next(const char **at, const char *end, bool *unknown);
/* R0 to R7, or -1. */
int nf_lc3_register_parse(const nf_lc3_token *token);

/* --- operations and their operands (asm_names.c) --- */

typedef enum nf_lc3_directive {
    NF_LC3_DIRECTIVE_ORIG,
    NF_LC3_DIRECTIVE_FILL,
    NF_LC3_DIRECTIVE_BLKW,
    NF_LC3_DIRECTIVE_STRINGZ,
    NF_LC3_DIRECTIVE_END,
    NF_LC3_DIRECTIVE_EXTERNAL,
} nf_lc3_directive;

typedef struct nf_lc3_operation {
    enum { NF_LC3_INSTRUCTION, NF_LC3_WORD_NAME, NF_LC3_DIRECTIVE } kind;
    const char *name;
    uint16_t bits; /* INSTRUCTION: to be set besides the row's; WORD_NAME: the word */
    uint8_t index; /* INSTRUCTION: nf_lc3_op, the first of its name; DIRECTIVE: which */
} nf_lc3_operation;

bool nf_lc3_operation_find(const char *name, size_t length, nf_lc3_operation *operation);
/* The operation's name that is nearest, if no more than so many letters differ, or NULL. */
const char *nf_lc3_operation_like(const char *name, size_t length, unsigned tolerance);
/* In how many letters a misspelt name may differ from what was meant. */
unsigned nf_lc3_name_tolerance(size_t length);
/* How many letters differ; large when one of the names is long. */
unsigned nf_lc3_name_distance(const char *a, size_t a_length, const char *b, size_t b_length);

typedef enum nf_lc3_field_kind {
    NF_LC3_FIELD_REGISTER,
    NF_LC3_FIELD_SIGNED,
    NF_LC3_FIELD_UNSIGNED,
    NF_LC3_FIELD_LABEL, /* signed, from the next word on */
} nf_lc3_field_kind;

typedef struct nf_lc3_field {
    nf_lc3_field_kind kind;
    uint8_t bits, shift;
} nf_lc3_field;

enum { NF_LC3_FIELDS_MAX = 3 };
/* The operands as they are written; returns how many. */
unsigned nf_lc3_fields_of(nf_lc3_operands operands, const nf_lc3_field **fields);

/* --- the assembler's state (asm.c) --- */

typedef struct nf_lc3_statement {
    nf_lc3_source_line line;
    nf_lc3_operation operation;
    nf_lc3_token name; /* of the operation, where it stands */
    nf_lc3_token *operands;
    uint32_t operand_count;
    uint32_t address, size; /* may lie behind xFFFF */
    bool bad;               /* has been told */
} nf_lc3_statement;

typedef struct nf_lc3_label {
    const char *name; /* as written */
    nf_lc3_token token;
    uint32_t line, address;
    bool alone; /* on its line */
    bool used;
} nf_lc3_label;

typedef struct nf_lc3_asm {
    nf_arena *arena;
    nf_lc3_object *object;
    nf_lc3_messages *messages;
    NF_VEC(nf_lc3_statement) statements;
    NF_VEC(nf_lc3_label) labels;
    nf_string_map label_index; /* by the name in small letters */
    uint32_t location;
    /* Of .ORIG and .END. ASSUMED: .ORIG is missing, which has been told. */
    enum { NF_LC3_BEFORE, NF_LC3_ASSUMED, NF_LC3_INSIDE, NF_LC3_BEHIND } part;
    bool passed_over; /* text behind .END, which has been told */
    bool full;        /* since .ORIG a word had no place, which has been told */
    bool in_devices;  /* the last word lies among the device registers, which has been told */
    bool silent;      /* the last message was not kept, nor are its notes */
    nf_bitset used;   /* addresses that have a word */
} nf_lc3_asm;

/* Adds a message (asm_message.c). */
void nf_lc3_asm_say(nf_lc3_asm *a, nf_lc3_severity severity, uint32_t line, uint32_t column,
                    uint32_t length, const char *format, ...) __attribute__((format(printf, 6, 7)));
#define NF_LC3_SAY(a, severity, line, token, ...)                                                  \
    nf_lc3_asm_say((a), (severity), (line), (token)->column, (token)->width, __VA_ARGS__)
void nf_lc3_messages_sort(nf_lc3_messages *messages);

/* Pass 1 (asm_parse.c): statements, labels and addresses. */
void nf_lc3_asm_parse(nf_lc3_asm *a, const char *text, size_t size);
/* Whether the assembler would take the name for a label, with a colon if need be. */
bool nf_lc3_label_is_valid(const char *name);
nf_lc3_label *nf_lc3_label_find(nf_lc3_asm *a, const char *name, size_t length);

/* Operands (asm_encode.c): the value, or false behind an error. */
bool nf_lc3_asm_number(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_token *token,
                       int32_t min, int32_t max, int32_t *number);
bool nf_lc3_asm_label(nf_lc3_asm *a, const nf_lc3_statement *s, const nf_lc3_token *token,
                      uint32_t *address);
/* Whether the operand is written as a label, and not as a number. */
bool nf_lc3_asm_is_label(nf_lc3_asm *a, const nf_lc3_token *token);
/* The word of an instruction; some word behind an error. */
uint16_t nf_lc3_asm_instruction(nf_lc3_asm *a, const nf_lc3_statement *s);

/* Pass 2 (asm_emit.c): words to the object. */
void nf_lc3_asm_emit(nf_lc3_asm *a);

#endif
