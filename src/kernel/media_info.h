/**
 * Properties of a stream for the API, the log and playlists, read from its configuration frames.
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
    uint32_t    sample_rate; /* rate of the output, Hz; 0 unknown */
    uint8_t     channels;    /* 0 unknown */
};

/**
 * Read the properties of a stream from a video frame.
 *
 * Shape      config: a parsed configuration frame (flv_frame_parse); for codecs without configuration, any frame
 * parse_sps  read the size and the frame rate out of the SPS or sequence header as well (`publish { parse_sps }`)
 * Returns    false if the configuration is malformed, or is missing and needed; *info then has the properties that are
 *            known, at least the codec
 */
bool media_info_video(const struct frame *config, bool parse_sps, struct video_info *info);

/** Read the size from a key frame, for codecs whose configuration may have none: VP9 and AV1. Others leave *info as it is. */
void media_info_size_of_key(const struct frame *key, struct video_info *info);

/**
 * Read the properties of a stream from an audio frame: for AAC, Opus and FLAC the configuration, for others any frame.
 *
 * Returns    as media_info_video()
 */
bool media_info_audio(const struct frame *frame, struct audio_info *info);

#endif
