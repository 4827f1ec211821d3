/* From bitcode to NIR. */
#include "import.h"
#include "unit.h"

nf_status nf_llvm_unit_import(nf_llvm_unit *unit, const nf_allocator *allocator, nf_arena *arena,
                              nf_module **module, const nf_llvm_foreign **foreign,
                              uint32_t *foreign_count, nf_error *error)
{
    (void)arena;
    *foreign = NULL;
    *foreign_count = 0;
    *module = nf_module_new(allocator, unit->name);
    return *module ? NF_OK : nf_fail(error, NF_MEMORY, "no memory for a module");
}
