#include "app/hls/recover.h"

#include <stdlib.h>
#include <string.h>

#include "app/hls/dateranges.h"
#include "app/hls/files.h"
#include "app/hls/hls.h"
#include "app/hls/keys.h"
#include "app/hls/life.h"
#include "app/hls/names.h"
#include "app/hls/renditions.h"
#include "app/hls/uri_path.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hls/playlist_read.h"
#include "protocol/file_read.h"

/* Bounds of the playlist that is read, and the time that a disk has for it. The stream is not cut before. */
enum { PLAYLIST_BYTES_MAX = 4 << 20, READ_US = 2 * US_PER_SECOND };

/* A target duration beyond this is not taken over. */
enum { TARGET_S_MAX = 3600 };

/* Segments that players with low latency may have seen and that the playlist on the disk does not name: one that was being written, and
 * the open one. */
enum { LOST_SEGMENTS = 2 };

static char *path_of(const struct hls *h, const char *uri)
{
    return hls_uri_path_entry(h->m3u8_path, uri, h->show->vhost->hls.entry_prefix);
}

static char *key_path_of(const struct hls *h, const char *uri)
{
    return hls_uri_path_key(h->m3u8_path, uri, h->show->vhost->hls.key_url);
}

/* The number of an init segment, by its name (hls_name_init()): init-7.mp4 is the seventh, unless that is the name of a stream. */
static struct err *number_of_init(const struct hls *h, const char *path, uint64_t *number)
{
    const char *slash = strrchr(path, '/'), *dash = strrchr(slash ? slash : path, '-');
    char       *name = NULL;
    *number = dash ? strtoull(dash + 1, NULL, 10) : 0;
    struct err *e =
        *number > 1 && *number <= HLS_READ_NUMBER_MAX ? hls_name_init(&name, h->show, h->track, *number) : NULL;
    if (!e && !str_equal(name, path))
        *number = 1;
    mem_free(name);
    return e;
}

static struct err *adopt_init(struct hls *h, const struct hls_segment *from, uint64_t *number)
{
    *number = 0;
    if (!from->map)
        return NULL;
    char *path = path_of(h, from->map->uri);
    if (!path)
        return NULL;
    struct err *e = number_of_init(h, path, number);
    if (e) {
        mem_free(path);
        return e;
    }
    if (h->lane->init_number < *number)
        h->lane->init_number = *number;
    return hls_adopt_init(h, path, *number);
}

static struct err *without_key(const struct hls *h, struct err *e)
{
    log_err(LOG_WARN, e, "a key of %s is lost: its old segments cannot be played", h->show->label);
    return NULL;
}

/* Read a key of the former run. A segment whose key is lost stays listed, and cannot be played. */
static struct err *read_key(struct hls *h, const struct hls_key *from, uint64_t number, int64_t deadline_us)
{
    char       *full = NULL, *path = key_path_of(h, from->uri);
    struct buf  bytes = { 0 };
    struct err *e = NULL;
    if (!path || hls_keys_find(h->keys, path)) {
        mem_free(path);
        return NULL;
    }
    if (!(e = hls_name_key_file(&full, h->show, path)))
        e = file_read(full, AES_CBC_BLOCK, &bytes, deadline_us);
    mem_free(full);
    if (!e && bytes.len == AES_CBC_BLOCK) {
        e = hls_keys_adopt(h->keys, number, path, (const uint8_t *)bytes.bytes);
        path = NULL;
    }
    buf_finish(&bytes);
    mem_free(path);
    return e && err_code(e) != E_THREAD_INTERRUPTED ? without_key(h, e) : e;
}

/* Read all keys before any segment is listed, because this yields: nobody may see half of a playlist. */
static struct err *read_keys(struct hls *h, const struct buf *text, int64_t deadline_us)
{
    struct hls_playlist_reader r;
    struct hls_segment         from;
    struct err                *e = NULL;
    char                      *copy = mem_strndup(text->bytes, text->len); /* The reader writes into it. */
    if (!copy)
        return err_no_memory();
    hls_playlist_reader_init(&r, copy, text->len);
    while (!e && hls_playlist_read(&r, &from) == HLS_READ_SEGMENT)
        if (from.key)
            e = read_key(h, from.key, (uint64_t)(r.media_sequence + r.n_read - 1), deadline_us);
    mem_free(copy);
    return e;
}

/* Give an adopted segment the key that the playlist names. Without it nobody can play the segment. */
static void key_entry(const struct hls *h, struct hls_entry *entry, const struct hls_key *from)
{
    char                    *path = h->keys ? key_path_of(h, from->uri) : NULL;
    const struct hls_secret *secret = path ? hls_keys_find(h->keys, path) : NULL;
    mem_free(path);
    if (!secret) {
        entry->is_on_disk = false;
        return;
    }
    entry->key = *from;
    entry->key.uri = secret->uri;
    entry->key.uri_kind = *h->show->vhost->hls.key_url ? HLS_URI_PLAIN : HLS_URI_KEY;
    entry->key.keyformat = NULL;
}

/* When the segment was: the playlist of the stream tells it, and a rendition follows the stream. */
static void take_times(const struct hls *h, struct segment *s, const struct hls_segment *from)
{
    struct plan          *plan = h->viewing->plan;
    const struct segment *same = h->main ? lane_find(h->main->lane, s->number) : NULL;
    plan->discontinuities += !same && from->discontinuity;
    s->discontinuities = same ? same->discontinuities : plan->discontinuities;
    s->is_discontinuous = same ? same->is_discontinuous : from->discontinuity;
    s->wall_us = same ? same->wall_us : from->wall_us ? from->wall_us : plan->wall_end_us;
    if (same)
        return;
    plan->wall_end_us = s->wall_us + s->duration_us;
    if (s->duration_us > plan->longest_us)
        plan->longest_us = s->duration_us;
}

/* A segment that the playlist names. What has no file keeps its place and its times, as a gap. */
static struct err *adopt(struct hls *h, uint64_t number, const struct hls_segment *from)
{
    char           *path = path_of(h, from->uri);
    uint64_t        init_number = 0;
    struct err     *e = path ? adopt_init(h, from, &init_number) : NULL;
    struct segment *s = e ? NULL : lane_adopt(h->lane, number, from->duration_us);
    if (!s) {
        mem_free(path);
        return e ? e : err_no_memory();
    }
    s->init_number = init_number;
    take_times(h, s, from);
    if (!path || (e = hls_adopt_entry(h, s, path)))
        return e;
    struct hls_entry *entry = hls_find_entry(h, s);
    entry->is_on_disk = !from->gap;
    if (from->key)
        key_entry(h, entry, from->key);
    return NULL;
}

static struct err *adopt_lost_one(struct hls *h, int64_t duration_us)
{
    struct plan          *plan = h->viewing->plan;
    const struct segment *last = lane_newest(h->lane);
    struct segment       *s = lane_adopt(h->lane, plan->next_number, duration_us);
    char                 *path = NULL;
    if (!s)
        return err_no_memory();
    plan->next_number++;
    s->init_number = last->init_number;
    s->discontinuities = plan->discontinuities;
    s->wall_us = plan->wall_end_us;
    plan->wall_end_us += duration_us;
    struct err *e = hls_name_segment(&path, h->show, h->track, s);
    if (!e && !(e = hls_adopt_entry(h, s, path)))
        hls_find_entry(h, s)->is_on_disk = false;
    return e;
}

/* Each may have had another init segment, whose name is not used again either. Its file is served if it is there. */
static struct err *adopt_lost_inits(struct hls *h)
{
    struct err *e = NULL;
    for (int n = 0; !e && n < LOST_SEGMENTS && h->lane->init_number > 0; n++) {
        char *path = NULL;
        e = hls_name_init(&path, h->show, h->track, ++h->lane->init_number);
        if (!e)
            e = hls_adopt_init(h, path, h->lane->init_number);
    }
    return e;
}

/* Players have seen parts of segments that are lost. Their numbers stay theirs, as gaps that share the time of the outage: hls.js gives
 * up when a number that it knows comes back with other media. */
static struct err *adopt_lost(struct hls *h)
{
    const struct plan *plan = h->viewing->plan;
    int64_t            each_us = (wall_now_us() - plan->wall_end_us) / LOST_SEGMENTS;
    struct err        *e = NULL;
    if (each_us > plan->policy.fragment_us)
        each_us = plan->policy.fragment_us;
    if (each_us < plan->policy.part_us)
        each_us = plan->policy.part_us;
    for (int n = 0; !e && n < LOST_SEGMENTS; n++)
        e = adopt_lost_one(h, each_us);
    if (!e)
        e = adopt_lost_inits(h);
    for (struct list *it = h->renditions.next; !e && it != &h->renditions; it = it->next)
        e = adopt_lost_inits(LIST_ENTRY(it, struct hls, in_main));
    return e;
}

/* Segments that a former run kept after they had left the playlist. */
static void remove_kept(struct hls *h, int64_t first)
{
    for (int64_t n = 1; n <= HLS_SEGMENTS_KEPT && n <= first && h->show->vhost->hls.cleanup; n++)
        hls_files_remove_number(h, (uint64_t)(first - n));
}

/* Numbers that no former run can have given: they rise faster than segments are made. */
static void count_from_clock(struct hls *h)
{
    struct plan *plan = h->viewing->plan;
    int64_t      step_us = plan->policy.fragment_us < US_PER_SECOND ? plan->policy.fragment_us : US_PER_SECOND;
    plan->next_number = (uint64_t)(wall_now_us() / (step_us > 0 ? step_us : US_PER_SECOND));
}

static void adopt_daterange(void *h, const struct hls_daterange *d)
{
    hls_dateranges_adopt(h, d);
}

static struct err *adopt_all(struct hls *h, struct buf *text)
{
    struct hls_playlist_reader r;
    struct hls_segment         from;
    struct plan               *plan = h->viewing->plan;
    struct err                *e = NULL;
    hls_playlist_reader_init(&r, text->bytes, text->len);
    r.on_daterange = adopt_daterange;
    r.arg = h;
    while (!e && hls_playlist_read(&r, &from) == HLS_READ_SEGMENT) {
        if (r.n_read == 1)
            plan->discontinuities = (uint64_t)r.discontinuity_sequence;
        e = adopt(h, (uint64_t)(r.media_sequence + r.n_read - 1), &from);
    }
    if (e)
        return e;
    if (r.n_read == 0) {
        count_from_clock(h);
        log_warn("HLS of %s/%s begins with segment %llu: the playlist on the disk has no segments", h->show->app,
                 h->show->stream, (unsigned long long)plan->next_number);
        return NULL;
    }
    remove_kept(h, r.media_sequence);
    if (r.target_duration_s <= TARGET_S_MAX)
        h->target_s = r.target_duration_s;
    plan->next_number = (uint64_t)(r.media_sequence + r.n_read);
    plan->has_begun = plan->breaks = true;
    h->is_settled = true;
    return NULL;
}

/* ---- renditions ---- */

/* The files of a stream and of its renditions are not written at once: what only one of them has is not shown. */
static void drop_number(struct hls *rendition, uint64_t number)
{
    struct plan *plan = rendition->viewing->plan;
    hls_files_remove_number(rendition, number);
    if (number >= plan->next_number)
        plan->next_number = number + 1;
}

static struct err *adopt_rendition(struct hls *h, struct buf *text)
{
    struct hls_playlist_reader r;
    struct hls_segment         from;
    struct err                *e = NULL;
    hls_playlist_reader_init(&r, text->bytes, text->len);
    while (!e && hls_playlist_read(&r, &from) == HLS_READ_SEGMENT) {
        uint64_t number = (uint64_t)(r.media_sequence + r.n_read - 1);
        if (!lane_find(h->main->lane, number))
            drop_number(h, number);
        else if (!from.gap)
            e = adopt(h, number, &from);
    }
    if (!e && r.n_read > 0)
        remove_kept(h, r.media_sequence);
    if (!e && r.target_duration_s <= TARGET_S_MAX)
        h->target_s = r.target_duration_s;
    return e;
}

static struct err *recover_rendition(struct hls *main, const char *track, int64_t deadline_us)
{
    char       *full = NULL;
    struct buf  text = { 0 };
    struct hls *h;
    struct err *e = hls_rendition_get(main, track, &h);
    if (!e && h->lane->n_segments > 0)
        return NULL; /* It was named twice. */
    if (!e)
        e = hls_name_file(&full, h->show, h->m3u8_path);
    if (!e)
        e = file_read(full, PLAYLIST_BYTES_MAX, &text, deadline_us);
    if (!e && h->keys && text.len)
        e = read_keys(h, &text, deadline_us);
    if (!e)
        e = adopt_rendition(h, &text);
    buf_finish(&text);
    mem_free(full);
    if (!e || err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    log_err(LOG_WARN, e, "the former segments of the track %s of %s cannot be read", track, main->show->label);
    return NULL;
}

/* Only some of the names may be left when a read is interrupted. */
static struct err *recover_renditions(struct hls *main, const struct hls_renditions_line *line, int64_t deadline_us)
{
    struct err *e = NULL;
    main->is_master |= line->is_master;
    for (size_t i = 0; !e && i < line->n; i++)
        e = recover_rendition(main, line->tracks[i], deadline_us);
    return e;
}

/* ---- the stream ---- */

/* A stream is worth more than its old playlist. */
static struct err *without_playlist(struct hls *h, struct err *e)
{
    e = err_except(e, E_SYSTEM_FILE_NOT_EXISTS);
    if (!e || err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    count_from_clock(h);
    log_err(LOG_WARN, e, "HLS of %s/%s begins with segment %llu: the playlist on the disk cannot be read", h->show->app,
            h->show->stream, (unsigned long long)h->viewing->plan->next_number);
    return NULL;
}

static struct err *take_over(struct hls *h, struct buf *text, int64_t deadline_us)
{
    struct hls_renditions_line line;
    struct err                *e = h->keys && text->len ? read_keys(h, text, deadline_us) : NULL;
    hls_renditions_read(&line, text->bytes, text->len); /* before the text is written into */
    if (!e)
        e = adopt_all(h, text);
    if (e || !h->is_settled)
        return e;
    e = recover_renditions(h, &line, deadline_us);
    if (!e && h->show->vhost->hls.ll)
        e = adopt_lost(h);
    if (!e)
        log_info("HLS of %s/%s goes on with segment %llu", h->show->app, h->show->stream,
                 (unsigned long long)h->viewing->plan->next_number);
    return e;
}

struct err *hls_recover(struct hls *h)
{
    char      *full = NULL;
    struct buf text = { 0 };
    int64_t    deadline_us = now_us() + READ_US;
    if (h->viewing->plan->has_begun || h->viewing->plan->cutter.is_open)
        return NULL;
    if (!h->files) {
        count_from_clock(h);
        return NULL;
    }
    struct err *e = hls_name_file(&full, h->show, h->m3u8_path);
    if (!e)
        e = file_read(full, PLAYLIST_BYTES_MAX, &text, deadline_us);
    e = e ? without_playlist(h, e) : take_over(h, &text, deadline_us);
    buf_finish(&text);
    mem_free(full);
    return e;
}
