#include "app/cluster/memory.h"

#include "core/list.h"
#include "core/map.h"
#include "core/mem.h"

struct known {
    struct list          link; /* the oldest one comes first */
    char                *key;
    int64_t              until_us;
    enum cluster_found   found;
    struct cluster_place place;
};

static struct map  by_key; /* struct known */
static struct list by_age = { &by_age, &by_age };

static void drop(struct known *k)
{
    map_remove(&by_key, k->key);
    list_remove(&k->link);
    mem_free(k->key);
    mem_free(k);
}

static struct known *oldest(void)
{
    return LIST_ENTRY(by_age.next, struct known, link);
}

static void drop_old(int64_t now_us)
{
    while (!list_is_empty(&by_age) && (oldest()->until_us <= now_us || by_key.count >= CLUSTER_MEMORY_MAX))
        drop(oldest());
}

void cluster_memory_forget(const char *key)
{
    struct known *k = map_find(&by_key, key);
    if (k)
        drop(k);
}

void cluster_memory_put(const char *key, enum cluster_found found, const struct cluster_place *place, int64_t now_us)
{
    cluster_memory_forget(key);
    drop_old(now_us);
    struct known *k = mem_calloc(1, sizeof *k);
    if (!k)
        return;
    list_init(&k->link);
    k->key = mem_strdup(key);
    k->until_us = now_us + CLUSTER_MEMORY_US;
    k->found = found;
    if (found == CLUSTER_FOUND)
        k->place = *place;
    if (k->key && map_put(&by_key, key, k)) {
        list_push(&by_age, &k->link);
        return;
    }
    mem_free(k->key);
    mem_free(k);
}

enum cluster_found cluster_memory_find(const char *key, struct cluster_place *place, int64_t now_us)
{
    const struct known *k = map_find(&by_key, key);
    if (!k || k->until_us <= now_us)
        return CLUSTER_UNKNOWN;
    if (k->found == CLUSTER_FOUND)
        *place = k->place;
    return k->found;
}

size_t cluster_memory_count(void)
{
    return by_key.count;
}

void cluster_memory_finish(void)
{
    while (!list_is_empty(&by_age))
        drop(oldest());
    map_finish(&by_key);
}
