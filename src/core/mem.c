#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static int64_t countdown = -1; /* allocations until the one that fails; negative: never */
static int     failed;

static int must_fail(void)
{
    if (countdown < 0)
        return 0;
    if (countdown-- > 0)
        return 0;
    failed = 1;
    return 1; /* countdown is now -1: only this one fails */
}

void *mem_alloc(size_t len)
{
    return must_fail() ? NULL : malloc(len ? len : 1);
}

void *mem_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *mem_realloc(void *ptr, size_t len)
{
    return must_fail() ? NULL : realloc(ptr, len ? len : 1);
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_fail_after(int64_t count)
{
    countdown = count;
    failed = 0;
}

int mem_failed(void)
{
    return failed;
}
