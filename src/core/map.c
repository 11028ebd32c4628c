#include "core/map.h"

#include <string.h>

#include "core/ident.h"
#include "core/mem.h"

struct map_entry {
    struct map_entry *next;
    uint64_t          hash;
    void             *value;
    char              key[];
};

enum { BUCKETS_MIN = 16 };

/* FNV-1a with a random start: peers choose the keys (stream names), so they must not choose the buckets. */
static uint64_t hash_of(const char *key)
{
    static uint64_t seed;
    while (!seed)
        random_bytes(&seed, sizeof seed);
    uint64_t h = seed;
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 0x100000001b3u;
    return h ^ h >> 32;
}

static struct map_entry **slot_of(const struct map *m, const char *key, uint64_t hash)
{
    struct map_entry **at = &m->buckets[hash & (m->n_buckets - 1)];
    while (*at && ((*at)->hash != hash || strcmp((*at)->key, key) != 0))
        at = &(*at)->next;
    return at;
}

static bool grow(struct map *m)
{
    size_t             n = m->n_buckets ? m->n_buckets * 2 : BUCKETS_MIN;
    struct map_entry **buckets = mem_calloc(n, sizeof(struct map_entry *));
    if (!buckets)
        return false;
    for (size_t i = 0; i < m->n_buckets; i++) {
        for (struct map_entry *e = m->buckets[i], *next; e; e = next) {
            next = e->next;
            e->next = buckets[e->hash & (n - 1)];
            buckets[e->hash & (n - 1)] = e;
        }
    }
    mem_free(m->buckets);
    m->buckets = buckets;
    m->n_buckets = n;
    return true;
}

void map_finish(struct map *m)
{
    for (size_t i = 0; i < m->n_buckets; i++) {
        for (struct map_entry *e = m->buckets[i], *next; e; e = next) {
            next = e->next;
            mem_free(e);
        }
    }
    mem_free(m->buckets);
    *m = MAP_INIT;
}

bool map_put(struct map *m, const char *key, void *value)
{
    if (m->count >= m->n_buckets && !grow(m) && !m->n_buckets)
        return false; /* a map that could not grow still works, but slower */

    uint64_t           hash = hash_of(key);
    struct map_entry **at = slot_of(m, key, hash);
    if (!*at) {
        size_t            len = strlen(key);
        struct map_entry *e = mem_alloc(sizeof *e + len + 1);
        if (!e)
            return false;
        e->next = NULL;
        e->hash = hash;
        memcpy(e->key, key, len + 1);
        *at = e;
        m->count++;
    }
    (*at)->value = value;
    return true;
}

void *map_find(const struct map *m, const char *key)
{
    if (!m->n_buckets)
        return NULL;
    struct map_entry *e = *slot_of(m, key, hash_of(key));
    return e ? e->value : NULL;
}

void *map_remove(struct map *m, const char *key)
{
    if (!m->n_buckets)
        return NULL;
    struct map_entry **at = slot_of(m, key, hash_of(key));
    struct map_entry  *e = *at;
    if (!e)
        return NULL;
    void *value = e->value;
    *at = e->next;
    mem_free(e);
    m->count--;
    return value;
}

/* The position counts entries in bucket order. Walking is rare (API pages, shutdown), so scanning one bucket again at
 * each step is cheap enough, and needs no iterator object. */
void *map_next(const struct map *m, size_t *at, const char **key)
{
    size_t bucket = *at >> 16, skip = *at & 0xffff;
    for (; bucket < m->n_buckets; bucket++, skip = 0) {
        struct map_entry *e = m->buckets[bucket];
        for (size_t i = 0; e && i < skip; i++)
            e = e->next;
        if (e) {
            *at = bucket << 16 | (skip + 1);
            if (key)
                *key = e->key;
            return e->value;
        }
    }
    return NULL;
}

const char *map_least(const struct map *m, int64_t (*number_of)(const void *value))
{
    const void *value;
    const char *key, *its_key = NULL;
    size_t      at = 0;
    int64_t     least = 0;
    while ((value = map_next(m, &at, &key))) {
        int64_t number = number_of(value);
        if (its_key && number >= least)
            continue;
        its_key = key;
        least = number;
    }
    return its_key;
}
