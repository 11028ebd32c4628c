#include "core/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAY_CAP_FIRST = 8 };

/* Below the large size the allocator keeps some free bytes at the end of the heap, so that a working load does not move it all the time. */
enum { LARGE_BYTES = 512 << 10, HEAP_END_KEPT_BYTES = 2 << 20 };

static int64_t countdown = -1; /* allocations before the one that fails; negative: none fails */
static int     failed;

static atomic_size_t held;

static struct {
    size_t bytes; /* 0: no limit */
    void (*relieve)(void *arg);
    void *arg;
    bool  relieving;
} limit;

static int must_fail(void)
{
    if (countdown < 0)
        return 0;
    if (countdown-- > 0)
        return 0;
    failed = 1;
    return 1; /* countdown is now -1: the later ones succeed */
}

void mem_return_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, HEAP_END_KEPT_BYTES);
#endif
}

size_t mem_held(void)
{
    return atomic_load_explicit(&held, memory_order_relaxed);
}

void mem_held_add(size_t bytes)
{
    atomic_fetch_add_explicit(&held, bytes, memory_order_relaxed);
}

void mem_held_sub(size_t bytes)
{
    atomic_fetch_sub_explicit(&held, bytes, memory_order_relaxed);
}

static void *counted(void *block)
{
    if (block)
        mem_held_add(malloc_usable_size(block));
    return block;
}

void mem_set_limit(size_t bytes, void (*relieve)(void *arg), void *arg)
{
    limit.bytes = bytes;
    limit.relieve = relieve;
    limit.arg = arg;
}

size_t mem_limit(void)
{
    return limit.bytes;
}

static bool is_within_limit(void)
{
    return !limit.bytes || mem_held() <= limit.bytes;
}

bool mem_has_room(void)
{
    if (is_within_limit())
        return true;
    if (limit.relieve && !limit.relieving) {
        limit.relieving = true; /* the code that frees may ask again */
        limit.relieve(limit.arg);
        limit.relieving = false;
    }
    return is_within_limit();
}

void *mem_alloc(size_t len)
{
    return must_fail() ? NULL : counted(malloc(len ? len : 1));
}

void *mem_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : counted(calloc(count ? count : 1, size ? size : 1));
}

/* What mem_realloc() does when a test lets it. */
static void *resized(void *ptr, size_t len)
{
    size_t before = malloc_usable_size(ptr); /* 0 of NULL */
    void  *block = realloc(ptr, len ? len : 1);
    if (block)
        mem_held_sub(before);
    return counted(block);
}

void *mem_realloc(void *ptr, size_t len)
{
    return must_fail() ? NULL : resized(ptr, len);
}

void *mem_shrink(void *ptr, size_t len)
{
    void *block = resized(ptr, len);
    return block ? block : ptr;
}

void *mem_grow(void *items, size_t *cap, size_t size, size_t max)
{
    size_t wanted = *cap ? 2 * *cap : ARRAY_CAP_FIRST;
    if (wanted > max)
        wanted = max;
    void *larger = *cap < wanted ? mem_realloc(items, wanted * size) : NULL;
    if (larger)
        *cap = wanted;
    return larger;
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
    mem_held_sub(malloc_usable_size(ptr)); /* 0 of NULL */
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
