/**
 * The body of an FLV audio or video tag, which is the payload of an RTMP audio or video message: its
 * codec, the kind of packet, and the place of the codec's own bytes.
 *
 * Both generations are read: the classic headers, with the extensions of encoders (video codec 12 is
 * HEVC, 13 is AV1, both in the layout of AVC), and enhanced RTMP with FourCCs, ModEx and several
 * tracks in one body. Of several tracks the first one is described.
 *
 * Source     Adobe FLV 10.1 E.4.2, E.4.3; Enhanced RTMP v2 (Veovera), "Enhanced Audio", "Enhanced Video"
 * Ownership  nothing is kept or allocated; offsets, not pointers
 * Yields     no
 */
#ifndef KERNEL_FLV_BODY_H
#define KERNEL_FLV_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "kernel/frame.h"

/* E.4.3 FrameType; a frame type of 0 or above 5 is reserved and read as an inter frame. */
enum flv_frame_type {
    FLV_KEY_FRAME = 1,
    FLV_INTER_FRAME = 2,
    FLV_DISPOSABLE_FRAME = 3,
    FLV_GENERATED_KEY_FRAME = 4,
    FLV_COMMAND_FRAME = 5,
};

/* The kind of packet in a body. */
enum flv_packet {
    FLV_PACKET_CONFIG,   /* sequence header / SequenceStart: the codec's configuration record */
    FLV_PACKET_CODED,    /* a picture or audio frame */
    FLV_PACKET_END,      /* end of sequence */
    FLV_PACKET_METADATA, /* video: AMF0 colorInfo (HDR) */
    FLV_PACKET_CHANNELS, /* audio: MultichannelConfig, the order of the channels */
    FLV_PACKET_COMMAND,  /* video: start or end of client-side seeking */
    FLV_PACKET_NOTHING,  /* an empty body: in audio, RTMP means silence by it */
};

enum flv_parse {
    FLV_PARSE_OK,
    FLV_PARSE_BAD, /* The body is too short (codec CODEC_NONE) or unknown (the codec if it is known, or CODEC_OTHER). */
    FLV_PARSE_IGNORE, /* The body is well formed, and players do not need it. */
};

/* Values of codec_id in enhanced bodies. */
#define FLV_FOURCC(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct flv_body {
    uint8_t  codec;       /* enum codec; CODEC_OTHER: known to FLV but not to us, or unknown */
    uint8_t  packet;      /* enum flv_packet */
    bool     enhanced;    /* codec_id is a FourCC; false: it is a classic number. */
    bool     multitrack;  /* The body gives the id of the track. */
    bool     sized;       /* The size of the track comes before its bytes. */
    bool     more_tracks; /* Other tracks follow after media_len. */
    uint8_t  track;       /* id of the first track */
    uint8_t  frame_type;  /* video: enum flv_frame_type */
    uint8_t  channels; /* classic audio header: 1 or 2; for AAC always 2, and the configuration has the real number */
    uint8_t  sample_bits; /* classic audio header: 8 or 16 */
    uint32_t sample_rate; /* classic audio header; for AAC always 44100 */
    uint32_t codec_id;
    bool     has_cts;      /* The three bytes before media_offset are cts_ms. */
    int32_t  cts_ms;       /* PTS - DTS */
    uint32_t offset_ns;    /* ModEx TimestampOffsetNano, 0 to 999,999; is added to the PTS */
    size_t   media_offset; /* offset of the codec's bytes */
    size_t   media_len;    /* 0 for FLV_PACKET_END, _METADATA, _CHANNELS, _COMMAND, _NOTHING */
};

/**
 * Read the header of a VIDEODATA body. `body` has all fields that were understood, whatever is returned.
 *
 * Returns    FLV_PARSE_OK      a configuration, a picture, an end of sequence, or HDR metadata
 *            FLV_PARSE_IGNORE  empty; a command frame; a configuration without bytes
 *            FLV_PARSE_BAD     see enum flv_parse
 */
enum flv_parse flv_body_parse_video(const uint8_t *bytes, size_t len, struct flv_body *body);

/** Read the header of an AUDIODATA body, as flv_body_parse_video(). An empty body means silence and is ignored. */
enum flv_parse flv_body_parse_audio(const uint8_t *bytes, size_t len, struct flv_body *body);

/* The longest head that is written: enhanced, with a track and a composition time. */
enum { FLV_BODY_HEAD_MAX = 1 + 1 + 4 + 1 + 3 };

/**
 * Write the head of a VIDEODATA body, before the codec's bytes. H.264 has the classic head; other codecs, and tracks other than 0,
 * have the enhanced head with a FourCC. Parsing it gives the same values back.
 *
 * Shape      read from `body`: codec; packet, FLV_PACKET_CONFIG or _CODED; track; frame_type; cts_ms, for AVC and HEVC
 * Returns    false, with nothing written, for a codec that has no FourCC
 */
bool flv_body_write_video_head(struct wr *w, const struct flv_body *body) ATTR_MUST_USE;

/**
 * Write the head of an AUDIODATA body, before the codec's bytes: the classic head if it has a number for the codec.
 *
 * Shape      read from `body`: codec, packet, track; for the classic head channels and sample_rate, which decoders of AAC,
 *            MP3 and G.711 do not rely on
 * Returns    as flv_body_write_video_head()
 */
bool flv_body_write_audio_head(struct wr *w, const struct flv_body *body) ATTR_MUST_USE;

/** The name of the codec in the body, for a log line: "AVC (7)", "codec 9", "hvc1". Returns `buf`, terminated. */
const char *flv_body_codec_text(const struct flv_body *body, bool video, char *buf, size_t cap);

#endif
