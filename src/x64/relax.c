/*
 * Short jumps, once all code is written.
 *
 * Emission takes the long form for every jump ahead, and notes where the code holds a jump, a label
 * or an alignment: its points. What lies between two points never changes. So the code is not
 * written a second time with the short forms, but moved together, stretch by stretch:
 *
 *     before   | stretch | jcc +115 | stretch | nops | stretch        (6 bytes)
 *     after    | stretch | jcc +111 | stretch | nops | stretch        (2 bytes)
 *
 * A jump ahead is short where its long form reaches the target with a byte. Moving together only
 * brings things nearer, but an alignment in between may grow again by what was saved; so each counts
 * with its full size. Jumps back are decided on the way, when it is known how far they go; they have
 * the long form before where an alignment lies in between.
 *
 * Invariants: code moves towards the start only, also behind an alignment, since rounding up keeps
 * the order; fields to be filled in, relocations and the map are in the order of their offsets.
 * (Robertson, "Code Generation for Short/Long Address Machines", 1979, is the same by fixed points.)
 */
#include "emit.h"

enum { SHORT_REACH = 127, SHORT_BYTES = 2, JMP_SHORT = 0xeb, JCC_SHORT = 0x70 };

typedef struct relaxing {
    nf_output *e;
    nf_asm *a;
    uint32_t read, write; /* offsets: what is before them is done */
    uint32_t fixup, fixups_kept, reloc, map, map_kept;
    NF_VEC(const nf_point *)
    ahead; /* short jumps to places that come later; at is where they are now */
} relaxing;

/* Chooses among the jumps ahead; whether any jump may become short. */
static bool short_choose(nf_output *e)
{
    bool any = false;
    for (uint32_t i = 0; i < e->points.count; i++) {
        nf_point *p = &e->points.data[i];
        any |= p->kind == NF_POINT_JUMP_BACK && p->bytes != SHORT_BYTES;
        if (p->kind != NF_POINT_JUMP_AHEAD) continue;
        uint32_t distance = e->a->labels.data[p->label] - (p->at + p->bytes);
        uint32_t aligns = e->label_aligns.data[p->label] - p->aligns;
        p->is_short = distance + aligns * NF_LOOP_ALIGN <= SHORT_REACH;
        any |= p->is_short;
    }
    return any;
}

static void fixups_move(relaxing *r, uint32_t end, uint32_t back)
{
    nf_asm *a = r->a;
    while (r->fixup < a->fixups.count && a->fixups.data[r->fixup].offset < end) {
        nf_fixup *kept = &a->fixups.data[r->fixups_kept++];
        *kept = a->fixups.data[r->fixup++];
        kept->offset -= back;
    }
    while (r->reloc < a->relocs.count && a->relocs.data[r->reloc].offset < end)
        a->relocs.data[r->reloc++].offset -= back;
}

/* What starts at the end is in front of what may be left out there. */
static void map_move(relaxing *r, uint32_t end, uint32_t back)
{
    nf_code_map *map = r->e->map.data;
    for (; r->map < r->e->map.count && map[r->map].offset <= end; r->map++) {
        uint32_t offset = map[r->map].offset - back;
        if (r->map_kept > 0 && map[r->map_kept - 1].offset == offset) r->map_kept--;
        map[r->map_kept++] = (nf_code_map){offset, map[r->map].value};
    }
}

/* The stretch up to here. */
static void stretch_move(relaxing *r, uint32_t end)
{
    uint32_t back = r->read - r->write, bytes = end - r->read;
    __builtin_memmove(r->a->start + r->write, r->a->start + r->read, bytes);
    fixups_move(r, end, back);
    map_move(r, end, back);
    r->read = end;
    r->write += bytes;
}

static void short_write(relaxing *r, nf_point *p)
{
    uint8_t *to = r->a->start + r->write;
    to[0] = (uint8_t)(p->cc < 0 ? JMP_SHORT : JCC_SHORT | p->cc);
    to[1] = (uint8_t)(r->a->labels.data[p->label] - (r->write + SHORT_BYTES));
    if (p->bytes != SHORT_BYTES) r->fixup++; /* the long form's */
    r->read += p->bytes;
    p->at = r->write;
    r->write += SHORT_BYTES;
    if (p->kind == NF_POINT_JUMP_AHEAD) NF_VEC_PUSH(r->e->arena, &r->ahead, p);
}

/* A jump that stays long is part of the next stretch. */
static void jump_move(relaxing *r, nf_point *p)
{
    int32_t distance = (int32_t)(r->a->labels.data[p->label] - (r->write + SHORT_BYTES));
    bool back = p->kind == NF_POINT_JUMP_BACK && distance == (int8_t)distance;
    if (p->is_short || back) short_write(r, p);
}

static void align_move(relaxing *r, const nf_point *p)
{
    uint32_t bytes = -r->write & (NF_LOOP_ALIGN - 1);
    nf_asm_nops(r->a->start + r->write, bytes);
    r->read += p->bytes;
    r->write += bytes;
}

static void point_move(relaxing *r, nf_point *p)
{
    switch ((nf_point_kind)p->kind) {
    case NF_POINT_LABEL: r->a->labels.data[p->label] = r->write; break;
    case NF_POINT_ALIGN: align_move(r, p); break;
    case NF_POINT_JUMP_AHEAD:
    case NF_POINT_JUMP_BACK: jump_move(r, p); break;
    }
}

void nf_output_relax(nf_output *e)
{
    nf_asm *a = e->a;
    relaxing r = {.e = e, .a = a};
    if (a->failed || e->arena->failed || !short_choose(e)) return;
    for (uint32_t i = 0; i < e->points.count; i++) {
        stretch_move(&r, e->points.data[i].at);
        point_move(&r, &e->points.data[i]);
    }
    stretch_move(&r, nf_asm_offset(a));
    for (uint32_t i = 0; i < r.ahead.count; i++) {
        uint32_t end = r.ahead.data[i]->at + SHORT_BYTES;
        a->start[end - 1] = (uint8_t)(a->labels.data[r.ahead.data[i]->label] - end);
    }
    a->fixups.count = r.fixups_kept;
    a->cursor = a->start + r.write;
    e->map.count = r.map_kept;
}
