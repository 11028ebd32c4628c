/**
 * One key frame as a picture: bits of a publisher in, a JPEG or WebP out, by FFmpeg's libraries.
 *
 * The bits may be hostile. A decoder of one thread gets one packet, at most PICTURE_BITS_MAX long, of a picture of at most
 * PICTURE_PIXELS_MAX; it may use PICTURE_BUFFERS_MAX pictures of together PICTURE_MEMORY_MAX, and gets none after PICTURE_US. A picture in
 * which it has found damage is refused.
 *
 * Ownership  everything is only read; `bytes` of the answer belong to the caller
 * Threads    works on any thread, and blocks for tens of milliseconds
 */
#ifndef APP_SNAPSHOT_PICTURE_H
#define APP_SNAPSHOT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "kernel/frame.h"

enum {
    PICTURE_BITS_MAX = 8 << 20,
    PICTURE_PIXELS_MAX = 4096 * 4096,
    PICTURE_SIDE_MAX = 4096, /* of the picture that is made */
    PICTURE_BUFFERS_MAX = 8,
    PICTURE_MEMORY_MAX = 256 << 20, /* bytes of those */
    PICTURE_WHY_CAP = 160,
};
#define PICTURE_US (2 * US_PER_SECOND) /* of computing */

enum picture_format {
    PICTURE_JPEG,
    PICTURE_WEBP,
    PICTURE_I420, /* bare planes, full range: Y, then U and V of half the sides, rounded up */
    PICTURE_FORMATS
};

/** The picture that is wanted: it keeps its shape and fits into the box. A side of 0 follows the other; both 0: as it is sent. */
struct picture_wish {
    enum picture_format format;
    int                 width, height;
};

/** What is decoded. Shape: as in a frame (kernel/frame.h); `config` may be empty. */
struct picture_bits {
    enum codec     codec;
    const uint8_t *config, *bytes;
    size_t         config_len, len;
};

enum picture_result {
    PICTURE_MADE,
    PICTURE_UNBUILT,   /* the server, or its libraries, cannot do this */
    PICTURE_UNKNOWN,   /* a codec that is not decoded */
    PICTURE_BROKEN,    /* the bits are no whole picture */
    PICTURE_NO_MEMORY, /* or the encoder failed */
};

struct picture {
    uint8_t *bytes; /* mem_free() */
    size_t   len;
    int      width, height;
    char     why[PICTURE_WHY_CAP]; /* it was not made; "" otherwise */
};

enum picture_result picture_make(const struct picture_bits *bits, const struct picture_wish *wish, struct picture *out);

/** The same of planes (PICTURE_I420) as JPEG or WebP. Their sides are even. */
enum picture_result picture_encode(const uint8_t *i420, int width, int height, enum picture_format format,
                                   struct picture *out);

/** "image/jpeg"; "jpg". Not of PICTURE_I420. */
const char *picture_type(enum picture_format format);
const char *picture_extension(enum picture_format format);

/** Parse a file's extension, with or without its dot: jpg, jpeg, webp. False: another one. */
bool picture_parse_extension(const char *extension, enum picture_format *format);

/** The size of the picture that is made of one with this size, in pixels of the shape num:den. Never 0, never above PICTURE_SIDE_MAX. */
void picture_fit(int *width, int *height, int num, int den, const struct picture_wish *wish);

#endif
