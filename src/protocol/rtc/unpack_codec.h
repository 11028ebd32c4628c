/**
 * The state of an unpacker (unpack.h), and what it needs of each codec of pictures.
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTC_UNPACK_CODEC_H
#define PROTOCOL_RTC_UNPACK_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "kernel/frame.h"

/* Most bytes of a frame; a longer one is broken. The largest key frames of cameras take 2 MiB. */
enum { RTP_FRAME_MAX = 4 << 20 };

struct rtp_unpacker {
    enum codec codec;
    struct buf bytes;   /* of the open frame */
    bool       is_open; /* A packet of the frame has come. */
    bool       is_key;
    bool       is_broken;
    bool       has_gap;     /* Packets are missing before the next one. */
    bool       follows_gap; /* struct rtp_frame, of the open frame */
    bool       in_part;     /* A NAL unit or OBU goes on in the next packet. */
    size_t     part_at;     /* where that begins */
    uint32_t   ts;
};

struct rtp_unpack_codec {
    /** True if the payload is the first one of a frame, as far as it tells. */
    bool (*begins)(const uint8_t *payload, size_t len);

    /** Append what the payload has to u->bytes. False: it is malformed, or does not go on where the last one ended. */
    bool (*take)(struct rtp_unpacker *u, const uint8_t *payload, size_t len);

    /** The frame is complete: set u->is_key if it is not known yet. NULL: nothing to do. */
    void (*end)(struct rtp_unpacker *u);
};

extern const struct rtp_unpack_codec rtp_unpack_avc, rtp_unpack_hevc; /* unpack_nalu.c */
extern const struct rtp_unpack_codec rtp_unpack_vp8, rtp_unpack_vp9;  /* unpack_vpx.c */
extern const struct rtp_unpack_codec rtp_unpack_av1;                  /* unpack_av1.c */

#endif
