#include "app/dvr/orders.h"

#include "core/map.h"
#include "core/mem.h"

static struct map by_key; /* struct order */
static uint64_t   serial;

struct err *orders_give(const char *key, const struct order *order)
{
    struct order *o = map_find(&by_key, key);
    if (!o && by_key.count >= ORDERS_MAX)
        return err_new(E_LIMIT, "%d streams have orders already", ORDERS_MAX);
    if (!o) {
        if (!(o = mem_alloc(sizeof *o)))
            return err_no_memory();
        if (!map_put(&by_key, key, o)) {
            mem_free(o);
            return err_no_memory();
        }
    }
    *o = *order;
    serial++;
    return NULL;
}

const struct order *orders_find(const char *key)
{
    return map_find(&by_key, key);
}

void orders_forget(const char *key)
{
    mem_free(map_remove(&by_key, key));
    if (by_key.count == 0)
        map_finish(&by_key);
}

uint64_t orders_serial(void)
{
    return serial;
}

void orders_finish(void)
{
    size_t at = 0;
    for (struct order *o; (o = map_next(&by_key, &at, NULL));)
        mem_free(o);
    map_finish(&by_key);
}
