/**
 * The functions of FFmpeg's libraries that pictures, and sound in another codec, need. The libraries are opened with the first use, not
 * linked: they bring some ninety others with them, which a server that needs neither does not load, and need not have.
 *
 * Threads    libav_open() may be called on any thread, and blocks; what it has found does not change after it
 */
#ifndef APP_FFMPEG_LIBAV_H
#define APP_FFMPEG_LIBAV_H

#if defined(WITH_SNAPSHOTS) || defined(WITH_SOUND)

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stddef.h>

/* clang-format off */
#define LIBAV_COMMON_FUNCTIONS(X) \
    X(UTIL, av_frame_alloc) X(UTIL, av_frame_free) X(UTIL, av_frame_unref) X(UTIL, av_frame_get_buffer) X(UTIL, av_log_set_level) \
    X(UTIL, av_opt_set_int) X(UTIL, av_mallocz) \
    X(CODEC, av_packet_alloc) X(CODEC, av_packet_free) X(CODEC, av_packet_unref) X(CODEC, av_new_packet) \
    X(CODEC, avcodec_find_decoder) X(CODEC, avcodec_find_encoder_by_name) \
    X(CODEC, avcodec_alloc_context3) X(CODEC, avcodec_free_context) X(CODEC, avcodec_open2) \
    X(CODEC, avcodec_default_get_buffer2) X(CODEC, avcodec_send_packet) X(CODEC, avcodec_receive_frame) \
    X(CODEC, avcodec_send_frame) X(CODEC, avcodec_receive_packet)

#ifdef WITH_SNAPSHOTS
#include <libswscale/swscale.h>
#define LIBAV_PICTURE_FUNCTIONS(X) \
    X(SCALE, sws_alloc_context) X(SCALE, sws_init_context) X(SCALE, sws_freeContext) X(SCALE, sws_getCoefficients) \
    X(SCALE, sws_setColorspaceDetails) X(SCALE, sws_scale)
#else
#define LIBAV_PICTURE_FUNCTIONS(X)
#endif

#ifdef WITH_SOUND
#include <libswresample/swresample.h>
#define LIBAV_SOUND_FUNCTIONS(X) \
    X(UTIL, av_channel_layout_default) X(UTIL, av_channel_layout_compare) X(UTIL, av_channel_layout_copy) \
    X(UTIL, av_channel_layout_uninit) X(UTIL, av_frame_make_writable) X(UTIL, av_opt_set) X(UTIL, av_opt_set_double) \
    X(RESAMPLE, swr_alloc_set_opts2) X(RESAMPLE, swr_init) X(RESAMPLE, swr_free) X(RESAMPLE, swr_convert) \
    X(RESAMPLE, swr_get_delay) X(RESAMPLE, swr_inject_silence) X(RESAMPLE, swr_drop_output) X(RESAMPLE, swr_set_compensation)
#else
#define LIBAV_SOUND_FUNCTIONS(X)
#endif
/* clang-format on */

struct libav {
#define MEMBER(library, name) __typeof__(name) *name;
    LIBAV_COMMON_FUNCTIONS(MEMBER)
    LIBAV_PICTURE_FUNCTIONS(MEMBER)
    LIBAV_SOUND_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* What the functions are for: those of the other use may be missing. */
enum libav_use { LIBAV_PICTURES, LIBAV_SOUND, LIBAV_USES };

/** The functions for one use; NULL, with the reason in `why`, if a library or a function in it is missing. */
const struct libav *libav_open(enum libav_use use, char *why, size_t cap);

#endif
#endif
