#include "app/hls/media_playlist.h"

#include "app/hls/ask.h"
#include "app/hls/dateranges.h"
#include "app/hls/hls.h"
#include "app/hls/parts.h"
#include "app/hls/playlist_text.h"
#include "app/hls/reload.h"
#include "app/hls/renditions.h"
#include "app/hls/reports.h"
#include "app/http/refusal.h"
#include "app/segment/template.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hls/playlist.h"
#include "protocol/co.h"
#include "protocol/http/batch.h"
#include "protocol/http/exchange.h"
#include "protocol/http/status.h"

enum { NAMES_BYTES_MAX = 16 << 20 };

/* Tags of low latency beside segments: how many target durations a delta update shows, and how far behind the end players stay. */
enum { SKIP_TARGETS = 6, PART_HOLD_BACK_PARTS = 3 };

enum form { FORM_FULL, FORM_DELTA, FORM_DELTA_V2, FORM_OF_FILES };

#define NO_NAME SIZE_MAX

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
    enum form           form;
    struct hls_part    *parts;
    size_t             *part_at;
    size_t              n_parts;
    struct hls_segment  open; /* the segment that grows */
    struct hls_map      open_map;
    size_t              open_map_at, hint_at;
    struct hls_reports  reports; /* of the other variants */

    struct hls_dateranges_listed dateranges;
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

/* `s` tells the times. The media is that of the entry: in a rendition it is another segment than `s`, or is missing. */
static void fill_row(struct model *m, const struct segment *s, const struct hls_entry *entry)
{
    size_t                 i = (size_t)(s->number - m->first_number);
    const struct segment  *media = entry ? entry->segment : m->h->main ? NULL : s;
    const struct hls_init *init = media && media->init_number ? hls_find_init(m->h, media->init_number) : NULL;
    struct hls_segment    *row = &m->segments[i];
    row->duration_us = s->duration_us;
    row->wall_us = s->wall_us;
    row->discontinuity = s->is_discontinuous;
    bool is_lost = entry && !entry->is_on_disk && (m->form == FORM_OF_FILES || media->n_parts == 0);
    row->gap = !entry || is_lost || (media->init_number && !init);
    if (entry)
        m->uri_at[i] = put_name(m, entry->path);
    row->key = entry && entry->key.uri ? &entry->key : NULL;
    if (init) {
        m->map_at[i] = put_name(m, init->path);
        row->map = &m->maps[i];
    }
    m->p.independent &= !media || media->independent;
    m->p.discontinuity_sequence = (int64_t)s->discontinuities - s->is_discontinuous; /* The oldest comes last. */
}

/* Both lists have the oldest first; the entry of a segment may be missing, and the open segment has one, too. */
static void fill_rows(struct model *m)
{
    const struct list *e = m->h->entries.prev, *rows = &hls_main(m->h)->lane->segments;
    for (const struct list *it = rows->prev; it != rows; it = it->prev) {
        const struct segment *s = segment_at(it);
        if (s->number < m->first_number)
            break;
        while (e != &m->h->entries && LIST_ENTRY(e, const struct hls_entry, link)->segment->number > s->number)
            e = e->prev;
        const struct hls_entry *entry = e == &m->h->entries ? NULL : LIST_ENTRY(e, const struct hls_entry, link);
        fill_row(m, s, entry && entry->segment->number == s->number ? entry : NULL);
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
        row->gap |= m->uri_at[i] == NO_NAME;
    }
}

/* ---- parts ---- */

static void fill_part(struct model *m, const struct hls_part_item *item)
{
    const struct segment      *s = item->segment;
    const struct segment_part *part = &s->parts[item->index];
    struct hls_segment        *row = s->is_complete ? &m->segments[s->number - m->first_number] : &m->open;
    if (row->n_parts != item->index) /* One before it has no name. */
        return;
    if (row->n_parts == 0)
        row->parts = &m->parts[m->n_parts];
    row->n_parts++;
    m->part_at[m->n_parts] = put_name(m, item->path);
    m->parts[m->n_parts++] = (struct hls_part){
        .duration_us = part->duration_us < m->p.part_target_us ? part->duration_us : m->p.part_target_us,
        .independent = part->independent,
    };
}

static void fill_open(struct model *m, const struct segment *s)
{
    const struct hls_init *init = s->init_number ? hls_find_init(m->h, s->init_number) : NULL;
    m->open.wall_us = s->wall_us;
    m->open.discontinuity = s->is_discontinuous;
    if (init) {
        m->open_map_at = put_name(m, init->path);
        m->open.map = &m->open_map;
    }
    const struct hls_entry *entry = hls_find_entry(m->h, s);
    m->open.key = entry && entry->key.uri ? &entry->key : NULL;
    m->p.open = &m->open;
}

static bool is_listed(const struct model *m, const struct segment *s)
{
    return s->is_complete && s->number >= m->first_number && s->number - m->first_number < m->n;
}

static void fill_parts(struct model *m)
{
    const struct segment *open = m->h->lane->open;
    if (open)
        fill_open(m, open);
    for (const struct list *it = m->h->parts.next; it != &m->h->parts; it = it->next) {
        const struct hls_part_item *item = LIST_ENTRY(it, const struct hls_part_item, link);
        if (hls_part_is_there(item) && (item->segment == open || is_listed(m, item->segment)))
            fill_part(m, item);
        else if (item->segment == open && !hls_part_is_there(item))
            m->hint_at = put_name(m, item->path);
    }
}

/*
 * The greatest length of a part, as the cutter allows it. It must not change once a playlist has named it. A part becomes longer when the
 * frame that ends it is late; it is listed with the greatest length then.
 */
static int64_t part_target_us(const struct hls *h)
{
    const struct plan *plan = h->lane->plan;
    if (hls_main(h)->part_target_us)
        return hls_main(h)->part_target_us;
    return cutter_part_target_us(&plan->cutter, &plan->policy);
}

static size_t count_parts(const struct hls *h)
{
    size_t n = 0;
    for (const struct list *it = h->parts.next; it != &h->parts; it = it->next)
        n++;
    return n;
}

static struct err *make_parts(struct model *m)
{
    size_t n = count_parts(m->h);
    m->parts = mem_calloc(n ? n : 1, sizeof *m->parts);
    m->part_at = mem_calloc(n ? n : 1, sizeof *m->part_at);
    if (!m->parts || !m->part_at)
        return err_no_memory();
    m->p.part_target_us = part_target_us(m->h);
    fill_parts(m);
    m->p.can_block_reload = true;
    m->p.part_hold_back_us = PART_HOLD_BACK_PARTS * m->p.part_target_us;
    return hls_reports_make(&m->reports, m->h);
}

/* ---- all rows ---- */

/* The names have their final place now. */
static void set_names(struct model *m)
{
    const char *names = m->names.bytes;
    const char *gap = hls_gap_uri(m->h->lane->init);
    for (size_t i = 0; i < m->n; i++) {
        m->segments[i].uri = m->uri_at[i] == NO_NAME ? gap : names + m->uri_at[i];
        if (m->segments[i].map)
            m->maps[i].uri = names + m->map_at[i];
    }
    for (size_t i = 0; i < m->n_parts; i++)
        m->parts[i].uri = names + m->part_at[i];
    if (m->open.map)
        m->open_map.uri = names + m->open_map_at;
    if (m->hint_at != NO_NAME)
        m->p.hint.uri = names + m->hint_at;
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
        m->uri_at[i] = NO_NAME;
    fill_rows(m);
    fill_gaps(m);
    struct err *e = m->h->show->vhost->hls.ll && m->form != FORM_OF_FILES ? make_parts(m) : NULL;
    if (!e)
        e = buf_error(&m->names);
    if (!e)
        set_names(m);
    return e;
}

static void drop_rows(struct model *m)
{
    mem_free(m->segments);
    mem_free(m->maps);
    mem_free(m->uri_at);
    mem_free(m->map_at);
    mem_free(m->parts);
    mem_free(m->part_at);
    buf_finish(&m->names);
    hls_reports_finish(&m->reports);
    mem_free(m->dateranges.ranges);
    mem_free(m->dateranges.removed);
}

/* ---- the playlist ---- */

/* The oldest segment of the window of the stream. */
static const struct segment *oldest_listed(const struct hls *h, size_t n)
{
    const struct list *it = &hls_main(h)->lane->segments;
    for (; n > 0; n--)
        it = it->prev;
    return segment_at(it);
}

/* A rendition that began later has no rows from before. */
static uint64_t first_row(const struct hls *h, const struct segment *oldest)
{
    uint64_t own = segment_at(h->lane->segments.next)->number;
    return own > oldest->number ? own : oldest->number;
}

/* At least hls_fragment x hls_td_ratio, as SRS has it, and what it was before. */
static int64_t at_least_us(const struct hls *h)
{
    const struct conf_hls *conf = &h->show->vhost->hls;
    int64_t                wanted_us = (int64_t)((double)conf->fragment_us * conf->td_ratio);
    int64_t                before_us = h->target_s * US_PER_SECOND;
    return wanted_us > before_us ? wanted_us : before_us;
}

/* All renditions have one target duration (RFC 8216 6.2.4), whenever they began. */
static int64_t target_s(const struct hls *h, const struct model *m)
{
    const struct hls_segment longest = { .duration_us = h->lane->plan->longest_us };
    int64_t                  listed_s = hls_playlist_target_s(m->segments, m->n, at_least_us(h));
    int64_t                  longest_s = h->main ? hls_playlist_target_s(&longest, 1, 0) : 0;
    return listed_s > longest_s ? listed_s : longest_s;
}

/* What the parts of the model add up to. */
static void finish_model(struct model *m, struct hls *h)
{
    m->p.segments = m->segments;
    m->p.n_segments = m->n;
    m->p.reports = m->reports.rows;
    m->p.n_reports = m->reports.n;
    h->target_s = m->p.target_duration_s = target_s(h, m);
    if (!m->p.part_target_us)
        return;
    (h->main ? h->main : h)->part_target_us = m->p.part_target_us;
    m->p.can_skip_until_us = SKIP_TARGETS * h->target_s * US_PER_SECOND;
    m->p.can_skip_dateranges = true;
    m->p.skip_dateranges = m->form == FORM_DELTA_V2;
    m->p.skip = m->form == FORM_DELTA || m->form == FORM_DELTA_V2 ? hls_playlist_skippable(&m->p) : 0;
}

static struct err *list_dateranges(struct model *m)
{
    if (hls_rendition_is_sound(m->h) && hls_renditions_pictures(m->h->main))
        return NULL; /* The playlist that the variant names has them, and players would have them twice. */
    if (!hls_dateranges_list(hls_main(m->h), m->first_number + m->p.skip, &m->dateranges))
        return err_no_memory();
    m->p.dateranges = m->dateranges.ranges;
    m->p.n_dateranges = m->dateranges.n_ranges;
    m->p.removed_dateranges = m->dateranges.removed;
    m->p.n_removed_dateranges = m->dateranges.n_removed;
    return NULL;
}

static struct err *write_text(struct hls *h, enum form form, struct hls_text *text)
{
    const struct segment *newest = lane_newest(hls_main(h)->lane);
    struct model          m = { .h = h, .form = form, .names = BUF_UP_TO(NAMES_BYTES_MAX), .hint_at = NO_NAME };
    const struct segment *oldest = oldest_listed(h, hls_in_window(h));
    uint64_t              rows = newest->number - first_row(h, oldest) + 1;
    m.n = rows < HLS_PLAYLIST_SEGMENTS_MAX ? (size_t)rows : HLS_PLAYLIST_SEGMENTS_MAX;
    m.first_number = newest->number + 1 - m.n;
    m.p.independent = true;
    m.p.media_sequence = (int64_t)m.first_number;
    hls_dateranges_trim(h->main ? h->main : h, oldest);
    struct err *e = make_rows(&m);
    if (!e) {
        finish_model(&m, h);
        e = list_dateranges(&m);
    }
    if (!e) {
        hls_playlist_write(text, &m.p);
        e = hls_text_error(text);
    }
    drop_rows(&m);
    return e;
}

static struct err *render(struct hls *h, enum form form, struct hls_playlist_text **out)
{
    struct hls_text text = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    struct err     *e = write_text(h, form, &text);
    if (e)
        hls_text_finish(&text);
    return e ? e : hls_playlist_text_new(out, &text);
}

/* What the text depends on: without parts it changes with the segments only. */
static uint64_t version_now(const struct hls *h)
{
    const struct lane *rows = hls_main(h)->lane;
    if (!h->show->vhost->hls.ll)
        return lane_newest(rows)->number + 1;
    return rows->version + (h->main ? h->lane->version : 0);
}

bool hls_media_playlist_is_there(const struct hls *h)
{
    const struct segment *newest = lane_newest(hls_main(h)->lane);
    return newest && h->lane->n_segments > 0 && segment_at(h->lane->segments.next)->number <= newest->number;
}

static struct err *render_newest(struct hls *h, enum form form, struct hls_playlist_cache *cache)
{
    struct hls_playlist_text *text = NULL;
    if (cache->text && cache->of_version == version_now(h) && cache->of_conf == h->show->conf->serial)
        return NULL;
    struct err *e = render(h, form, &text);
    if (e)
        return err_wrap(e, "the playlist of %s/%s", h->show->app, h->show->stream);
    hls_playlist_text_unref(&cache->text);
    *cache =
        (struct hls_playlist_cache){ .text = text, .of_version = version_now(h), .of_conf = h->show->conf->serial };
    return NULL;
}

struct err *hls_media_playlist_render(struct hls *h)
{
    return render_newest(h, FORM_FULL, &h->media);
}

/* ---- replies ---- */

/*
 * A playlist changes once in a target duration: half of that is a compromise between load and delay. A version that was asked for by
 * its number stays good for longer, and with low latency no other may be kept at all (rfc8216bis, B.1).
 */
static const char *cache_control(const struct hls *h, const struct hls_reload *r, char *text, size_t cap)
{
    bool is_named = r->msn >= 0;
    if (!is_named && (h->target_s < 2 || h->show->vhost->hls.ll))
        return "no-cache";
    struct str out = str_over(text, cap);
    str_text(&out, "max-age=");
    str_number(&out, is_named ? SKIP_TARGETS * h->target_s : h->target_s / 2);
    return text;
}

static struct err *reply_newest(struct http_exchange *x, struct hls *h, const struct hls_ask *ask,
                                const struct hls_reload *r)
{
    char                       seconds[32];
    enum form                  form = r->skips_dateranges ? FORM_DELTA_V2 : r->is_delta ? FORM_DELTA : FORM_FULL;
    struct hls_playlist_cache *cache = form == FORM_DELTA_V2 ? &h->delta_v2
                                       : form == FORM_DELTA  ? &h->delta
                                                             : &h->media;
    struct err                *e = render_newest(h, form, cache);
    if (e)
        return e;
    hls_ask_expect(ask, h->target_s * US_PER_SECOND);
    return hls_playlist_text_reply(x, cache->text, ask, h->show->vhost, cache_control(h, r, seconds, sizeof seconds));
}

/* A request for a version that is not there yet. */
struct waiting {
    struct hls_reload_wait wait;
    struct http_sleeper    sleeper;
    const struct hls_ask  *ask;
};

static enum lane_answer answer(struct lane_waiter *waiter)
{
    struct waiting *w = CONTAINER_OF(waiter, struct waiting, wait.waiter);
    struct hls     *h = hls_reload_find(&w->wait);
    if (h && hls_reload_look(&w->wait.r, h) == HLS_RELOAD_WAITS)
        return LANE_WAITS;
    if (!h || !hls_media_playlist_is_there(h) || hls_ask_is_over(w->ask) || !http_batch_begin(&w->sleeper))
        return LANE_WAKES;
    http_batch_end(&w->sleeper, reply_newest(w->sleeper.x, h, w->ask, &w->wait.r));
    return LANE_ANSWERED;
}

struct err *hls_media_playlist_reply(struct http_exchange *x, struct hls *h, const struct hls_ask *ask)
{
    struct hls_reload r;
    if (!hls_reload_read(&r, h, http_request_of(x)) || hls_reload_look(&r, h) == HLS_RELOAD_ABSURD)
        return refusal_status(x, HTTP_STATUS_BAD_REQUEST);
    struct waiting w = { .sleeper = { .x = x, .co = co_self() }, .ask = ask };
    hls_reload_wait_init(&w.wait, &r, h);
    w.wait.waiter.answer = answer;
    struct err *e = hls_reload_wait(&w.wait, &h);
    if (w.sleeper.is_answered) {
        err_free(e);
        return http_sleeper_finish(&w.sleeper);
    }
    if (err_code(e) == E_SOCKET_TIMEOUT) {
        err_free(e);
        return refusal_status(x, HTTP_STATUS_SERVICE_UNAVAILABLE);
    }
    if (e)
        return e;
    if (hls_ask_is_over(ask))
        return hls_ask_reply_over(ask, x);
    if (!h || !hls_media_playlist_is_there(h))
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    return reply_newest(x, h, ask, &r);
}

struct err *hls_media_playlist_of_files(struct hls *h, struct hls_text *t)
{
    *t = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    return hls_media_playlist_is_there(h) ? write_text(h, FORM_OF_FILES, t) : NULL;
}
