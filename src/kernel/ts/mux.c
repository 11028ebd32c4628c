#include "kernel/ts/mux.h"

#include "kernel/mp3.h"
#include "kernel/times.h"
#include "kernel/ts/payload.h"
#include "kernel/ts/pes.h"

#define FORMAT(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum { US_PER_SECOND = 1000000 };

#define NO_SECOND INT64_MIN

struct codec_row {
    uint8_t  stream_type, stream_id;
    uint32_t registration;
};

/* One row for each codec; codecs without a row are not carried. */
static const struct codec_row codecs[] = {
    [CODEC_H264] = { TS_STREAM_H264, TS_STREAM_ID_VIDEO, 0 },
    [CODEC_HEVC] = { TS_STREAM_HEVC, TS_STREAM_ID_VIDEO, 0 },
    [CODEC_AAC] = { TS_STREAM_AAC_ADTS, TS_STREAM_ID_AUDIO, 0 },
    [CODEC_MP3] = { TS_STREAM_MPEG1_AUDIO, TS_STREAM_ID_AUDIO, 0 },
    [CODEC_OPUS] = { TS_STREAM_PRIVATE, TS_STREAM_ID_PRIVATE_1, FORMAT('O', 'p', 'u', 's') },
    [CODEC_AC3] = { TS_STREAM_AC3, TS_STREAM_ID_PRIVATE_1, FORMAT('A', 'C', '-', '3') },
    [CODEC_EAC3] = { TS_STREAM_EAC3, TS_STREAM_ID_PRIVATE_1, FORMAT('E', 'A', 'C', '3') },
};

bool ts_mux_carries(enum codec codec)
{
    return (size_t)codec < ARRAY_LEN(codecs) && codecs[codec].stream_type;
}

void ts_mux_init(struct ts_mux *m, enum codec video, enum codec audio)
{
    *m = (struct ts_mux){
        .second = NO_SECOND,
        .video = (uint8_t)(ts_mux_carries(video) ? video : CODEC_NONE),
        .audio = (uint8_t)(ts_mux_carries(audio) ? audio : CODEC_NONE),
        .mp3_type = TS_STREAM_MPEG1_AUDIO,
        .opus_channels = 2, /* It holds until a configuration gives another number. */
    };
}

void ts_mux_resume(struct ts_mux *m, const struct ts_tail *tail)
{
    for (int i = 0; i < TS_TRACKS; i++)
        m->cc[i] = tail->cc[i];
    m->version = (tail->version + 1) & TS_VERSION_MASK;
    m->breaks = 1 << TS_VIDEO | 1 << TS_AUDIO;
}

void ts_mux_restart(struct ts_mux *m, uint8_t number)
{
    m->cc[TS_PAT] = m->cc[TS_PMT] = number & 0x0F;
    m->breaks = 1 << TS_VIDEO | 1 << TS_AUDIO;
}

/* ---- what the program is ---- */

static struct ts_program program_of(const struct ts_mux *m)
{
    struct ts_program program = {
        .version = m->version,
        .video = codecs[m->video].stream_type,
        .audio = codecs[m->audio].stream_type,
        .registration = codecs[m->audio].registration,
        .has_id3 = m->has_id3,
    };
    if (m->audio == CODEC_MP3)
        program.audio = m->mp3_type;
    if (m->audio == CODEC_OPUS)
        program.opus_channels = m->opus_channels;
    return program;
}

/* Increase the version if players may have seen it: one version must not have two meanings (2.4.4.9). */
static void program_changed(struct ts_mux *m)
{
    if (m->told)
        m->version = (m->version + 1) & TS_VERSION_MASK;
    m->told = false;
}

static void set_codec(struct ts_mux *m, uint8_t *codec, enum codec now)
{
    if (*codec == now)
        return;
    *codec = (uint8_t)now;
    program_changed(m);
}

static void set_mp3_type(struct ts_mux *m, const struct frame *f)
{
    struct mp3_header header;
    if (!mp3_header_parse(f->data + f->media_offset, f->media_len, &header))
        return;
    uint8_t type = header.lsf ? TS_STREAM_MPEG2_AUDIO : TS_STREAM_MPEG1_AUDIO;
    if (m->mp3_type != type && m->audio == CODEC_MP3)
        program_changed(m);
    m->mp3_type = type;
}

static bool take_video_config(struct ts_mux *m, const struct frame *f)
{
    unsigned length_size = ts_payload_length_size(f);
    m->video_config = length_size ? f : NULL;
    m->length_size = (uint8_t)length_size;
    set_codec(m, &m->video, length_size ? f->codec : CODEC_NONE);
    return length_size != 0;
}

static bool take_aac_config(struct ts_mux *m, const struct frame *f)
{
    uint8_t   header[AAC_ADTS_HEADER_LEN];
    struct wr w = wr_over(header, sizeof header);
    bool      ok = aac_config_parse(f->data + f->media_offset, f->media_len, &m->aac) && aac_write_adts(&w, &m->aac, 0);
    if (!ok)
        m->aac = (struct aac_config){ 0 };
    set_codec(m, &m->audio, ok ? CODEC_AAC : CODEC_NONE);
    return ok;
}

static bool take_opus_config(struct ts_mux *m, const struct frame *f)
{
    uint8_t channels = ts_payload_opus_channels(f);
    if (m->opus_channels != channels && m->audio == CODEC_OPUS)
        program_changed(m);
    m->opus_channels = channels;
    set_codec(m, &m->audio, channels ? CODEC_OPUS : CODEC_NONE);
    return channels != 0;
}

static enum ts_mux_result take_config(struct ts_mux *m, const struct frame *f)
{
    bool ok = true;
    switch (f->codec) {
    case CODEC_H264:
    case CODEC_HEVC: ok = take_video_config(m, f); break;
    case CODEC_AAC: ok = take_aac_config(m, f); break;
    case CODEC_OPUS: ok = take_opus_config(m, f); break;
    default: break;
    }
    return ok ? TS_MUX_NOTHING : TS_MUX_BAD;
}

/* True if frames of this codec can be written. A codec that needs no configuration enters the program here. */
static bool is_ready(struct ts_mux *m, const struct frame *f)
{
    switch (f->codec) {
    case CODEC_H264:
    case CODEC_HEVC: return m->video == f->codec && m->video_config;
    case CODEC_AAC: return m->audio == CODEC_AAC && m->aac.object_type;
    case CODEC_OPUS:
        if (!m->opus_channels)
            return false;
        break;
    case CODEC_MP3: set_mp3_type(m, f); break;
    default: break;
    }
    set_codec(m, &m->audio, f->codec);
    return true;
}

/* ---- when pictures are decoded ---- */

void ts_mux_expect_early(struct ts_mux *m, int64_t early_us)
{
    decode_ahead_expect(&m->ahead, early_us);
}

static void set_times(struct ts_pes_head *head, const struct ts_mux *m, const struct frame *f, int64_t dts_90k)
{
    bool video = f->kind == FRAME_VIDEO;
    head->dts_90k = dts_90k - (video ? m->ahead.lag_90k : 0);
    head->pts_90k = video ? head->dts_90k + decode_ahead_shown_90k(&m->ahead, f)
                          : dts_90k + ticks_90k_between(f->dts_us, f->pts_us);
}

/* ---- a frame ---- */

/* The bytes that are written for a frame. */
struct plan {
    bool               psi;
    struct ts_pes_head head; /* The times are set later. */
    size_t             payload_len, packets;
};

static bool put_payload(struct ts_pes *pes, const struct ts_mux *m, const struct frame *f)
{
    return f->kind == FRAME_VIDEO ? ts_payload_put_video(pes, f, m->video_config, m->length_size)
                                  : ts_payload_put_audio(pes, f, &m->aac);
}

/* The value of m->second after a frame: the second of the stream's time in which the frame is. */
static int64_t second_behind(const struct ts_mux *m, const struct frame *f)
{
    if (m->video != CODEC_NONE)
        return NO_SECOND;
    return f->dts_us / US_PER_SECOND - (f->dts_us % US_PER_SECOND < 0);
}

static bool tables_are_due(const struct ts_mux *m, const struct frame *f)
{
    return !m->told || f->key || second_behind(m, f) != m->second;
}

static uint8_t track_bit(const struct frame *f)
{
    return 1 << (f->kind == FRAME_VIDEO ? TS_VIDEO : TS_AUDIO);
}

static struct ts_pes_head head_of(const struct ts_mux *m, const struct frame *f, bool psi)
{
    bool video = f->kind == FRAME_VIDEO, alone = m->video == CODEC_NONE;
    return (struct ts_pes_head){
        .pid = video ? TS_PID_VIDEO : TS_PID_AUDIO,
        .stream_id = codecs[f->codec].stream_id,
        .random_access = video ? f->key : alone && psi,
        .discontinuity = m->breaks & track_bit(f),
        .pcr = video || alone,
        .dts = video && (f->pts_us != f->dts_us || m->ahead.most_90k),
    };
}

static bool is_in_program(const struct ts_mux *m, const struct frame *f)
{
    unsigned track = f->kind == FRAME_AUDIO ? m->audio_track : 0;
    return f->kind != FRAME_SCRIPT && f->track == track && ts_mux_carries((enum codec)f->codec);
}

/* Plan the bytes of a frame. `m` takes note of the frame, and moves over it, except for the continuity counters. */
static enum ts_mux_result make_plan(struct ts_mux *m, const struct frame *f, struct plan *plan)
{
    if (!is_in_program(m, f))
        return TS_MUX_NOTHING;
    if (f->config)
        return take_config(m, f);
    if (f->media_len == 0 || !is_ready(m, f))
        return TS_MUX_NOTHING;
    struct ts_pes counted = { 0 };
    if (!put_payload(&counted, m, f))
        return TS_MUX_BAD;
    if (f->kind == FRAME_VIDEO)
        decode_ahead_follow(&m->ahead, f, DECODE_AHEAD_MAX_90K);
    plan->psi = tables_are_due(m, f);
    plan->head = head_of(m, f, plan->psi);
    plan->payload_len = counted.len;
    plan->packets = ts_pes_packets(&plan->head, counted.len);
    if (plan->packets == 0)
        return TS_MUX_BAD;
    m->told = true;
    m->breaks &= (uint8_t)~track_bit(f);
    m->second = second_behind(m, f);
    return TS_MUX_WRITTEN;
}

static size_t plan_len(const struct plan *plan)
{
    return (plan->psi ? TS_PSI_LEN : 0) + plan->packets * TS_PACKET_LEN;
}

static uint8_t *counter_of(struct ts_mux *m, const struct frame *f)
{
    return &m->cc[f->kind == FRAME_VIDEO ? TS_VIDEO : TS_AUDIO];
}

void ts_mux_psi(struct ts_mux *m, struct wr *w)
{
    struct ts_program program = program_of(m);
    ts_psi_write(w, &program, m->cc);
    m->told |= !w->full;
}

enum ts_mux_result ts_mux_frame(struct ts_mux *m, struct wr *w, const struct frame *f, int64_t dts_90k)
{
    struct ts_mux      next = *m;
    struct plan        plan;
    struct ts_pes      pes;
    enum ts_mux_result result = make_plan(&next, f, &plan);
    if (result == TS_MUX_WRITTEN) {
        if (w->full || plan_len(&plan) > (size_t)(w->end - w->p)) {
            w->full = true;
            return TS_MUX_FULL;
        }
        if (plan.psi)
            ts_mux_psi(&next, w);
        set_times(&plan.head, &next, f, dts_90k);
        if (!ts_pes_begin(&pes, w, &plan.head, plan.payload_len, counter_of(&next, f)) || !put_payload(&pes, &next, f))
            return TS_MUX_FULL; /* This cannot happen: the bytes were counted. */
    }
    *m = next;
    return result;
}

size_t ts_mux_skip(struct ts_mux *m, const struct frame *f)
{
    struct plan plan;
    if (make_plan(m, f, &plan) != TS_MUX_WRITTEN)
        return 0;
    uint8_t *cc = counter_of(m, f);
    *cc = (uint8_t)((*cc + plan.packets) & 0x0F);
    if (plan.psi) {
        m->cc[TS_PAT] = (m->cc[TS_PAT] + 1) & 0x0F;
        m->cc[TS_PMT] = (m->cc[TS_PMT] + 1) & 0x0F;
    }
    return plan_len(&plan);
}

size_t ts_mux_frame_len(const struct ts_mux *m, const struct frame *f)
{
    struct ts_mux copy = *m;
    return ts_mux_skip(&copy, f);
}

/* ---- timed metadata ---- */

void ts_mux_announce_id3(struct ts_mux *m)
{
    if (!m->has_id3)
        program_changed(m);
    m->has_id3 = true;
}

static struct ts_pes_head id3_head(int64_t pts_90k)
{
    return (struct ts_pes_head){ .pid = TS_PID_ID3, .stream_id = TS_STREAM_ID_PRIVATE_1, .pts_90k = pts_90k };
}

size_t ts_mux_id3_len(const struct ts_mux *m, size_t len)
{
    struct ts_pes_head head = id3_head(0);
    size_t             packets = m->has_id3 && len ? ts_pes_packets(&head, len) : 0;
    return packets ? packets * TS_PACKET_LEN + (m->told ? 0 : TS_PSI_LEN) : 0;
}

enum ts_mux_result ts_mux_id3(struct ts_mux *m, struct wr *w, const uint8_t *tag, size_t len, int64_t pts_90k)
{
    struct ts_pes_head head = id3_head(pts_90k);
    struct ts_pes      pes;
    size_t             all = ts_mux_id3_len(m, len);
    if (!m->has_id3 || len == 0)
        return TS_MUX_NOTHING;
    if (all == 0)
        return TS_MUX_BAD;
    if (w->full || all > (size_t)(w->end - w->p)) {
        w->full = true;
        return TS_MUX_FULL;
    }
    if (!m->told)
        ts_mux_psi(m, w);
    if (!ts_pes_begin(&pes, w, &head, len, &m->cc[TS_ID3]))
        return TS_MUX_FULL; /* This cannot happen: the bytes were counted. */
    ts_pes_put(&pes, tag, len);
    return TS_MUX_WRITTEN;
}

/* ---- two muxers of one stream ---- */

static bool same_adts(const struct aac_config *a, const struct aac_config *b)
{
    return a->object_type == b->object_type && a->rate_index == b->rate_index && a->channel_config == b->channel_config;
}

/*
 * Compare everything about audio that the next frame may depend on, whatever the present codec is: a frame of Opus enters a
 * program with the channels of the last configuration, or does not if that was bad. AAC needs a new configuration.
 */
static bool is_audio_like(const struct ts_mux *a, const struct ts_mux *b)
{
    return a->audio == b->audio && a->mp3_type == b->mp3_type && a->opus_channels == b->opus_channels &&
           (a->audio != CODEC_AAC || same_adts(&a->aac, &b->aac));
}

/* True if two muxers differ only in the counters. */
static bool is_like(const struct ts_mux *a, const struct ts_mux *b)
{
    return a->video == b->video && a->video_config == b->video_config && is_audio_like(a, b) &&
           a->second == b->second && a->has_id3 == b->has_id3 && a->version == b->version && a->told == b->told &&
           a->breaks == b->breaks && decode_ahead_is_like(&a->ahead, &b->ahead);
}

bool ts_mux_shift(struct ts_shift *shift, const struct ts_mux *from, const struct ts_mux *to)
{
    if (!is_like(from, to))
        return false;
    for (int i = 0; i < TS_TRACKS; i++)
        shift->cc[i] = (to->cc[i] - from->cc[i]) & 0x0F;
    return true;
}

void ts_mux_follow(struct ts_mux *m, const struct ts_mux *before, const struct ts_mux *after)
{
    struct ts_mux next = *after;
    for (int i = 0; i < TS_TRACKS; i++)
        next.cc[i] = (m->cc[i] + after->cc[i] - before->cc[i]) & 0x0F;
    *m = next;
}
