#include "app/memory/kinds.h"

#include <unistd.h>

#include "app/hooks/notice.h"
#include "app/server/server.h"
#include "app/source/source.h"
#include "core/blob_store.h"
#include "core/mem.h"
#include "protocol/stacks.h"
#include "protocol/tls/buffers.h"
#include "protocol/unfinished.h"

const char *memory_kind_name(enum memory_kind kind)
{
    static const char *const names[] = { "frames",    "delayed",   "segments", "messages", "tls",
                                         "callbacks", "histories", "config",   "other" };
    return names[kind];
}

static void count_frames(const struct sources *all, struct memory_kinds *m)
{
    const struct source *s;
    size_t               at = 0;
    while ((s = map_next(&all->by_key, &at, NULL))) {
        m->bytes[MEMORY_FRAMES] += (int64_t)s->ring.bytes;
        m->bytes[MEMORY_DELAYED] += (int64_t)s->delay.bytes;
    }
}

struct memory_kinds memory_kinds_read(const struct server *s)
{
    int64_t             left = (int64_t)mem_held();
    struct memory_kinds m = { .bytes = { [MEMORY_SEGMENTS] = (int64_t)blob_store_held(),
                                         [MEMORY_MESSAGES] = (int64_t)unfinished_bytes(),
                                         [MEMORY_TLS] = (int64_t)tls_buffers_bytes(),
                                         [MEMORY_CALLBACKS] = (int64_t)hook_notices_bytes(),
                                         [MEMORY_HISTORIES] = (int64_t)histories_bytes(&s->histories),
                                         [MEMORY_CONFIG] = (int64_t)s->config.bytes },
                              .stacks = (int64_t)stacks_bytes() };
    count_frames(&s->sources, &m);
    for (int kind = 0; kind < MEMORY_OTHER; kind++)
        left -= m.bytes[kind];
    m.bytes[MEMORY_OTHER] = left > 0 ? left : 0;
    m.resident = self_stat_rss(&s->host.newest.self) * sysconf(_SC_PAGESIZE);
    return m;
}
