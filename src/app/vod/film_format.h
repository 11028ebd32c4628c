/**
 * What film.c and the readers of its formats share. No other file includes this.
 */
#ifndef APP_VOD_FILM_FORMAT_H
#define APP_VOD_FILM_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/vod/parts.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/wr.h"
#include "kernel/mp4/entry_read.h"
#include "kernel/mp4/tables.h"

/* Bytes that are read at a time; the largest tag. */
enum { VOD_FILM_BATCH_BYTES = 256 << 10, VOD_FILM_TAG_MAX = 16 << 20 };

/* Video and sound. */
enum { VOD_FILM_TRACKS = 2 };

/* A track of an MP4. */
struct film_track {
    bool                    is_there, has_next;
    struct mp4_tables       tables;
    struct mp4_entry        entry;
    struct mp4_cursor       cursor;
    struct mp4_table_sample next;
};

/* Where a film is, in its part. Filled on a thread. */
struct film_place {
    int               fd;
    struct vod_part  *part;
    int64_t           at;       /* FLV: offset of the next tag in the file */
    bool              has_head; /* the tags of the head have been given */
    struct film_track tracks[VOD_FILM_TRACKS];
    int64_t           shift_us; /* MP4: added to times, so that the first is that of the key frame */
    uint8_t          *buf;      /* of `cap` bytes */
    size_t            cap;
};

struct film_format {
    /** Begin at the part. Does not block. */
    struct err *(*begin)(struct film_place *p);

    /** Read the next tags into p->buf, on a thread; *len is 0 at the end. */
    struct err *(*fill)(struct film_place *p, size_t *len);
};

extern const struct film_format film_flv, film_mp4;

/** Make room for `len` bytes in p->buf; what is in it stays. */
struct err *film_make_room(struct film_place *p, size_t len) ATTR_MUST_USE;

/** Read exactly `len` bytes. */
struct err *film_read_at(const struct film_place *p, int64_t at, void *bytes, size_t len) ATTR_MUST_USE;

#endif
