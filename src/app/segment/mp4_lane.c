/* Fragmented MP4: of pictures and sound together, or one CMAF track. */
#include "app/segment/lane.h"
#include "app/segment/plan.h"
#include "app/segment/scratch.h"
#include "core/mem.h"
#include "kernel/cue.h"
#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/cue_boxes.h"
#include "kernel/mp4/mux.h"

struct mp4_state {
    struct cmaf   mux;
    bool          has_begun;
    uint64_t      n_seals;                     /* that of the lane when it began */
    struct frame *video_config, *audio_config; /* what the muxer borrows */
};

static bool begin(struct lane *lane)
{
    lane->state = mem_calloc(1, sizeof(struct mp4_state));
    return lane->state != NULL;
}

static void end_mux(struct mp4_state *m)
{
    if (m->has_begun)
        cmaf_finish(&m->mux);
    m->has_begun = false;
    frame_unref(&m->video_config);
    frame_unref(&m->audio_config);
}

static void finish(struct lane *lane)
{
    if (lane->state)
        end_mux(lane->state);
    mem_free(lane->state);
}

static bool takes_video(const struct lane *lane, const struct frame *f)
{
    (void)lane;
    return f->kind == FRAME_VIDEO && f->track == 0 && mp4_mux_carries((enum codec)f->codec);
}

static bool takes_audio(const struct lane *lane, const struct frame *f)
{
    return f->kind == FRAME_AUDIO && f->track == lane->track && mp4_mux_carries((enum codec)f->codec);
}

static bool takes_both(const struct lane *lane, const struct frame *f)
{
    return takes_video(lane, f) || takes_audio(lane, f);
}

/* ---- the init segment ---- */

/* The frame that describes a kind to the muxer: its configuration, or any frame if its codec has none. */
static struct frame *describing(const struct lane *lane, enum frame_kind kind, struct frame *config)
{
    for (size_t i = 0; !config && i < lane->n_frames; i++)
        if (lane->frames[i]->kind == kind && lane->frames[i]->media_len)
            config = lane->frames[i];
    return config;
}

static const struct frame *key_of(const struct lane *lane)
{
    for (size_t i = 0; i < lane->n_frames; i++)
        if (lane->frames[i]->key)
            return lane->frames[i];
    return NULL;
}

static int64_t greatest_lead_us(const struct lane *lane)
{
    int64_t lead_us = 0;
    for (size_t i = 0; i < lane->n_frames; i++) {
        const struct frame *f = lane->frames[i];
        if (f->kind == FRAME_VIDEO && f->dts_us - f->pts_us > lead_us)
            lead_us = f->dts_us - f->pts_us;
    }
    return lead_us;
}

static bool take_init(struct lane *lane, const struct cmaf *mux)
{
    struct blob *init = blob_new(cmaf_header_len(mux));
    if (!init)
        return false;
    struct wr w = wr_over(init->bytes, init->len);
    cmaf_write_header(mux, &w);
    if (lane->init && lane->init->len == init->len && memcmp(lane->init->bytes, init->bytes, init->len) == 0) {
        blob_unref(&init);
        return true;
    }
    blob_unref(&lane->init);
    lane->init = init;
    lane->init_number++;
    return true;
}

static bool begin_mux(struct lane *lane, struct mp4_state *m)
{
    struct frame *video = describing(lane, FRAME_VIDEO, lane->video_config);
    struct frame *audio = describing(lane, FRAME_AUDIO, lane->audio_config);
    end_mux(m);
    m->video_config = video ? frame_ref(video) : NULL;
    m->audio_config = audio ? frame_ref(audio) : NULL;
    m->has_begun = true;
    m->n_seals = lane->n_seals;
    if (cmaf_init(&m->mux, video, key_of(lane), audio) != MP4_OK)
        return false;
    if (lane->seal && lane->seal->cbcs && !cmaf_protect(&m->mux, lane->seal->cbcs))
        return false;
    cmaf_expect_early(&m->mux, greatest_lead_us(lane));
    return take_init(lane, &m->mux);
}

/* ---- parts ---- */

/* A time of the stream on the time line of the fragments. */
static int64_t media_us(const struct lane *lane, int64_t stream_us)
{
    int64_t us = stream_us + lane->plan->shift_us + LANE_MP4_ORIGIN_US;
    return us > 0 ? us : 0;
}

static void add_frames(struct lane *lane, struct cmaf *mux)
{
    for (size_t i = 0; i < lane->n_frames; i++) {
        struct frame *f = lane->frames[i];
        if (cmaf_look(mux, f) == MP4_FRAME_CARRIED && cmaf_add(mux, f, media_us(lane, f->dts_us)) != CMAF_ADDED)
            lane->n_lost_parts++;
    }
}

/* Note when the segment's media begins and how long it is, for a lane of one track. */
static void note_span(struct segment *s, const struct cmaf_part *part)
{
    const struct cmaf_span *span = &part->spans[part->spans[MP4_TRACK_VIDEO].n ? MP4_TRACK_VIDEO : MP4_TRACK_AUDIO];
    if (!span->n)
        return;
    if (s->n_parts == 0)
        s->media_time = span->dts;
    s->media_duration = span->dts + span->duration - s->media_time;
}

static size_t cues_len(const struct lane *lane)
{
    size_t len = 0;
    for (size_t i = 0; i < lane->n_cues; i++)
        len += cue_boxes_len(lane->cues[i]);
    return len;
}

/* Players compare the times of cues with those of the pictures, or without pictures of the sound. */
static void write_cues(const struct lane *lane, const struct cmaf *mux, struct wr *w)
{
    const struct cmaf_track *t = &mux->tracks[MP4_TRACK_VIDEO];
    if (!t->entry.config)
        t = &mux->tracks[MP4_TRACK_AUDIO];
    for (size_t i = 0; i < lane->n_cues; i++)
        cue_boxes_write(w, lane->cues[i], t->clock.timescale, media_us(lane, lane->cues[i]->shown_us));
}

static struct blob *pack(struct lane *lane, const struct frame *next, bool is_first)
{
    struct mp4_state *m = lane->state;
    struct cmaf_part  part;
    bool              alike = lane->plan->policy.by_wall;
    bool begins = !m->has_begun || (is_first && (alike || lane->open->is_discontinuous || m->n_seals != lane->n_seals));
    if (begins && !begin_mux(lane, m)) {
        end_mux(m);
        return NULL;
    }
    if (alike && is_first) /* Parts of later segments have higher numbers, but for the wrap. */
        m->mux.sequence = (uint32_t)(lane->open->number * SEGMENT_PARTS_MAX);
    add_frames(lane, &m->mux);
    size_t   head_len = (is_first ? CMAF_STYP_LEN : 0) + cues_len(lane), cap = 0;
    size_t   len = cmaf_is_empty(&m->mux) ? 0 : head_len + cmaf_part_len(&m->mux);
    uint8_t *bytes = len ? scratch_room(len, &cap) : NULL;
    if (!bytes) {
        end_mux(m);
        return NULL;
    }
    struct wr w = wr_over(bytes, len);
    if (is_first)
        cmaf_write_styp(&w);
    write_cues(lane, &m->mux, &w);
    cmaf_write_part(&m->mux, &w, next, next ? media_us(lane, next->dts_us) : 0, &part);
    note_span(lane->open, &part);
    return lane_keep(lane, bytes, len);
}

const struct cmaf *lane_cmaf(const struct lane *lane)
{
    const struct mp4_state *m = lane->state;
    return lane->kind->pack == pack && m->has_begun ? &m->mux : NULL;
}

const struct lane_kind lane_mp4 = {
    .name = "MP4",
    .type = "video/mp4",
    .has_pictures = true,
    .has_sound = true,
    .has_cues = true,
    .begin = begin,
    .finish = finish,
    .carries = mp4_mux_carries,
    .takes = takes_both,
    .pack = pack,
};

const struct lane_kind lane_video = {
    .name = "CMAF video",
    .type = "video/mp4",
    .has_pictures = true,
    .has_cues = true,
    .begin = begin,
    .finish = finish,
    .carries = mp4_mux_carries,
    .takes = takes_video,
    .pack = pack,
};

const struct lane_kind lane_audio = {
    .name = "CMAF audio",
    .type = "audio/mp4",
    .has_sound = true,
    .has_cues = true,
    .begin = begin,
    .finish = finish,
    .carries = mp4_mux_carries,
    .takes = takes_audio,
    .pack = pack,
};
