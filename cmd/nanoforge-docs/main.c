/*
 * Writes a document that comes out of a table: nanoforge-docs NIR >docs/NIR.md
 *
 * docs/NIR.md is docs/nir-preface.md, written by hand, and behind it the reference of all
 * operations. What an operation is comes from nf_ops, that is from ops.def; in which section it
 * stands comes from the comments of ops.def, which is read for them. Run in the project's root.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/ir.h"

enum { LINE_BYTES = 1024, NAME_BYTES = 64 };

static const char *const preface_path = "docs/nir-preface.md";
static const char *const ops_path = "src/ir/ops.def";

/* How a shape is written. OP stands for the operation, T for the type behind the dot. */
static const char *const forms[] = {
    [NF_SHAPE_NONE] = "OP",
    [NF_SHAPE_PARAM] = "",
    [NF_SHAPE_ICONST] = "%r = OP.T NUMBER",
    [NF_SHAPE_FCONST] = "%r = OP.T NUMBER",
    [NF_SHAPE_SYMBOL] = "%r = OP @NAME + NUMBER",
    [NF_SHAPE_LOCAL] = "%r = OP $NAME + NUMBER",
    [NF_SHAPE_UNARY] = "%r = OP.T %a",
    [NF_SHAPE_BINARY] = "%r = OP.T %a, %b",
    [NF_SHAPE_TERNARY] = "%r = OP.T %a, %b, %c",
    [NF_SHAPE_OVERFLOW] = "%r = OP.T %a, %b",
    [NF_SHAPE_ICMP] = "%r = OP.CONDITION.T %a, %b",
    [NF_SHAPE_FCMP] = "%r = OP.CONDITION.T %a, %b",
    [NF_SHAPE_SELECT] = "%r = OP.T %a, %b, %c",
    [NF_SHAPE_CONVERT] = "%r = OP.T %a",
    [NF_SHAPE_SPLAT] = "%r = OP.T %a",
    [NF_SHAPE_IOTA] = "%r = OP.T",
    [NF_SHAPE_EXTRACT] = "%r = OP.T %a, LANE",
    [NF_SHAPE_INSERT] = "%r = OP.T %a, %b, LANE",
    [NF_SHAPE_REDUCE] = "%r = OP.T %a",
    [NF_SHAPE_LOAD] = "%r = OP.T [%base + %index*SCALE + OFFSET]",
    [NF_SHAPE_STORE] = "OP.T %c, [%base + %index*SCALE + OFFSET]",
    [NF_SHAPE_MLOAD] = "%r = OP.T %mask, [%base + OFFSET]",
    [NF_SHAPE_MSTORE] = "OP.T %c, %mask, [%base + OFFSET]",
    [NF_SHAPE_CALL] = "%r = OP @NAME(%x, ...)",
    [NF_SHAPE_CALL_INDIRECT] = "%r = OP %a(%x, ...) : SIGNATURE",
    [NF_SHAPE_TAIL_CALL] = "OP @NAME(%x, ...)",
    [NF_SHAPE_TAIL_CALL_INDIRECT] = "OP %a(%x, ...) : SIGNATURE",
    [NF_SHAPE_BR] = "OP BLOCK(%x, ...)",
    [NF_SHAPE_BRIF] = "OP %a, BLOCK(%x, ...), BLOCK(%x, ...)",
    [NF_SHAPE_SWITCH] = "OP.T %a, BLOCK(%x, ...), KEY: BLOCK(%x, ...), ...",
    [NF_SHAPE_RET] = "OP %a",
};

static const char *const types[] = {
    [NF_TYPES_X] = "",
    [NF_TYPES_B] = "i8",
    [NF_TYPES_I] = "integer",
    [NF_TYPES_F] = "float",
    [NF_TYPES_N] = "scalar",
    [NF_TYPES_IV] = "integer or vector of them",
    [NF_TYPES_FV] = "float or vector of them",
    [NF_TYPES_NV] = "any",
    [NF_TYPES_V] = "vector",
    [NF_TYPES_VI] = "vector of integers",
    [NF_TYPES_VF] = "vector of floats",
};

static const struct {
    unsigned effect;
    const char *text;
} effects[] = {
    {NF_EFFECT_READ, "reads"}, {NF_EFFECT_WRITE, "writes"},   {NF_EFFECT_CALL, "calls"},
    {NF_EFFECT_TRAP, "traps"}, {NF_EFFECT_END, "ends block"},
};

static const char legend[] =
    "\n## Reference\n"
    "\n"
    "Made from `src/ir/ops.def`. T is the type behind the dot. An operation without effects is "
    "computed\n"
    "from its operands alone; *traps*: it may. Where operands commute, that is exact.\n";

static void write_form(const nf_op_info *op)
{
    const char *form = forms[op->shape];
    if (*form == 0) return;
    printf("`");
    for (const char *at = form; *at; at++) {
        bool here = at[0] == 'O' && at[1] == 'P' && (at == form || at[-1] == ' ');
        if (here)
            printf("%s", op->text), at++;
        else
            putchar(*at);
    }
    printf("`");
}

static void write_effects(const nf_op_info *op)
{
    const char *comma = "";
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        if ((op->effects & effects[i].effect) == 0) continue;
        printf("%s%s", comma, effects[i].text);
        comma = ", ";
    }
    if (op->commutes) printf("%scommutes", comma);
}

static void write_op(const nf_op_info *op)
{
    printf("| `%s` | ", op->text);
    write_form(op);
    printf(" | %s | ", types[op->types]);
    write_effects(op);
    printf(" | %s |\n", op->meaning);
}

static nf_op op_named(const char *name)
{
    static const char *const names[NF_OP_COUNT] = {
        [NF_OP_NONE] = "",
#define OP(name, ...) [NF_OP_##name] = #name,
#include "ir/ops.def"
#undef OP
    };
    for (nf_op op = NF_OP_NONE + 1; op < NF_OP_COUNT; op++)
        if (strcmp(names[op], name) == 0) return op;
    return NF_OP_NONE;
}

/* "memory; little-endian" becomes a heading and a sentence. */
static void write_section(const char *comment)
{
    int title = (int)strcspn(comment, ";*"), rest = (int)strcspn(comment, "*");
    while (title && comment[title - 1] == ' ') title--;
    while (rest && comment[rest - 1] == ' ') rest--;
    printf("\n### %c%.*s\n\n", toupper((unsigned char)comment[0]), title - 1, comment + 1);
    if (rest > title + 2)
        printf("%c%.*s.\n\n", toupper((unsigned char)comment[title + 2]), rest - title - 3,
               comment + title + 3);
    printf("| operation | written | T | effects | meaning |\n|---|---|---|---|---|\n");
}

/* Lines of ops.def: a comment of one line begins a section, OP(NAME is an operation of it. */
static bool write_reference(FILE *ops)
{
    char line[LINE_BYTES], name[NAME_BYTES];
    int written = 0;
    printf("%s", legend);
    while (fgets(line, sizeof line, ops)) {
        if (strncmp(line, "/* ", 3) == 0) write_section(line + 3);
        if (sscanf(line, "OP(%63[A-Z0-9_]", name) != 1) continue;
        nf_op op = op_named(name);
        if (op == NF_OP_NONE) return false;
        write_op(&nf_ops[op]);
        written++;
    }
    return written == NF_OP_COUNT - 1;
}

static void copy(FILE *from)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, from)) fputs(line, stdout);
}

int main(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "NIR") != 0) {
        fprintf(stderr, "usage: nanoforge-docs NIR\n");
        return 2;
    }
    FILE *preface = fopen(preface_path, "r"), *ops = fopen(ops_path, "r");
    if (preface == NULL || ops == NULL) {
        fprintf(stderr, "nanoforge-docs: cannot read %s and %s\n", preface_path, ops_path);
        return 1;
    }
    copy(preface);
    bool complete = write_reference(ops);
    fclose(preface);
    fclose(ops);
    if (!complete) fprintf(stderr, "nanoforge-docs: %s has other operations now\n", ops_path);
    return complete && fflush(stdout) == 0 ? 0 : 1;
}
