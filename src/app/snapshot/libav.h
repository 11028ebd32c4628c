/**
 * The functions of FFmpeg's libraries that pictures need. The libraries are opened with the first picture, not linked: they bring
 * some ninety others with them, which a server that makes no pictures neither loads nor needs to have.
 *
 * Threads    libav_open() may be called on any thread, and blocks; the table does not change after it
 */
#ifndef APP_SNAPSHOT_LIBAV_H
#define APP_SNAPSHOT_LIBAV_H

#ifdef WITH_SNAPSHOTS

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <stddef.h>

/* clang-format off */
#define LIBAV_FUNCTIONS(X) \
    X(UTIL, av_frame_alloc) X(UTIL, av_frame_free) X(UTIL, av_frame_unref) X(UTIL, av_frame_get_buffer) X(UTIL, av_log_set_level) \
    X(UTIL, av_opt_set_int) X(UTIL, av_mallocz) \
    X(CODEC, av_packet_alloc) X(CODEC, av_packet_free) X(CODEC, av_new_packet) \
    X(CODEC, avcodec_find_decoder) X(CODEC, avcodec_find_encoder_by_name) \
    X(CODEC, avcodec_alloc_context3) X(CODEC, avcodec_free_context) X(CODEC, avcodec_open2) \
    X(CODEC, avcodec_default_get_buffer2) X(CODEC, avcodec_send_packet) X(CODEC, avcodec_receive_frame) \
    X(CODEC, avcodec_send_frame) X(CODEC, avcodec_receive_packet) \
    X(SCALE, sws_alloc_context) X(SCALE, sws_init_context) X(SCALE, sws_freeContext) X(SCALE, sws_getCoefficients) \
    X(SCALE, sws_setColorspaceDetails) X(SCALE, sws_scale)
/* clang-format on */

struct libav {
#define MEMBER(library, name) __typeof__(name) *name;
    LIBAV_FUNCTIONS(MEMBER)
#undef MEMBER
};

/** The functions; NULL, with the reason in `why`, if a library or a function in it is missing. */
const struct libav *libav_open(char *why, size_t cap);

#endif
#endif
