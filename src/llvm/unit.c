/*
 * Units: bitcode and textual IR in, one linked module, bitcode out.
 *
 * What comes in is not trusted to be well-formed: it is parsed with a diagnostic handler, verified,
 * must be for this machine and must not catch exceptions. LLVM reports what it cannot go on from by report_fatal_error(),
 * which ends the process unless a handler leaves; ours goes back to nf_llvm_guard() by longjmp.
 * LLVM is compiled without exceptions, so that nothing but memory is lost on the way.
 *
 * Linking gives local symbols that clash a suffix (counter.3). Globals without a name get one, for
 * the importer and the compiler refer to everything by name. So a local symbol with the name of a library's gets
 * a suffix, too: a function is compiled in a module of its own, where all others are external, and there
 * round() would be taken for libm's.
 *
 * Debug information goes: nothing here reads it, and a part of a module can't have a part of it.
 */
#include "unit.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Linker.h>
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "os/os.h"
#include "relative.h"

const char nf_llvm_triple[] = "x86_64-pc-linux-gnu";
const char nf_llvm_layout[] =
    "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128";

/* --- fatal errors --- */

typedef struct guard {
    jmp_buf place;
    nf_error *error;
} guard;

static _Thread_local guard *guard_here;

static void fatal_error(const char *reason)
{
    guard *here = guard_here;
    if (here == NULL) return; /* LLVM ends the process */
    nf_fail(here->error, NF_UNSUPPORTED, "LLVM: %s", reason);
    longjmp(here->place, 1);
}

static void handler_install(void)
{
    LLVMInstallFatalErrorHandler(fatal_error);
}

bool nf_llvm_guard(void (*run)(void *context), void *context, nf_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    guard here = {.error = error};
    pthread_once(&once, handler_install);
    guard_here = &here;
    bool whole = setjmp(here.place) == 0;
    if (whole) run(context);
    guard_here = NULL;
    return whole;
}

/* --- reading --- */

typedef struct reading {
    const nf_llvm_source *sources;
    uint32_t count;
    nf_llvm_unit *unit;
    const char *name; /* of the source at hand */
    nf_error *error;
    nf_status status;
} reading;

static nf_status reading_fails(reading *r, nf_status status, const char *reason)
{
    r->status = nf_fail_at(r->error, status, r->name, 0, 0, "%s", reason);
    return r->status;
}

/* The first error counts; what follows from it does not. */
static void diagnose(LLVMDiagnosticInfoRef info, void *context)
{
    reading *r = context;
    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError || r->status != NF_OK) return;
    char *text = LLVMGetDiagInfoDescription(info);
    reading_fails(r, NF_SYNTAX, text);
    LLVMDisposeMessage(text);
}

static LLVMModuleRef parse_bitcode(reading *r, LLVMMemoryBufferRef buffer)
{
    LLVMModuleRef module = NULL;
    bool failed = LLVMParseBitcodeInContext2(r->unit->context, buffer, &module);
    LLVMDisposeMemoryBuffer(buffer);
    if (failed && r->status == NF_OK) reading_fails(r, NF_SYNTAX, "is not bitcode");
    return failed ? NULL : module;
}

/* Of LLVM's "x.ll:5:1: error: why", and two lines that show the place. */
static void text_fails(reading *r, const char *message)
{
    static const char mark[] = "error: ";
    size_t name = strlen(r->name);
    unsigned long place[2] = {0};
    if (strncmp(message, r->name, name) == 0) message += name;
    for (int i = 0; i < 2 && *message == ':'; i++) {
        char *end;
        place[i] = strtoul(message + 1, &end, 10);
        message = end;
    }
    const char *why = strstr(message, mark);
    why = why ? why + sizeof mark - 1 : message;
    r->status = nf_fail_at(r->error, NF_SYNTAX, r->name, (uint32_t)place[0], (uint32_t)place[1],
                           "%.*s", (int)strcspn(why, "\n"), why);
}

static LLVMModuleRef parse_text(reading *r, LLVMMemoryBufferRef buffer)
{
    LLVMModuleRef module = NULL;
    char *message = NULL;
    bool failed = LLVMParseIRInContext(r->unit->context, buffer, &module, &message);
    if (failed) text_fails(r, message ? message : "is not LLVM IR");
    LLVMDisposeMessage(message);
    return failed ? NULL : module;
}

/* Refuses other machines; what says nothing is taken to be ours. */
static void check_target(reading *r, LLVMModuleRef module)
{
    static const char ours[] = "x86_64";
    const char *triple = LLVMGetTarget(module);
    if (*triple && strncmp(triple, ours, sizeof ours - 1) != 0) {
        char text[NF_ERROR_MESSAGE_BYTES];
        nf_format(text, sizeof text, "is for another machine (%s, not x86_64)", triple);
        reading_fails(r, NF_UNSUPPORTED, text);
        return;
    }
    if (*triple == 0) LLVMSetTarget(module, nf_llvm_triple);
    if (*LLVMGetDataLayoutStr(module) == 0) LLVMSetDataLayout(module, nf_llvm_layout);
}

static void check_valid(reading *r, LLVMModuleRef module)
{
    char *message = NULL;
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &message)) {
        for (char *end = message; (end = strchr(end, '\n')) != NULL;) *end = ' ';
        reading_fails(r, NF_INVALID, message);
    }
    LLVMDisposeMessage(message);
}

static bool has_landing_pad(LLVMValueRef function)
{
    if (!LLVMHasPersonalityFn(function)) return false;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (LLVMIsALandingPadInst(i)) return true;
    return false;
}

/* Code that is placed at run time has no tables by which an unwinder could find its callers. */
static void check_exceptions(reading *r, LLVMModuleRef module)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        if (!has_landing_pad(f)) continue;
        char text[NF_ERROR_MESSAGE_BYTES];
        size_t length;
        nf_format(text, sizeof text, "C++ exceptions are not supported: %s has a landing pad",
                  LLVMGetValueName2(f, &length));
        reading_fails(r, NF_UNSUPPORTED, text);
        return;
    }
}

static LLVMModuleRef parse(reading *r, const nf_llvm_source *source)
{
    if (!nf_llvm_takes(source)) {
        reading_fails(r, NF_UNSUPPORTED, "is neither bitcode nor, by its name, LLVM IR");
        return NULL;
    }
    LLVMMemoryBufferRef buffer =
        LLVMCreateMemoryBufferWithMemoryRangeCopy(source->bytes, source->size, source->name);
    LLVMModuleRef module = nf_is_bitcode(source->bytes, source->size) ? parse_bitcode(r, buffer)
                                                                      : parse_text(r, buffer);
    if (module == NULL) return NULL;
    check_target(r, module);
    if (r->status == NF_OK) check_valid(r, module);
    if (r->status == NF_OK) check_exceptions(r, module);
    if (r->status == NF_OK) {
        LLVMStripModuleDebugInfo(module);
        return module;
    }
    LLVMDisposeModule(module);
    return NULL;
}

/* Of C's libraries the names are taken: LLVM and the importer's helpers know functions of no others. */
typedef struct naming {
    void *libraries; /* NULL: there are none */
    uint32_t number; /* of the next that has no name */
} naming;

static bool is_taken(const naming *n, LLVMValueRef global, const char *name)
{
    LLVMLinkage linkage = LLVMGetLinkage(global);
    bool is_local = linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage;
    return is_local && *name != '.' && n->libraries && dlsym(n->libraries, name);
}

static void name_give(naming *n, LLVMValueRef global, const char *kind)
{
    char name[NF_NAME_BYTES_MAX];
    size_t length;
    const char *old = LLVMGetValueName2(global, &length);
    if (length == 0)
        length = nf_format(name, sizeof name, "__nf_%s.%u", kind, n->number++);
    else if (is_taken(n, global, old))
        length = nf_format(name, sizeof name, "%s.local", old);
    else
        return;
    LLVMSetValueName2(global, name, length);
}

static void name_all(LLVMModuleRef module)
{
    naming n = {.libraries = dlopen("libm.so.6", RTLD_LAZY)}; /* and libc, which it needs */
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
        name_give(&n, g, "data");
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        name_give(&n, f, "code");
    for (LLVMValueRef a = LLVMGetFirstGlobalAlias(module); a; a = LLVMGetNextGlobalAlias(a))
        name_give(&n, a, "alias");
    if (n.libraries) dlclose(n.libraries);
}

/* Marks of an address that say how it may be called, no_cfi and dso_local_equivalent, are that address.
 * LLVM's C interface has no name for the kinds, but nothing else has one operand and is a pointer. */
static void marks_drop(LLVMValueRef global)
{
    for (LLVMUseRef use = LLVMGetFirstUse(global); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        bool other = !LLVMIsAConstant(user) || LLVMIsAGlobalValue(user) ||
                     LLVMIsAConstantExpr(user) || LLVMGetNumOperands(user) != 1;
        if (!other && LLVMGetTypeKind(LLVMTypeOf(user)) == LLVMPointerTypeKind)
            LLVMReplaceAllUsesWith(user, global);
    }
}

static void marks_drop_all(LLVMModuleRef module)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        marks_drop(f);
    for (LLVMValueRef a = LLVMGetFirstGlobalAlias(module); a; a = LLVMGetNextGlobalAlias(a))
        marks_drop(a);
}

static void read_all(void *context)
{
    reading *r = context;
    nf_llvm_unit *unit = r->unit;
    LLVMContextSetDiagnosticHandler(unit->context, diagnose, r);
    for (uint32_t i = 0; i < r->count && r->status == NF_OK; i++) {
        r->name = r->sources[i].name;
        LLVMModuleRef module = parse(r, &r->sources[i]);
        if (module == NULL) break;
        if (unit->module == NULL)
            unit->module = module;
        else if (LLVMLinkModules2(unit->module, module) && r->status == NF_OK)
            reading_fails(r, NF_INVALID, "cannot be linked with the files before it");
    }
    if (r->status == NF_OK && unit->module) {
        marks_drop_all(unit->module);
        nf_llvm_relative_lower(unit->module);
        name_all(unit->module);
    }
    LLVMContextSetDiagnosticHandler(unit->context, NULL, NULL);
}

static nf_llvm_unit *unit_new(const char *name)
{
    const nf_allocator *allocator = nf_os_allocator();
    nf_llvm_unit *unit = allocator->allocate(allocator->context, sizeof *unit);
    if (unit == NULL) return NULL;
    *unit = (nf_llvm_unit){.allocator = allocator, .context = LLVMContextCreate()};
    unit->name = LLVMCreateMessage(name);
    return unit;
}

nf_status nf_llvm_unit_read(const nf_llvm_source *sources, uint32_t count, nf_llvm_unit **out,
                            nf_error *error)
{
    *out = NULL;
    if (count == 0) return nf_fail(error, NF_ARGUMENT, "no bitcode is given");
    nf_llvm_unit *unit = unit_new(sources[0].name);
    if (unit == NULL) return nf_fail(error, NF_MEMORY, "no memory for a unit");
    reading r = {.sources = sources, .count = count, .unit = unit, .error = error};
    if (!nf_llvm_guard(read_all, &r, error)) return NF_UNSUPPORTED; /* LLVM's state is unsound */
    if (r.status == NF_OK)
        *out = unit;
    else
        nf_llvm_unit_free(unit);
    return r.status;
}

void nf_llvm_unit_free(nf_llvm_unit *unit)
{
    if (unit == NULL) return;
    if (unit->module) LLVMDisposeModule(unit->module);
    LLVMContextDispose(unit->context);
    LLVMDisposeMessage(unit->name);
    unit->allocator->release(unit->allocator->context, unit, sizeof *unit);
}

/* --- writing --- */

nf_status nf_llvm_unit_write(nf_llvm_unit *unit, nf_arena *arena, const void **bytes, size_t *size,
                             nf_error *error)
{
    LLVMMemoryBufferRef buffer = LLVMWriteBitcodeToMemoryBuffer(unit->module);
    *size = LLVMGetBufferSize(buffer);
    void *copy = nf_arena_alloc(arena, *size);
    if (copy) memcpy(copy, LLVMGetBufferStart(buffer), *size);
    LLVMDisposeMemoryBuffer(buffer);
    *bytes = copy;
    return copy ? NF_OK : nf_fail(error, NF_MEMORY, "no memory for %zu bytes of bitcode", *size);
}
