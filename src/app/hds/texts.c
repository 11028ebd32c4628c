#include "app/hds/texts.h"

#include <string.h>

#include "app/hds/hds.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hds/f4m.h"
#include "kernel/times.h"

size_t hds_in_window(const struct hds *h)
{
    int64_t                 sum_us = 0;
    size_t                  n = 0;
    const struct hds_entry *after = NULL;
    for (const struct list *it = h->entries.prev; it != &h->entries; it = it->prev) {
        const struct hds_entry *entry = LIST_ENTRY(it, const struct hds_entry, link);
        if (after && (sum_us >= h->show->vhost->hds.window_us || hds_number(entry) + 1 != hds_number(after)))
            break;
        sum_us += entry->segment->duration_us;
        after = entry;
        n++;
    }
    return n;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

struct err *hds_texts_f4m(const struct hds *h, const char *query, struct buf *out)
{
    char       id[1024];
    struct str name = str_over(id, sizeof id);
    str_printf(&name, "%s/%s", h->show->app, h->show->stream);
    struct f4m m = {
        .id = id,
        .bootstrap = file_name(h->abst_path),
        .media = file_name(h->base),
        .query = query,
        .bitrate_kbps = h->bitrate_kbps,
        .width = h->show->video.width,
        .height = h->show->video.height,
    };
    return f4m_write(&m, out);
}

/* The end of a fragment is the beginning of the next one, each rounded as the times of the tags are. */
static struct hds_fragment fragment_of(const struct segment *s)
{
    int64_t from_ms = ms_from_us(s->start_us), end_ms = ms_from_us(s->start_us + s->duration_us);
    return (struct hds_fragment){ from_ms > 0 ? from_ms : 0, (uint32_t)(end_ms - from_ms) };
}

struct err *hds_texts_abst(const struct hds *h, struct buf *out)
{
    size_t               n = hds_in_window(h), at = n;
    struct hds_fragment *fragments = mem_calloc(n, sizeof *fragments);
    struct hds_bootstrap b = {
        .movie_id = h->show->stream, .version = h->version, .fragments = fragments, .n_fragments = n
    };
    if (!fragments)
        return err_no_memory();
    for (const struct list *it = h->entries.prev; at > 0; it = it->prev) {
        const struct hds_entry *entry = LIST_ENTRY(it, const struct hds_entry, link);
        fragments[--at] = fragment_of(entry->segment);
        b.first = hds_number(entry);
    }
    struct err *e = hds_bootstrap_write(&b, out);
    mem_free(fragments);
    return e;
}
