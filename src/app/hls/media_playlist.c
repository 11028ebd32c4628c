#include "app/hls/media_playlist.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/hls/ask.h"
#include "app/hls/hls.h"
#include "app/hls/playlist_text.h"
#include "app/segment/template.h"
#include "core/mem.h"
#include "kernel/hls/playlist.h"
#include "protocol/http/exchange.h"
#include "protocol/http/status.h"

enum { NAMES_BYTES_MAX = 16 << 20 };

/* What is needed while a playlist is rendered. */
struct model {
    const struct hls   *h;
    struct hls_playlist p;
    struct hls_segment *segments;
    struct hls_map     *maps;
    size_t             *uri_at, *map_at; /* where the names of each segment begin in `names` */
    struct buf          names;
    size_t              n; /* rows: segments of the window, and numbers that are missing between them */
    uint64_t            first_number;
    bool                of_files;
};

static const struct segment *segment_at(const struct list *link)
{
    return LIST_ENTRY(link, const struct segment, link);
}

/* ---- names ---- */

/* Append the URI of a file and return where it begins. */
static size_t put_name(struct model *m, const char *path)
{
    size_t at = m->names.len;
    template_put_entry(&m->names, m->h->show->vhost->hls.entry_prefix, path, m->h->m3u8_path);
    buf_append(&m->names, "", 1);
    return at;
}

/* ---- rows ---- */

static void fill_row(struct model *m, const struct segment *s, const struct hls_entry *entry)
{
    size_t                 i = (size_t)(s->number - m->first_number);
    const struct hls_init *init = s->init_number ? hls_find_init(m->h, s->init_number) : NULL;
    struct hls_segment    *row = &m->segments[i];
    row->duration_us = s->duration_us;
    row->wall_us = s->wall_us;
    row->discontinuity = s->is_discontinuous;
    row->gap = !entry || (s->init && !init) || (m->of_files && !entry->is_on_disk);
    if (entry)
        m->uri_at[i] = put_name(m, entry->path);
    if (init) {
        m->map_at[i] = put_name(m, init->path);
        row->map = &m->maps[i];
    }
    m->p.independent &= s->independent;
    m->p.discontinuity_sequence = (int64_t)s->discontinuities - s->is_discontinuous; /* The oldest comes last. */
}

/* Both lists have the oldest first; the entry of a segment may be missing, and the open segment has one, too. */
static void fill_rows(struct model *m)
{
    const struct list *e = m->h->entries.prev;
    for (const struct list *it = m->h->lane->segments.prev; it != &m->h->lane->segments; it = it->prev) {
        const struct segment *s = segment_at(it);
        if (s->number < m->first_number)
            break;
        while (e != &m->h->entries && LIST_ENTRY(e, const struct hls_entry, link)->segment->number > s->number)
            e = e->prev;
        const struct hls_entry *entry = e == &m->h->entries ? NULL : LIST_ENTRY(e, const struct hls_entry, link);
        fill_row(m, s, entry && entry->segment == s ? entry : NULL);
    }
}

/* A number whose segment was lost keeps its place, so that those behind it keep their numbers. */
static void fill_gaps(struct model *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct hls_segment *row = &m->segments[i];
        if (row->duration_us == 0) {
            row->duration_us = m->h->show->vhost->hls.fragment_us;
            row->gap = true;
        }
        row->uri = row->gap && m->uri_at[i] == SIZE_MAX ? "gap" : m->names.bytes + m->uri_at[i];
        if (row->map)
            m->maps[i].uri = m->names.bytes + m->map_at[i];
    }
}

static struct err *make_rows(struct model *m)
{
    m->segments = mem_calloc(m->n, sizeof *m->segments);
    m->maps = mem_calloc(m->n, sizeof *m->maps);
    m->uri_at = mem_calloc(m->n, sizeof *m->uri_at);
    m->map_at = mem_calloc(m->n, sizeof *m->map_at);
    if (!m->segments || !m->maps || !m->uri_at || !m->map_at)
        return err_no_memory();
    for (size_t i = 0; i < m->n; i++)
        m->uri_at[i] = SIZE_MAX;
    fill_rows(m);
    fill_gaps(m);
    return buf_error(&m->names);
}

static void drop_rows(struct model *m)
{
    mem_free(m->segments);
    mem_free(m->maps);
    mem_free(m->uri_at);
    mem_free(m->map_at);
    buf_finish(&m->names);
}

/* ---- the playlist ---- */

/* The oldest segment of the window. */
static const struct segment *oldest_listed(const struct hls *h, size_t n)
{
    const struct list *it = &h->lane->segments;
    for (; n > 0; n--)
        it = it->prev;
    return segment_at(it);
}

/* At least hls_fragment x hls_td_ratio, as SRS has it, and what it was before. */
static int64_t at_least_us(const struct hls *h)
{
    const struct conf_hls *conf = &h->show->vhost->hls;
    int64_t                wanted_us = (int64_t)((double)conf->fragment_us * conf->td_ratio);
    int64_t                before_us = h->target_s * US_PER_SECOND;
    return wanted_us > before_us ? wanted_us : before_us;
}

static struct err *write_text(struct hls *h, size_t n, bool of_files, struct hls_text *text)
{
    const struct segment *oldest = oldest_listed(h, n), *newest = lane_newest(h->lane);
    struct model          m = { .h = h, .of_files = of_files, .names = BUF_UP_TO(NAMES_BYTES_MAX) };
    uint64_t              rows = newest->number - oldest->number + 1;
    m.n = rows < HLS_PLAYLIST_SEGMENTS_MAX ? (size_t)rows : HLS_PLAYLIST_SEGMENTS_MAX;
    m.first_number = newest->number + 1 - m.n;
    m.p.independent = true;
    m.p.media_sequence = (int64_t)m.first_number;
    struct err *e = make_rows(&m);
    if (!e) {
        m.p.segments = m.segments;
        m.p.n_segments = m.n;
        h->target_s = m.p.target_duration_s = hls_playlist_target_s(m.segments, m.n, at_least_us(h));
        hls_playlist_write(text, &m.p);
        e = hls_text_error(text);
    }
    drop_rows(&m);
    return e;
}

static struct err *render(struct hls *h, struct hls_playlist_text **out)
{
    struct hls_text text = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    struct err     *e = write_text(h, hls_in_window(h), false, &text);
    if (e)
        hls_text_finish(&text);
    return e ? e : hls_playlist_text_new(out, &text);
}

/* What the text depends on. */
static uint64_t version_now(const struct hls *h)
{
    return lane_newest(h->lane)->number + 1;
}

bool hls_media_playlist_is_there(const struct hls *h)
{
    return h->lane->n_segments > 0;
}

struct err *hls_media_playlist_render(struct hls *h)
{
    struct hls_playlist_cache *p = &h->media;
    struct hls_playlist_text  *text = NULL;
    if (p->text && p->of_version == version_now(h) && p->of_conf == h->show->conf->serial)
        return NULL;
    struct err *e = render(h, &text);
    if (e)
        return err_wrap(e, "the playlist of %s/%s", h->show->app, h->show->stream);
    hls_playlist_text_unref(&p->text);
    *p = (struct hls_playlist_cache){ .text = text, .of_version = version_now(h), .of_conf = h->show->conf->serial };
    return NULL;
}

/* It changes once in a target duration: half of that is a compromise between load and delay (rfc8216bis, B.1). */
static const char *cache_control(const struct hls *h, char *text, size_t cap)
{
    if (h->target_s < 2)
        return "no-cache";
    snprintf(text, cap, "max-age=%" PRId64, h->target_s / 2);
    return text;
}

struct err *hls_media_playlist_reply(struct http_exchange *x, struct hls *h, const struct hls_ask *ask)
{
    char seconds[32];
    if (!hls_media_playlist_is_there(h))
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    struct err *e = hls_media_playlist_render(h);
    hls_ask_expect(ask, h->target_s * US_PER_SECOND);
    return e ? e
             : hls_playlist_text_reply(x, h->media.text, ask, h->show->vhost,
                                       cache_control(h, seconds, sizeof seconds));
}

struct err *hls_media_playlist_of_files(struct hls *h, struct hls_text *t)
{
    size_t n = hls_in_window(h);
    *t = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    return n ? write_text(h, n, true, t) : NULL;
}
