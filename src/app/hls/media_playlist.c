#include "app/hls/media_playlist.h"

#include <string.h>

#include "app/hls/ask.h"
#include "app/hls/hls.h"
#include "core/mem.h"
#include "kernel/hls/playlist.h"
#include "protocol/http/exchange.h"
#include "protocol/http/status.h"

enum { TEXT_BYTES_MAX = 4 << 20, NAME_BYTES_MAX = 1 << 20 };

/* A path as the playlist names it: relative to the folder of the playlist if it lies in there, else from the root. */
static const char *relative(const struct hls *h, const char *path)
{
    const char *slash = strrchr(h->m3u8_path, '/');
    size_t      len = slash ? (size_t)(slash + 1 - h->m3u8_path) : 0;
    return strncmp(path, h->m3u8_path, len) == 0 ? path + len : path;
}

static const char *init_uri(const struct hls *h, const struct segment *s)
{
    const struct hls_init *init = hls_find_init(h, s->init_number);
    return init ? relative(h, init->path) : "gone";
}

static void write_text(const struct hls *h, bool of_files, struct hls_text *t, struct hls_segment *segments,
                       struct hls_map *maps, size_t n)
{
    size_t              i = n;
    struct hls_playlist p = { .segments = segments, .n_segments = n, .independent = true };
    for (const struct list *it = h->lane->segments.prev; it != &h->lane->segments && i > 0; it = it->prev) {
        const struct segment   *s = LIST_ENTRY(it, const struct segment, link);
        const struct hls_entry *entry = hls_find_entry(h, s);
        i--;
        maps[i] = (struct hls_map){ .uri = s->init ? init_uri(h, s) : NULL };
        segments[i] = (struct hls_segment){
            .uri = entry ? relative(h, entry->path) : "gone",
            .duration_us = s->duration_us,
            .wall_us = s->wall_us,
            .discontinuity = s->is_discontinuous && i > 0,
            .gap = !entry || (of_files && !entry->is_on_disk),
            .map = s->init ? &maps[i] : NULL,
        };
        p.independent &= s->independent;
        p.media_sequence = (int64_t)s->number;
        p.discontinuity_sequence = (int64_t)s->discontinuities;
    }
    p.target_duration_s = hls_playlist_target_s(segments, n, h->show->vhost->hls.fragment_us);
    hls_playlist_write(t, &p);
}

static struct err *make(const struct hls *h, bool of_files, struct hls_text *t)
{
    size_t              n = hls_in_window(h);
    struct hls_segment *segments = mem_calloc(n ? n : 1, sizeof *segments);
    struct hls_map     *maps = mem_calloc(n ? n : 1, sizeof *maps);
    struct err         *e = segments && maps ? NULL : err_no_memory();
    *t = hls_text_up_to(TEXT_BYTES_MAX);
    if (!e) {
        write_text(h, of_files, t, segments, maps, n);
        e = hls_text_error(t);
    }
    mem_free(segments);
    mem_free(maps);
    return e;
}

struct err *hls_media_playlist_of_files(const struct hls *h, struct hls_text *t)
{
    return make(h, true, t);
}

bool hls_media_playlist_is_there(const struct hls *h)
{
    return h->lane->n_segments > 0;
}

struct err *hls_media_playlist_reply(struct http_exchange *x, const struct hls *h, const struct hls_ask *ask)
{
    struct hls_text t = { 0 };
    struct err     *e = make(h, false, &t);
    if (!e)
        e = hls_ask_reply(ask, x, &t, h->show->vhost);
    hls_text_finish(&t);
    return e;
}
