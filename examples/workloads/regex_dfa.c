/*
 * A regular expression as a finite automaton, run over text: how many times, and where, does
 * [a-z]+@[a-z]+\.(com|org) end?
 *
 * The expression's ten letters are the states of a nondeterministic automaton (Glushkov's): after
 * letter p may come the letters in follow[p].
 *
 *   letter     1      2  3      4  5 6 7  8 9 10
 *              [a-z]+ @  [a-z]+ \. c o m| o r g        7 and 10 are the last ones
 *
 * From it a deterministic automaton is made, whose states are sets of letters (the subset
 * construction); its table says, for a state and a byte, which state is next.
 *
 * Hot: scan(), one dependent load for each byte of a buffer.
 *
 * The answer is known by looking for the dots, and at what is to the left and right of them.
 */
#include "workload.h"

enum { TEXT_BYTES = 1 << 14, LETTERS = 11, BYTES = 256, STATES_MAX = 32 };

const struct workload_info workload_info = {
    .name = "regex_dfa",
    .size_meaning = "bytes to scan",
    .size = 350000,
    .size_max = UINT64_C(1) << 40,
};

/* What is scanned is this text, over and over. */
static _Alignas(WORKLOAD_LINE) uint8_t text[TEXT_BYTES];

/* --- the automaton --- */

typedef struct automaton {
    uint32_t states;
    uint16_t letters[STATES_MAX]; /* the set, a bit for each */
    uint8_t accepting[STATES_MAX];
    uint8_t next[STATES_MAX][BYTES];
} automaton;

static _Alignas(WORKLOAD_LINE) automaton machine;

#define LETTER(p) ((uint16_t)(1u << (p)))

static const uint16_t follow[LETTERS] = {
    LETTER(1), /* letter 0: before the first one; a match may begin anywhere */
    LETTER(1) | LETTER(2),
    LETTER(3),
    LETTER(3) | LETTER(4),
    LETTER(5) | LETTER(8),
    LETTER(6),
    LETTER(7),
    0,
    LETTER(9),
    LETTER(10),
    0,
};

static bool is_lower(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* The letters of the expression that a byte can be. */
static uint16_t letters_of(uint8_t byte)
{
    static const char exact[LETTERS] = {0, 0, '@', 0, '.', 'c', 'o', 'm', 'o', 'r', 'g'};
    uint16_t set = is_lower(byte) ? LETTER(1) | LETTER(3) : 0;
    for (unsigned p = 1; p < LETTERS; p++)
        if (exact[p] != 0 && byte == (uint8_t)exact[p]) set |= LETTER(p);
    return set;
}

static uint8_t state_of(automaton *m, uint16_t letters)
{
    uint32_t state = 0;
    while (state < m->states && m->letters[state] != letters) state++;
    if (state == m->states) {
        m->states++;
        m->letters[state] = letters;
        m->accepting[state] = (letters & (LETTER(7) | LETTER(10))) != 0;
    }
    return (uint8_t)state;
}

/* States are numbered as they are found; those behind `state` still wait for their row. */
static void construct(automaton *m)
{
    m->states = 0;
    state_of(m, LETTER(0));
    for (uint32_t state = 0; state < m->states; state++) {
        uint16_t possible = 0;
        for (unsigned p = 0; p < LETTERS; p++)
            if (m->letters[state] & LETTER(p)) possible |= follow[p];
        for (unsigned byte = 0; byte < BYTES; byte++)
            m->next[state][byte] = state_of(m, LETTER(0) | (possible & letters_of((uint8_t)byte)));
    }
}

typedef struct scanner {
    uint32_t state;
    uint64_t ends, positions; /* how many matches' ends, and the sum of where they are */
} scanner;

static void scan(const automaton *m, scanner *s, const uint8_t *bytes, uint64_t count,
                 uint64_t start)
{
    uint32_t state = s->state;
    uint64_t ends = 0, positions = 0;
    for (uint64_t i = 0; i < count; i++) {
        state = m->next[state][bytes[i]];
        if (m->accepting[state]) {
            ends++;
            positions += start + i;
        }
    }
    s->state = state;
    s->ends += ends;
    s->positions += positions;
}

/* --- the text --- */

/* Random pieces of what matches, for the automaton to see all its states. */
static void make_text(void)
{
    static const char pieces[][5] = {"com", "org", ".com", ".org", "@", ".",  "a",  "nano",
                                     "or",  "co",  " ",    "@ma",  "x", "\n", "gm", "9"};
    uint64_t random = 0;
    for (uint32_t at = 0; at < TEXT_BYTES;) {
        const char *piece = pieces[workload_random(&random) >> 28];
        for (; *piece != '\0' && at < TEXT_BYTES; piece++) text[at++] = (uint8_t)*piece;
    }
}

uint64_t workload(uint64_t size)
{
    scanner s = {0};
    make_text();
    construct(&machine);
    for (uint64_t at = 0; at < size; at += TEXT_BYTES)
        scan(&machine, &s, text, size - at < TEXT_BYTES ? size - at : TEXT_BYTES, at);
    return workload_mix(s.ends, s.positions);
}

static uint8_t byte_at(uint64_t at)
{
    return text[at % TEXT_BYTES];
}

/* Is there [a-z]+@[a-z]+ right before the dot? */
static bool has_names_before(uint64_t dot)
{
    uint64_t at = dot;
    while (at > 0 && is_lower(byte_at(at - 1))) at--;
    return at < dot && at >= 2 && byte_at(at - 1) == '@' && is_lower(byte_at(at - 2));
}

static bool has_domain_after(uint64_t dot)
{
    char bytes[3];
    for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (char)byte_at(dot + 1 + i);
    return (bytes[0] == 'c' && bytes[1] == 'o' && bytes[2] == 'm') ||
           (bytes[0] == 'o' && bytes[1] == 'r' && bytes[2] == 'g');
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    uint64_t ends = 0, positions = 0;
    make_text();
    for (uint64_t dot = 0; dot + 3 < size; dot++) {
        if (byte_at(dot) != '.' || !has_domain_after(dot) || !has_names_before(dot)) continue;
        ends++;
        positions += dot + 3;
    }
    return checksum == workload_mix(ends, positions);
}
