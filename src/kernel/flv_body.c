#include "kernel/flv_body.h"

#include "core/rd.h"
#include "core/str.h"

/* Enhanced RTMP: the low four bits of the first byte. A value is for audio and video unless its comment says otherwise. */
enum {
    EX_SEQUENCE_START = 0,
    EX_CODED_FRAMES = 1,
    EX_SEQUENCE_END = 2,
    EX_CODED_FRAMES_X = 3,         /* video: without composition time */
    EX_METADATA = 4,               /* video */
    EX_MULTICHANNEL_CONFIG = 4,    /* audio */
    EX_MPEG2TS_SEQUENCE_START = 5, /* video: AV1VideoDescriptor */
    EX_AUDIO_MULTITRACK = 5,
    EX_VIDEO_MULTITRACK = 6,
    EX_MODEX = 7,
};

enum { MULTI_ONE_TRACK = 0, MULTI_MANY_TRACKS = 1, MULTI_MANY_CODECS = 2 };

enum { MODEX_TIMESTAMP_OFFSET_NANO = 0, OFFSET_NS_MAX = 999999 };

enum { AUDIO_EX_HEADER = 9, AUDIO_AAC = 10, VIDEO_EX_HEADER = 0x80 };

struct codec_row {
    uint32_t    id;
    enum codec  codec;
    const char *name;
    bool        packet_type; /* AVCPacketType or AACPacketType follows; for video, CompositionTime follows, too. */
};

/* E.4.3.1 CodecID */
static const struct codec_row video_ids[] = {
    { 2, CODEC_H263, "H.263", false }, { 3, CODEC_SCREEN, "Screen", false },  { 4, CODEC_VP6, "VP6", false },
    { 5, CODEC_VP6, "VP6A", false },   { 6, CODEC_SCREEN, "Screen2", false }, { 7, CODEC_H264, "AVC", true },
    { 12, CODEC_HEVC, "HEVC", true },  { 13, CODEC_AV1, "AV1", true },
};

/* In these rows, packet_type means that CodedFrames begins with a composition time. */
static const struct codec_row video_fourccs[] = {
    { FLV_FOURCC('a', 'v', 'c', '1'), CODEC_H264, "avc1", true },
    { FLV_FOURCC('h', 'v', 'c', '1'), CODEC_HEVC, "hvc1", true },
    { FLV_FOURCC('a', 'v', '0', '1'), CODEC_AV1, "av01", false },
    { FLV_FOURCC('v', 'p', '0', '8'), CODEC_VP8, "vp08", false },
    { FLV_FOURCC('v', 'p', '0', '9'), CODEC_VP9, "vp09", false },
};

/* E.4.2.1 SoundFormat */
static const struct codec_row audio_ids[] = {
    { 0, CODEC_PCM, "PCM", false },
    { 1, CODEC_OTHER, "ADPCM", false },
    { 2, CODEC_MP3, "MP3", false },
    { 3, CODEC_PCM, "PCM-LE", false },
    { 4, CODEC_NELLYMOSER, "Nellymoser-16k", false },
    { 5, CODEC_NELLYMOSER, "Nellymoser-8k", false },
    { 6, CODEC_NELLYMOSER, "Nellymoser", false },
    { 7, CODEC_PCMA, "G.711 A-law", false },
    { 8, CODEC_PCMU, "G.711 mu-law", false },
    { 10, CODEC_AAC, "AAC", true },
    { 11, CODEC_SPEEX, "Speex", false },
    { 14, CODEC_MP3, "MP3-8k", false },
    { 15, CODEC_OTHER, "device-specific", false },
};

static const struct codec_row audio_fourccs[] = {
    { FLV_FOURCC('m', 'p', '4', 'a'), CODEC_AAC, "mp4a", false },
    { FLV_FOURCC('.', 'm', 'p', '3'), CODEC_MP3, ".mp3", false },
    { FLV_FOURCC('O', 'p', 'u', 's'), CODEC_OPUS, "Opus", false },
    { FLV_FOURCC('f', 'L', 'a', 'C'), CODEC_FLAC, "fLaC", false },
    { FLV_FOURCC('a', 'c', '-', '3'), CODEC_AC3, "ac-3", false },
    { FLV_FOURCC('e', 'c', '-', '3'), CODEC_EAC3, "ec-3", false },
};

static const struct codec_row *find_row(const struct codec_row *rows, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].id == id)
            return &rows[i];
    return NULL;
}

static enum flv_parse bad(struct flv_body *body, enum codec codec)
{
    body->codec = (uint8_t)codec;
    return FLV_PARSE_BAD;
}

/* Set the place of the codec's bytes: everything that is left in `r`. */
static void set_media(struct flv_body *body, const uint8_t *bytes, const struct rd *r)
{
    body->media_offset = (size_t)(r->p - bytes);
    body->media_len = rd_left(r);
}

static int32_t rd_s24(struct rd *r)
{
    uint32_t v = rd_u24(r);
    return v & 0x800000 ? (int32_t)v - 0x1000000 : (int32_t)v;
}

/* ---- enhanced ---- */

/* Read ModEx packets, each at least three bytes long. Returns the packet type after them. */
static unsigned read_modex(struct rd *r, unsigned packet_type, struct flv_body *body)
{
    while (packet_type == EX_MODEX && !r->bad) {
        uint32_t size = rd_u8(r) + 1u;
        if (size == 256)
            size = rd_u16(r) + 1u;
        struct rd data = *r;
        rd_bytes(r, size);
        uint8_t types = rd_u8(r);
        if (types >> 4 == MODEX_TIMESTAMP_OFFSET_NANO && size >= 3) {
            uint32_t ns = rd_u24(&data);
            body->offset_ns = ns <= OFFSET_NS_MAX ? ns : 0;
        }
        packet_type = types & 0x0f;
    }
    return packet_type;
}

/* Read from the FourCC to the codec's bytes of the first track; `r` then covers exactly these bytes. */
static const struct codec_row *read_tracks(struct rd *r, unsigned *packet_type, unsigned multitrack,
                                           const struct codec_row *rows, size_t n_rows, struct flv_body *body)
{
    unsigned multi = MULTI_ONE_TRACK;
    if (*packet_type == multitrack) {
        uint8_t types = rd_u8(r);
        multi = types >> 4;
        *packet_type = types & 0x0f;
        body->multitrack = true;
        r->bad |= multi > MULTI_MANY_CODECS || *packet_type == multitrack || *packet_type == EX_MODEX;
    }
    body->codec_id = rd_u32(r); /* The codec of all tracks, or of the first one: both stand in the same place. */
    if (body->multitrack) {
        body->track = rd_u8(r);
        if (multi != MULTI_ONE_TRACK) {
            body->sized = true;
            uint32_t       size = rd_u24(r);
            const uint8_t *track = rd_bytes(r, size);
            if (track) {
                body->more_tracks = rd_left(r) > 0;
                *r = rd_over(track, size);
            }
        }
    }
    return r->bad ? NULL : find_row(rows, n_rows, body->codec_id);
}

static enum flv_parse parse_ex_video(const uint8_t *bytes, struct rd r, unsigned packet_type, struct flv_body *body)
{
    packet_type = read_modex(&r, packet_type, body);
    if (!r.bad && body->frame_type == FLV_COMMAND_FRAME && packet_type != EX_METADATA) {
        body->packet = FLV_PACKET_COMMAND; /* the command's byte follows */
        return FLV_PARSE_IGNORE;
    }
    const struct codec_row *row =
        read_tracks(&r, &packet_type, EX_VIDEO_MULTITRACK, video_fourccs, ARRAY_LEN(video_fourccs), body);
    if (!row)
        return bad(body, r.bad ? CODEC_NONE : CODEC_OTHER);
    body->codec = (uint8_t)row->codec;
    switch (packet_type) {
    case EX_SEQUENCE_START:
    case EX_MPEG2TS_SEQUENCE_START: body->packet = FLV_PACKET_CONFIG; break;
    case EX_CODED_FRAMES:
        body->packet = FLV_PACKET_CODED;
        body->has_cts = row->packet_type;
        if (body->has_cts)
            body->cts_ms = rd_s24(&r);
        break;
    case EX_CODED_FRAMES_X: body->packet = FLV_PACKET_CODED; break;
    case EX_SEQUENCE_END: body->packet = FLV_PACKET_END; break;
    case EX_METADATA: body->packet = FLV_PACKET_METADATA; break;
    default: return FLV_PARSE_BAD; /* reserved */
    }
    if (r.bad)
        return bad(body, CODEC_NONE);
    set_media(body, bytes, &r);
    return FLV_PARSE_OK;
}

static enum flv_parse parse_ex_audio(const uint8_t *bytes, struct rd r, unsigned packet_type, struct flv_body *body)
{
    packet_type = read_modex(&r, packet_type, body);
    const struct codec_row *row =
        read_tracks(&r, &packet_type, EX_AUDIO_MULTITRACK, audio_fourccs, ARRAY_LEN(audio_fourccs), body);
    if (!row)
        return bad(body, r.bad ? CODEC_NONE : CODEC_OTHER);
    body->codec = (uint8_t)row->codec;
    switch (packet_type) {
    case EX_SEQUENCE_START: body->packet = FLV_PACKET_CONFIG; break;
    case EX_CODED_FRAMES: body->packet = FLV_PACKET_CODED; break;
    case EX_SEQUENCE_END: body->packet = FLV_PACKET_END; break;
    case EX_MULTICHANNEL_CONFIG: body->packet = FLV_PACKET_CHANNELS; break;
    default: return FLV_PARSE_BAD; /* reserved */
    }
    set_media(body, bytes, &r);
    return FLV_PARSE_OK;
}

/* ---- classic ---- */

static enum flv_parse parse_classic_video(const uint8_t *bytes, struct rd r, unsigned codec_id, struct flv_body *body)
{
    body->codec_id = codec_id;
    if (body->frame_type == FLV_COMMAND_FRAME) {
        body->packet = FLV_PACKET_COMMAND; /* the command's byte follows */
        return FLV_PARSE_IGNORE;
    }
    const struct codec_row *row = find_row(video_ids, ARRAY_LEN(video_ids), codec_id);
    if (!row)
        return bad(body, CODEC_OTHER);
    body->codec = (uint8_t)row->codec;
    body->packet = FLV_PACKET_CODED;
    if (row->packet_type) {
        uint8_t packet_type = rd_u8(&r);
        int32_t cts_ms = rd_s24(&r);
        if (packet_type == EX_SEQUENCE_END && r.bad) { /* Some encoders end a sequence with two bytes. */
            body->packet = FLV_PACKET_END;
            return FLV_PARSE_OK;
        }
        if (r.bad)
            return bad(body, CODEC_NONE);
        if (packet_type > EX_SEQUENCE_END)
            return FLV_PARSE_BAD;
        body->packet = packet_type; /* 0, 1, 2: the same order as enum flv_packet */
        body->has_cts = packet_type == EX_CODED_FRAMES;
        if (body->has_cts)
            body->cts_ms = cts_ms;
    }
    set_media(body, bytes, &r);
    return FLV_PARSE_OK;
}

static enum flv_parse parse_classic_audio(const uint8_t *bytes, struct rd r, uint8_t first, struct flv_body *body)
{
    static const uint16_t rates[] = { 5512, 11025, 22050, 44100 }; /* E.4.2.1 SoundRate */
    body->codec_id = first >> 4;
    const struct codec_row *row = find_row(audio_ids, ARRAY_LEN(audio_ids), body->codec_id);
    if (!row)
        return bad(body, CODEC_OTHER);
    body->codec = (uint8_t)row->codec;
    body->packet = FLV_PACKET_CODED;
    body->sample_rate = rates[first >> 2 & 3];
    body->sample_bits = first & 2 ? 16 : 8;
    body->channels = first & 1 ? 2 : 1;
    switch (body->codec_id) { /* E.4.2.1: these formats imply rates that the bits cannot express. */
    case 4:
    case 11:
        body->sample_rate = 16000;
        body->channels = 1;
        break;
    case 7:
    case 8: body->sample_rate = 8000; break;
    case 5:
        body->sample_rate = 8000;
        body->channels = 1;
        break;
    case 14: body->sample_rate = 8000; break;
    default: break;
    }
    if (row->packet_type) {
        uint8_t packet_type = rd_u8(&r);
        if (r.bad)
            return bad(body, CODEC_NONE);
        if (packet_type > EX_CODED_FRAMES)
            return FLV_PARSE_BAD;
        body->packet = packet_type; /* 0, 1: the same order as enum flv_packet */
    }
    set_media(body, bytes, &r);
    return FLV_PARSE_OK;
}

/* ---- both ---- */

/* True for codecs with an empty sequence start: for Opus it means mono or stereo, others describe themselves in each frame. */
static bool may_start_empty(enum codec codec)
{
    return codec == CODEC_OPUS || codec == CODEC_AC3 || codec == CODEC_EAC3;
}

/* Correct the result for packets without bytes of a codec, and for empty configurations. */
static enum flv_parse finish(enum flv_parse result, size_t len, struct flv_body *body)
{
    if (result != FLV_PARSE_OK)
        return result;
    if (body->packet != FLV_PACKET_CONFIG && body->packet != FLV_PACKET_CODED)
        body->media_len = 0;
    if (body->media_len == 0)
        body->media_offset = len;
    if (body->packet == FLV_PACKET_CONFIG && body->media_len == 0 && !may_start_empty(body->codec))
        return FLV_PARSE_IGNORE;
    return FLV_PARSE_OK;
}

enum flv_parse flv_body_parse_video(const uint8_t *bytes, size_t len, struct flv_body *body)
{
    *body = (struct flv_body){ .codec = CODEC_NONE, .packet = FLV_PACKET_NOTHING, .media_offset = len };
    if (len == 0)
        return FLV_PARSE_IGNORE;
    struct rd r = rd_over(bytes, len);
    uint8_t   first = rd_u8(&r);
    body->enhanced = first & VIDEO_EX_HEADER;
    body->frame_type = first >> 4 & 7;
    return finish(body->enhanced ? parse_ex_video(bytes, r, first & 0x0f, body)
                                 : parse_classic_video(bytes, r, first & 0x0f, body),
                  len, body);
}

enum flv_parse flv_body_parse_audio(const uint8_t *bytes, size_t len, struct flv_body *body)
{
    *body = (struct flv_body){ .codec = CODEC_NONE, .packet = FLV_PACKET_NOTHING, .media_offset = len };
    if (len == 0)
        return FLV_PARSE_IGNORE;
    struct rd r = rd_over(bytes, len);
    uint8_t   first = rd_u8(&r);
    body->enhanced = first >> 4 == AUDIO_EX_HEADER;
    return finish(body->enhanced ? parse_ex_audio(bytes, r, first & 0x0f, body)
                                 : parse_classic_audio(bytes, r, first, body),
                  len, body);
}

/* ---- writing ---- */

static const struct codec_row *find_codec(const struct codec_row *rows, size_t n, enum codec codec)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].codec == codec)
            return &rows[i];
    return NULL;
}

/* `high` is the part of the first byte above the packet type. */
static void write_ex_head(struct wr *w, uint8_t high, unsigned packet_type, unsigned multitrack, uint32_t fourcc,
                          uint8_t track)
{
    wr_u8(w, (uint8_t)(high | (track ? multitrack : packet_type)));
    if (track)
        wr_u8(w, (uint8_t)(MULTI_ONE_TRACK << 4 | packet_type));
    wr_u32(w, fourcc);
    if (track)
        wr_u8(w, track);
}

bool flv_body_write_video_head(struct wr *w, const struct flv_body *body)
{
    enum { CLASSIC_AVC = 7 };
    const struct codec_row *row = find_codec(video_fourccs, ARRAY_LEN(video_fourccs), body->codec);
    unsigned                packet_type = body->packet == FLV_PACKET_CONFIG ? EX_SEQUENCE_START : EX_CODED_FRAMES;
    bool                    coded = packet_type == EX_CODED_FRAMES;
    uint8_t                 frame_type = (uint8_t)(body->frame_type << 4);
    if (!row)
        return false;
    if (body->codec == CODEC_H264 && body->track == 0) {
        wr_u8(w, frame_type | CLASSIC_AVC);
        wr_u8(w, (uint8_t)packet_type);
        wr_u24(w, coded ? (uint32_t)body->cts_ms & 0xffffff : 0);
        return true;
    }
    write_ex_head(w, VIDEO_EX_HEADER | frame_type, packet_type, EX_VIDEO_MULTITRACK, row->id, body->track);
    if (coded && row->packet_type)
        wr_u24(w, (uint32_t)body->cts_ms & 0xffffff);
    return true;
}

/* E.4.2.1 SoundRate, SoundSize (always 16 bits), SoundType */
static uint8_t sound_bits(const struct flv_body *body)
{
    enum { BITS_16 = 2, STEREO = 1, RATE_44K = 3 << 2, RATE_22K = 2 << 2, RATE_11K = 1 << 2 };
    uint8_t rate = RATE_44K;
    if (body->codec != CODEC_AAC && body->sample_rate < 44100)
        rate = body->sample_rate >= 22050 ? RATE_22K : body->sample_rate >= 11025 ? RATE_11K : 0;
    return rate | BITS_16 | (body->codec == CODEC_AAC || body->channels != 1 ? STEREO : 0);
}

bool flv_body_write_audio_head(struct wr *w, const struct flv_body *body)
{
    const struct codec_row *classic = find_codec(audio_ids, ARRAY_LEN(audio_ids), body->codec);
    const struct codec_row *row = find_codec(audio_fourccs, ARRAY_LEN(audio_fourccs), body->codec);
    unsigned                packet_type = body->packet == FLV_PACKET_CONFIG ? EX_SEQUENCE_START : EX_CODED_FRAMES;
    if (body->codec == CODEC_OTHER)
        return false;
    if (classic && body->track == 0) {
        wr_u8(w, (uint8_t)(classic->id << 4 | sound_bits(body)));
        if (classic->packet_type)
            wr_u8(w, (uint8_t)packet_type);
        return true;
    }
    if (row)
        write_ex_head(w, AUDIO_EX_HEADER << 4, packet_type, EX_AUDIO_MULTITRACK, row->id, body->track);
    return row != NULL;
}

const char *flv_body_codec_text(const struct flv_body *body, bool video, char *buf, size_t cap)
{
    struct str s = str_over(buf, cap);
    if (body->enhanced) {
        char fourcc[4] = { (char)(body->codec_id >> 24), (char)(body->codec_id >> 16), (char)(body->codec_id >> 8),
                           (char)body->codec_id };
        char text[sizeof fourcc * 4 + 1];
        str_printf(&s, "%s", str_printable(fourcc, sizeof fourcc, text, sizeof text));
        return buf;
    }
    const struct codec_row *row = video ? find_row(video_ids, ARRAY_LEN(video_ids), body->codec_id)
                                        : find_row(audio_ids, ARRAY_LEN(audio_ids), body->codec_id);
    if (row)
        str_printf(&s, "%s (%u)", row->name, (unsigned)body->codec_id);
    else
        str_printf(&s, "codec %u", (unsigned)body->codec_id);
    return buf;
}
