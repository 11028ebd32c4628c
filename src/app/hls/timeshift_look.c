#include "app/hls/timeshift_look.h"

#include <string.h>

#include "app/hls/playlist_text.h"
#include "app/hls/timeshift_folder.h"
#include "app/segment/template.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hls/playlist.h"

/* Bounds of what is in memory at once: the names of a playlist, and the records that fill gaps of the index. */
enum { NAMES_BYTES_MAX = 16 << 20, GAP_MAX = 16 };

/* The most files that a live playlist is gathered from: short files are those of restarts. */
enum { LIVE_FILES_MAX = 64 };

/* The row of a playlist while the texts still move. */
struct row {
    const struct hls_timeshift_record *record; /* NULL: a gap of the index */
    size_t                             uri_at, map_at, key_at;
};

struct look {
    const struct hls_timeshift_wanted *w;
    struct hls_timeshift_files         files;
    struct hls_timeshift_file         *loaded;         /* one for each of the files; all zero: not loaded */
    size_t                             first, n_files; /* those that are loaded */
    struct row                        *rows;
    size_t                             n, cap;
    struct buf                         names;
    struct hls_segment                *segments;
    struct hls_map                    *maps;
    struct hls_key                    *keys;
};

/* ---- which records ---- */

static bool is_wanted(const struct hls_timeshift_wanted *w, const struct hls_timeshift_record *r)
{
    int64_t end_us = r->wall_us + r->duration_us;
    if (end_us <= w->oldest_us)
        return false;
    return w->is_vod ? end_us > w->from_us && r->wall_us < w->to_us : end_us <= w->to_us;
}

/* The last file that begins at or before this time; the first one if none does. */
static size_t file_at(const struct hls_timeshift_files *files, int64_t wall_us)
{
    size_t i = files->n;
    while (i > 1 && files->start_ms[i - 1] * US_PER_MS > wall_us)
        i--;
    return i - 1;
}

static struct err *load(struct look *l, size_t i)
{
    struct err *e = hls_timeshift_load(&l->loaded[i], l->w->folder, l->files.start_ms[i]);
    return err_wrap(e, "the index of timeshift");
}

static size_t count_wanted(const struct look *l, size_t file, int64_t *sum_us)
{
    size_t n = 0;
    for (size_t i = 0; i < l->loaded[file].n; i++) {
        const struct hls_timeshift_record *r = &l->loaded[file].records[i];
        if (!is_wanted(l->w, r))
            continue;
        n++;
        *sum_us += r->duration_us;
    }
    return n;
}

/* Load backwards, until a window is full. */
static struct err *load_live(struct look *l)
{
    size_t      last = file_at(&l->files, l->w->to_us);
    int64_t     sum_us = 0;
    struct err *e = NULL;
    l->first = last + 1;
    while (!e && l->first > 0 && l->n_files < LIVE_FILES_MAX && sum_us < l->w->window_us) {
        l->first--;
        l->n_files++;
        if (!(e = load(l, l->first)))
            (void)count_wanted(l, l->first, &sum_us);
    }
    return e;
}

/* Load forwards, from the file that has the beginning. */
static struct err *load_vod(struct look *l, bool *too_many)
{
    size_t      last = file_at(&l->files, l->w->to_us), n = 0;
    int64_t     from_us = l->w->from_us > l->w->oldest_us ? l->w->from_us : l->w->oldest_us, sum_us = 0;
    struct err *e = NULL;
    l->first = file_at(&l->files, from_us);
    for (size_t i = l->first; !e && i <= last && !*too_many; i++) {
        l->n_files++;
        if (!(e = load(l, i)))
            n += count_wanted(l, i, &sum_us);
        *too_many = n > HLS_TIMESHIFT_SEGMENTS_MAX;
    }
    return e;
}

/* ---- rows ---- */

static struct err *push(struct look *l, const struct hls_timeshift_record *r)
{
    if (l->n == l->cap) {
        struct row *larger = mem_grow(l->rows, &l->cap, sizeof *larger, 2 * (size_t)HLS_TIMESHIFT_SEGMENTS_MAX);
        if (!larger)
            return err_no_memory();
        l->rows = larger;
    }
    l->rows[l->n++] = (struct row){ .record = r };
    return NULL;
}

/* A segment whose line the disk has lost keeps its number, so that later segments keep theirs. */
static struct err *push_with_gaps(struct look *l, const struct hls_timeshift_record *r, int64_t *next_seq)
{
    struct err *e = NULL;
    if (l->n > 0 && r->seq > *next_seq && r->seq - *next_seq <= GAP_MAX)
        for (; !e && *next_seq < r->seq; ++*next_seq)
            e = push(l, NULL);
    *next_seq = r->seq + 1;
    return e ? e : push(l, r);
}

static struct err *collect(struct look *l)
{
    struct err *e = NULL;
    int64_t     next_seq = 0;
    for (size_t i = l->first; !e && i < l->first + l->n_files; i++)
        for (size_t k = 0; !e && k < l->loaded[i].n; k++)
            if (is_wanted(l->w, &l->loaded[i].records[k]))
                e = push_with_gaps(l, &l->loaded[i].records[k], &next_seq);
    return e;
}

/* Keep as many of the newest rows as fill the window. */
static void cut_to_window(struct look *l)
{
    int64_t sum_us = 0;
    size_t  first = l->n;
    while (first > 0 && (sum_us < l->w->window_us || !l->rows[first].record)) {
        first--;
        sum_us += l->rows[first].record ? l->rows[first].record->duration_us : 0;
    }
    l->n -= first;
    if (first > 0)
        memmove(l->rows, l->rows + first, l->n * sizeof *l->rows);
}

/* ---- the playlist ---- */

static size_t begin_name(const struct look *l)
{
    return l->names.len;
}

static void put_names(struct look *l, struct row *row, const char *m3u8)
{
    const struct hls_timeshift_record *r = row->record;
    row->uri_at = begin_name(l);
    template_put_entry(&l->names, l->w->entry_prefix, r->path, m3u8);
    buf_append(&l->names, "", 1);
    row->map_at = begin_name(l);
    if (*r->init)
        template_put_entry(&l->names, l->w->entry_prefix, r->init, m3u8);
    buf_append(&l->names, "", 1);
    row->key_at = begin_name(l);
    if (*r->key)
        template_put_key(&l->names, l->w->key_url, r->key, m3u8);
    buf_append(&l->names, "", 1);
}

/* The first row is never a gap: its container is that of the gaps. */
static void fill(struct look *l, size_t i, int64_t target_s)
{
    const struct row                  *row = &l->rows[i];
    const struct hls_timeshift_record *r = row->record;
    const char                        *names = l->names.bytes;
    if (!r) {
        l->segments[i] = (struct hls_segment){ .uri = hls_gap_uri(*l->rows[0].record->init),
                                               .duration_us = target_s * US_PER_SECOND,
                                               .gap = true };
        return;
    }
    l->segments[i] = (struct hls_segment){ .uri = names + row->uri_at,
                                           .duration_us = r->duration_us,
                                           .wall_us = r->wall_us,
                                           .discontinuity = r->discontinuity };
    if (*r->init) {
        l->maps[i].uri = names + row->map_at;
        l->segments[i].map = &l->maps[i];
    }
    if (*r->key) {
        l->keys[i] = (struct hls_key){ .method = r->method,
                                       .uri = names + row->key_at,
                                       .uri_kind = *l->w->key_url ? HLS_URI_PLAIN : HLS_URI_KEY,
                                       .has_iv = true };
        memcpy(l->keys[i].iv, r->iv, sizeof r->iv);
        l->segments[i].key = &l->keys[i];
    }
}

/* What the rows have in common. The first row is never a gap. */
static void sum_up(const struct look *l, struct hls_playlist *p)
{
    const struct hls_timeshift_record *first = l->rows[0].record;
    p->independent = true;
    p->media_sequence = first->seq;
    p->discontinuity_sequence = first->discontinuities - first->discontinuity;
    for (size_t i = 0; i < l->n; i++) {
        const struct hls_timeshift_record *r = l->rows[i].record;
        p->independent &= !r || r->independent;
        if (r && r->target_s > p->target_duration_s)
            p->target_duration_s = r->target_s;
    }
}

static void measure(const struct look *l, struct hls_timeshift_view *v)
{
    struct hls_sized *sizes = mem_calloc(l->n, sizeof *sizes);
    size_t            n = 0;
    if (!sizes)
        return;
    for (size_t i = 0; i < l->n; i++)
        if (l->rows[i].record && l->rows[i].record->bytes > 0)
            sizes[n++] = (struct hls_sized){ l->rows[i].record->bytes, l->rows[i].record->duration_us };
    v->bandwidth = hls_bandwidth_measure(sizes, n, v->target_s * US_PER_SECOND);
    mem_free(sizes);
}

static struct err *write_playlist(struct look *l, struct hls_timeshift_view *v)
{
    struct hls_playlist p = { .type = l->w->is_vod ? HLS_PLAYLIST_VOD : HLS_PLAYLIST_LIVE, .end = l->w->is_vod };
    l->segments = mem_calloc(l->n, sizeof *l->segments);
    l->maps = mem_calloc(l->n, sizeof *l->maps);
    l->keys = mem_calloc(l->n, sizeof *l->keys);
    if (!l->segments || !l->maps || !l->keys)
        return err_no_memory();
    for (size_t i = 0; i < l->n; i++)
        if (l->rows[i].record)
            put_names(l, &l->rows[i], v->m3u8);
    struct err *e = buf_error(&l->names);
    if (e)
        return e;
    sum_up(l, &p);
    for (size_t i = 0; i < l->n; i++)
        fill(l, i, p.target_duration_s);
    p.segments = l->segments;
    p.n_segments = l->n;
    p.target_duration_s = hls_playlist_target_s(l->segments, l->n, p.target_duration_s * US_PER_SECOND);
    v->target_s = p.target_duration_s;
    v->text = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    hls_playlist_write(&v->text, &p);
    measure(l, v);
    return hls_text_error(&v->text);
}

/* ---- the stream ---- */

/* Copy what the newest file says of the stream. */
static struct err *copy_head(struct look *l, struct hls_timeshift_view *v)
{
    const struct hls_timeshift_head *h = NULL;
    for (size_t i = l->first; i < l->first + l->n_files; i++)
        h = l->loaded[i].has_head ? &l->loaded[i].head : h;
    if (!h)
        return NULL;
    size_t len = strlen(h->app) + strlen(h->stream) + strlen(h->m3u8) + strlen(h->codecs) + 4;
    char  *at = v->app = mem_alloc(len);
    if (!at)
        return err_no_memory();
    (void)str_pack(&at, h->app, strlen(h->app));
    v->stream = at;
    (void)str_pack(&at, h->stream, strlen(h->stream));
    v->m3u8 = at;
    (void)str_pack(&at, h->m3u8, strlen(h->m3u8));
    v->codecs = at;
    (void)str_pack(&at, h->codecs, strlen(h->codecs));
    v->width = h->width;
    v->height = h->height;
    v->fps_thousandths = h->fps_thousandths;
    return NULL;
}

/* ---- all of it ---- */

static struct err *find(struct look *l, struct hls_timeshift_view *v)
{
    bool        too_many = false;
    struct err *e = hls_timeshift_list(&l->files, l->w->folder);
    v->result = HLS_TIMESHIFT_NOTHING;
    if (e || l->files.n == 0)
        return e;
    if (!(l->loaded = mem_calloc(l->files.n, sizeof *l->loaded)))
        return err_no_memory();
    e = l->w->is_vod ? load_vod(l, &too_many) : load_live(l);
    if (!e)
        e = copy_head(l, v);
    if (!e && too_many)
        v->result = HLS_TIMESHIFT_TOO_MANY;
    if (e || too_many || !v->m3u8)
        return e;
    if ((e = collect(l)))
        return e;
    if (!l->w->is_vod)
        cut_to_window(l);
    if (l->n == 0)
        return NULL;
    v->result = HLS_TIMESHIFT_FOUND;
    return write_playlist(l, v);
}

struct err *hls_timeshift_look(struct hls_timeshift_view *v, const struct hls_timeshift_wanted *w)
{
    struct look l = { .w = w, .names = BUF_UP_TO(NAMES_BYTES_MAX) };
    *v = (struct hls_timeshift_view){ 0 };
    struct err *e = find(&l, v);
    for (size_t i = l.first; l.loaded && i < l.files.n && i < l.first + l.n_files; i++)
        hls_timeshift_file_finish(&l.loaded[i]);
    mem_free(l.loaded);
    hls_timeshift_files_finish(&l.files);
    mem_free(l.rows);
    mem_free(l.segments);
    mem_free(l.maps);
    mem_free(l.keys);
    buf_finish(&l.names);
    return e;
}

void hls_timeshift_view_finish(struct hls_timeshift_view *v)
{
    hls_text_finish(&v->text);
    mem_free(v->app);
    *v = (struct hls_timeshift_view){ 0 };
}
