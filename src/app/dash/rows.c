#include "app/dash/rows.h"

#include "app/dash/disk.h"
#include "app/dash/http.h"
#include "app/dash/inits.h"
#include "app/dash/names.h"
#include "core/mem.h"

/* How far the presentation may run away from the wall clock before a Period begins that is in time again. */
enum { DRIFT_US = 500 * US_PER_MS };

/* A variant may be this many segments late; then the others go on without it. */
enum { LATE_ROWS_MAX = 2 };

/* How far apart the same segment of two variants may begin or end. */
enum { MISALIGNED_US = 20 * US_PER_MS };

void dash_changed(struct dash *d)
{
    blob_unref(&d->text);
    d->is_published = false;
}

/* ---- entries ---- */

static void drop_entry(struct dash_entry *entry)
{
    if (entry->path && entry->segment->is_complete)
        dash_disk_remove(entry->track->dash, entry->path);
    dash_inits_release(entry);
    shelf_take(&entry->item);
    shelf_take(&entry->timed);
    segment_unref(&entry->segment);
    mem_free(entry->path);
    mem_free(entry);
}

static struct dash_entry *new_entry(struct dash_track *t, struct segment *s)
{
    struct dash_entry *entry = mem_calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    *entry = (struct dash_entry){
        .item = { .serve = dash_serve_segment, .guarded = t->dash->show },
        .timed = { .serve = dash_serve_timed, .guarded = t->dash->show },
        .track = t,
        .segment = segment_ref(s),
    };
    if (t->source)
        return entry; /* The member has it on the shelf. */
    entry->path = dash_names_segment(t->dash->folder, t->name, s->number);
    if (entry->path && shelf_put(&entry->item, t->dash->show->vhost, entry->path))
        return entry;
    drop_entry(entry);
    return NULL;
}

struct dash_track *dash_track_of(struct dash *d, const struct lane *lane)
{
    for (size_t i = 0; i < d->n_tracks; i++)
        if (d->tracks[i].lane == lane)
            return &d->tracks[i];
    return NULL;
}

static size_t index_of(const struct dash_track *t)
{
    return (size_t)(t - t->dash->tracks);
}

/* ---- rows ---- */

static struct dash_row *newest_row(struct dash *d)
{
    return list_is_empty(&d->rows) ? NULL : LIST_ENTRY(d->rows.prev, struct dash_row, link);
}

const struct dash_row *dash_row_before(const struct dash *d, const struct dash_row *row)
{
    return row->link.prev == &d->rows ? NULL : LIST_ENTRY(row->link.prev, const struct dash_row, link);
}

static struct dash_row *find_row(struct dash *d, uint64_t number)
{
    for (struct list *it = d->rows.prev; it != &d->rows; it = it->prev) {
        struct dash_row *row = LIST_ENTRY(it, struct dash_row, link);
        if (row->number <= number)
            return row->number == number ? row : NULL;
    }
    return NULL;
}

const struct segment *dash_row_first(const struct dash *d, const struct dash_row *row)
{
    for (size_t i = 0; i < d->n_tracks; i++)
        if (row->entries[i])
            return row->entries[i]->segment;
    return NULL;
}

void dash_row_drop(struct dash *d, struct dash_row *row)
{
    for (size_t i = 0; i < d->n_tracks; i++)
        if (row->entries[i])
            drop_entry(row->entries[i]);
    if (row->period) {
        dash_changed(d);
        if (--row->period->n_rows == 0) {
            list_remove(&row->period->link);
            mem_free(row->period);
        }
    }
    list_remove(&row->link);
    mem_free(row);
}

void dash_rows_drop(struct dash *d)
{
    while (!list_is_empty(&d->rows))
        dash_row_drop(d, newest_row(d));
}

/* The row of a number, made if it is not there. NULL: it is complete, and the segment comes too late; or out of memory. */
static struct dash_row *row_for(struct dash *d, uint64_t number)
{
    struct list *after = d->rows.prev;
    while (after != &d->rows && LIST_ENTRY(after, struct dash_row, link)->number > number)
        after = after->prev;
    struct dash_row *row = after == &d->rows ? NULL : LIST_ENTRY(after, struct dash_row, link);
    if (row && row->number == number)
        return row->period ? NULL : row;
    bool is_late = after->next != &d->rows && LIST_ENTRY(after->next, struct dash_row, link)->period;
    if (is_late || !(row = mem_calloc(1, sizeof *row)))
        return NULL;
    row->number = number;
    list_push(after->next, &row->link);
    return row;
}

void dash_rows_add(struct dash_track *t, struct segment *s)
{
    struct dash       *d = t->dash;
    struct dash_row   *row = row_for(d, s->number);
    struct dash_entry *entry = row ? new_entry(t, s) : NULL;
    if (!entry)
        return;
    row->entries[index_of(t)] = entry;
    if (d->show->vhost->dash.ll)
        dash_changed(d); /* it may be listed now */
}

static void follow_bandwidth(struct dash_track *t, const struct segment *s)
{
    int64_t bps = s->duration_us > 0 ? (int64_t)((double)s->bytes * 8e6 / (double)s->duration_us) : 0;
    if (bps > t->bandwidth_bps)
        t->bandwidth_bps = bps;
}

void dash_rows_describe(struct dash_track *t, struct segment *s)
{
    struct dash_row   *row = find_row(t->dash, s->number);
    struct dash_entry *entry = row ? row->entries[index_of(t)] : NULL;
    if (!entry || entry->segment != s)
        return;
    dash_inits_use(entry);
    if (s->is_complete)
        follow_bandwidth(t, s);
    else if (s->n_parts == 1)
        dash_changed(t->dash); /* its init segment may be another one */
}

static bool is_empty(const struct dash *d, const struct dash_row *row)
{
    return !dash_row_first(d, row);
}

void dash_rows_remove(struct dash_track *t, const struct segment *s)
{
    struct dash_row *row = find_row(t->dash, s->number);
    size_t           i = index_of(t);
    if (!row || !row->entries[i] || row->entries[i]->segment != s)
        return;
    drop_entry(row->entries[i]);
    row->entries[i] = NULL;
    dash_changed(t->dash);
    if (is_empty(t->dash, row))
        dash_row_drop(t->dash, row);
}

void dash_rows_drop_track(struct dash_track *t)
{
    size_t i = index_of(t);
    LIST_FOREACH (&t->dash->rows, it, after) {
        struct dash_row *row = LIST_ENTRY(it, struct dash_row, link);
        if (!row->entries[i])
            continue;
        drop_entry(row->entries[i]);
        row->entries[i] = NULL;
        if (is_empty(t->dash, row))
            dash_row_drop(t->dash, row);
    }
    dash_changed(t->dash);
}

/* ---- complete rows and their Periods ---- */

/* True if a variant has not come as far as this row, and is not so late that the others go on without it. */
static bool is_behind(const struct dash *d, const struct dash_row *row, const struct dash_track *t)
{
    const struct plan     *plan = t->source ? t->lane->plan : NULL;
    const struct dash_row *newest = LIST_ENTRY(d->rows.prev, const struct dash_row, link);
    return plan && !plan->is_paused && plan->next_number <= row->number &&
           newest->number - plan->next_number <= LATE_ROWS_MAX;
}

static bool is_open(const struct dash *d, const struct dash_row *row)
{
    bool open = false;
    for (size_t i = 0; i < d->n_tracks; i++) {
        const struct lane *lane = d->tracks[i].lane;
        open |= lane && ((lane->open && lane->open->number == row->number) || is_behind(d, row, &d->tracks[i]));
    }
    return open;
}

static int64_t end_us(const struct segment *s)
{
    return s->start_us + s->duration_us;
}

static int64_t absolute(int64_t v)
{
    return v < 0 ? -v : v;
}

/* True if the row has a segment in the same tracks as the row before it, and they need the same init segments. */
static bool has_same_tracks(const struct dash *d, const struct dash_row *row, const struct dash_row *before)
{
    bool same = true;
    for (size_t i = 0; i < d->n_tracks; i++) {
        const struct dash_entry *a = before->entries[i], *b = row->entries[i];
        same &= (!a && !b) || (a && b && b->init && a->init == b->init);
    }
    return same;
}

/* Likewise for an open row, as far as it has parts: each track has an open segment, which may stay without any. */
static bool may_have_same_tracks(const struct dash *d, const struct dash_row *row, const struct dash_row *before)
{
    bool may = true;
    for (size_t i = 0; i < d->n_tracks; i++) {
        const struct dash_entry *a = before->entries[i], *b = row->entries[i];
        may &= a ? b && (!b->init || a->init == b->init) : !b || b->segment->n_parts == 0;
    }
    return may;
}

static bool follows(const struct dash *d, const struct dash_row *row, const struct dash_row *before)
{
    const struct segment     *s = dash_row_first(d, row), *last = dash_row_first(d, before);
    const struct dash_period *p = before->period;
    return p && row->number == before->number + 1 && !s->is_discontinuous &&
           absolute(s->start_us + s->shift_us - end_us(last) - last->shift_us) < DRIFT_US &&
           absolute(s->wall_us - p->start_us - (s->start_us + s->shift_us + LANE_MP4_ORIGIN_US - p->base_us)) <
               DRIFT_US;
}

bool dash_row_may_continue(const struct dash *d, const struct dash_row *row, const struct dash_row *before)
{
    return follows(d, row, before) && may_have_same_tracks(d, row, before);
}

/* A Period starts at the wall clock, but after a break not before the last one is over. */
static int64_t period_start_us(const struct dash *d, const struct segment *s)
{
    const struct dash_period *last =
        list_is_empty(&d->periods) ? NULL : LIST_ENTRY(d->periods.prev, const struct dash_period, link);
    int64_t start_us = s->wall_us;
    if (last && s->is_discontinuous && start_us < last->end_us)
        start_us = last->end_us;
    if (last && start_us < last->start_us + US_PER_MS)
        start_us = last->start_us + US_PER_MS;
    return (start_us + US_PER_MS - 1) / US_PER_MS * US_PER_MS;
}

bool dash_is_by_wall(const struct dash *d)
{
    const struct plan *plan = d->viewing->plan;
    return cutter_is_by_wall(&plan->cutter, &plan->policy);
}

/* The earliest time of a track in the row: the sound may begin a little before the pictures. */
static int64_t base_us(const struct dash *d, const struct dash_row *row)
{
    int64_t base_us = INT64_MAX;
    for (size_t i = 0; i < d->n_tracks; i++) {
        const struct dash_entry *entry = row->entries[i];
        if (!entry)
            continue;
        int64_t us = (int64_t)((double)entry->segment->media_time * US_PER_SECOND / entry->init->timescale);
        base_us = us < base_us ? us : base_us;
    }
    return base_us;
}

/* True if a Period that begins in 1970 has the segment at its time. */
static bool is_since_1970(const struct dash *d, const struct segment *s)
{
    return dash_is_by_wall(d) && s->wall_us == s->start_us + s->shift_us;
}

static struct dash_period *new_period(struct dash *d, const struct dash_row *row)
{
    struct dash_period *p = mem_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    if (list_is_empty(&d->periods) && is_since_1970(d, dash_row_first(d, row))) {
        p->base_us = LANE_MP4_ORIGIN_US;
    } else {
        p->start_us = period_start_us(d, dash_row_first(d, row));
        p->base_us = base_us(d, row);
    }
    list_push(&d->periods, &p->link);
    return p;
}

/* Drop the segments of a row that have no bytes, or cannot be described. */
static void drop_lost_entries(struct dash *d, struct dash_row *row)
{
    for (size_t i = 0; i < d->n_tracks; i++) {
        struct dash_entry *entry = row->entries[i];
        if (!entry || (entry->segment->is_complete && entry->init))
            continue;
        drop_entry(entry);
        row->entries[i] = NULL;
    }
}

static bool is_near(int64_t a, int64_t b, uint32_t timescale)
{
    return absolute(a - b) * US_PER_SECOND <= MISALIGNED_US * (int64_t)timescale;
}

static bool are_aligned(const struct segment *a, const struct segment *b, uint32_t timescale)
{
    return is_near(a->media_time, b->media_time, timescale) &&
           is_near(a->media_time + a->media_duration, b->media_time + b->media_duration, timescale);
}

static bool is_picture_of(const struct dash *d, const struct dash_row *row, size_t track)
{
    return row && row->entries[track] && d->tracks[track].is_video;
}

/* The pictures that those of the other variants are compared with: of a variant that the row before has as well, if there is one. */
static const struct dash_entry *reference_of(const struct dash *d, const struct dash_row *row,
                                             const struct dash_row *before)
{
    const struct dash_entry *first = NULL;
    for (size_t i = 0; i < d->n_tracks; i++) {
        if (is_picture_of(d, row, i) && is_picture_of(d, before, i))
            return row->entries[i];
        if (!first && is_picture_of(d, row, i))
            first = row->entries[i];
    }
    return first;
}

static void drop_member(struct dash *d, struct dash_row *row, const struct dash *member)
{
    for (size_t i = 0; i < d->n_tracks; i++) {
        if (!row->entries[i] || !d->tracks[i].source || d->tracks[i].source->dash != member)
            continue;
        drop_entry(row->entries[i]);
        row->entries[i] = NULL;
    }
}

/* Leave out variants whose pictures begin or end at other times than those of the others: players could not switch to them. */
static void drop_misaligned(struct dash *d, struct dash_row *row, const struct dash_row *before)
{
    const struct dash_entry *reference = d->is_group ? reference_of(d, row, before) : NULL;
    for (size_t i = 0; reference && i < d->n_tracks; i++) {
        const struct dash_entry *entry = row->entries[i];
        if (is_picture_of(d, row, i) && (entry->init->timescale != reference->init->timescale ||
                                         !are_aligned(reference->segment, entry->segment, reference->init->timescale)))
            drop_member(d, row, d->tracks[i].source->dash);
    }
}

static void complete(struct dash *d, struct dash_row *row)
{
    const struct dash_row *before = dash_row_before(d, row);
    drop_lost_entries(d, row);
    drop_misaligned(d, row, before);
    const struct segment *s = dash_row_first(d, row);
    if (!s) {
        dash_row_drop(d, row);
        return;
    }
    bool continues = before && follows(d, row, before) && has_same_tracks(d, row, before);
    row->period = continues ? before->period : new_period(d, row);
    if (!row->period) {
        dash_row_drop(d, row);
        return;
    }
    row->period->n_rows++;
    row->period->end_us = row->period->start_us + end_us(s) + s->shift_us + LANE_MP4_ORIGIN_US - row->period->base_us;
    dash_changed(d);
}

/* Rows that are not complete are the newest ones. */
void dash_rows_complete(struct dash *d)
{
    struct list *it = &d->rows, *after;
    while (it->prev != &d->rows && !LIST_ENTRY(it->prev, struct dash_row, link)->period)
        it = it->prev;
    for (; it != &d->rows; it = after) {
        struct dash_row *row = LIST_ENTRY(it, struct dash_row, link);
        after = it->next;
        if (!is_open(d, row))
            complete(d, row);
    }
}

static void load_segment(struct dash_track *t, struct segment *s)
{
    dash_rows_add(t, s);
    dash_rows_describe(t, s);
}

/* The lanes of a view that begins late, or anew, have segments already. Rows are made in the order of their numbers. */
void dash_rows_load(struct dash *d)
{
    const struct list *at[DASH_TRACKS_MAX];
    for (size_t i = 0; i < d->n_tracks; i++)
        at[i] = d->tracks[i].lane->segments.next;
    for (;;) {
        struct segment *first = NULL;
        size_t          track = 0;
        for (size_t i = 0; i < d->n_tracks; i++) {
            struct segment *s = at[i] == &d->tracks[i].lane->segments ? NULL : LIST_ENTRY(at[i], struct segment, link);
            if (s && (!first || s->number < first->number)) {
                first = s;
                track = i;
            }
        }
        if (!first)
            break;
        at[track] = at[track]->next;
        load_segment(&d->tracks[track], first);
    }
    for (size_t i = 0; i < d->n_tracks; i++)
        if (d->tracks[i].lane->open)
            load_segment(&d->tracks[i], d->tracks[i].lane->open);
    dash_rows_complete(d);
}
