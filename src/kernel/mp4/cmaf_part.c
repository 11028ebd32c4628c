/* The writer of parts; cmaf.h declares its functions. */
#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/moov.h"

enum { TRACK_VIDEO_ID = 1, TRACK_AUDIO_ID = 2 };

enum {
    TFHD_DEFAULT_FLAGS = 0x20,
    TRUN_DURATION_AND_SIZE = 0x301, /* with the data offset */
    MFHD_LEN = 16,
    VIDEO_SAMPLE_LEN = 16,
    AUDIO_SAMPLE_LEN = 8,
    TRAF_LEN = MP4_BOX_HEADER_LEN + 16 + 20 + 20, /* traf, tfhd, tfdt, trun, without samples */
};

static size_t traf_len(const struct cmaf *c, unsigned i)
{
    const struct cmaf_track *t = &c->tracks[i];
    if (t->n == 0)
        return 0;
    if (i == MP4_TRACK_AUDIO)
        return TRAF_LEN + 4 + t->n * AUDIO_SAMPLE_LEN;
    return TRAF_LEN + t->n * VIDEO_SAMPLE_LEN + (t->entry.cbcs ? cbcs_boxes_len(t->n, t->info_len) : 0);
}

static size_t moof_len(const struct cmaf *c)
{
    return MP4_BOX_HEADER_LEN + MFHD_LEN + traf_len(c, MP4_TRACK_VIDEO) + traf_len(c, MP4_TRACK_AUDIO);
}

size_t cmaf_part_len(const struct cmaf *c)
{
    return cmaf_is_empty(c) ? 0 : moof_len(c) + MP4_BOX_HEADER_LEN + cmaf_payload_bytes(c);
}

static uint32_t duration_of(const struct cmaf_track *t, size_t i)
{
    int64_t end = i + 1 < t->n ? t->samples[i + 1].dts : t->clock.end;
    return (uint32_t)(end - t->samples[i].dts);
}

static void write_video_samples(const struct cmaf_track *t, struct wr *w)
{
    for (size_t i = 0; i < t->n; i++) {
        wr_u32(w, duration_of(t, i));
        wr_u32(w, t->samples[i].len);
        wr_u32(w, mp4_sample_flags(t->samples[i].frame));
        wr_u32(w, t->samples[i].shown);
    }
}

static void write_audio_samples(const struct cmaf_track *t, struct wr *w)
{
    for (size_t i = 0; i < t->n; i++) {
        wr_u32(w, duration_of(t, i));
        wr_u32(w, t->samples[i].len);
    }
}

static void split(struct cbcs_subsamples *s, const struct cmaf_track *t, size_t i)
{
    cbcs_split(s, t->entry.config, mp4_sample_payload(t->samples[i].frame).bytes, t->samples[i].len);
}

/* Write which bytes of the pictures are encrypted. `moof` is the offset of the box. */
static void write_encryption(const struct cmaf_track *t, size_t moof, struct wr *w)
{
    size_t senc = cbcs_begin_senc(w, (uint32_t)t->n);
    for (size_t i = 0; i < t->n; i++) {
        struct cbcs_subsamples s;
        split(&s, t, i);
        cbcs_write_info(w, &s);
    }
    mp4_box_end(w, senc);
    size_t saiz = cbcs_begin_saiz(w, (uint32_t)t->n);
    for (size_t i = 0; i < t->n; i++)
        wr_u8(w, (uint8_t)cbcs_info_len(t->samples[i].subsamples));
    mp4_box_end(w, saiz);
    cbcs_write_saio(w, (uint32_t)(senc + CBCS_SENC_HEAD_LEN - moof));
}

/* Write a traf. `moof` is the offset of the box around it, `payload_at` is the offset of the track's first payload from the beginning of moof. */
static void write_traf(const struct cmaf_track *t, bool is_video, size_t moof, size_t payload_at, struct wr *w)
{
    if (t->n == 0)
        return;
    size_t traf = mp4_box_begin(w, "traf");
    size_t tfhd = mp4_full_box_begin(w, "tfhd", 0, MP4_TFHD_DEFAULT_BASE_IS_MOOF | (is_video ? 0 : TFHD_DEFAULT_FLAGS));
    wr_u32(w, is_video ? TRACK_VIDEO_ID : TRACK_AUDIO_ID);
    if (!is_video)
        wr_u32(w, mp4_sample_flags(t->samples[0].frame));
    mp4_box_end(w, tfhd);
    size_t tfdt = mp4_full_box_begin(w, "tfdt", 1, 0);
    wr_u64(w, (uint64_t)t->samples[0].dts);
    mp4_box_end(w, tfdt);
    size_t trun = mp4_full_box_begin(w, "trun", 1, is_video ? MP4_TRUN_FLAGS : TRUN_DURATION_AND_SIZE);
    wr_u32(w, (uint32_t)t->n);
    wr_u32(w, (uint32_t)payload_at);
    if (is_video)
        write_video_samples(t, w);
    else
        write_audio_samples(t, w);
    mp4_box_end(w, trun);
    if (is_video && t->entry.cbcs)
        write_encryption(t, moof, w);
    mp4_box_end(w, traf);
}

static void encrypt(const struct cmaf_track *t, size_t i, uint8_t *bytes)
{
    struct cbcs_subsamples s;
    split(&s, t, i);
    cbcs_encrypt(t->entry.cbcs, &s, bytes, t->samples[i].len);
}

static void write_payloads(const struct cmaf_track *t, struct wr *w)
{
    for (size_t i = 0; i < t->n; i++) {
        struct mp4_payload payload = mp4_sample_payload(t->samples[i].frame);
        uint8_t           *bytes = wr_room(w, payload.len);
        if (!bytes)
            return;
        memcpy(bytes, payload.bytes, payload.len);
        if (t->entry.cbcs)
            encrypt(t, i, bytes);
    }
}

static void write_part(const struct cmaf *c, struct wr *w)
{
    const struct cmaf_track *video = &c->tracks[MP4_TRACK_VIDEO], *audio = &c->tracks[MP4_TRACK_AUDIO];
    size_t                   payload_at = moof_len(c) + MP4_BOX_HEADER_LEN;
    size_t                   moof = mp4_box_begin(w, "moof");
    size_t                   mfhd = mp4_full_box_begin(w, "mfhd", 0, 0);
    wr_u32(w, c->sequence);
    mp4_box_end(w, mfhd);
    write_traf(video, true, moof, payload_at, w);
    write_traf(audio, false, moof, payload_at + video->bytes, w);
    mp4_box_end(w, moof);
    size_t mdat = mp4_box_begin(w, "mdat");
    write_payloads(video, w);
    write_payloads(audio, w);
    mp4_box_end(w, mdat);
}

static struct cmaf_span span_of(const struct cmaf_track *t)
{
    struct cmaf_span span = { 0 };
    if (t->n == 0)
        return span;
    span.n = t->n;
    span.dts = t->samples[0].dts;
    span.pts = INT64_MAX;
    span.duration = t->clock.end - span.dts;
    for (size_t i = 0; i < t->n; i++) {
        int64_t pts = t->samples[i].dts + t->samples[i].shown;
        span.pts = pts < span.pts ? pts : span.pts;
    }
    return span;
}

static struct cmaf_part part_of(const struct cmaf *c)
{
    struct cmaf_part part = { 0 };
    for (unsigned i = 0; i < MP4_TRACKS; i++)
        part.spans[i] = span_of(&c->tracks[i]);
    return part;
}

bool cmaf_write_part(struct cmaf *c, struct wr *w, const struct frame *next, int64_t dts_us, struct cmaf_part *part)
{
    struct decode_ahead ahead = c->ahead;
    size_t              len = cmaf_part_len(c);
    if (part)
        *part = (struct cmaf_part){ 0 };
    if (len == 0)
        return true;
    w->full |= len > (size_t)(w->end - w->p);
    if (w->full)
        return false;
    for (unsigned i = 0; i < MP4_TRACKS; i++) {
        struct cmaf_track *t = &c->tracks[i];
        if (t->n)
            cmaf_clock_set_end(&t->clock, next && cmaf_track_of(next) == i ? cmaf_moment_of(c, &ahead, next, dts_us).dts
                                                                           : CMAF_NO_TIME);
    }
    c->sequence++;
    write_part(c, w);
    if (part)
        *part = part_of(c);
    for (unsigned i = 0; i < MP4_TRACKS; i++)
        cmaf_drop_samples(&c->tracks[i]);
    return true;
}

void cmaf_write_styp(struct wr *w)
{
    size_t styp = mp4_box_begin(w, "styp");
    wr_bytes(w, "msdh", 4);
    wr_u32(w, 0);
    wr_bytes(w, "msdhmsixcmfs", 12);
    mp4_box_end(w, styp);
}
