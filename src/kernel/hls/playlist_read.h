/**
 * A reader of media playlists: of our own, and of those that SRS has left, when a stream goes on after a restart.
 *
 *     struct hls_playlist_reader r;
 *     hls_playlist_reader_init(&r, text, len);
 *     while (hls_playlist_read(&r, &segment) == HLS_READ_SEGMENT)
 *         ...
 *
 * Date ranges are told to `on_daterange`, if the caller has set it, as soon as they are read; one that cannot be read is skipped.
 * Tags that it does not know are skipped, and so are parts: they belong to segments that were not complete, or are listed
 * again. A text that ends in the middle of a line, as after a crash, gives the segments before it.
 *
 * Source     RFC 8216 4.1 to 4.3.3
 * Ownership  borrows the text and writes into it: lines and quoted strings are terminated in place. Strings of a segment
 *            point into the text; its key and map lie in the reader and change with the next read
 * Yields     no
 */
#ifndef KERNEL_HLS_PLAYLIST_READ_H
#define KERNEL_HLS_PLAYLIST_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/hls/playlist.h"

/* Bounds of what a text may say; a segment of a day and a number of 2^53 are beyond any use. */
#define HLS_READ_DURATION_US_MAX INT64_C(86400000000)
#define HLS_READ_NUMBER_MAX (INT64_C(1) << 53)

/* Most attributes of clients (X-…) of a date range; further ones are skipped. */
enum { HLS_READ_ATTRIBUTES_MAX = 16 };

enum hls_read {
    HLS_READ_SEGMENT,
    HLS_READ_END,
    HLS_READ_BAD, /* no media playlist, a delta update, or a value that cannot be read */
};

struct hls_playlist_reader {
    char *next, *end;

    /* of the whole playlist: known once the first segment has been read */
    int64_t version, target_duration_s, media_sequence, discontinuity_sequence;
    bool    independent;
    bool    ended; /* EXT-X-ENDLIST was read */

    /* Called for each date range; NULL: they are skipped. *d lives during the call, its strings point into the text. */
    void (*on_daterange)(void *arg, const struct hls_daterange *d);
    void *arg;

    int64_t        n_read; /* so the number of the segment read last is media_sequence + n_read - 1 */
    bool           bad;    /* sticks */
    struct hls_key key;    /* those in force */
    struct hls_map map;
    bool           has_key, has_map;
    int64_t        range_end; /* end of the last byte range, where one without an offset begins */
};

/** Begin. Shape  text: writable, and text[len] is writable as well */
void hls_playlist_reader_init(struct hls_playlist_reader *r, char *text, size_t len);

/** The next segment. After HLS_READ_BAD, as after HLS_READ_END, the result stays the same. */
enum hls_read hls_playlist_read(struct hls_playlist_reader *r, struct hls_segment *segment);

#endif
