#include "app/exporter/stream_rows.h"

#include <string.h>

#include "app/exporter/busiest.h"
#include "core/clock.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/mw.h"
#include "protocol/co.h"

/* The labels of a stream: names of at most 512 bytes, of which each may become three when it is escaped. */
enum { LABELS_MAX = 4096 };

static int n_at_once;

static int64_t players_of(const struct source *s)
{
    int64_t n = 0;
    for (int p = 0; p < STAT_PROTOCOLS; p++)
        n += s->stat.by_protocol[p].n_players;
    return n;
}

static void add_to_sums(struct stream_sums *sums, const struct source *s, int sign)
{
    sums->n += sign;
    sums->n_live += source_is_live(s) ? sign : 0;
    sums->n_players += sign * players_of(s);
    sums->kbps_in += sign * s->traffic.in.sample.kbps;
    sums->kbps_out += sign * s->traffic.out.sample.kbps;
    sums->ring_bytes += sign * (int64_t)s->ring.bytes;
}

/* Look at all streams: others run meanwhile, and streams come and go. */
static void look_at_all(struct stream_rows *t, struct busiest *busiest, const struct registry *r)
{
    struct roll_cursor at = roll_seek(&r->stream_roll, 0);
    for (const struct source *s; (s = roll_next(&r->stream_roll, &at)); co_give_way_by_time()) {
        add_to_sums(&t->all, s, 1);
        busiest_offer(busiest, s->traffic.bytes_in + s->traffic.bytes_out, s->id);
    }
    t->others = t->all;
}

static char *labels_of(const struct source *s)
{
    struct buf text = BUF_UP_TO(LABELS_MAX);
    mw_text_label(&text, "vhost", s->vhost->name);
    mw_text_label(&text, "app", s->app);
    mw_text_label(&text, "stream", s->stream);
    char *labels = text.fault ? NULL : buf_take(&text);
    buf_finish(&text);
    return labels;
}

static void fill_row(struct stream_row *row, const struct source *s)
{
    row->now_us = now_us();
    row->is_live = source_is_live(s);
    row->published_us = row->is_live ? row->now_us - s->published_at_us : 0;
    memcpy(row->by_protocol, s->stat.by_protocol, sizeof row->by_protocol);
    row->kbps_in = s->traffic.in.sample.kbps;
    row->kbps_out = s->traffic.out.sample.kbps;
    row->fps = s->fps;
    row->frames_video = s->frames_video;
    row->frames_audio = s->frames_audio;
    row->n_breaks = s->clock.n_breaks;
    row->n_jumps = s->n_jumps;
    row->pulse = s->pulse;
    row->video = s->video;
    row->audio = s->audio;
    row->latency = s->latency;
    const struct dvr_counts *dvr = dvr_counts_of(s->id);
    row->is_recorded = dvr != NULL;
    if (dvr)
        row->dvr = *dvr;
}

/*
 * Copy the numbers of the busiest streams. Names that are the same once they are valid UTF-8 would be one series twice, for which a
 * scraper refuses all: the second stream counts among the others, and so does one whose row finds no memory.
 */
static void copy_rows(struct stream_rows *t, const struct busiest *busiest, const struct registry *r)
{
    struct map labels = MAP_INIT; /* of the rows, by their text */
    for (size_t i = 0; i < busiest->count; i++, co_give_way_by_time()) {
        const struct source *s = registry_find_stream(r, busiest->places[i].id);
        struct stream_row   *row = &t->rows[t->n_rows];
        if (!s)
            continue;
        row->labels = labels_of(s);
        if (!row->labels || map_find(&labels, row->labels) || !map_put(&labels, row->labels, row)) {
            mem_free(row->labels);
            row->labels = NULL;
            continue;
        }
        fill_row(row, s);
        add_to_sums(&t->others, s, -1);
        t->n_rows++;
    }
    map_finish(&labels);
}

struct err *stream_rows_take(struct stream_rows *t, const struct registry *r, size_t max)
{
    struct busiest busiest = { .max = n_at_once < STREAM_ROWS_AT_ONCE_MAX && mem_has_room() ? max : 0 };
    t->counts = busiest.max > 0;
    n_at_once += t->counts;
    if (busiest.max) {
        busiest.places = mem_calloc(busiest.max, sizeof *busiest.places);
        t->rows = mem_calloc(busiest.max, sizeof *t->rows);
    }
    struct err *e = busiest.max && (!busiest.places || !t->rows) ? err_no_memory() : NULL;
    if (!e) {
        look_at_all(t, &busiest, r);
        copy_rows(t, &busiest, r);
    }
    mem_free(busiest.places);
    return e;
}

void stream_rows_finish(struct stream_rows *t)
{
    n_at_once -= t->counts;
    for (size_t i = 0; i < t->n_rows; i++)
        mem_free(t->rows[i].labels);
    mem_free(t->rows);
}
