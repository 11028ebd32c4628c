/**
 * What a stream is made of, for the API, the log and playlists: read out of its configuration frames.
 *
 * A codec is a row of a table of functions; a new one is a row.
 *
 * Yields     no
 */
#ifndef KERNEL_MEDIA_INFO_H
#define KERNEL_MEDIA_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/frame.h"

/* The texts are constants, never NULL: "Other" when unknown. */
struct video_info {
    enum codec  codec;
    const char *profile,
        *level;                /* AVC "High", "4.2"; HEVC "Main10", "5.1"; AV1 "Main", "4.0"; VP9 "Profile 0", "3.1" */
    uint32_t width, height;    /* 0 unknown */
    uint32_t fps_num, fps_den; /* 0/0 unknown */
    uint8_t  bit_depth;        /* 0 unknown */
};

struct audio_info {
    enum codec  codec;
    const char *profile;     /* AAC "LC", "HE" …; else "Other" */
    uint32_t    sample_rate; /* Hz, that comes out; 0 unknown */
    uint8_t     channels;    /* 0 unknown */
};

/**
 * What a video frame tells of its stream.
 *
 * Shape      config: a parsed frame (flv_frame_parse); of codecs without configuration any frame will do
 * parse_sps  read the size and the frame rate out of the SPS or sequence header as well (`publish { parse_sps }`)
 * Returns    false when the frame's configuration is malformed, or it has none and needs one; *info then has
 *            what is known all the same, at least the codec
 */
bool media_info_video(const struct frame *config, bool parse_sps, struct video_info *info);

/**
 * What an audio frame tells of its stream: AAC, Opus and FLAC by their configuration, the others by any frame.
 *
 * Returns    as media_info_video()
 */
bool media_info_audio(const struct frame *frame, struct audio_info *info);

#endif
