/* An allocator for tests: counts what is out, and fails when it is told to. Not thread-safe. */
#ifndef TEST_LIB_ALLOCATOR_H
#define TEST_LIB_ALLOCATOR_H

#include <nanoforge/types.h>

typedef struct test_allocator {
    nf_allocator allocator; /* give this one away; its context is the struct itself */
    size_t bytes, blocks;   /* out right now */
    size_t count;           /* allocations so far */
    size_t fail_at;         /* from this allocation on all fail; SIZE_MAX: none */
} test_allocator;

void test_allocator_init(test_allocator *test);

#endif
