/* The counting and failing allocator; see lib_allocator.h. */
#include "lib_allocator.h"

#include <stdlib.h>

static void *allocate(void *context, size_t size)
{
    test_allocator *test = context;
    if (test->count++ >= test->fail_at) return NULL;
    void *memory = malloc(size);
    if (memory == NULL) return NULL;
    test->bytes += size;
    test->blocks++;
    return memory;
}

static void release(void *context, void *memory, size_t size)
{
    test_allocator *test = context;
    test->bytes -= size;
    test->blocks--;
    free(memory);
}

void test_allocator_init(test_allocator *test)
{
    *test = (test_allocator){.allocator = {allocate, release, test}, .fail_at = SIZE_MAX};
}
