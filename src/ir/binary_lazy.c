/*
 * Bodies that stay bytes until somebody wants them.
 *
 * A large program calls few of its functions in its first milliseconds, and most of them never: of
 * the 2,400 that SQLite's shell has, a start calls 90. So a module that is kept from run to run is
 * read up to the attributes of its functions, and nf_func_load() decodes the rest.
 *
 * Bodies lie in an arena of their own, under a lock of their own: the module's arena belongs to
 * whom the module belongs to, and loading happens on any thread. f->unread is taken away last, by a
 * release store, so who sees it gone sees the body.
 */
#include "binary_reader.h"
#include "os/os.h"

struct nf_bodies {
    nf_os_mutex lock;
    nf_arena arena;
    nf_reader reader; /* the state in which a body is read, but for its place */
};

struct nf_unread {
    const uint8_t *start, *end;
};

bool nf_bodies_make(nf_reader *r)
{
    nf_bodies *bodies = NF_NEW(r->arena, nf_bodies);
    if (bodies == NULL) return nf_reader_memory(r);
    nf_os_mutex_init(&bodies->lock);
    nf_arena_init(&bodies->arena, r->arena->allocator);
    r->module->bodies = bodies;
    return true;
}

void nf_bodies_free(nf_bodies *bodies)
{
    if (bodies == NULL) return;
    nf_arena_free(&bodies->arena);
    nf_os_mutex_destroy(&bodies->lock);
}

void nf_body_keep(nf_reader *r, nf_func *f)
{
    nf_bodies *bodies = r->module->bodies;
    nf_unread *unread = NF_NEW(r->arena, nf_unread);
    if (unread == NULL) {
        nf_reader_memory(r);
        return;
    }
    *unread = (nf_unread){r->at, r->end};
    f->unread = unread;
    f->arena = &bodies->arena;
    bodies->reader = *r;
    bodies->reader.arena = &bodies->arena;
    r->at = r->end;
}

/* Under the lock. */
static bool body_read(nf_bodies *bodies, nf_func *f, const nf_unread *unread)
{
    nf_error error;
    nf_reader r = bodies->reader;
    r.at = unread->start;
    r.end = unread->end;
    r.error = &error;
    nf_read_body(&r, f);
    return r.status == NF_OK && r.at == r.end && !bodies->arena.failed;
}

bool nf_func_load(const nf_func *f)
{
    if (__atomic_load_n(&f->unread, __ATOMIC_ACQUIRE) == NULL) return true;
    nf_bodies *bodies = f->module->bodies;
    nf_func *changed = nf_symbol_at(f->module, f->symbol)->func;
    nf_os_mutex_lock(&bodies->lock);
    bool read = changed->unread == NULL || body_read(bodies, changed, changed->unread);
    if (read) __atomic_store_n(&changed->unread, NULL, __ATOMIC_RELEASE);
    nf_os_mutex_unlock(&bodies->lock);
    return read;
}

bool nf_module_load(const nf_module *module)
{
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_func *f = module->symbols.data[id].func;
        if (f && !nf_func_load(f)) return false;
    }
    return true;
}
