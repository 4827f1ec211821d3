/* Versions made by hand: see lib_plant.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib_plant.h"

nf_version *plant_version(nf_function *function, const uint8_t *code, uint32_t bytes)
{
    nf_engine *engine = function->engine;
    nf_blob blob = {.bytes = code, .code_bytes = bytes, .total_bytes = bytes, .align = 16};
    nf_version *version = NF_NEW(&function->program->arena, nf_version);
    nf_error error;
    *version = (nf_version){.function = function,
                            .number = ++function->version_count,
                            .tier = 2,
                            .recipe = {.variant = nf_variant_default(engine)},
                            .code_bytes = bytes,
                            .older = function->versions};
    nf_format(version->name, sizeof version->name, "%s@planted", function->name);
    assert_int_equal(
        nf_code_place(engine->code, &blob, version->name, version, &version->address, &error),
        NF_OK);
    function->versions->newer = version;
    function->versions = version;
    return version;
}
