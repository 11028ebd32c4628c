#include "app/hooks/batch.h"

#include <string.h>

#include "core/clock.h"
#include "core/str.h"

/* What a notice has beside its body. */
enum { MEMBERS_BYTES_MAX = 128 };

static bool belongs(const struct hook_notice *n, const struct hook_notice *first)
{
    return n->call.event == HOOK_BATCH && n->n_urls == first->n_urls && str_equal(n->call.url, first->call.url);
}

void hook_batch_write_one(const struct hook_notice *n, struct buf *out)
{
    buf_printf(out, "{\"event_id\":\"%s\",\"sequence\":%llu,\"time_ms\":%lld,", n->call.id,
               (unsigned long long)n->call.sequence, (long long)(n->wall_us / US_PER_MS));
    buf_text(out, n->call.body + 1);
}

size_t hook_batch_write(const struct list *notices, struct buf *out)
{
    const struct hook_notice *first = LIST_ENTRY(notices->next, struct hook_notice, link);
    size_t                    count = 0, max = (size_t)first->call.manner.batch_events;
    LIST_FOREACH (notices, it, after) {
        const struct hook_notice *n = LIST_ENTRY(it, struct hook_notice, link);
        size_t                    bytes = strlen(n->call.body) + MEMBERS_BYTES_MAX;
        if (count >= max || !belongs(n, first) || (count > 0 && out->len + bytes > HOOK_BATCH_BYTES_MAX))
            break;
        buf_text(out, count ? "," : "[");
        hook_batch_write_one(n, out);
        count++;
    }
    buf_text(out, "]");
    return out->fault == BUF_SOUND ? count : 0;
}
