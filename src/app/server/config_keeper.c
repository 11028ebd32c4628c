#include "app/server/config_keeper.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"

static void forget(struct config_kept *kept)
{
    if (!kept)
        return;
    mem_free(kept->file);
    mem_free(kept->text);
    mem_free(kept);
}

static void drop_oldest(struct config_keeper *k)
{
    k->bytes -= k->kept[0]->len;
    forget(k->kept[0]);
    k->count--;
    memmove(&k->kept[0], &k->kept[1], k->count * sizeof(struct config_kept *));
}

bool config_keeper_restore(struct config_keeper *k, const struct config_kept *kept)
{
    struct config_kept *new = kept->len <= CONFIG_KEPT_BYTES_MAX ? mem_calloc(1, sizeof *new) : NULL;
    if (!new)
        return false;
    *new = *kept;
    new->file = mem_strdup(kept->file);
    new->text = mem_alloc(kept->len + 1);
    if (!new->file || !new->text) {
        forget(new);
        return false;
    }
    if (kept->len)
        memcpy(new->text, kept->text, kept->len);
    new->text[kept->len] = '\0';
    while (k->count == CONFIG_KEPT_MAX || (k->count && k->bytes + new->len > CONFIG_KEPT_BYTES_MAX))
        drop_oldest(k);
    k->kept[k->count++] = new;
    k->bytes += new->len;
    k->last_id = new->id;
    return true;
}

int64_t config_keeper_put(struct config_keeper *k, const char *file, const char *text, size_t len, const char *by)
{
    struct config_kept new = { .id = k->last_id + 1, .wall_us = wall_now_us(), .len = len };
    new.file = (char *)file; /* both are copied, and not changed */
    new.text = (char *)text;
    str_copy(new.by, sizeof new.by, by);
    return config_keeper_restore(k, &new) ? new.id : 0;
}

const struct config_kept *config_keeper_find(const struct config_keeper *k, int64_t id)
{
    for (size_t i = k->count; i > 0; i--)
        if (!id || k->kept[i - 1]->id == id)
            return k->kept[i - 1];
    return NULL;
}

void config_keeper_finish(struct config_keeper *k)
{
    while (k->count)
        drop_oldest(k);
    mem_free(k->folder);
    k->folder = NULL;
}
