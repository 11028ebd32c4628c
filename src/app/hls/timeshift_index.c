#include "app/hls/timeshift_index.h"

#include <stdio.h>
#include <string.h>

#include "app/hls/files.h"
#include "app/hls/hls.h"
#include "app/hls/keys.h"
#include "app/hls/master_playlist.h"
#include "app/hls/timeshift_folder.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/offload.h"

/* A file of the index covers this share of the window, between these bounds: segments stay longer by one file at most. */
enum { FILES_OF_WINDOW = 16 };
#define FILE_US_MIN (INT64_C(2) * US_PER_SECOND)
#define FILE_US_MAX (INT64_C(3600) * US_PER_SECOND)

/* The time that a disk has for the newest file of an index. */
enum { READ_US = 2 * US_PER_SECOND };

enum { CODECS_CAP = 256 };

struct load;

struct hls_timeshift {
    struct hls  *hls;
    char        *folder;
    struct load *load;                                   /* NULL: no thread reads */
    bool         is_loaded;                              /* Numbers go on from what follows. */
    int64_t      next_seq, discontinuities, last_number; /* last_number -1: none */
    int64_t      wall_end_us;
    int64_t      init_number;
    int64_t      start_ms; /* of the open file; 0: the next segment begins one */
    size_t       n_records;
    int64_t      file_init; /* of its segments */
};

/* ---- what a former run has left ---- */

struct load {
    struct offload_job    job;
    struct hls_timeshift *index; /* NULL: it was left meanwhile */
    struct err           *e;
    bool                  has_any;
    int64_t               seq, discontinuities, number, wall_end_us, init_number;
    char                  folder[];
};

/* The last record of the newest file that has one. */
static void work_load(struct offload_job *job)
{
    struct load               *l = CONTAINER_OF(job, struct load, job);
    struct hls_timeshift_files files;
    l->e = hls_timeshift_list(&files, l->folder);
    for (size_t i = files.n; !l->e && !l->has_any && i-- > 0;) {
        struct hls_timeshift_file file;
        l->e = hls_timeshift_load(&file, l->folder, files.start_ms[i]);
        if (!l->e && file.n > 0) {
            const struct hls_timeshift_record *r = &file.records[file.n - 1];
            l->has_any = true;
            l->seq = r->seq;
            l->discontinuities = r->discontinuities;
            l->number = r->number;
            l->wall_end_us = r->wall_us + r->duration_us;
            l->init_number = r->init_number;
        }
        hls_timeshift_file_finish(&file);
    }
    hls_timeshift_files_finish(&files);
}

static void apply(struct hls_timeshift *t, const struct load *l)
{
    t->is_loaded = true;
    if (!l->has_any)
        return;
    t->next_seq = l->seq + 1;
    t->discontinuities = l->discontinuities;
    t->last_number = l->number;
    t->wall_end_us = l->wall_end_us;
    t->init_number = l->init_number;
    LIST_FOREACH (&t->hls->entries, it, after) {
        struct hls_entry *entry = LIST_ENTRY(it, struct hls_entry, link);
        entry->is_indexed |= entry->is_adopted && (int64_t)entry->segment->number <= l->number;
    }
}

static void free_load(struct load *l)
{
    err_free(l->e);
    mem_free(l);
}

/* On the loop: nobody has waited for it. */
static void drop_load(struct offload_job *job)
{
    struct load          *l = CONTAINER_OF(job, struct load, job);
    struct hls_timeshift *t = l->index;
    if (t)
        t->load = NULL;
    if (t && !job->refused && !l->e) {
        apply(t, l);
        hls_timeshift_note(t->hls);
    } else if (t && l->e) {
        log_err(LOG_WARN, l->e, "the index of timeshift of %s cannot be read", t->hls->show->label);
        l->e = NULL;
    }
    free_load(l);
}

static struct load *make_load(struct hls_timeshift *t)
{
    size_t       len = strlen(t->folder);
    struct load *l = mem_calloc(1, sizeof *l + len + 1);
    if (!l)
        return NULL;
    l->job = (struct offload_job){ .work = work_load, .drop = drop_load };
    memcpy(l->folder, t->folder, len);
    return l;
}

/* Read beside the loop, for a stream that is live already. */
static void start_load(struct hls_timeshift *t)
{
    struct load *l = t->load || t->is_loaded ? NULL : make_load(t);
    if (!l)
        return;
    l->index = t;
    struct err *e = offload_start(OFFLOAD_READ, &l->job);
    if (e) { /* The next segment tries again. */
        err_free(e);
        free_load(l);
        return;
    }
    t->load = l;
}

/* ---- life ---- */

static struct err *create(struct hls *h)
{
    struct hls_timeshift *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_no_memory();
    *t = (struct hls_timeshift){ .hls = h, .last_number = -1 };
    struct err *e = hls_timeshift_folder_name(&t->folder, h->show->vhost->hls.path, h->show->vhost->name, h->m3u8_path);
    if (e) {
        mem_free(t);
        return e;
    }
    h->timeshift = t;
    return NULL;
}

void hls_timeshift_leave(struct hls *h)
{
    struct hls_timeshift *t = h->timeshift;
    h->timeshift = NULL;
    if (!t)
        return;
    if (t->load)
        t->load->index = NULL;
    mem_free(t->folder);
    mem_free(t);
}

static bool is_wanted(const struct hls *h)
{
    return h->files && !h->main && h->show->vhost->hls.timeshift_us > 0;
}

/* The live playlist may have gone before, by hls_dispose: its numbers go on behind the index. */
static void follow_numbers(struct hls *h)
{
    const struct hls_timeshift *t = h->timeshift;
    struct plan                *plan = h->viewing->plan;
    if (t->last_number < 0 || (uint64_t)t->last_number < plan->next_number)
        return;
    plan->next_number = (uint64_t)t->last_number + 1;
    plan->has_begun = plan->breaks = true;
    if (plan->wall_end_us < t->wall_end_us)
        plan->wall_end_us = t->wall_end_us;
    if (h->lane->init_number < (uint64_t)t->init_number)
        h->lane->init_number = (uint64_t)t->init_number;
}

/* A stream is worth more than its past. The index is read again with the first segment. */
static struct err *without_index(const struct hls *h, struct err *e)
{
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    log_err(LOG_WARN, e, "the index of timeshift of %s cannot be read", h->show->label);
    return NULL;
}

struct err *hls_timeshift_recover(struct hls *h)
{
    struct err *e = is_wanted(h) && !h->timeshift ? create(h) : NULL;
    if (e || !h->timeshift || h->timeshift->is_loaded)
        return e;
    struct load *l = make_load(h->timeshift);
    if (!l)
        return err_no_memory();
    if ((e = offload(OFFLOAD_READ, &l->job, now_us() + READ_US)))
        return without_index(h, e);
    e = l->e;
    l->e = NULL;
    if (!e) {
        apply(h->timeshift, l);
        follow_numbers(h);
    }
    free_load(l);
    return e ? without_index(h, e) : NULL;
}

/* ---- lines ---- */

static const char *key_path(const struct hls *h, const struct hls_entry *entry)
{
    if (!h->keys || !entry->key.uri)
        return "";
    const struct hls_secret *s = hls_keys_of_uri(h->keys, entry->key.uri);
    return s ? s->path : "";
}

static struct hls_timeshift_record record_of(const struct hls_timeshift *t, const struct hls_entry *entry)
{
    const struct hls           *h = t->hls;
    const struct segment       *s = entry->segment;
    const struct hls_init      *init = s->init_number ? hls_find_init(h, s->init_number) : NULL;
    bool                        goes_on = t->last_number < 0 || (int64_t)s->number == t->last_number + 1;
    struct hls_timeshift_record r = {
        .seq = t->next_seq,
        .number = (int64_t)s->number,
        .wall_us = s->wall_us > t->wall_end_us ? s->wall_us : t->wall_end_us,
        .duration_us = s->duration_us,
        .target_s = h->target_s,
        .bytes = (int64_t)s->bytes,
        .discontinuity = s->is_discontinuous || !goes_on,
        .independent = s->independent,
        .init_number = (int64_t)s->init_number,
        .init = init ? init->path : "",
        .key = key_path(h, entry),
        .path = entry->path,
    };
    r.discontinuities = t->discontinuities + r.discontinuity;
    r.method = *r.key ? entry->key.method : HLS_KEY_NONE;
    memcpy(r.iv, entry->key.iv, sizeof r.iv);
    return r;
}

static void put_head(const struct hls *h, struct buf *lines)
{
    char               codecs[CODECS_CAP];
    struct hls_variant v = { 0 };
    struct str         out = str_over(codecs, sizeof codecs);
    hls_master_describe(h, &v, &out);
    struct hls_timeshift_head head = {
        .app = h->show->app,
        .stream = h->show->stream,
        .m3u8 = h->m3u8_path,
        .codecs = codecs,
        .width = v.width,
        .height = v.height,
        .fps_thousandths = v.fps_thousandths,
    };
    if (!hls_timeshift_put_head(lines, &head))
        log_warn("timeshift of %s: its names cannot be written", h->show->label);
}

static int64_t file_us(const struct hls *h)
{
    int64_t wanted_us = h->show->vhost->hls.timeshift_us / FILES_OF_WINDOW;
    return wanted_us < FILE_US_MIN ? FILE_US_MIN : wanted_us > FILE_US_MAX ? FILE_US_MAX : wanted_us;
}

/* True if the segment begins another file. A start never goes back, nor is it that of a file before it. */
static bool begins_file(const struct hls_timeshift *t, const struct hls_timeshift_record *r)
{
    return !t->start_ms || t->n_records >= HLS_TIMESHIFT_FILE_RECORDS_MAX || t->file_init != r->init_number ||
           r->wall_us - t->start_ms * US_PER_MS >= file_us(t->hls);
}

static void add(struct hls_timeshift *t, struct hls_entry *entry)
{
    struct hls_timeshift_record r = record_of(t, entry);
    struct buf                  lines = buf_up_to(3 * HLS_TIMESHIFT_LINE_MAX), path = buf_up_to(8 << 10);
    if (begins_file(t, &r)) {
        t->start_ms = r.wall_us / US_PER_MS;
        t->n_records = 0;
        t->file_init = r.init_number;
        put_head(t->hls, &lines);
    }
    hls_timeshift_put_path(&path, t->folder, t->start_ms);
    bool fits = (!entry->key.uri || *r.key) && hls_timeshift_put_record(&lines, &r) && !path.fault;
    if (fits && hls_files_append(t->hls, path.bytes, lines.bytes, lines.len)) {
        t->n_records++;
        t->next_seq = r.seq + 1;
        t->discontinuities = r.discontinuities;
        t->last_number = r.number;
        t->wall_end_us = r.wall_us + r.duration_us;
        entry->is_indexed = true;
    } else {
        t->start_ms = 0;
    }
    buf_finish(&lines);
    buf_finish(&path);
}

bool hls_timeshift_awaits(const struct hls *h, const struct segment *s)
{
    const struct hls_entry *entry = is_wanted(h) ? hls_find_entry(h, s) : NULL;
    return entry && entry->is_on_disk && !entry->is_indexed;
}

/* `all`: also those that are on their way to the disk. */
static void note(struct hls_timeshift *t, bool all)
{
    LIST_FOREACH (&t->hls->entries, it, after) {
        struct hls_entry *entry = LIST_ENTRY(it, struct hls_entry, link);
        bool              is_there = entry->is_written || (all && entry->is_on_disk);
        if (is_there && !entry->is_indexed && entry->segment->is_complete)
            add(t, entry);
    }
}

void hls_timeshift_note(struct hls *h)
{
    if (!is_wanted(h)) {
        hls_timeshift_leave(h);
        return;
    }
    struct err *e = h->timeshift ? NULL : create(h);
    if (e) {
        err_free(e); /* The next segment tries again. */
        return;
    }
    if (!h->timeshift->is_loaded) {
        start_load(h->timeshift);
        return;
    }
    note(h->timeshift, false);
}

void hls_timeshift_note_last(struct hls *h)
{
    if (is_wanted(h) && h->timeshift && h->timeshift->is_loaded)
        note(h->timeshift, true);
}
