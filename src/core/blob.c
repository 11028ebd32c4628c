#include "core/blob.h"

#include <string.h>

#include "core/mem.h"

struct blob *blob_new(size_t len)
{
    struct blob *b = len <= SIZE_MAX - sizeof *b ? mem_alloc(sizeof *b + len) : NULL;
    if (b)
        *b = (struct blob){ .refs = 1, .len = len, .bytes = (uint8_t *)(b + 1), .file = -1 };
    return b;
}

struct blob *blob_copy(const void *bytes, size_t len)
{
    struct blob *b = blob_new(len);
    if (b && len)
        memcpy(b->bytes, bytes, len);
    return b;
}

struct blob *blob_piece(struct blob *whole, size_t at, size_t len)
{
    struct blob *b = mem_alloc(sizeof *b);
    if (!b)
        return NULL;
    *b = (struct blob){
        .refs = 1, .len = len, .bytes = whole->bytes + at, .file = whole->file, .at = whole->at + (int64_t)at
    };
    b->of = blob_ref(whole);
    return b;
}

void blob_unref(struct blob **bp)
{
    struct blob *b = *bp;
    *bp = NULL;
    if (!b || --b->refs > 0)
        return;
    if (b->release)
        b->release(b);
    blob_unref(&b->of);
    mem_free(b);
}

void blob_release(void *blob)
{
    struct blob *b = blob;
    blob_unref(&b);
}
