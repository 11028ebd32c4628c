#include "app/segment/shelf.h"

#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"

enum { KEY_MAX = 4096 };

static struct map items;

static bool make_key(char key[static KEY_MAX], const struct conf_vhost *vhost, const char *path)
{
    struct str out = str_over(key, KEY_MAX);
    str_printf(&out, "%s\n%s", vhost->name, path);
    return !out.cut;
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

const char *shelf_path(const struct shelf_item *item)
{
    return strchr(item->key, '\n') + 1;
}

void shelf_finish(void)
{
    map_finish(&items);
}
