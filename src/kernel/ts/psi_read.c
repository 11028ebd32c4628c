#include "kernel/ts/psi_read.h"

#include "core/rd.h"
#include "kernel/ts/psi.h"
#include "kernel/ts/section.h"

enum { TABLE_PAT = 0, TABLE_PMT = 2, PID_MASK = 0x1FFF, LENGTH_MASK = 0x0FFF };
enum { STREAM_AAC_LATM = 0x11, STREAM_SCTE35 = 0x86 };

/* Descriptors, by descriptor_tag. */
enum {
    TAG_REGISTRATION = 0x05,
    TAG_METADATA = 0x26,
    TAG_AC3 = 0x6A,
    TAG_EAC3 = 0x7A,
    TAG_EXTENSION = 0x7F,
    EXTENSION_OPUS = 0x80,
};

#define FOURCC(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* Read the header of a section. Returns what is between it and the checksum; `bad` if it is another table or not in force. */
static struct rd open_section(const uint8_t *section, size_t len, unsigned table, uint16_t *id)
{
    enum { CURRENT = 1 };
    struct rd r = rd_over(section, len > TS_SECTION_CRC_LEN ? len - TS_SECTION_CRC_LEN : 0);
    bool      right = rd_u8(&r) == table;
    rd_u16(&r); /* section_length, which the collector has heeded */
    *id = rd_u16(&r);
    right &= (rd_u8(&r) & CURRENT) == CURRENT;
    rd_u16(&r); /* section_number, last_section_number */
    r.bad |= !right;
    return r;
}

bool ts_psi_read_pat(const uint8_t *section, size_t len, struct ts_pat *pat)
{
    enum { ENTRY_LEN = 4 };
    uint16_t  id;
    struct rd r = open_section(section, len, TABLE_PAT, &id);
    *pat = (struct ts_pat){ 0 };
    while (!r.bad && rd_left(&r) >= ENTRY_LEN && pat->n < TS_PROGRAMS_MAX) {
        struct ts_pat_program p = { .number = rd_u16(&r) };
        p.pmt_pid = rd_u16(&r) & PID_MASK;
        if (p.number) /* 0: the network's own table */
            pat->programs[pat->n++] = p;
    }
    return !r.bad;
}

static void set_codec(struct ts_pmt_stream *s, enum ts_stream_kind kind, enum codec codec)
{
    s->kind = (uint8_t)kind;
    s->codec = (uint8_t)codec;
}

static void judge_type(struct ts_pmt_stream *s)
{
    switch (s->type) {
    case TS_STREAM_H264: set_codec(s, TS_KIND_PICTURE, CODEC_H264); break;
    case TS_STREAM_HEVC: set_codec(s, TS_KIND_PICTURE, CODEC_HEVC); break;
    case TS_STREAM_AAC_ADTS: set_codec(s, TS_KIND_SOUND, CODEC_AAC); break;
    case STREAM_AAC_LATM: set_codec(s, TS_KIND_LATM, CODEC_AAC); break;
    case TS_STREAM_MPEG1_AUDIO:
    case TS_STREAM_MPEG2_AUDIO: set_codec(s, TS_KIND_SOUND, CODEC_MP3); break;
    case TS_STREAM_AC3: set_codec(s, TS_KIND_SOUND, CODEC_AC3); break;
    case TS_STREAM_EAC3: set_codec(s, TS_KIND_SOUND, CODEC_EAC3); break;
    case STREAM_SCTE35: set_codec(s, TS_KIND_SCTE35, CODEC_NONE); break;
    default: set_codec(s, TS_KIND_UNKNOWN, CODEC_NONE); break;
    }
}

static void judge_registration(struct ts_pmt_stream *s, uint32_t format)
{
    if (s->type != TS_STREAM_PRIVATE)
        return;
    switch (format) {
    case FOURCC('H', 'E', 'V', 'C'): set_codec(s, TS_KIND_PICTURE, CODEC_HEVC); break;
    case FOURCC('A', 'C', '-', '3'): set_codec(s, TS_KIND_SOUND, CODEC_AC3); break;
    case FOURCC('E', 'A', 'C', '3'): set_codec(s, TS_KIND_SOUND, CODEC_EAC3); break;
    case FOURCC('O', 'p', 'u', 's'): set_codec(s, TS_KIND_OPUS, CODEC_OPUS); break;
    default: break;
    }
}

/* metadata_descriptor: its formats, if they are given by identifiers. */
static void judge_metadata(struct ts_pmt_stream *s, struct rd d)
{
    enum { BY_IDENTIFIER_16 = 0xFFFF, BY_IDENTIFIER_8 = 0xFF };
    if (rd_u16(&d) == BY_IDENTIFIER_16)
        rd_u32(&d);
    if (s->type == TS_STREAM_METADATA && rd_u8(&d) == BY_IDENTIFIER_8 && rd_u32(&d) == FOURCC('I', 'D', '3', ' '))
        set_codec(s, TS_KIND_ID3, CODEC_NONE);
}

static void judge_descriptor(struct ts_pmt_stream *s, unsigned tag, struct rd d)
{
    bool is_private = s->type == TS_STREAM_PRIVATE;
    if (tag == TAG_REGISTRATION)
        judge_registration(s, rd_u32(&d));
    else if (tag == TAG_METADATA)
        judge_metadata(s, d);
    else if (tag == TAG_AC3 && is_private)
        set_codec(s, TS_KIND_SOUND, CODEC_AC3);
    else if (tag == TAG_EAC3 && is_private)
        set_codec(s, TS_KIND_SOUND, CODEC_EAC3);
    else if (tag == TAG_EXTENSION && rd_u8(&d) == EXTENSION_OPUS)
        s->channels = rd_u8(&d);
}

static void judge_descriptors(struct ts_pmt_stream *s, struct rd r)
{
    while (rd_left(&r) >= 2) {
        unsigned       tag = rd_u8(&r);
        size_t         len = rd_u8(&r);
        const uint8_t *d = rd_bytes(&r, len);
        if (!d)
            return;
        judge_descriptor(s, tag, rd_over(d, len));
    }
}

/* Read one stream of the table. False at its end. */
static bool read_stream(struct rd *r, struct ts_pmt_stream *s)
{
    *s = (struct ts_pmt_stream){ .type = rd_u8(r) };
    s->pid = rd_u16(r) & PID_MASK;
    size_t         len = rd_u16(r) & LENGTH_MASK;
    const uint8_t *descriptors = rd_bytes(r, len);
    if (!descriptors)
        return false;
    judge_type(s);
    judge_descriptors(s, rd_over(descriptors, len));
    return true;
}

/* Count the tracks: pictures and sounds by themselves. */
static void number_track(const struct ts_pmt *pmt, struct ts_pmt_stream *s)
{
    if (s->codec == CODEC_NONE)
        return;
    for (size_t i = 0; i < pmt->n; i++)
        if (pmt->streams[i].codec != CODEC_NONE && codec_kind(pmt->streams[i].codec) == codec_kind(s->codec))
            s->track++;
}

bool ts_psi_read_pmt(const uint8_t *section, size_t len, struct ts_pmt *pmt)
{
    *pmt = (struct ts_pmt){ 0 };
    struct rd r = open_section(section, len, TABLE_PMT, &pmt->program);
    pmt->pcr_pid = rd_u16(&r) & PID_MASK;
    rd_bytes(&r, rd_u16(&r) & LENGTH_MASK); /* program_info */
    while (!r.bad && rd_left(&r) && pmt->n < TS_STREAMS_MAX) {
        struct ts_pmt_stream s;
        if (!read_stream(&r, &s))
            break;
        number_track(pmt, &s);
        pmt->streams[pmt->n++] = s;
    }
    return !r.bad;
}
