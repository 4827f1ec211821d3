/*
 * What a unit must be for the importer: of the very ABI that NIR's code follows, and without functions
 * or data that only an assembler could make.
 *
 * Assembly at the top of a module is common and harmless as long as it says something about symbols
 * (<iostream> has a .globl). A label in it that the module declares is a definition, and is missing:
 *
 *     module asm "forty: mov $40, %eax; ret"
 *     declare i32 @forty()
 *
 * Labels are found by the colon, in one pass over the text. One in a comment is taken for one, too.
 */
#include "import_internal.h"

#include <string.h>

/* --- the ABI --- */

/* Parts of triples of x86-64 whose calls, or whose pointers, are not those of the System V ABI. */
static const char *const other_abis[] = {"x32", "windows", "win32", "mingw", "cygwin", "uefi"};

static bool is_other_abi(const nf_importer *in)
{
    if (LLVMPointerSize(in->layout) != sizeof(uint64_t)) return true;
    if (LLVMByteOrder(in->layout) != LLVMLittleEndian) return true;
    for (size_t i = 0; i < sizeof other_abis / sizeof *other_abis; i++)
        if (strstr(LLVMGetTarget(in->unit->module), other_abis[i])) return true;
    return false;
}

/* --- assembly --- */

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_.$@", c));
}

static void labels_find(nf_string_map *labels, const char *text)
{
    while (*text) {
        const char *start = text;
        while (is_of_name(*text)) text++;
        const char *end = text + (*text == '"');
        if (text != start && *end == ':')
            nf_string_map_put(labels, start, (uint32_t)(text - start), 1);
        if (text == start) text++;
    }
}

static void label_check(nf_importer *in, const nf_string_map *labels, LLVMValueRef global)
{
    size_t length;
    const char *name = LLVMGetValueName2(global, &length);
    if (in->status != NF_OK || !LLVMIsDeclaration(global)) return;
    if (nf_string_map_get(labels, name, (uint32_t)length, NULL))
        in->status = nf_fail_at(in->error, NF_UNSUPPORTED, in->unit->name, 0, 0,
                                "@%s is defined by inline assembly outside of functions", name);
}

static void assembly_check(nf_importer *in)
{
    nf_string_map labels;
    size_t size;
    LLVMModuleRef module = in->unit->module;
    const char *text = LLVMGetModuleInlineAsm(module, &size);
    if (size == 0) return;
    nf_string_map_init(&labels, &in->arena);
    labels_find(&labels, text);
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        label_check(in, &labels, f);
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
        label_check(in, &labels, g);
}

nf_status nf_import_check(nf_importer *in)
{
    if (is_other_abi(in))
        in->status = nf_fail_at(in->error, NF_UNSUPPORTED, in->unit->name, 0, 0,
                                "is for another ABI (%s, not that of 64-bit Linux)",
                                LLVMGetTarget(in->unit->module));
    else
        assembly_check(in);
    return in->status;
}
