/*
 * The SHA-256 of a file (FIPS 180-4), as sha256sum prints it.
 *
 *   nanoforge run examples/sha256sum.c -- FILE [TIMES]
 *   cc -O2 examples/sha256sum.c -o sha256sum && ./sha256sum FILE
 *
 * Hashes the file TIMES times, once by default, so that compress() becomes as hot as one likes. That
 * function works 64 bytes into the state and touches nothing else, so its versions can race. It is
 * kept out of line, since what is inlined everywhere has no slot of its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, WORDS = 8, ROUNDS = 64, LENGTH_BYTES = 8, READ_BYTES = 64 << 10, USAGE = 2 };

static const uint32_t initial[WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* The fractions of the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned count)
{
    return x >> count | x << (32 - count);
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The message schedule: 16 words of the block, and 48 that follow from them. */
static void schedule(uint32_t words[ROUNDS], const uint8_t *block)
{
    for (unsigned i = 0; i < BLOCK / 4; i++) words[i] = big_endian(block + 4 * i);
    for (unsigned i = BLOCK / 4; i < ROUNDS; i++) {
        uint32_t early = words[i - 15], late = words[i - 2];
        words[i] = words[i - 16] + words[i - 7] +
                   (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) +
                   (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
    }
}

/* One round. What the next one calls a, b, c, ... are this one's h, a, b, ..., so nothing moves. */
static void mix(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                uint32_t *h, uint32_t added)
{
    uint32_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
    *h += (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + added;
    *d += *h;
    *h += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
}

__attribute__((noinline)) static void compress(uint32_t state[WORDS], const uint8_t *block)
{
    uint32_t w[ROUNDS];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    schedule(w, block);
    for (unsigned i = 0; i < ROUNDS; i += WORDS) {
        const uint32_t *k = constants + i;
        mix(a, b, c, &d, e, f, g, &h, k[0] + w[i]);
        mix(h, a, b, &c, d, e, f, &g, k[1] + w[i + 1]);
        mix(g, h, a, &b, c, d, e, &f, k[2] + w[i + 2]);
        mix(f, g, h, &a, b, c, d, &e, k[3] + w[i + 3]);
        mix(e, f, g, &h, a, b, c, &d, k[4] + w[i + 4]);
        mix(d, e, f, &g, h, a, b, &c, k[5] + w[i + 5]);
        mix(c, d, e, &f, g, h, a, &b, k[6] + w[i + 6]);
        mix(b, c, d, &e, f, g, h, &a, k[7] + w[i + 7]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void hash(uint32_t state[WORDS], const uint8_t *bytes, size_t size)
{
    uint8_t end[2 * BLOCK] = {0};
    size_t rest = size % BLOCK;
    size_t end_size = rest < BLOCK - LENGTH_BYTES ? BLOCK : 2 * BLOCK;
    memcpy(state, initial, sizeof initial);
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK) compress(state, bytes + at);
    if (rest) memcpy(end, bytes + size - rest, rest);
    end[rest] = 0x80;
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        end[end_size - 1 - i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
    for (size_t at = 0; at < end_size; at += BLOCK) compress(state, end + at);
}

/* What is left of the stream, in *bytes, which is to be freed; false: errno says why not. */
static bool stream_read(FILE *stream, uint8_t **bytes, size_t *size)
{
    size_t capacity = 0;
    do {
        if (*size == capacity) {
            capacity = capacity ? 2 * capacity : READ_BYTES;
            uint8_t *grown = realloc(*bytes, capacity);
            if (grown == NULL) return false;
            *bytes = grown;
        }
        *size += fread(*bytes + *size, 1, capacity - *size, stream);
    } while (!feof(stream) && !ferror(stream));
    return !ferror(stream);
}

static int fail(const char *path)
{
    fprintf(stderr, "sha256sum: %s: %s\n", path, strerror(errno));
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    uint32_t state[WORDS];
    uint8_t *bytes = NULL;
    size_t size = 0;
    char *end = NULL;
    unsigned long times = argc == 3 ? strtoul(argv[2], &end, 10) : 1;
    if (argc < 2 || argc > 3 || times == 0 || (end && *end)) {
        fprintf(stderr, "usage: sha256sum FILE [TIMES]\n");
        return USAGE;
    }
    FILE *stream = fopen(argv[1], "rb");
    if (stream == NULL) return fail(argv[1]);
    bool whole = stream_read(stream, &bytes, &size);
    int status = whole ? EXIT_SUCCESS : fail(argv[1]);
    fclose(stream);
    for (unsigned long i = 0; whole && i < times; i++) hash(state, bytes, size);
    for (unsigned i = 0; whole && i < WORDS; i++) printf("%08" PRIx32, state[i]);
    if (whole) printf("  %s\n", argv[1]);
    free(bytes);
    return status;
}
