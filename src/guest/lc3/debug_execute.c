/*
 * One instruction under the debugger: its keys, its output, the calls that it makes or ends, and
 * the words that are watched.
 *
 * A call is JSR or JSRR, a trap whose routine is executed (the built-in ones are one instruction),
 * an interrupt or an exception. It ends where a jump or RTI leads back to what it was to return to,
 * and with it end the calls that it made. So programs that do not return in order, or never, leave
 * calls behind, but do no harm.
 *
 * A program that waits for a key by looking at KBSR again and again is stopped, as is one that
 * waits in a trap; for nobody else than the user of the debugger can give the key.
 */
#include "debug_internal.h"
#include "machine_internal.h"

enum { POLLS_MAX = 1000, POLL_GAP = 64 }; /* so many looks, so many instructions apart at most */

/* --- keys and output --- */

static bool waits(nf_lc3_debug *debug)
{
    uint64_t now = debug->machine->instructions;
    debug->poll_count = now - debug->poll_time <= POLL_GAP ? debug->poll_count + 1 : 0;
    debug->poll_time = now;
    if (debug->poll_count < POLLS_MAX) return false;
    debug->poll_count = 0;
    return true;
}

/* The instruction that looks counts as executed already, so whoever looked when a key was given saw
 * none, and sees none when that is executed again. */
static int input(void *context, bool wait)
{
    nf_lc3_debug *debug = context;
    uint64_t index = debug->machine->keys_taken;
    if (index < debug->keys.count && debug->keys.data[index].time < debug->machine->instructions)
        return debug->keys.data[index].key;
    return wait || waits(debug) ? NF_LC3_INPUT_STOP : NF_LC3_INPUT_NONE;
}

static void output(void *context, const char *bytes, size_t count)
{
    nf_lc3_debug *debug = context;
    if (!debug->replaying) debug->output(debug->context, bytes, count);
}

/* Keys that were given later than now have not been given now. */
bool nf_lc3_debug_input(nf_lc3_debug *debug, const char *keys, size_t count)
{
    uint64_t now = debug->machine->instructions;
    uint32_t index = debug->moment_count;
    while (index > 1 && debug->moments[index - 1]->time > now) index--;
    nf_lc3_moments_cut(debug, index);
    while (debug->keys.count > debug->machine->keys_taken &&
           debug->keys.data[debug->keys.count - 1].time > now)
        debug->keys.count--;
    for (size_t i = 0; i < count; i++)
        if (!NF_VEC_PUSH(&debug->keys_arena, &debug->keys, (nf_lc3_key){now, (uint8_t)keys[i]}))
            return false;
    return true;
}

void nf_lc3_debug_hook(nf_lc3_debug *debug)
{
    nf_lc3_hooks *hooks = &debug->machine->config.hooks;
    hooks->console = debug;
    hooks->input = input;
    hooks->output = output;
}

/* --- calls --- */

static void call(nf_lc3_debug *debug, nf_lc3_frame_kind kind, uint16_t site, uint16_t back)
{
    nf_lc3_calls *calls = &debug->calls;
    calls->frames[calls->depth++ % NF_LC3_FRAMES_MAX] =
        (nf_lc3_frame){site, debug->machine->pc, back, kind};
}

const nf_lc3_frame *nf_lc3_debug_frame(const nf_lc3_debug *debug, uint32_t index)
{
    const nf_lc3_calls *calls = &debug->calls;
    if (index >= calls->depth || index >= NF_LC3_FRAMES_MAX) return NULL;
    return &calls->frames[(calls->depth - 1 - index) % NF_LC3_FRAMES_MAX];
}

/* Ends the newest call that returns to where the PC is, and those that it made. */
static void call_end(nf_lc3_debug *debug)
{
    const nf_lc3_frame *frame;
    for (uint32_t i = 0; (frame = nf_lc3_debug_frame(debug, i)) != NULL; i++)
        if (frame->back == debug->machine->pc) {
            debug->calls.depth -= i + 1;
            return;
        }
}

/* Whether execution may go from the address to the PC without an exception. */
static bool is_ordinary(nf_lc3_inst inst, uint16_t address, uint16_t pc)
{
    uint16_t next = (uint16_t)(address + 1);
    return pc == next || (inst.op == NF_LC3_BR && pc == (uint16_t)(next + inst.immediate));
}

static void calls_follow(nf_lc3_debug *debug, nf_lc3_inst inst, uint16_t address)
{
    uint16_t pc = debug->machine->pc, next = (uint16_t)(address + 1);
    switch (nf_lc3_op_info_of(inst.op)->class) {
    case NF_LC3_CLASS_CALL: call(debug, NF_LC3_FRAME_CALL, address, next); break;
    case NF_LC3_CLASS_JUMP:
    case NF_LC3_CLASS_RETURN: call_end(debug); break;
    case NF_LC3_CLASS_TRAP:
        if (pc != next) call(debug, NF_LC3_FRAME_TRAP, address, next);
        break;
    default:
        if (!is_ordinary(inst, address, pc)) call(debug, NF_LC3_FRAME_EXCEPTION, address, next);
        break;
    }
}

/* --- watches --- */

static uint16_t watched(const nf_lc3_debug *debug, const nf_lc3_watch *watch)
{
    return watch->is_register ? debug->machine->reg[watch->place]
                              : debug->machine->memory[watch->place];
}

void nf_lc3_debug_watch_forget(nf_lc3_debug *debug)
{
    for (uint32_t i = 0; i < debug->watch_count; i++)
        debug->watches[i].value = watched(debug, &debug->watches[i]);
}

int nf_lc3_debug_watch_look(nf_lc3_debug *debug)
{
    int hit = -1;
    for (uint32_t i = 0; i < debug->watch_count; i++) {
        nf_lc3_watch *watch = &debug->watches[i];
        uint16_t value = watched(debug, watch);
        if (value == watch->value) continue;
        debug->watch_hit_from = watch->value;
        watch->value = value;
        hit = (int)i;
    }
    return hit;
}

bool nf_lc3_debug_watch(nf_lc3_debug *debug, bool is_register, uint16_t place)
{
    if (debug->watch_count == NF_LC3_WATCHES_MAX) return false;
    debug->watches[debug->watch_count++] =
        (nf_lc3_watch){.is_register = is_register, .place = place};
    nf_lc3_debug_watch_forget(debug);
    return true;
}

void nf_lc3_debug_unwatch(nf_lc3_debug *debug, uint32_t index)
{
    debug->watch_count--;
    for (uint32_t i = index; i < debug->watch_count; i++) debug->watches[i] = debug->watches[i + 1];
}

/* --- instructions --- */

/* What is due between two instructions. */
static void attend(nf_lc3_debug *debug)
{
    uint16_t pc = debug->machine->pc;
    nf_lc3_devices_attend(debug->machine);
    if (debug->machine->pc != pc) call(debug, NF_LC3_FRAME_INTERRUPT, pc, pc);
}

bool nf_lc3_debug_execute(nf_lc3_debug *debug, nf_lc3_stop *stop)
{
    nf_lc3 *machine = debug->machine;
    uint64_t before = machine->instructions;
    uint16_t address = machine->pc;
    nf_lc3_inst inst = nf_lc3_decode(machine->memory[address]);
    *stop = nf_lc3_run_by_steps(machine, 1);
    if (machine->instructions == before) return false;
    if (*stop == NF_LC3_STOP_HALTED) return false;
    calls_follow(debug, inst, address);
    attend(debug);
    return *stop == NF_LC3_STOP_LIMIT;
}
