/*
 * Thread-local variables by emulation, as GCC's and LLVM's run-time libraries do it.
 *
 * A variable is a control block in the program's data; its number is given when some thread first asks
 * for it. Each thread has an array of copies by number, made when it first asks for one and freed, with
 * all that is in it, when the thread ends.
 *
 *   control {size, align, number, template}        thread ─► | count | copy 1 | copy 2 | ...
 *                                                                       │
 *                                                         allocation ◄──┴── aligned address
 *
 * What lies before a copy is the pointer that free() wants.
 */
#include "helpers.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct control {
    size_t size, align;
    uintptr_t number;  /* from 1; 0: none yet */
    const void *first; /* the copies' first value; NULL: zeros */
} control;

typedef struct thread_copies {
    uintptr_t count;
    void *copies[];
} thread_copies;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t numbers_lock = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t numbers;
static pthread_key_t key;

static void thread_ends(void *memory)
{
    thread_copies *thread = memory;
    for (uintptr_t i = 0; i < thread->count; i++)
        if (thread->copies[i]) free(((void **)thread->copies[i])[-1]);
    free(thread);
}

static void key_make(void)
{
    if (pthread_key_create(&key, thread_ends) != 0) abort();
}

static uintptr_t number_of(control *c)
{
    uintptr_t number = __atomic_load_n(&c->number, __ATOMIC_ACQUIRE);
    if (number) return number;
    pthread_mutex_lock(&numbers_lock);
    number = c->number;
    if (number == 0) {
        number = ++numbers;
        __atomic_store_n(&c->number, number, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&numbers_lock);
    return number;
}

static void *copy_make(const control *c)
{
    enum { BEFORE = sizeof(void *) };
    size_t align = c->align < BEFORE ? BEFORE : c->align;
    char *memory = malloc(c->size + align + BEFORE);
    if (memory == NULL) abort();
    uintptr_t start = ((uintptr_t)memory + BEFORE + align - 1) & ~(uintptr_t)(align - 1);
    void **copy = (void **)start;
    copy[-1] = memory;
    if (c->first)
        memcpy(copy, c->first, c->size);
    else
        memset(copy, 0, c->size);
    return copy;
}

/* The thread's array with room for that number. */
static thread_copies *thread_with(uintptr_t number)
{
    enum { SPARE = 16 };
    thread_copies *thread = pthread_getspecific(key);
    uintptr_t count = thread ? thread->count : 0;
    if (number <= count) return thread;
    uintptr_t wanted = number + SPARE;
    thread = realloc(thread, sizeof *thread + wanted * sizeof(void *));
    if (thread == NULL) abort();
    memset(thread->copies + count, 0, (wanted - count) * sizeof(void *));
    thread->count = wanted;
    pthread_setspecific(key, thread);
    return thread;
}

void *nf_emutls_address(void *memory)
{
    control *c = memory;
    pthread_once(&once, key_make);
    uintptr_t number = number_of(c);
    thread_copies *thread = thread_with(number);
    void **place = &thread->copies[number - 1];
    if (*place == NULL) *place = copy_make(c);
    return *place;
}
