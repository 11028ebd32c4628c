#include "app/hooks/events.h"

#include <stddef.h>

#include "core/attr.h"
#include "core/str.h"

struct row {
    const char *name;
    size_t      urls; /* place of its URLs in struct conf_hooks */
};

#define ROW(called) \
    { \
#called, offsetof(struct conf_hooks, called) \
    }

static const struct row rows[] = {
    [HOOK_CONNECT] = ROW(on_connect),
    [HOOK_CLOSE] = ROW(on_close),
    [HOOK_PUBLISH] = ROW(on_publish),
    [HOOK_UNPUBLISH] = ROW(on_unpublish),
    [HOOK_PLAY] = ROW(on_play),
    [HOOK_STOP] = ROW(on_stop),
    [HOOK_DVR] = ROW(on_dvr),
    [HOOK_HLS] = ROW(on_hls),
    [HOOK_HLS_NOTIFY] = ROW(on_hls_notify),
    [HOOK_UPDATE] = ROW(on_update),
    [HOOK_BATCH] = ROW(on_batch),
    [HOOK_KAFKA] = { .name = "kafka" },
};

const char *hook_event_name(enum hook_event event)
{
    return rows[event].name;
}

bool hook_event_find(const char *name, enum hook_event *out)
{
    size_t i = 0;
    while (i < ARRAY_LEN(rows) && !str_equal(rows[i].name, name))
        i++;
    if (i < ARRAY_LEN(rows))
        *out = (enum hook_event)i;
    return i < ARRAY_LEN(rows);
}

const struct conf_words *hook_event_urls(const struct conf_vhost *v, enum hook_event event)
{
    static const struct conf_words none;
    return v->hooks.enabled && event != HOOK_KAFKA
               ? (const struct conf_words *)((const char *)&v->hooks + rows[event].urls)
               : &none;
}
