/**
 * One media frame: what every input becomes at the door and every output reads.
 *
 * A frame carries one access unit, one audio frame, one codec configuration or one script (metadata).
 * Its payload is the body of an FLV tag, as RTMP and FLV carry it, so that these two send it untouched;
 * data[media_offset .. media_offset + media_len) are the codec's own bytes (AVC/HEVC: NAL units behind
 * 4-byte or configured lengths, "avcc"; AAC: raw access unit without ADTS). Where media_len is 0 only
 * RTMP and FLV have something to carry (end of sequence, HDR metadata); other muxers skip the frame.
 *
 * Life       made by frame_new() with one reference, filled by its maker, then immutable: whoever must
 *            rewrite makes a copy. frame_ref()/frame_unref() count; a plain int, because all
 *            coroutines share one thread.
 * Units      dts_us, pts_us: unwrapped microseconds on the stream's own time line
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
    CODEC_SCREEN, /* the last one of pictures */
    CODEC_AAC,    /* the first one of sound */
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

/* What a frame without media tells of its track. */
enum frame_note {
    NOTE_NONE,
    NOTE_COLOR,    /* video: colours and brightness (HDR) */
    NOTE_CHANNELS, /* audio: the order of the channels */
    NOTE_END,      /* no more frames of this track are to be expected */
};

struct frame {
    int      refs;
    uint8_t  kind;     /* enum frame_kind */
    uint8_t  codec;    /* enum codec */
    uint8_t  track;    /* enhanced RTMP track id, 0 for the only or first one */
    bool     key;      /* video a player may start on; audio and script: false */
    bool     config;   /* sequence header: what a decoder needs before the first frame of this codec and track; of
                             * scripts onMetaData: what newcomers get too */
    bool     idr;      /* AVC, HEVC: the access unit does hold an IDR (HEVC: IRAP) picture */
    uint8_t  note;     /* enum frame_note */
    uint8_t  channels; /* audio: as a classic FLV header says, which AAC's configuration corrects; 0: it does not say */
    uint16_t media_offset;  /* where the codec's bytes begin in data[], if there are any */
    uint8_t  nalu_form : 3; /* AVC and HEVC pictures: enum nalu_form of their bytes */
    bool     has_cts   : 1; /* the three bytes before media_offset are pts_us - dts_us, each rounded down to ms */
    bool     sized     : 1; /* the body tells the length of this track before its bytes, so that it may not change */
    uint32_t len, cap;      /* bytes of data[] that are used, and room */
    uint32_t media_len;     /* how many the codec's bytes are; less than the rest when other tracks follow */
    uint32_t sample_rate;   /* audio: Hz, as channels */
    int64_t  dts_us, pts_us;
    int64_t  shift_us;   /* what was added to the encoder's own time to make dts_us */
    int64_t  arrived_us; /* monotonic, when its last byte was read */
    uint8_t  data[];
};

/** A frame with room for `cap` bytes and none filled, one reference; NULL when memory is out. */
struct frame *frame_new(size_t cap) ATTR_MUST_USE;

/** Give a frame that nobody else holds room for `cap` bytes; false when memory is out, `*fp` unchanged. */
bool frame_grow(struct frame **fp, size_t cap) ATTR_MUST_USE;

static inline struct frame *frame_ref(struct frame *f)
{
    f->refs++;
    return f;
}

/** Drops the reference and takes the pointer away; takes a pointer to NULL. */
void frame_unref(struct frame **fp);

/** Whether the frame only describes others: it has no time of its own. */
static inline bool frame_is_header(const struct frame *f)
{
    return f->config || f->kind == FRAME_SCRIPT || f->media_len == 0;
}

/** Whether a codec is one of pictures or of sound; that of CODEC_NONE and CODEC_OTHER is not told. */
static inline enum frame_kind codec_kind(enum codec codec)
{
    return codec < CODEC_AAC ? FRAME_VIDEO : FRAME_AUDIO;
}

/** The name that the API and the log print: "H264", "HEVC", "AAC" … */
const char *codec_name(enum codec codec);

#endif
