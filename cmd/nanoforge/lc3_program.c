/* Programs of the LC-3 from object files into a machine. */
#include "lc3_program.h"
#include "os/os.h"

static nf_status segments_load(const nf_lc3_object *object, nf_lc3 *machine, nf_error *error)
{
    nf_status status = NF_OK;
    for (uint32_t i = 0; i < object->segments.count && status == NF_OK; i++) {
        const nf_lc3_segment *segment = &object->segments.data[i];
        status =
            nf_lc3_load(machine, segment->origin, segment->words.data, segment->words.count, error);
    }
    return status;
}

static bool file_load(nf_arena *arena, nf_lc3_object *object, nf_lc3 *machine, const char *path)
{
    nf_error error = {0};
    if (!lc3_load(path, NF_LC3_FORMAT_ANY, arena, object)) return false;
    nf_status status = segments_load(object, machine, &error);
    if (status != NF_OK) complain("%s: %s", path, error.message);
    return status == NF_OK;
}

bool lc3_program_load(lc3_program *program, nf_lc3 *machine, const char *const *files, int count)
{
    program->count = 0;
    nf_arena_init(&program->arena, nf_os_allocator());
    for (; program->count < count; program->count++) {
        nf_lc3_object *object = &program->objects[program->count];
        if (!file_load(&program->arena, object, machine, files[program->count])) {
            lc3_program_free(program);
            return false;
        }
        if (program->count == 0 || program->start != NF_LC3_USER_START)
            program->start = object->start;
    }
    return true;
}

bool lc3_os_load(nf_lc3 *machine, const char *path)
{
    lc3_program os;
    if (!lc3_program_load(&os, machine, &path, 1)) return false;
    lc3_program_free(&os);
    nf_lc3_use_loaded_os(machine);
    return true;
}

void lc3_program_free(lc3_program *program)
{
    nf_arena_free(&program->arena);
}

const nf_lc3_line *lc3_program_line(const lc3_program *program, uint16_t address)
{
    const nf_lc3_line *line = NULL;
    for (int i = 0; i < program->count && line == NULL; i++)
        line = nf_lc3_line_at(&program->objects[i], address);
    return line;
}
