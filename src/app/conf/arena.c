#include "app/conf/arena.h"

#include <stdalign.h>
#include <string.h>

#include "core/mem.h"

enum { CHUNK_BYTES = 16 << 10 };

struct conf_arena_chunk {
    struct conf_arena_chunk *older;
    size_t                   used, cap;
    alignas(max_align_t) char data[];
};

void *conf_arena_alloc(struct conf_arena *a, size_t len)
{
    const size_t align = alignof(max_align_t);
    if (len > SIZE_MAX - CHUNK_BYTES)
        return NULL;
    len = (len + align - 1) / align * align;

    struct conf_arena_chunk *c = a->newest;
    if (!c || c->cap - c->used < len) {
        size_t cap = len > CHUNK_BYTES ? len : CHUNK_BYTES;
        c = mem_calloc(1, sizeof *c + cap);
        if (!c)
            return NULL;
        *c = (struct conf_arena_chunk){ .older = a->newest, .cap = cap };
        a->newest = c;
    }
    void *at = c->data + c->used;
    c->used += len;
    return at;
}

char *conf_arena_strndup(struct conf_arena *a, const char *text, size_t len)
{
    char *copy = conf_arena_alloc(a, len + 1);
    if (copy)
        memcpy(copy, text, len);
    return copy;
}

char *conf_arena_strdup(struct conf_arena *a, const char *text)
{
    return conf_arena_strndup(a, text, strlen(text));
}

void conf_arena_finish(struct conf_arena *a)
{
    while (a->newest) {
        struct conf_arena_chunk *older = a->newest->older;
        mem_free(a->newest);
        a->newest = older;
    }
}
