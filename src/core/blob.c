#include "core/blob.h"

#include <string.h>

#include "core/mem.h"

struct blob *blob_new(size_t len)
{
    struct blob *b = len <= SIZE_MAX - sizeof *b ? mem_alloc(sizeof *b + len) : NULL;
    if (b) {
        b->refs = 1;
        b->len = len;
    }
    return b;
}

struct blob *blob_copy(const void *bytes, size_t len)
{
    struct blob *b = blob_new(len);
    if (b && len)
        memcpy(b->bytes, bytes, len);
    return b;
}

void blob_unref(struct blob **b)
{
    struct blob *was = *b;
    *b = NULL;
    if (was && --was->refs == 0)
        mem_free(was);
}
