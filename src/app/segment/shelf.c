#include "app/segment/shelf.h"

#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

enum { KEY_MAX = 4096 };

static struct map items;

/* The room that a key takes; 0: it is too long. */
static size_t key_cap(const struct conf_vhost *vhost, const char *path)
{
    size_t cap = strlen(vhost->name) + sizeof "\n" + strlen(path);
    return cap <= KEY_MAX ? cap : 0;
}

/* All spellings of the names in a path have one key. */
static void make_key(char *key, size_t cap, const struct conf_vhost *vhost, const char *path)
{
    struct str out = str_over(key, cap);
    str_text(&out, vhost->name);
    str_text(&out, "\n");
    stream_name_normalise(key + out.len, path, strlen(path));
}

bool shelf_put(struct shelf_item *item, const struct conf_vhost *vhost, const char *path)
{
    size_t cap = key_cap(vhost, path);
    if (cap == 0 || !(item->key = mem_alloc(cap)))
        return false;
    make_key(item->key, cap, vhost, path);
    if (map_put(&items, item->key, item))
        return true;
    mem_free(item->key);
    item->key = NULL;
    return false;
}

void shelf_take(struct shelf_item *item)
{
    if (!item->key)
        return;
    if (map_find(&items, item->key) == item)
        map_remove(&items, item->key);
    mem_free(item->key);
    item->key = NULL;
}

struct shelf_item *shelf_find(const struct conf_vhost *vhost, const char *path)
{
    char   key[KEY_MAX];
    size_t cap = key_cap(vhost, path);
    if (cap == 0)
        return NULL;
    make_key(key, cap, vhost, path);
    return map_find(&items, key);
}

void shelf_finish(void)
{
    map_finish(&items);
}
