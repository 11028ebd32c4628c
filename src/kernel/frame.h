/**
 * A media frame. All inputs are turned into frames, and all outputs read frames.
 *
 * A frame carries one access unit, one audio frame, one codec configuration or one script (metadata).
 * Its payload is the body of an FLV tag, so that RTMP and FLV send it unchanged;
 * data[media_offset .. media_offset + media_len) are the codec's own bytes (AVC/HEVC: NAL units with
 * 4-byte or configured lengths, "avcc"; AAC: raw access unit without ADTS). If media_len is 0, only
 * RTMP and FLV have something to carry (end of sequence, HDR metadata); other muxers skip the frame.
 *
 * Life       made by frame_new() with one reference, filled by its maker, then immutable: a change needs
 *            a copy. frame_ref()/frame_unref() count; the counter is a plain int, because all
 *            coroutines share one thread.
 * Units      dts_us, pts_us: unwrapped microseconds on the stream's own time line; pts_us of a script is its publisher's time for it
 * Source     Adobe FLV 10.1 Annex E.4; Enhanced RTMP v2 (Veovera)
 * Yields     no
 */
#ifndef KERNEL_FRAME_H
#define KERNEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum frame_kind { FRAME_AUDIO, FRAME_VIDEO, FRAME_SCRIPT };

enum codec {
    CODEC_NONE,
    CODEC_H264,
    CODEC_HEVC,
    CODEC_AV1,
    CODEC_VP8,
    CODEC_VP9,
    CODEC_VP6,
    CODEC_H263,
    CODEC_SCREEN, /* the last video codec */
    CODEC_AAC,    /* the first audio codec */
    CODEC_MP3,
    CODEC_OPUS,
    CODEC_FLAC,
    CODEC_AC3,
    CODEC_EAC3,
    CODEC_PCMA,
    CODEC_PCMU,
    CODEC_SPEEX,
    CODEC_NELLYMOSER,
    CODEC_PCM,
    CODEC_OTHER,
};

/* The fact about its track that a frame without media tells. */
enum frame_note {
    NOTE_NONE,
    NOTE_COLOR,    /* video: colours and brightness (HDR) */
    NOTE_CHANNELS, /* audio: the order of the channels */
    NOTE_END,      /* the end of the track */
};

struct frame {
    int      refs;
    uint8_t  kind;          /* enum frame_kind */
    uint8_t  codec;         /* enum codec */
    uint8_t  track;         /* enhanced RTMP track id, 0 for the only or first one */
    bool     key;           /* A player may start with this video frame; false for audio and scripts. */
    bool     config;        /* sequence header: what a decoder needs before the first frame of this codec and track; of
                             * scripts onMetaData: what newcomers get too */
    bool     idr;           /* AVC, HEVC: The access unit has an IDR (HEVC: IRAP) picture. */
    uint8_t  note;          /* enum frame_note */
    uint8_t  channels;      /* audio: number in a classic FLV header, wrong for AAC; 0: not given */
    uint16_t media_offset;  /* offset of the codec's bytes in data[], if there are any */
    uint8_t  nalu_form : 3; /* AVC and HEVC pictures: enum nalu_form of their bytes */
    bool     has_cts   : 1; /* The three bytes before media_offset are pts_us - dts_us, each rounded down to ms. */
    bool     sized     : 1; /* The body has the length of this track before its bytes, so it must not change. */
    uint32_t len, cap;      /* used bytes of data[]; room */
    uint32_t media_len;     /* number of the codec's bytes; less than the rest if other tracks follow */
    uint32_t sample_rate;   /* audio: rate in a classic FLV header, Hz; 0: not given */
    int64_t  dts_us, pts_us;
    int64_t  shift_us;   /* dts_us minus the encoder's own time */
    int64_t  arrived_us; /* monotonic time at which the last byte was read */
    uint8_t  data[];
};

/** Make an empty frame with room for `cap` bytes and one reference; NULL if memory is out. */
struct frame *frame_new(size_t cap) ATTR_MUST_USE;

/** Give a frame, of which the caller has the only reference, room for `cap` bytes. False, with `*fp` unchanged, without memory. */
bool frame_grow(struct frame **fp, size_t cap) ATTR_MUST_USE;

static inline struct frame *frame_ref(struct frame *f)
{
    f->refs++;
    return f;
}

/** Drop the reference; *fp becomes NULL, and may be NULL before. */
void frame_unref(struct frame **fp);

/** True if the frame only describes other frames, and has no time of its own. */
static inline bool frame_is_header(const struct frame *f)
{
    return f->config || f->kind == FRAME_SCRIPT || f->media_len == 0;
}

/** FRAME_VIDEO or FRAME_AUDIO for a codec; undefined for CODEC_NONE and CODEC_OTHER. */
static inline enum frame_kind codec_kind(enum codec codec)
{
    return codec < CODEC_AAC ? FRAME_VIDEO : FRAME_AUDIO;
}

/** The name of a codec in the API and the log: "H264", "HEVC", "AAC" … */
const char *codec_name(enum codec codec);

#endif
