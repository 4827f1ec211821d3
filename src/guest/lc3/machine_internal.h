/* What the files of the LC-3 machine share. */
#ifndef NF_GUEST_LC3_MACHINE_INTERNAL_H
#define NF_GUEST_LC3_MACHINE_INTERNAL_H

#include "machine.h"
#include "os/os.h"

#define NF_LC3_NEVER UINT64_MAX

enum { NF_LC3_MCR = 0xfffe, NF_LC3_MCR_RUNS = 0x8000 };
/* The traps that the operating system serves: GETC to HALT. */
enum { NF_LC3_TRAP_SERVICES = 0x20, NF_LC3_TRAP_SERVICE_COUNT = 6 };
enum { NF_LC3_SUPERVISOR_STACK = 0x3000 }; /* where it begins, downwards */

/* --- modes and interrupts (machine.c) --- */

/* Whether what only a supervisor may do is allowed. */
bool nf_lc3_is_privileged(const nf_lc3 *machine);
/* Sets mode, and with it the plain span. Does not touch R6. */
void nf_lc3_set_psr_and_stack(nf_lc3 *machine, uint16_t psr);
/* Saves PSR and return_pc on the supervisor stack and goes to where the vector at table says;
 * priority is in place, as in the PSR. */
void nf_lc3_enter(nf_lc3 *machine, uint16_t table, uint16_t priority, uint16_t return_pc);
/* The reason stands until the run ends. */
void nf_lc3_stop_for(nf_lc3 *machine, nf_lc3_stop reason);
void nf_lc3_set_condition(nf_lc3 *machine, uint16_t result);

/* --- devices (device.c) --- */

/* What their registers' state was before the machine ran. */
void nf_lc3_devices_reset(nf_lc3 *machine);
uint16_t nf_lc3_device_read(nf_lc3 *machine, uint16_t address);
void nf_lc3_device_write(nf_lc3 *machine, uint16_t address, uint16_t word);
/* Before an instruction: keys, the timer, and the interrupt that is due. True now and then while
 * nothing but a key can interrupt and there is none. */
bool nf_lc3_devices_attend(nf_lc3 *machine);
/* Waits for that key; stops the machine when input has ended. */
void nf_lc3_key_await(nf_lc3 *machine);
/* The next key, waited for; -1 when the machine stopped instead. */
int nf_lc3_key_take(nf_lc3 *machine);
void nf_lc3_output(nf_lc3 *machine, const char *bytes, size_t count);

/* --- traps in native code (trap.c) --- */

/* Does what the routine of the operating system would, when there is one for the vector and the
 * program has not put its own in its place; the PC stands behind the trap. */
bool nf_lc3_trap_fast(nf_lc3 *machine, uint8_t vector);

/* --- the built-in operating system (os.c) --- */

void nf_lc3_os_install(nf_lc3 *machine);
/* Its words in memory are its own again. */
void nf_lc3_os_mark(nf_lc3 *machine);

/* --- the interpreter (interpret.c) --- */

/* The word at the address has changed, and the interpreter had decoded it. */
void nf_lc3_cell_forget(nf_lc3 *machine, uint16_t address);
/* Whether the interpreter ends at the address when machine->stops_at_regions is set. */
void nf_lc3_cell_stop(nf_lc3 *machine, uint16_t address, bool stops);
void nf_lc3_cells_free(nf_lc3 *machine);

#endif
