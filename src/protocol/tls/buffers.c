#include "protocol/tls/buffers.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/mem.h"

/*
 * The blocks that OpenSSL asks for: 17 KiB for a record, 22 KiB for a handshake and 4 KiB to collect a flight in. The constants
 * say how large a block is, how many there are at once (malloc() gives the rest), and how many keep their memory when they are
 * free. A page that was never written to costs nothing.
 */
enum { FLIGHT_BYTES = 4096, BUFFER_MIN = 12 << 10, BUFFER_BYTES = 24 << 10, N_BUFFERS = 8192, N_AT_HAND = 16 };

static struct {
    pthread_mutex_t lock; /* worker threads parse certificates */
    char           *base; /* NULL: not installed */
    uint16_t        cold[N_BUFFERS], at_hand[N_AT_HAND];
    size_t          n_cold, n_at_hand;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static atomic_size_t held; /* by OpenSSL, blocks of malloc() too */

static void held_add(size_t bytes)
{
    mem_held_add(bytes);
    atomic_fetch_add_explicit(&held, bytes, memory_order_relaxed);
}

static void held_sub(size_t bytes)
{
    mem_held_sub(bytes);
    atomic_fetch_sub_explicit(&held, bytes, memory_order_relaxed);
}

size_t tls_buffers_bytes(void)
{
    return atomic_load_explicit(&held, memory_order_relaxed);
}

bool tls_buffers_has(const void *block)
{
    return pool.base && (uintptr_t)block - (uintptr_t)pool.base < (size_t)N_BUFFERS * BUFFER_BYTES;
}

size_t tls_buffers_in_use(void)
{
    return pool.base ? N_BUFFERS - pool.n_cold - pool.n_at_hand : 0;
}

/* Take a buffer; NULL when all are taken. */
static void *take_buffer(void)
{
    int index = -1;
    pthread_mutex_lock(&pool.lock);
    if (pool.n_at_hand > 0)
        index = pool.at_hand[--pool.n_at_hand];
    else if (pool.n_cold > 0)
        index = pool.cold[--pool.n_cold];
    pthread_mutex_unlock(&pool.lock);
    return index < 0 ? NULL : pool.base + (size_t)index * BUFFER_BYTES;
}

static void give_back(char *block)
{
    uint16_t index = (uint16_t)((size_t)(block - pool.base) / BUFFER_BYTES);
    pthread_mutex_lock(&pool.lock);
    if (pool.n_at_hand < N_AT_HAND) {
        pool.at_hand[pool.n_at_hand++] = index;
    } else {
        madvise(block, BUFFER_BYTES, MADV_DONTNEED);
        pool.cold[pool.n_cold++] = index;
    }
    pthread_mutex_unlock(&pool.lock);
}

/* Count a block of malloc() as held memory, like all other memory (core/mem.h). */
static void *counted(void *block)
{
    if (block)
        held_add(malloc_usable_size(block));
    return block;
}

static void *allocate(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    bool  is_buffer = len == FLIGHT_BYTES || (len >= BUFFER_MIN && len <= BUFFER_BYTES);
    void *block = is_buffer ? take_buffer() : NULL;
    if (block)
        held_add(BUFFER_BYTES);
    return block ? block : counted(malloc(len));
}

static void release(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    if (!block) /* often: ERR_clear_error() empties 16 places that are empty already */
        return;
    if (tls_buffers_has(block)) {
        held_sub(BUFFER_BYTES);
        give_back(block);
    } else {
        held_sub(malloc_usable_size(block));
        free(block);
    }
}

static void *resize(void *block, size_t len, const char *file, int line)
{
    if (!block)
        return allocate(len, file, line);
    if (!tls_buffers_has(block)) {
        size_t before = malloc_usable_size(block);
        void  *resized = realloc(block, len);
        if (resized || len == 0)
            held_sub(before);
        return counted(resized);
    }
    if (len > 0 && len <= BUFFER_BYTES)
        return block;
    void *larger = len > 0 ? counted(malloc(len)) : NULL;
    if (larger)
        memcpy(larger, block, BUFFER_BYTES);
    if (larger || len == 0)
        release(block, file, line);
    return larger;
}

bool tls_buffers_install(void)
{
    if (pool.base)
        return true;
    void *base = mmap(NULL, (size_t)N_BUFFERS * BUFFER_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return false;
    if (!CRYPTO_set_mem_functions(allocate, resize, release)) {
        munmap(base, (size_t)N_BUFFERS * BUFFER_BYTES);
        return false;
    }
    for (size_t i = 0; i < N_BUFFERS; i++)
        pool.cold[i] = (uint16_t)(N_BUFFERS - 1 - i);
    pool.n_cold = N_BUFFERS;
    pool.base = base;
    return true;
}
