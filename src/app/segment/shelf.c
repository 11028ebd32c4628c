#include "app/segment/shelf.h"

#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

enum { KEY_MAX = 4096 };

static struct map items;

/* All spellings of the names in a path have one key. */
static bool make_key(char key[static KEY_MAX], const struct conf_vhost *vhost, const char *path)
{
    struct str out = str_over(key, KEY_MAX);
    size_t     len = strlen(path);
    str_printf(&out, "%s\n", vhost->name);
    if (out.cut || out.len + len >= KEY_MAX)
        return false;
    stream_name_normalise(key + out.len, path, len);
    return true;
}

bool shelf_put(struct shelf_item *item, const struct conf_vhost *vhost, const char *path)
{
    char key[KEY_MAX];
    if (!make_key(key, vhost, path) || !(item->key = mem_strdup(key)))
        return false;
    if (map_put(&items, key, item))
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
    char key[KEY_MAX];
    return make_key(key, vhost, path) ? map_find(&items, key) : NULL;
}

void shelf_finish(void)
{
    map_finish(&items);
}
