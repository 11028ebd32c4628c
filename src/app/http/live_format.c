#include "app/http/live_format.h"

#include "app/live/audio_wire.h"
#include "app/live/flv_wire.h"
#include "app/live/mp4_wire.h"
#include "app/live/ts_wire.h"
#include "kernel/flv.h"
#include "kernel/mp3.h"

/* ---- FLV ---- */

static bool flv_carries(enum codec codec)
{
    return codec != CODEC_NONE;
}

static enum live_open flv_open(const struct live_opening *o, struct wire *wire)
{
    (void)o;
    (void)wire;
    return LIVE_OPENED;
}

static size_t flv_header_len(const struct wire *wire)
{
    (void)wire;
    return FLV_HEADER_LEN;
}

static void flv_header(const struct live_opening *o, const struct wire *wire, struct wr *w)
{
    (void)wire;
    flv_write_header(w, o->has_audio, o->has_video);
}

/* ---- MPEG-TS ---- */

static enum live_open ts_open(const struct live_opening *o, struct wire *wire)
{
    bool more = (o->video_told && !o->has_video) || (o->audio_told && !o->has_audio);
    ts_mux_init(&wire->ts, o->video, o->audio);
    ts_mux_expect_early(&wire->ts, o->early_us);
    if (ts_mux_carries(o->video) || ts_mux_carries(o->audio))
        return LIVE_OPENED;
    return more && !o->is_last_call ? LIVE_NOT_YET : LIVE_NEVER;
}

/* ---- fragmented MP4 ---- */

/*
 * Ten years. Without a duration, Chromium takes the length of the received media as the duration. When it has shown all of that,
 * because the source was silent, it assumes that the stream has ended, and plays later media from the beginning.
 */
#define ENDLESS_90K (INT64_C(10) * 365 * 24 * 3600 * MP4_TIMESCALE)

/* The frame that describes a track; NULL: MP4 cannot describe the track, or with *wait, not yet. */
static struct frame *mp4_track(struct frame *config, struct frame *key, enum codec codec, bool *wait)
{
    struct mp4_sample_entry entry;
    if (!mp4_mux_carries(codec))
        return NULL;
    enum mp4_result result = config ? mp4_sample_entry_read(&entry, config, key) : MP4_NEED_CONFIG;
    *wait |= result == MP4_NEED_CONFIG;
    return result == MP4_OK ? config : NULL;
}

static enum live_open mp4_open(const struct live_opening *o, struct wire *wire)
{
    bool          wait = false;
    struct frame *video = mp4_track(o->video_config, o->key, o->video, &wait);
    struct frame *audio = mp4_track(o->audio_config, NULL, o->audio, &wait);
    if (wait && !o->is_last_call)
        return LIVE_NOT_YET;
    if (mp4_mux_init(&wire->mp4, video, o->key, audio) != MP4_OK)
        return LIVE_NEVER;
    mp4_mux_expect_early(&wire->mp4, o->early_us);
    if (o->may_change)
        mp4_mux_expect_changes(&wire->mp4);
    wire->mp4.duration_90k = o->is_endless ? ENDLESS_90K : 0;
    return LIVE_OPENED;
}

static size_t mp4_header_len(const struct wire *wire)
{
    return mp4_mux_header_len(&wire->mp4);
}

static void mp4_header(const struct live_opening *o, const struct wire *wire, struct wr *w)
{
    (void)o;
    mp4_mux_write_header(&wire->mp4, w);
}

/* ---- bare audio ---- */

/* The result while there is no suitable sound: it may begin later than the pictures. */
static enum live_open without(const struct live_opening *o)
{
    return o->audio == CODEC_NONE && !o->is_last_call ? LIVE_NOT_YET : LIVE_NEVER;
}

static bool aac_carries(enum codec codec)
{
    return codec == CODEC_AAC;
}

static enum live_open aac_open(const struct live_opening *o, struct wire *wire)
{
    wire->aac = (struct aac_config){ 0 };
    return aac_carries(o->audio) ? LIVE_OPENED : without(o);
}

static bool mp3_carries(enum codec codec)
{
    return codec == CODEC_MP3;
}

static enum live_open mp3_open(const struct live_opening *o, struct wire *wire)
{
    (void)wire;
    return mp3_carries(o->audio) ? LIVE_OPENED : without(o);
}

static size_t mp3_header_len(const struct wire *wire)
{
    (void)wire;
    return MP3_ID3_LEN;
}

static void mp3_header(const struct live_opening *o, const struct wire *wire, struct wr *w)
{
    (void)o;
    (void)wire;
    mp3_write_id3(w);
}

/* The short wait is the one of SRS; a viewer hardly notices it. Formats that cannot add a track later wait longer. */
enum { SHORT_WAIT_US = 350 * US_PER_MS, LONG_WAIT_US = US_PER_SECOND, TOLD_WAIT_US = 3 * US_PER_SECOND };

static const struct live_format formats[STREAM_FORMATS] = {
    [STREAM_FLV] = {
        .format = &stream_formats[STREAM_FLV],
        .wire = &flv_wire,
        .announces = true,
        .patience = { SHORT_WAIT_US, 0 },
        .carries = flv_carries,
        .open = flv_open,
        .header_len = flv_header_len,
        .write_header = flv_header,
    },
    [STREAM_TS] = {
        .format = &stream_formats[STREAM_TS],
        .wire = &ts_wire,
        .patience = { SHORT_WAIT_US, SHORT_WAIT_US },
        .carries = ts_mux_carries,
        .open = ts_open,
    },
    [STREAM_MP4] = {
        .format = &stream_formats[STREAM_MP4],
        .wire = &mp4_wire,
        .patience = { LONG_WAIT_US, TOLD_WAIT_US },
        .carries = mp4_mux_carries,
        .open = mp4_open,
        .header_len = mp4_header_len,
        .write_header = mp4_header,
    },
    [STREAM_AAC] = {
        .format = &stream_formats[STREAM_AAC],
        .wire = &aac_wire,
        .patience = { SHORT_WAIT_US, SHORT_WAIT_US },
        .carries = aac_carries,
        .open = aac_open,
    },
    [STREAM_MP3] = {
        .format = &stream_formats[STREAM_MP3],
        .wire = &mp3_wire,
        .patience = { SHORT_WAIT_US, SHORT_WAIT_US },
        .carries = mp3_carries,
        .open = mp3_open,
        .header_len = mp3_header_len,
        .write_header = mp3_header,
    },
};

const struct live_format *live_format_find(const char *ext)
{
    const struct stream_format *format = stream_format_find(ext);
    return format ? &formats[format - stream_formats] : NULL;
}
