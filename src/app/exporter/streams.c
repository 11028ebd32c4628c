/* Metrics of streams. */
#include <stdio.h>

#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "app/exporter/stream_rows.h"

enum { BITS = 8, KILO = 1000 };

/* ---- families with one number for each stream ---- */

static void put_is_live(struct mw *m, const struct stream_row *r)
{
    mw_int(m, r->is_live);
}

static void put_published(struct mw *m, const struct stream_row *r)
{
    mw_us(m, r->published_us);
}

static void put_rate_in(struct mw *m, const struct stream_row *r)
{
    mw_int(m, (int64_t)r->kbps_in * KILO / BITS);
}

static void put_rate_out(struct mw *m, const struct stream_row *r)
{
    mw_int(m, (int64_t)r->kbps_out * KILO / BITS);
}

static void put_frame_rate(struct mw *m, const struct stream_row *r)
{
    mw_float(m, r->is_live ? r->fps : 0);
}

static void put_gop(struct mw *m, const struct stream_row *r)
{
    mw_us(m, r->pulse.gop_us);
}

/* 0: not known yet. */
static void put_speed(struct mw *m, const struct stream_row *r)
{
    double  speed = 0;
    int64_t over_us = 0;
    mw_float(m, r->is_live && pulse_speed(&r->pulse, &speed, &over_us) ? speed : 0);
}

static void put_age(struct mw *m, const struct stream_row *r, int64_t since_us)
{
    mw_us(m, r->is_live && since_us ? r->now_us - since_us : 0);
}

static void put_key_age(struct mw *m, const struct stream_row *r)
{
    put_age(m, r, r->pulse.key_arrived_us);
}

static void put_frame_age(struct mw *m, const struct stream_row *r)
{
    put_age(m, r, r->pulse.arrived_us);
}

static void put_gaps(struct mw *m, const struct stream_row *r)
{
    mw_int(m, r->pulse.n_gaps);
}

static void put_gap_time(struct mw *m, const struct stream_row *r)
{
    mw_us(m, r->pulse.gaps_us);
}

static void put_breaks(struct mw *m, const struct stream_row *r)
{
    mw_int(m, r->n_breaks);
}

static void put_jumps(struct mw *m, const struct stream_row *r)
{
    mw_int(m, r->n_jumps);
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    void (*put)(struct mw *m, const struct stream_row *r);
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

static struct err *put_families(struct scrape *s, const struct stream_rows *t)
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

static void put_codecs(struct mw *m, const struct stream_row *r)
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

static void put_frames(struct mw *m, const struct stream_row *r)
{
    mw_begin(m, r->labels);
    mw_label(m, "kind", "video");
    mw_int(m, r->frames_video);
    mw_begin(m, r->labels);
    mw_label(m, "kind", "audio");
    mw_int(m, r->frames_audio);
}

/* A protocol that the stream has never had is left out. */
static void put_by_protocol(struct mw *m, const struct stream_row *r, int64_t (*value)(const struct protocol_stat *p))
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

static void put_players(struct mw *m, const struct stream_row *r)
{
    put_by_protocol(m, r, n_players);
}

static void put_received(struct mw *m, const struct stream_row *r)
{
    put_by_protocol(m, r, bytes_in);
}

static void put_sent(struct mw *m, const struct stream_row *r)
{
    put_by_protocol(m, r, bytes_out);
}

static void put_latency(struct mw *m, const struct stream_row *r)
{
    mw_histogram(m, r->labels, &r->latency);
}

static void put_recorded(struct mw *m, const struct stream_row *r, int64_t n)
{
    if (!r->is_recorded)
        return;
    mw_begin(m, r->labels);
    mw_int(m, n);
}

static void put_dvr_open(struct mw *m, const struct stream_row *r)
{
    put_recorded(m, r, r->dvr.n_open);
}

static void put_dvr_bytes(struct mw *m, const struct stream_row *r)
{
    put_recorded(m, r, r->dvr.bytes);
}

static void put_dvr_files(struct mw *m, const struct stream_row *r)
{
    put_recorded(m, r, r->dvr.n_files);
}

static void put_dvr_failures(struct mw *m, const struct stream_row *r)
{
    put_recorded(m, r, r->dvr.n_failures);
}

/* A reason that the stream has never had is left out. */
static void put_dvr_gaps(struct mw *m, const struct stream_row *r)
{
    for (int i = 0; r->is_recorded && i < GAP_REASONS; i++) {
        if (!r->dvr.n_gaps[i])
            continue;
        mw_begin(m, r->labels);
        mw_label(m, "reason", gap_reason_name((enum gap_reason)i));
        mw_int(m, r->dvr.n_gaps[i]);
    }
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    void (*put)(struct mw *m, const struct stream_row *r);
} wide_families[] = {
    { MW_GAUGE, "srs_stream_info", "The codecs of the stream; always 1.", put_codecs },
    { MW_COUNTER, "srs_stream_frames_total", "Frames that came, by kind.", put_frames },
    { MW_GAUGE, "srs_stream_players", "Players, by protocol.", put_players },
    { MW_COUNTER, "srs_stream_receive_bytes_total", "Bytes from clients of the stream, by protocol.", put_received },
    { MW_COUNTER, "srs_stream_send_bytes_total", "Bytes to clients of the stream, by protocol.", put_sent },
    { MW_GAUGE, "srs_stream_dvr_open_files", "Files of the stream that are being recorded.", put_dvr_open },
    { MW_COUNTER, "srs_stream_dvr_bytes_total", "Bytes that were recorded of this publish.", put_dvr_bytes },
    { MW_COUNTER, "srs_stream_dvr_files_total", "Files that were completed of it.", put_dvr_files },
    { MW_COUNTER, "srs_stream_dvr_failures_total", "Files of it that could not be begun, or held nothing.",
      put_dvr_failures },
    { MW_COUNTER, "srs_stream_dvr_gaps_total", "Gaps in its recordings, by reason.", put_dvr_gaps },
    { MW_HISTOGRAM, "srs_stream_latency_seconds", "As srs_latency_seconds, of one stream.", put_latency },
};

static struct err *put_wide_families(struct scrape *s, const struct stream_rows *t)
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

static void put_sums(struct mw *m, const struct stream_rows *t)
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

struct err *families_of_streams(struct scrape *s)
{
    struct stream_rows t = { 0 };
    struct err        *e = stream_rows_take(&t, &s->server->registry, (size_t)s->server->conf->exporter.streams);
    if (!e) {
        put_sums(&s->metrics, &t);
        e = put_families(s, &t);
    }
    if (!e)
        e = put_wide_families(s, &t);
    stream_rows_finish(&t);
    return e;
}
