/*
 * A ring of masses, each held to its neighbours by springs, moved by velocity Verlet steps.
 *
 * Hot: step(), which moves all masses a little: half a kick by the force, a drift, the new forces,
 * another half kick. Three loops over arrays, one of which looks at its neighbours.
 *
 * The answer is known because the ring swings in two of its normal modes, where every mass moves
 * like a single one: a mode of wave length L has the frequency w = 2 sin(pi / L), and n Verlet
 * steps of time h take its amplitude to cos(n t), where cos t = 1 - (h w)^2 / 2. Lengths 6 and 2
 * are taken, for their cosines are exact numbers, and w is 1 and 2. All positions must come out at
 * that, the momentum at zero, and the energy where it was, but for the method's own error.
 *
 * The checksum is of every bit of the positions, so products and sums may not be fused.
 */
#include "workload.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

enum { MASSES = 1536, LONG_WAVE = 6 };

const struct workload_info workload_info = {
    .name = "physics_step",
    .size_meaning = "steps",
    .size = 1150,
    .size_max = UINT64_C(1) << 32,
};

static const double step_time = 1.0 / 64;
static const double short_amplitude = 0.25; /* that of the long wave is 1 */

typedef struct ring {
    double position[MASSES], velocity[MASSES], force[MASSES];
} ring;

static _Alignas(WORKLOAD_LINE) ring masses;

static const double long_wave[LONG_WAVE] = {1, 0.5, -0.5, -1, -0.5, 0.5};

static double short_wave(int i)
{
    return i % 2 == 0 ? short_amplitude : -short_amplitude;
}

static void find_forces(double *restrict force, const double *restrict position)
{
    const int last = MASSES - 1;
    for (int i = 1; i < last; i++)
        force[i] = (position[i + 1] - position[i]) - (position[i] - position[i - 1]);
    force[0] = (position[1] - position[0]) - (position[0] - position[last]);
    force[last] = (position[0] - position[last]) - (position[last] - position[last - 1]);
}

static void step(ring *r, double time)
{
    double half = time / 2;
    for (int i = 0; i < MASSES; i++) {
        r->velocity[i] += half * r->force[i];
        r->position[i] += time * r->velocity[i];
    }
    find_forces(r->force, r->position);
    for (int i = 0; i < MASSES; i++) r->velocity[i] += half * r->force[i];
}

static void start(ring *r)
{
    for (int i = 0; i < MASSES; i++) {
        r->position[i] = long_wave[i % LONG_WAVE] + short_wave(i);
        r->velocity[i] = 0;
    }
    find_forces(r->force, r->position);
}

static uint64_t mix_positions(const ring *r)
{
    uint64_t checksum = 0;
    for (int i = 0; i < MASSES; i++) {
        union {
            double number;
            uint64_t bits;
        } position = {.number = r->position[i]};
        checksum = workload_mix(checksum, position.bits);
    }
    return checksum;
}

uint64_t workload(uint64_t size)
{
    start(&masses);
    for (uint64_t i = 0; i < size; i++) step(&masses, step_time);
    return mix_positions(&masses);
}

/* --- what is known of the end --- */

static bool is_near(double value, double wanted, double tolerance)
{
    double difference = value - wanted;
    return difference <= tolerance && -difference <= tolerance;
}

/* cos(n t) from cos t, by cos((n + 1) t) = 2 cos t cos(n t) - cos((n - 1) t). */
static double cosine_of_multiple(double cosine, uint64_t n)
{
    double before = cosine, now = 1; /* of -t and of 0 */
    for (uint64_t i = 0; i < n; i++) {
        double after = 2 * cosine * now - before;
        before = now;
        now = after;
    }
    return now;
}

static double energy_of(const ring *r)
{
    double energy = 0;
    for (int i = 0; i < MASSES; i++) {
        double stretch = r->position[(i + 1) % MASSES] - r->position[i];
        energy += (r->velocity[i] * r->velocity[i] + stretch * stretch) / 2;
    }
    return energy;
}

static double momentum_of(const ring *r)
{
    double momentum = 0;
    for (int i = 0; i < MASSES; i++) momentum += r->velocity[i];
    return momentum;
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    static ring at_start;
    const double h2 = step_time * step_time;
    double rounding = 1e-12 + 1e-14 * (double)size;
    double long_now = cosine_of_multiple(1 - h2 / 2, size);
    double short_now = cosine_of_multiple(1 - 2 * h2, size);
    bool right = checksum == mix_positions(&masses);
    for (int i = 0; i < MASSES; i++) {
        double wanted = long_now * long_wave[i % LONG_WAVE] + short_now * short_wave(i);
        right &= is_near(masses.position[i], wanted, rounding);
    }
    start(&at_start);
    double energy = energy_of(&at_start);
    return right && is_near(momentum_of(&masses), 0, MASSES * rounding) &&
           is_near(energy_of(&masses), energy, energy * h2);
}
