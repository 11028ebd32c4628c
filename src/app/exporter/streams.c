/* Metrics of streams. The rows are copied first, because streams come and go while the text is sent. */
#include <stdio.h>
#include <string.h>

#include "app/exporter/busiest.h"
#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/map.h"
#include "core/mem.h"
#include "protocol/co.h"

/* The labels of a stream: names of at most 512 bytes, which may double when they are escaped. */
enum { LABELS_MAX = 4096, BITS = 8, KILO = 1000 };

struct row {
    char                *labels;
    int64_t              now_us;
    bool                 is_live;
    int64_t              published_us; /* 0: it is not published */
    struct protocol_stat by_protocol[STAT_PROTOCOLS];
    int                  kbps_in, kbps_out;
    double               fps;
    int64_t              frames_video, frames_audio, n_breaks, n_jumps;
    struct pulse         pulse;
    struct video_info    video;
    struct audio_info    audio;
    struct histogram     latency;
};

/* The sums of streams without a row of their own. */
struct sums {
    int64_t n, n_live, n_players, kbps_in, kbps_out, ring_bytes;
};

struct streams {
    struct busiest busiest;
    struct row    *rows;
    size_t         n_rows;
    struct map     labels; /* of the rows, by their text */
    struct sums    all, others;
};

/* ---- the rows ---- */

static int64_t players_of(const struct source *s)
{
    int64_t n = 0;
    for (int p = 0; p < STAT_PROTOCOLS; p++)
        n += s->stat.by_protocol[p].n_players;
    return n;
}

static void add_to_sums(struct sums *sums, const struct source *s, int sign)
{
    sums->n += sign;
    sums->n_live += source_is_live(s) ? sign : 0;
    sums->n_players += sign * players_of(s);
    sums->kbps_in += sign * s->traffic.in.sample.kbps;
    sums->kbps_out += sign * s->traffic.out.sample.kbps;
    sums->ring_bytes += sign * (int64_t)s->ring.bytes;
}

/* Look at all streams: others run meanwhile, and streams come and go. */
static void look_at_all(struct streams *t, const struct registry *r)
{
    struct roll_cursor at = roll_seek(&r->stream_roll, 0);
    for (const struct source *s; (s = roll_next(&r->stream_roll, &at)); co_give_way_by_time()) {
        add_to_sums(&t->all, s, 1);
        busiest_offer(&t->busiest, s->traffic.bytes_in + s->traffic.bytes_out, s->id);
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

static void fill_row(struct row *row, const struct source *s)
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
}

/*
 * Copy the numbers of the busiest streams. Names that are the same once they are valid UTF-8 would be one series twice, for which a
 * scraper refuses all: the second stream counts among the others, and so does one whose row finds no memory.
 */
static void copy_rows(struct streams *t, const struct registry *r)
{
    for (size_t i = 0; i < t->busiest.count; i++, co_give_way_by_time()) {
        const struct source *s = registry_find_stream(r, t->busiest.places[i].id);
        struct row          *row = &t->rows[t->n_rows];
        if (!s)
            continue;
        row->labels = labels_of(s);
        if (!row->labels || map_find(&t->labels, row->labels) || !map_put(&t->labels, row->labels, row)) {
            mem_free(row->labels);
            row->labels = NULL;
            continue;
        }
        fill_row(row, s);
        add_to_sums(&t->others, s, -1);
        t->n_rows++;
    }
}

/* ---- families with one number for each stream ---- */

static void put_is_live(struct mw *m, const struct row *r)
{
    mw_int(m, r->is_live);
}

static void put_published(struct mw *m, const struct row *r)
{
    mw_us(m, r->published_us);
}

static void put_rate_in(struct mw *m, const struct row *r)
{
    mw_int(m, (int64_t)r->kbps_in * KILO / BITS);
}

static void put_rate_out(struct mw *m, const struct row *r)
{
    mw_int(m, (int64_t)r->kbps_out * KILO / BITS);
}

static void put_frame_rate(struct mw *m, const struct row *r)
{
    mw_float(m, r->is_live ? r->fps : 0);
}

static void put_gop(struct mw *m, const struct row *r)
{
    mw_us(m, r->pulse.gop_us);
}

/* 0: not known yet. */
static void put_speed(struct mw *m, const struct row *r)
{
    double  speed = 0;
    int64_t over_us = 0;
    mw_float(m, r->is_live && pulse_speed(&r->pulse, &speed, &over_us) ? speed : 0);
}

static void put_age(struct mw *m, const struct row *r, int64_t since_us)
{
    mw_us(m, r->is_live && since_us ? r->now_us - since_us : 0);
}

static void put_key_age(struct mw *m, const struct row *r)
{
    put_age(m, r, r->pulse.key_arrived_us);
}

static void put_frame_age(struct mw *m, const struct row *r)
{
    put_age(m, r, r->pulse.arrived_us);
}

static void put_gaps(struct mw *m, const struct row *r)
{
    mw_int(m, r->pulse.n_gaps);
}

static void put_gap_time(struct mw *m, const struct row *r)
{
    mw_us(m, r->pulse.gaps_us);
}

static void put_breaks(struct mw *m, const struct row *r)
{
    mw_int(m, r->n_breaks);
}

static void put_jumps(struct mw *m, const struct row *r)
{
    mw_int(m, r->n_jumps);
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    void (*put)(struct mw *m, const struct row *r);
} families[] = {
    { MW_GAUGE, "srs_stream_live", "1 while the stream is published.", put_is_live },
    { MW_GAUGE, "srs_stream_published_seconds", "Time since the publish began; 0: it is not published.",
      put_published },
    { MW_GAUGE, "srs_stream_receive_bytes_per_second", "Bytes from the publisher, over the last seconds.",
      put_rate_in },
    { MW_GAUGE, "srs_stream_send_bytes_per_second", "Bytes to all players, over the last seconds.", put_rate_out },
    { MW_GAUGE, "srs_stream_frame_rate", "Pictures a second, over the last seconds.", put_frame_rate },
    { MW_GAUGE, "srs_stream_gop_seconds", "Length of the last complete GOP.", put_gop },
    { MW_GAUGE, "srs_stream_speed", "How fast the stream's time runs: below 1 the encoder is too slow; 0: not known.",
      put_speed },
    { MW_GAUGE, "srs_stream_key_frame_age_seconds", "Time since the newest key frame came.", put_key_age },
    { MW_GAUGE, "srs_stream_frame_age_seconds", "Time since the newest frame came.", put_frame_age },
    { MW_COUNTER, "srs_stream_gaps_total", "Frames of this publish that came more than a second late.", put_gaps },
    { MW_COUNTER, "srs_stream_gaps_seconds_total", "Sum of those delays.", put_gap_time },
    { MW_COUNTER, "srs_stream_timestamp_jumps_total", "Jumps of the publisher's timestamps that nothing explains.",
      put_breaks },
    { MW_COUNTER, "srs_stream_player_jumps_total", "Jumps of players that fell behind.", put_jumps },
};

static struct err *put_families(struct scrape *s, const struct streams *t)
{
    struct err *e = NULL;
    for (size_t f = 0; !e && f < ARRAY_LEN(families); f++) {
        mw_family(&s->metrics, families[f].type, families[f].name, families[f].help);
        for (size_t i = 0; !e && i < t->n_rows; i++) {
            mw_begin(&s->metrics, t->rows[i].labels);
            families[f].put(&s->metrics, &t->rows[i]);
            e = scrape_give_way(s);
        }
    }
    return e;
}

/* ---- families with several series for each stream ---- */

static void put_codecs(struct mw *m, const struct row *r)
{
    char size[24], rate[16], channels[8];
    if (r->video.codec == CODEC_NONE && r->audio.codec == CODEC_NONE)
        return;
    bool has_video = r->video.codec != CODEC_NONE, has_audio = r->audio.codec != CODEC_NONE;
    snprintf(size, sizeof size, "%ux%u", (unsigned)r->video.width, (unsigned)r->video.height);
    snprintf(rate, sizeof rate, "%u", (unsigned)r->audio.sample_rate);
    snprintf(channels, sizeof channels, "%u", (unsigned)r->audio.channels);
    mw_begin(m, r->labels);
    mw_label(m, "video", has_video ? codec_name(r->video.codec) : "");
    mw_label(m, "profile", has_video ? r->video.profile : "");
    mw_label(m, "level", has_video ? r->video.level : "");
    mw_label(m, "size", has_video ? size : "");
    mw_label(m, "audio", has_audio ? codec_name(r->audio.codec) : "");
    mw_label(m, "sample_rate", has_audio ? rate : "");
    mw_label(m, "channels", has_audio ? channels : "");
    mw_int(m, 1);
}

static void put_frames(struct mw *m, const struct row *r)
{
    mw_begin(m, r->labels);
    mw_label(m, "kind", "video");
    mw_int(m, r->frames_video);
    mw_begin(m, r->labels);
    mw_label(m, "kind", "audio");
    mw_int(m, r->frames_audio);
}

/* A protocol that the stream has never had is left out. */
static void put_by_protocol(struct mw *m, const struct row *r, int64_t (*value)(const struct protocol_stat *p))
{
    for (int p = 0; p < STAT_PROTOCOLS; p++) {
        const struct protocol_stat *of = &r->by_protocol[p];
        if (!of->n_publishers && !of->n_players && !of->bytes_in && !of->bytes_out)
            continue;
        mw_begin(m, r->labels);
        mw_label(m, "protocol", protocol_stat_name((enum stat_protocol)p));
        mw_int(m, value(of));
    }
}

static int64_t n_players(const struct protocol_stat *p)
{
    return p->n_players;
}

static int64_t bytes_in(const struct protocol_stat *p)
{
    return p->bytes_in;
}

static int64_t bytes_out(const struct protocol_stat *p)
{
    return p->bytes_out;
}

static void put_players(struct mw *m, const struct row *r)
{
    put_by_protocol(m, r, n_players);
}

static void put_received(struct mw *m, const struct row *r)
{
    put_by_protocol(m, r, bytes_in);
}

static void put_sent(struct mw *m, const struct row *r)
{
    put_by_protocol(m, r, bytes_out);
}

static void put_latency(struct mw *m, const struct row *r)
{
    mw_histogram(m, r->labels, &r->latency);
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    void (*put)(struct mw *m, const struct row *r);
} wide_families[] = {
    { MW_GAUGE, "srs_stream_info", "The codecs of the stream; always 1.", put_codecs },
    { MW_COUNTER, "srs_stream_frames_total", "Frames that came, by kind.", put_frames },
    { MW_GAUGE, "srs_stream_players", "Players, by protocol.", put_players },
    { MW_COUNTER, "srs_stream_receive_bytes_total", "Bytes from clients of the stream, by protocol.", put_received },
    { MW_COUNTER, "srs_stream_send_bytes_total", "Bytes to clients of the stream, by protocol.", put_sent },
    { MW_HISTOGRAM, "srs_stream_latency_seconds", "As srs_latency_seconds, of one stream.", put_latency },
};

static struct err *put_wide_families(struct scrape *s, const struct streams *t)
{
    struct err *e = NULL;
    for (size_t f = 0; !e && f < ARRAY_LEN(wide_families); f++) {
        mw_family(&s->metrics, wide_families[f].type, wide_families[f].name, wide_families[f].help);
        for (size_t i = 0; !e && i < t->n_rows; i++) {
            wide_families[f].put(&s->metrics, &t->rows[i]);
            e = scrape_give_way(s);
        }
    }
    return e;
}

static void put_sums(struct mw *m, const struct streams *t)
{
    mw_one(m, MW_GAUGE, "srs_live_streams", "Streams that are published.", t->all.n_live);
    mw_one(m, MW_GAUGE, "srs_memory_log_bytes", "Memory of the frames of all streams.", t->all.ring_bytes);
    mw_one(m, MW_GAUGE, "srs_other_streams", "Streams that have no metrics of their own.", t->others.n);
    mw_one(m, MW_GAUGE, "srs_other_streams_players", "Their players.", t->others.n_players);
    mw_one(m, MW_GAUGE, "srs_other_streams_receive_bytes_per_second",
           "Bytes from their publishers, over the last seconds.", t->others.kbps_in * KILO / BITS);
    mw_one(m, MW_GAUGE, "srs_other_streams_send_bytes_per_second", "Bytes to their players, over the last seconds.",
           t->others.kbps_out * KILO / BITS);
}

/* ---- a scrape ---- */

static void finish(struct streams *t)
{
    for (size_t i = 0; i < t->n_rows; i++)
        mem_free(t->rows[i].labels);
    map_finish(&t->labels);
    mem_free(t->rows);
    mem_free(t->busiest.places);
}

struct err *families_of_streams(struct scrape *s)
{
    size_t         max = (size_t)s->server->conf->exporter.streams;
    struct streams t = { .busiest = { .max = max } };
    struct err    *e = NULL;
    if (max) {
        t.busiest.places = mem_calloc(max, sizeof *t.busiest.places);
        t.rows = mem_calloc(max, sizeof *t.rows);
    }
    if (max && (!t.busiest.places || !t.rows))
        e = err_no_memory();
    if (!e) {
        look_at_all(&t, &s->server->registry);
        copy_rows(&t, &s->server->registry);
        put_sums(&s->metrics, &t);
        e = put_families(s, &t);
    }
    if (!e)
        e = put_wide_families(s, &t);
    finish(&t);
    return e;
}
