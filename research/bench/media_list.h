/**
 * A reader of HLS playlists for load tools: it finds what a player asks for next, and checks nothing.
 *
 *     struct media_list l = media_list_over(text, len);
 *     struct media_item item;
 *     while (media_list_next(&l, &item))
 *         ... segments, and the parts of the newest segments, in the order of the playlist
 *
 * Source     RFC 8216 4.3; draft-pantos-hls-rfc8216bis 4.4.4.9 (EXT-X-PART), 4.4.3.8 (EXT-X-SERVER-CONTROL)
 * Ownership  borrows the text
 */
#ifndef BENCH_MEDIA_LIST_H
#define BENCH_MEDIA_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct media_list {
    const char *p, *end;
    int64_t     target_us, part_hold_back_us; /* 0: not told (yet) */
    int64_t     number;                       /* of the segment whose lines come next */
    int         part;                         /* of the part that comes next */
    int64_t     duration_us;                  /* EXTINF of the segment that comes next */
};

/* A segment (`part` -1), or a part of the segment `number`. */
struct media_item {
    int64_t     number, duration_us;
    int         part;
    const char *uri; /* not terminated */
    size_t      uri_len;
};

struct media_list media_list_over(const char *text, size_t len);
bool              media_list_next(struct media_list *l, struct media_item *item);

/** The URI of the first variant if the text is a master playlist. */
bool media_list_master(const char *text, size_t len, const char **uri, size_t *uri_len);

#endif
