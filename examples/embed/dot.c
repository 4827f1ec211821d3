/*
 * The C API in ten lines: NIR text goes in, a function pointer comes out, and what stands behind it
 * gets faster while it is called. The version that a call reaches is printed as it changes.
 *
 *     make && build/examples/dot
 */
#include <nanoforge/nanoforge.h>
#include <stdio.h>
#include <string.h>

static const char text[] =
    "func @dot(%n: i64, %x: i64, %y: i64) -> f32 readonly reassoc tolerance 1e-4 {\n"
    "entry:\n"
    "  %zero = iconst.i64 0\n"
    "  %one = iconst.i64 1\n"
    "  %none = fconst.f32 0\n"
    "  br head(%zero, %none)\n"
    "head(%i: i64, %sum: f32):\n"
    "  %more = icmp.slt.i64 %i, %n\n"
    "  brif %more, body, done\n"
    "body:\n"
    "  %xi = load.f32 [%x + %i*4]\n"
    "  %yi = load.f32 [%y + %i*4]\n"
    "  %product = fmul.f32 %xi, %yi\n"
    "  %sum.next = fadd.f32 %sum, %product\n"
    "  %next = add.i64 %i, %one\n"
    "  br head(%next, %sum.next)\n"
    "done:\n"
    "  ret %sum\n"
    "}\n";

typedef float dot_function(int64_t n, const float *x, const float *y);
enum { COUNT = 4096, CALLS = 200000 };
static float x[COUNT], y[COUNT];

static int fail(const nf_error *error)
{
    char message[512];
    nf_error_format(error, message, sizeof message);
    fprintf(stderr, "%s\n", message);
    return 1;
}

int main(void)
{
    nf_engine *engine;
    nf_program *program;
    nf_error error;
    if (nf_engine_new(NULL, &engine, &error) != NF_OK ||
        nf_program_load(engine, "dot", text, sizeof text - 1, &program, &error) != NF_OK)
        return fail(&error);
    dot_function *dot = (dot_function *)nf_program_function(program, "dot");

    char version[NF_NAME_BYTES], last[NF_NAME_BYTES] = "";
    float sum = 0;
    for (int i = 0; i < COUNT; i++) x[i] = 2, y[i] = 0.25f;
    for (int call = 1; call <= CALLS; call++) {
        sum = dot(COUNT, x, y);
        if (nf_program_version(program, "dot", version) && strcmp(version, last) != 0)
            printf("call %6d: %s\n", call, strcpy(last, version));
    }
    printf("dot = %g\n", (double)sum);
    nf_engine_free(engine);
    return sum == COUNT / 2 ? 0 : 1;
}
