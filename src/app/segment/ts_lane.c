/* Transport streams: pictures and the first track of sound in one program, or one of them alone. The tables come at the beginning
 * of each segment. */
#include "app/segment/lane.h"
#include "app/segment/plan.h"
#include "app/segment/scratch.h"
#include "core/mem.h"
#include "kernel/cue.h"
#include "kernel/times.h"
#include "kernel/ts/mux.h"

struct ts_state {
    struct ts_mux mux;
    struct frame *config;       /* the configuration that the muxer borrows */
    int64_t       counted_90k;  /* where counted sound is; INT64_MIN: it is not counted yet */
    int64_t       counted_rest; /* fraction of a tick, in parts of the sample rate */
};

/* Counted sound that is this far from its own times is counted anew. */
enum { COUNT_AWAY_90K = 90000 };

static bool begin(struct lane *lane)
{
    struct ts_state *ts = mem_calloc(1, sizeof *ts);
    if (ts) {
        ts_mux_init(&ts->mux, CODEC_NONE, CODEC_NONE);
        ts->mux.audio_track = lane->track;
        ts->counted_90k = INT64_MIN;
    }
    lane->state = ts;
    return ts != NULL;
}

static void finish(struct lane *lane)
{
    struct ts_state *ts = lane->state;
    if (ts)
        frame_unref(&ts->config);
    mem_free(ts);
}

static bool takes_video(const struct lane *lane, const struct frame *f)
{
    (void)lane;
    return f->kind == FRAME_VIDEO && f->track == 0 && ts_mux_carries((enum codec)f->codec);
}

static bool takes_audio(const struct lane *lane, const struct frame *f)
{
    return f->kind == FRAME_AUDIO && f->track == lane->track && ts_mux_carries((enum codec)f->codec);
}

static bool takes_both(const struct lane *lane, const struct frame *f)
{
    return takes_video(lane, f) || takes_audio(lane, f);
}

static void keep_config(struct ts_state *ts, struct frame *f)
{
    if (ts_mux_config(&ts->mux) != f)
        return;
    frame_unref(&ts->config);
    ts->config = frame_ref(f);
}

/* Sound beside pictures has their times, also if it has a lane of its own. */
static bool has_pictures(const struct ts_state *ts, const struct lane *lane)
{
    return ts->mux.video != CODEC_NONE ||
           (!lane->kind->has_pictures && lane->plan->tracks[PLAN_PICTURES].codec != CODEC_NONE);
}

/* The time of a frame: its own, or that of the number of its first sample. */
static int64_t time_90k(struct ts_state *ts, const struct lane *lane, const struct frame *f)
{
    int64_t own_90k = ticks_90k_from_us(f->dts_us + lane->plan->shift_us), rate = ts->mux.aac.core_rate;
    if (!lane->plan->policy.counts_samples || f->codec != CODEC_AAC || rate == 0 || has_pictures(ts, lane))
        return own_90k;
    if (ts->counted_90k < own_90k - COUNT_AWAY_90K || ts->counted_90k > own_90k + COUNT_AWAY_90K) {
        ts->counted_90k = own_90k;
        ts->counted_rest = 0;
    }
    int64_t now_90k = ts->counted_90k, parts = (int64_t)ts->mux.aac.frame_len * 90000 + ts->counted_rest;
    ts->counted_90k += parts / rate;
    ts->counted_rest = parts % rate;
    return now_90k;
}

/* Write a frame behind the first `at` bytes of the scratch. Returns how many there are then. */
static size_t write_frame(struct lane *lane, struct frame *f, size_t at)
{
    struct ts_state *ts = lane->state;
    int64_t          dts_90k = frame_is_header(f) ? 0 : time_90k(ts, lane, f);
    size_t           cap = 0;
    for (;;) {
        uint8_t  *room = scratch_room(cap + 1, &cap); /* more than last time */
        struct wr w = wr_over(room ? room + at : NULL, cap - at);
        if (!room)
            return at;
        if (ts_mux_frame(&ts->mux, &w, f, dts_90k) != TS_MUX_FULL) {
            keep_config(ts, f);
            return at + wr_len(&w);
        }
    }
}

/* Write a cue in the same way. */
static size_t write_cue(struct lane *lane, const struct cue *cue, size_t at)
{
    struct ts_state *ts = lane->state;
    size_t           len = ts_mux_id3_len(&ts->mux, cue->id3->len), cap;
    uint8_t         *room = scratch_room(at + len, &cap);
    if (!room)
        return at;
    struct wr w = wr_over(room + at, len);
    (void)ts_mux_id3(&ts->mux, &w, cue->id3->bytes, cue->id3->len,
                     ticks_90k_from_us(cue->shown_us + lane->plan->shift_us));
    return at + wr_len(&w);
}

/* Tell the muxer of the kinds of media that the first part has, so that the first tables name both. */
static void announce(const struct lane *lane, struct ts_mux *mux)
{
    mux->told = false;
    for (size_t i = 0; i < lane->n_frames; i++) {
        const struct frame *f = lane->frames[i];
        uint8_t            *codec = f->kind == FRAME_VIDEO ? &mux->video : &mux->audio;
        if (*codec == CODEC_NONE && f->media_len)
            *codec = f->codec;
    }
}

/* All servers of the stream make the same bytes: nothing is left of earlier segments, and the counters begin anew. */
static void begin_alike(struct lane *lane, struct ts_state *ts)
{
    ts_mux_init(&ts->mux, CODEC_NONE, CODEC_NONE);
    ts->mux.audio_track = lane->track;
    ts->counted_90k = INT64_MIN;
    ts_mux_restart(&ts->mux, (uint8_t)lane->open->number);
    if (lane->video_config && ts_mux_skip(&ts->mux, lane->video_config) == 0)
        keep_config(ts, lane->video_config);
    if (lane->audio_config)
        (void)ts_mux_skip(&ts->mux, lane->audio_config);
}

static struct blob *pack(struct lane *lane, const struct frame *next, bool is_first)
{
    struct ts_state *ts = lane->state;
    size_t           len = 0, n_told = 0;
    (void)next;
    if (is_first && lane->plan->policy.by_wall)
        begin_alike(lane, ts);
    if (is_first)
        announce(lane, &ts->mux);
    if (lane->n_cues)
        ts_mux_announce_id3(&ts->mux);
    for (size_t i = 0; i < lane->n_frames; i++) {
        len = write_frame(lane, lane->frames[i], len);
        while (n_told < lane->n_cues && lane->cues[n_told]->shown_us <= lane->frames[i]->dts_us)
            len = write_cue(lane, lane->cues[n_told++], len);
    }
    while (n_told < lane->n_cues)
        len = write_cue(lane, lane->cues[n_told++], len);
    size_t         cap;
    const uint8_t *bytes = scratch_room(len, &cap);
    return len && bytes ? lane_keep(lane, bytes, len) : NULL;
}

const struct lane_kind lane_ts = {
    .name = "TS",
    .type = "video/MP2T",
    .has_pictures = true,
    .has_sound = true,
    .has_cues = true,
    .begin = begin,
    .finish = finish,
    .is_seamless = true,
    .carries = ts_mux_carries,
    .takes = takes_both,
    .pack = pack,
};

const struct lane_kind lane_ts_video = {
    .name = "TS video",
    .type = "video/MP2T",
    .has_pictures = true,
    .has_cues = true,
    .begin = begin,
    .finish = finish,
    .is_seamless = true,
    .carries = ts_mux_carries,
    .takes = takes_video,
    .pack = pack,
};

const struct lane_kind lane_ts_audio = {
    .name = "TS audio",
    .type = "video/MP2T",
    .has_sound = true,
    .has_cues = true,
    .begin = begin,
    .finish = finish,
    .is_seamless = true,
    .carries = ts_mux_carries,
    .takes = takes_audio,
    .pack = pack,
};
