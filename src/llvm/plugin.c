/*
 * The table that the plug-in exports, and nothing else: see engine/llvm.h for what its entries do.
 */
#include "compile.h"
#include "import.h"
#include "lower.h"
#include "unit.h"
#include <llvm/Config/llvm-config.h>

extern NF_API const nf_llvm_api nf_llvm_plugin;

const nf_llvm_api nf_llvm_plugin = {
    .abi = NF_LLVM_ABI,
    .version = LLVM_VERSION_STRING,
    .unit_read = nf_llvm_unit_read,
    .unit_free = nf_llvm_unit_free,
    .unit_write = nf_llvm_unit_write,
    .unit_import = nf_llvm_unit_import,
    .prepare = nf_llvm_prepare,
    .prepare_nir = nf_llvm_prepare_nir,
    .compile = nf_llvm_compile,
    .prepared_free = nf_llvm_prepared_free,
};
