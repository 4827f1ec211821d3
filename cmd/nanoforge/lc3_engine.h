/* What executes the programs of `nanoforge lc3`. */
#ifndef NF_LC3_ENGINE_H
#define NF_LC3_ENGINE_H

#include "lc3.h"
#include "base/json.h"
#include "guest/lc3/jit.h"
#include "guest/lc3/lockstep.h"

typedef struct lc3_engine {
    nf_lc3 *machine;
    nf_lc3_jit *jit;           /* NULL: another engine */
    nf_lc3_lockstep *lockstep; /* with --check */
    bool differs;              /* compiled code and the reference; said already */
} lc3_engine;

/* The engine that runs without --engine, and all of them: "jit, interp or step". */
extern const char lc3_engine_default[], lc3_engine_names[];

bool lc3_engine_is_known(const char *name);
/* To a machine that is loaded and has its hooks. check: compiled code in lockstep with the
 * reference, whatever the name. False after a message. */
bool lc3_engine_attach(lc3_engine *engine, nf_lc3 *machine, const char *name, bool check);
/* As nf_lc3_run(). */
nf_lc3_stop lc3_engine_run(lc3_engine *engine, uint64_t limit);
/* What the compiler did; nothing where the engine is another. */
void lc3_engine_print(const lc3_engine *engine, FILE *stream);
void lc3_engine_json(const lc3_engine *engine, nf_json *json);
void lc3_engine_detach(lc3_engine *engine);

#endif
