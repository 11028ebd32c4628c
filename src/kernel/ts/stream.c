#include "kernel/ts/stream.h"

#include "core/clock.h"
#include "kernel/avc.h"
#include "kernel/hevc.h"
#include "kernel/nalu.h"
#include "kernel/opus.h"
#include "kernel/sound.h"
#include "kernel/times.h"
#include "kernel/ts/packet.h"

enum { PES_START = 1, PES_HEAD_LEN = 6 /* up to PES_packet_length, which counts what follows */ };

/* Never NULL, so that places in it can be computed. */
static const uint8_t *bytes_of(const struct buf *b)
{
    return (const uint8_t *)(b->bytes ? b->bytes : "");
}

static size_t max_of(const struct ts_pmt_stream *told)
{
    return told->kind == TS_KIND_PICTURE ? TS_PICTURE_MAX : TS_OTHER_MAX;
}

void ts_stream_init(struct ts_stream *s, const struct ts_pmt_stream *told)
{
    *s = (struct ts_stream){ .told = *told, .open = buf_up_to(max_of(told)), .ready = buf_up_to(max_of(told)) };
    ts_section_init(&s->section);
}

void ts_stream_finish(struct ts_stream *s)
{
    buf_finish(&s->open);
    buf_finish(&s->ready);
    ts_section_finish(&s->section);
}

/* ---- packets in ---- */

void ts_stream_begin(struct ts_stream *s, const uint8_t *bytes, size_t len, bool random_access)
{
    buf_rewind(&s->open, 0);
    s->is_open = true;
    s->open_key = random_access;
    s->open_damaged = false;
    s->open_late = s->gap;
    s->gap = false;
    ts_stream_add(s, bytes, len);
}

void ts_stream_add(struct ts_stream *s, const uint8_t *bytes, size_t len)
{
    if (!s->is_open)
        return;
    buf_append(&s->open, bytes, len);
    if (!s->open.fault)
        return;
    s->is_open = false;
    buf_finish(&s->open);
    buf_rewind(&s->open, 0);
}

void ts_stream_add_sections(struct ts_stream *s, const uint8_t *bytes, size_t len, bool begins)
{
    buf_rewind(&s->ready, 0);
    buf_append(&s->ready, bytes, len);
    s->at = 0;
    s->section_begins = begins;
}

/* PES_packet_length, with the bytes before it; 0: not told. */
static size_t announced_len(const struct ts_stream *s)
{
    const uint8_t *b = bytes_of(&s->open);
    size_t         len = s->open.len >= PES_HEAD_LEN ? (size_t)(b[4] << 8 | b[5]) : 0;
    return len ? PES_HEAD_LEN + len : 0;
}

bool ts_stream_is_whole(const struct ts_stream *s)
{
    size_t len = s->is_open ? announced_len(s) : 0;
    return len && s->open.len >= len;
}

/* ---- the header of a PES packet ---- */

struct pes_head {
    int64_t   pts_90k, dts_90k; /* 33 bits */
    bool      has_pts;
    struct rd payload;
};

/* Table 2-22: the streams whose packets have no further header, and carry nothing that is read here. */
static bool is_bare(unsigned stream_id)
{
    enum {
        MAP = 0xBC,
        PADDING = 0xBE,
        PRIVATE_2 = 0xBF,
        ECM = 0xF0,
        EMM = 0xF1,
        DSMCC = 0xF2,
        H222_E = 0xF8,
        DIRECTORY = 0xFF
    };
    switch (stream_id) {
    case MAP:
    case PADDING:
    case PRIVATE_2:
    case ECM:
    case EMM:
    case DSMCC:
    case H222_E:
    case DIRECTORY: return true;
    default: return false;
    }
}

/* Read a stamp. False if its marker bits, which are ones, are not there: it is something else. */
static bool read_stamp(struct rd *r, int64_t *v_90k)
{
    const uint8_t *b = rd_bytes(r, TS_STAMP_LEN);
    if (!b || !(b[0] & b[2] & b[4] & 1))
        return false;
    *v_90k = ts_stamp_read(b);
    return true;
}

static bool read_pes_head(const struct buf *packet, size_t announced, struct pes_head *head)
{
    enum { FORM = 0xC0, FORM_MPEG2 = 0x80, SCRAMBLED = 0x30, HAS_PTS = 0x80, HAS_DTS = 0x40 };
    size_t    len = announced && announced < packet->len ? announced : packet->len;
    struct rd r = rd_over(packet->bytes, len);
    *head = (struct pes_head){ 0 };
    bool right = rd_u24(&r) == PES_START && !is_bare(rd_u8(&r));
    rd_u16(&r);
    unsigned       form = rd_u8(&r), flags = rd_u8(&r);
    size_t         fields_len = rd_u8(&r);
    const uint8_t *fields = rd_bytes(&r, fields_len);
    if (!fields || !right || (form & FORM) != FORM_MPEG2 || (form & SCRAMBLED))
        return false;
    struct rd f = rd_over(fields, fields_len);
    head->has_pts = (flags & HAS_PTS) && read_stamp(&f, &head->pts_90k);
    if (!(flags & HAS_DTS) || !read_stamp(&f, &head->dts_90k))
        head->dts_90k = head->pts_90k;
    head->payload = r;
    return true;
}

/* ---- pictures ---- */

static bool is_slice(const struct ts_stream *s, struct nalu n)
{
    return s->told.codec == CODEC_HEVC ? hevc_nalu_type(n) <= HEVC_NALU_VCL_LAST
                                       : avc_nalu_type(n) >= 1 && avc_nalu_type(n) <= AVC_NALU_IDR;
}

/* The bytes of a damaged picture that are worth keeping. */
static size_t useful_len(const struct ts_stream *s)
{
    const uint8_t *begin = bytes_of(&s->ready) + s->at;
    struct rd      r = rd_over(begin, s->ready.len - s->at);
    struct nalu    n, last = { 0 };
    while (nalu_next_annexb(&r, &n))
        last = n;
    if (!last.p || is_slice(s, last))
        return s->ready.len;
    return (size_t)(last.p - bytes_of(&s->ready));
}

static void ready_picture(struct ts_stream *s, const struct pes_head *head)
{
    struct buf closed = s->open;
    size_t from = (size_t)(head->payload.p - bytes_of(&closed)), to = (size_t)(head->payload.end - bytes_of(&closed));
    s->open = s->ready;
    s->ready = closed;
    s->at = from;
    buf_rewind(&s->ready, to);
    if (s->damaged)
        buf_rewind(&s->ready, useful_len(s));
}

static void begin_unit(const struct ts_stream *s, struct ts_demuxed *unit, const uint8_t *bytes, size_t len)
{
    *unit = (struct ts_demuxed){
        .media = { .codec = s->told.codec,
                   .form = UNIT_STREAM,
                   .track = s->told.track,
                   .channels = s->told.channels,
                   .dts_us = s->dts_us,
                   .pts_us = s->pts_us,
                   .bytes = rd_over(bytes, len) },
        .damaged = s->damaged,
    };
}

static bool next_picture(struct ts_stream *s, struct ts_demuxed *unit)
{
    size_t at = s->at;
    s->at = s->ready.len;
    if (at == s->ready.len)
        return false;
    begin_unit(s, unit, bytes_of(&s->ready) + at, s->ready.len - at);
    unit->media.is_key = s->key;
    return true;
}

/* ---- times of frames in a row ---- */

/* If the next frame begins at or behind the mark, it has the time of the mark. */
static void heed_mark(struct ts_stream *s)
{
    if (!s->has_mark || s->at < s->mark)
        return;
    s->has_mark = false;
    s->dts_us = s->mark_dts_us;
    s->pts_us = s->mark_pts_us;
}

static void step(struct ts_stream *s, uint64_t samples, uint32_t rate)
{
    if (rate == 0)
        return;
    int64_t step_us = (int64_t)((samples * US_PER_SECOND + rate / 2) / rate);
    s->dts_us += step_us;
    s->pts_us += step_us;
}

/* ---- sound ---- */

static enum sound_next look_at(const struct ts_stream *s, size_t at, struct sound *sound)
{
    return sound_next((enum codec)s->told.codec, bytes_of(&s->ready) + at, s->ready.len - at, sound);
}

/* After garbage, what looks like a frame must be followed by another one, as far as the bytes are there. */
static bool is_confirmed(const struct ts_stream *s, const struct sound *sound)
{
    struct sound next;
    size_t       end = s->at + sound->skip + sound->len;
    return !s->hunting || end == s->ready.len || look_at(s, end, &next) != SOUND_BAD;
}

/* Move to the next frame. False if there is no whole one. */
static bool find_sound(struct ts_stream *s, struct sound *sound)
{
    for (; s->at < s->ready.len; s->at++) {
        enum sound_next next = look_at(s, s->at, sound);
        if (next == SOUND_CUT) {
            heed_mark(s);
            return false;
        }
        if (next == SOUND_FRAME && is_confirmed(s, sound))
            return true;
        s->hunting = true;
    }
    return false;
}

/* The whole frames from here on, up to the mark. */
static bool next_sound(struct ts_stream *s, struct ts_demuxed *unit)
{
    struct sound sound;
    uint64_t     samples = 0;
    uint32_t     rate = 0;
    if (!find_sound(s, &sound))
        return false;
    s->hunting = false;
    heed_mark(s);
    size_t from = s->at;
    do {
        s->at += sound.skip + sound.len;
        samples += sound.samples;
        rate = sound.rate;
    } while (s->at < s->ready.len && !(s->has_mark && s->at >= s->mark) && look_at(s, s->at, &sound) == SOUND_FRAME &&
             sound.rate == rate);
    begin_unit(s, unit, bytes_of(&s->ready) + from, s->at - from);
    step(s, samples, rate);
    return true;
}

/* ---- LATM ---- */

static bool next_latm_frame(struct ts_stream *s, uint8_t *raw, struct ts_demuxed *unit)
{
    size_t len;
    if (!latm_next(&s->latm, &s->latm_frames, raw, &len)) {
        s->latm_frames.left = 0;
        return false;
    }
    begin_unit(s, unit, raw, len);
    unit->media.form = UNIT_STORED;
    step(s, s->latm.samples, s->latm.rate);
    return true;
}

static bool next_latm(struct ts_stream *s, uint8_t *raw, struct ts_demuxed *unit)
{
    size_t skip, len;
    for (;;) {
        while (s->latm_frames.left)
            if (next_latm_frame(s, raw, unit))
                return true;
        bool found = latm_find(bytes_of(&s->ready) + s->at, s->ready.len - s->at, &skip, &len);
        s->at += skip;
        heed_mark(s);
        if (!found)
            return false;
        const uint8_t *element = bytes_of(&s->ready) + s->at + LATM_HEADER_LEN;
        bool           changed;
        s->at += LATM_HEADER_LEN + len;
        if (latm_open(&s->latm, element, len, &s->latm_frames, &changed) && changed) {
            begin_unit(s, unit, s->latm.config, s->latm.config_len);
            unit->media.form = UNIT_CONFIG;
            return true;
        }
    }
}

/* ---- Opus ---- */

/* Read an opus_control_header (Opus in MPEG-TS, opus_access_unit). Returns the length of the packet behind it; 0: malformed. */
static size_t read_opus_header(struct rd *r)
{
    enum { PREFIX = 0x3FF, TRIM_START = 0x10, TRIM_END = 0x08, EXTENSION = 0x04 };
    unsigned head = rd_u16(r), part;
    size_t   len = 0;
    do {
        part = rd_u8(r);
        len += part;
    } while (part == 255);
    if (head & TRIM_START)
        rd_u16(r);
    if (head & TRIM_END)
        rd_u16(r);
    if (head & EXTENSION)
        rd_bytes(r, rd_u8(r));
    return r->bad || head >> 5 != PREFIX ? 0 : len;
}

static bool next_opus(struct ts_stream *s, struct ts_demuxed *unit)
{
    struct rd      r = rd_over(bytes_of(&s->ready) + s->at, s->ready.len - s->at);
    size_t         len = rd_left(&r) ? read_opus_header(&r) : 0;
    const uint8_t *packet = len ? rd_bytes(&r, len) : NULL;
    if (!packet) {
        s->at = s->ready.len;
        return false;
    }
    heed_mark(s);
    s->at = s->ready.len - rd_left(&r);
    begin_unit(s, unit, packet, len);
    unit->media.form = UNIT_STORED;
    step(s, opus_packet_samples(packet, len), OPUS_RATE);
    return true;
}

/* ---- data ---- */

static bool next_tag(struct ts_stream *s, struct ts_demuxed *unit)
{
    size_t at = s->at;
    heed_mark(s);
    s->at = s->ready.len;
    if (at == s->ready.len || s->damaged)
        return false;
    begin_unit(s, unit, bytes_of(&s->ready) + at, s->ready.len - at);
    unit->kind = TS_UNIT_ID3;
    return true;
}

static bool next_section(struct ts_stream *s, const struct ts_clock *clock, struct ts_demuxed *unit)
{
    struct rd r = rd_over(bytes_of(&s->ready) + s->at, s->ready.len - s->at);
    bool      whole = ts_section_next(&s->section, &r, &s->section_begins);
    s->at = s->ready.len - rd_left(&r);
    if (!whole || !clock->runs)
        return false;
    s->dts_us = s->pts_us = us_from_90k(clock->newest_90k);
    begin_unit(s, unit, bytes_of(&s->section.bytes), s->section.bytes.len);
    unit->kind = TS_UNIT_SCTE35;
    return true;
}

/* ---- from packets to units ---- */

/* Add the payload behind the frame that was cut. */
static void ready_bytes(struct ts_stream *s, const struct pes_head *head)
{
    size_t left = s->ready.len - s->at, n = rd_left(&head->payload);
    if (left)
        memmove(s->ready.bytes, s->ready.bytes + s->at, left);
    buf_rewind(&s->ready, left);
    s->at = 0;
    s->mark = left;
    buf_append(&s->ready, head->payload.p, n);
    if (s->ready.fault) /* A cut frame that never ended, or no memory. */
        buf_rewind(&s->ready, 0);
}

/* Set the times of a PES packet. False if it must be dropped: no time is known yet, or others have overtaken it. */
static bool set_times(struct ts_stream *s, const struct pes_head *head, struct ts_clock *clock)
{
    s->has_mark = head->has_pts;
    if (!head->has_pts)
        return s->timed && !s->open_late;
    int64_t pts_us = us_from_90k(ts_clock_unwrap(clock, head->pts_90k));
    int64_t dts_us = s->told.kind == TS_KIND_PICTURE ? us_from_90k(ts_clock_unwrap(clock, head->dts_90k)) : pts_us;
    if (s->open_late && s->timed && dts_us <= s->mark_dts_us && s->mark_dts_us - dts_us < TS_LATE_US) {
        s->gap = true; /* The next one may be as late. */
        return false;
    }
    s->timed = true;
    s->mark_dts_us = dts_us;
    s->mark_pts_us = pts_us;
    return true;
}

void ts_stream_close(struct ts_stream *s, struct ts_clock *clock)
{
    struct pes_head head;
    if (!s->is_open)
        return;
    s->is_open = false;
    size_t announced = announced_len(s);
    s->damaged = s->open_damaged || s->open.len < announced;
    s->key = s->open_key;
    if (!read_pes_head(&s->open, announced, &head))
        return;
    if (!set_times(s, &head, clock)) {
        s->at = s->ready.len;
        s->has_mark = false;
        return;
    }
    if (s->told.kind == TS_KIND_PICTURE) {
        ready_picture(s, &head);
        s->mark = s->at;
        heed_mark(s);
    } else {
        ready_bytes(s, &head);
    }
}

void ts_stream_break(struct ts_stream *s, struct ts_clock *clock)
{
    if (s->told.kind == TS_KIND_SCTE35)
        ts_section_reset(&s->section);
    s->open_damaged = s->gap = true;
    if (s->is_open) {
        ts_stream_close(s, clock);
        return;
    }
    s->at = s->ready.len;
    s->latm_frames.left = 0;
}

static bool next_of_kind(struct ts_stream *s, const struct ts_clock *clock, uint8_t *raw, struct ts_demuxed *unit)
{
    switch (s->told.kind) {
    case TS_KIND_PICTURE: return next_picture(s, unit);
    case TS_KIND_SOUND: return next_sound(s, unit);
    case TS_KIND_LATM: return next_latm(s, raw, unit);
    case TS_KIND_OPUS: return next_opus(s, unit);
    case TS_KIND_ID3: return next_tag(s, unit);
    case TS_KIND_SCTE35: return next_section(s, clock, unit);
    default: return false;
    }
}

bool ts_stream_next(struct ts_stream *s, const struct ts_clock *clock, uint8_t *raw, struct ts_demuxed *unit)
{
    if (next_of_kind(s, clock, raw, unit))
        return true;
    if (s->damaged) /* What is left of a damaged packet was cut. */
        s->at = s->ready.len;
    return false;
}
