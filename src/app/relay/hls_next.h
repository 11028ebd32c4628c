/**
 * The segment of a media playlist that a pull takes next.
 *
 * Source     RFC 8216 6.3.3
 * Yields     no
 */
#ifndef APP_RELAY_HLS_NEXT_H
#define APP_RELAY_HLS_NEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/hls/playlist.h"

/* Where a live stream begins: this many segments before its end; the longest target duration that is told. */
enum { HLS_NEXT_FROM_END = 3, HLS_NEXT_TARGET_MAX_S = 60 };

struct hls_next {
    const char      *uri; /* NULL: there is no new segment */
    int64_t          number, duration_us;
    int64_t          n_behind; /* how many segments follow it */
    struct hls_range range;
    const char      *map_uri; /* of its initialization section; NULL: it needs none */
    struct hls_range map_range;
    struct hls_key   key; /* of the method HLS_KEY_NONE: it is not encrypted */
    bool             is_gap;
    int64_t          target_us; /* of the playlist, at most HLS_NEXT_TARGET_MAX_S */
    bool             is_ended;  /* The playlist gets no more segments. */
    bool             is_again;  /* for the caller: the playlist was another one, and the next one is to be loaded */
};

/** True for a text of more than `max` lines. Reading costs time for each line, and a mebibyte may have a million of them. */
bool hls_next_has_more_lines(const char *text, size_t len, size_t max);

/**
 * Find the first segment with a number of at least `from`. A negative `from` is the beginning: the first segment of a playlist that is
 * complete, and one near the end of a live one.
 *
 * Shape      text: as of hls_playlist_reader_init(); out->uri points into it
 * Returns    false: it is no media playlist
 */
bool hls_next_find(struct hls_next *out, char *text, size_t len, int64_t from);

#endif
