/* What the parts of `nanoforge lc3 debug` share. */
#ifndef NF_LC3_DEBUG_COMMAND_H
#define NF_LC3_DEBUG_COMMAND_H

#include "lc3_program.h"
#include "guest/lc3/debug.h"

enum { BREAKS_MAX = 64 };

/* A breakpoint, or the next of debug->watches. */
typedef struct lc3_break {
    unsigned number;
    bool is_watch;
    uint16_t address; /* of a breakpoint */
} lc3_break;

typedef struct lc3_session {
    nf_lc3 *machine;
    nf_lc3_debug *debug;
    lc3_program program;
    lc3_break breaks[BREAKS_MAX];
    unsigned break_count, numbers_used;
    uint16_t shown;     /* where `x` and `u` go on */
    bool at_line_start; /* of what was printed last */
    bool interactive, failed, done;
} lc3_session;

/* Does what a line says (lc3_debug_commands.c). */
void lc3_debug_command(lc3_session *s, const char *line);

/* --- expressions (lc3_debug_expression.c) --- */

typedef enum lc3_place_kind { PLACE_NUMBER, PLACE_REGISTER, PLACE_PC, PLACE_PSR } lc3_place_kind;

/* What an expression names: a number, which may be an address, or a part of the processor. */
typedef struct lc3_place {
    lc3_place_kind kind;
    uint16_t number; /* or which register */
} lc3_place;

/* Takes an expression from the text, which moves behind it. False after a message. */
bool lc3_place_parse(lc3_session *s, const char **text, lc3_place *place);
/* The same, as a value. */
bool lc3_value_parse(lc3_session *s, const char **text, uint16_t *value);
uint16_t lc3_place_value(const lc3_session *s, lc3_place place);
/* The value at the text's start if there is one, else what it is without. */
bool lc3_value_or(lc3_session *s, const char **text, uint16_t otherwise, uint16_t *value);
/* False, after a message, unless the text has come to its end. */
bool lc3_text_end(lc3_session *s, const char *text);

/* --- showing (lc3_debug_show.c) --- */

/* What the program printed last is ended, if it is no whole line. */
void lc3_debug_line_begin(lc3_session *s);
/* A line of the debugger's own, on a line of its own. */
void lc3_tell(lc3_session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same where a command was wrong; returns false. */
bool lc3_wrong(lc3_session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lc3_debug_show_instruction(lc3_session *s, uint16_t address);
void lc3_debug_show_registers(lc3_session *s);
/* "LOOP", "LOOP+2", or "". */
void lc3_debug_name(const lc3_session *s, uint16_t address, char *text, size_t size);
void lc3_debug_show_calls(lc3_session *s);
void lc3_debug_show_source(lc3_session *s, uint16_t address);
/* Why a run ended, and where. */
void lc3_debug_show_halt(lc3_session *s, nf_lc3_halt halt);

#endif
