/*
 * The LC-3's built-in operating system: its words for memory, and the vectors that lead to it.
 *
 * os3.asm and os2.asm are the sources, for the third and the second edition. Every trap and
 * interrupt has a vector, those that mean nothing to a routine that says so or returns. The words
 * are marked in code_map: who changes one has native code stop standing in for the system.
 */
#include "machine_internal.h"

enum { OS_START = 0x200, TRAPS = 0x100, INTERRUPT_COUNT = 0x100 };

typedef enum routine {
    ROUTINE_GETC, /* the services in the order of their traps */
    ROUTINE_OUT,
    ROUTINE_PUTS,
    ROUTINE_IN,
    ROUTINE_PUTSP,
    ROUTINE_HALT,
    ROUTINE_BAD_TRAP,
    ROUTINE_PRIVILEGE, /* the exceptions in the order of theirs */
    ROUTINE_ILLEGAL,
    ROUTINE_ACCESS,
    ROUTINE_BAD_INTERRUPT,
    ROUTINE_COUNT,
} routine;

typedef struct image {
    const uint16_t *words;
    size_t count;
    uint16_t routines[ROUTINE_COUNT];
} image;

static const uint16_t words_2[] = {
#define OS_ROUTINE(name, address)
#define OS_WORDS(...) __VA_ARGS__,
#include "os2.def"
};

static const uint16_t words_3[] = {
#define OS_ROUTINE(name, address)
#define OS_WORDS(...) __VA_ARGS__,
#include "os3.def"
};

static const image image_2 = {
    words_2,
    sizeof words_2 / sizeof *words_2,
    {
#define OS_ROUTINE(name, address) [ROUTINE_##name] = address,
#define OS_WORDS(...)
#include "os2.def"
    },
};

static const image image_3 = {
    words_3,
    sizeof words_3 / sizeof *words_3,
    {
#define OS_ROUTINE(name, address) [ROUTINE_##name] = address,
#define OS_WORDS(...)
#include "os3.def"
    },
};

static const image *image_of(const nf_lc3 *machine)
{
    return machine->config.edition == NF_LC3_EDITION_2 ? &image_2 : &image_3;
}

void nf_lc3_os_mark(nf_lc3 *machine)
{
    for (size_t i = 0; i < image_of(machine)->count; i++)
        machine->code_map[OS_START + i] |= NF_LC3_CODE_OS;
}

void nf_lc3_os_install(nf_lc3 *machine)
{
    const image *os = image_of(machine);
    uint16_t *memory = machine->memory;
    for (size_t i = 0; i < TRAPS; i++) memory[i] = os->routines[ROUTINE_BAD_TRAP];
    for (size_t i = ROUTINE_GETC; i <= ROUTINE_HALT; i++)
        memory[NF_LC3_TRAP_SERVICES + i] = os->routines[i];
    for (size_t i = 0; i < INTERRUPT_COUNT; i++)
        memory[NF_LC3_INTERRUPTS + i] = os->routines[ROUTINE_BAD_INTERRUPT];
    for (size_t i = 0; i <= NF_LC3_ACCESS_VIOLATION; i++)
        memory[NF_LC3_INTERRUPTS + i] = os->routines[ROUTINE_PRIVILEGE + i];
    for (size_t i = 0; i < os->count; i++) memory[OS_START + i] = os->words[i];
    nf_lc3_os_mark(machine);
    nf_lc3_use_loaded_os(machine);
    machine->os_fast = true;
}
