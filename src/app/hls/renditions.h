/**
 * Renditions: when a stream has more tracks of sound than the first, its pictures and each of these tracks have a playlist of their
 * own beside that of the whole stream, with the same numbers, cuts, dates and breaks. The master playlist names them.
 *
 *     live/cam.m3u8            pictures and the first track, as if there were no other
 *     live/.video/cam.m3u8     pictures alone
 *     live/.audio/cam.m3u8     the first track of sound alone
 *     live/.audio-2/cam.m3u8   the track of sound with the id 1
 *
 * Why so     Players in browsers cannot play another track beside fragmented MP4 that has sound of its own: hls.js and
 *            shaka-player end with an error, and beside such a transport stream shaka-player stops when the track is changed. Separate
 *            tracks work in all players that we tried, in both containers. A player that came before the second track was heard has
 *            the playlist of the whole stream, which therefore goes on.
 *            Transport streams of sound, not packed audio (RFC 8216 3.4): one muxer for all codecs, also for Opus, and no tag that
 *            every part of low latency would need.
 *
 * The rows of a playlist are those of the stream: a segment that the track has not got is a gap. So a track that is silent for a while keeps
 * its place, and players of other tracks do not notice.
 *
 * Source     RFC 8216 4.3.4.1, 4.3.4.2.1; draft-pantos-hls-rfc8216bis 4.4.6.1, 6.2.4
 * Ownership  a rendition belongs to its stream
 * Yields     no
 */
#ifndef APP_HLS_RENDITIONS_H
#define APP_HLS_RENDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/hls/hls.h"
#include "core/buf.h"

/* Tracks of sound, the first included. Further ones are not shown. */
enum { HLS_SOUNDS_MAX = 8 };

/** The rendition that shows a lane, or that has a name; NULL: there is none. */
struct hls *hls_renditions_of_lane(const struct hls *main, const struct lane *lane);
struct hls *hls_renditions_find(const struct hls *main, const char *track);

/** How many tracks of sound have a rendition. */
size_t hls_renditions_count_sounds(const struct hls *main);

/** The tracks of sound that have come lately, as a set; 0 unless there is one beside the first. */
uint64_t hls_renditions_sounds(const struct hls *main);

/** The tracks of sound of which that is so in all of these streams, which are variants; or 0. */
uint64_t hls_renditions_common_sounds(struct hls *const *members, size_t n);

/** The renditions of the tracks of a set, in their order; returns how many there are. */
size_t hls_renditions_list(const struct hls *main, uint64_t sounds, struct hls *list[static HLS_SOUNDS_MAX]);

/** The rendition of the pictures, if they have come lately; otherwise NULL. */
struct hls *hls_renditions_pictures(const struct hls *main);

/** True for the rendition of a track of sound; its id is that of its lane. */
static inline bool hls_rendition_is_sound(const struct hls *h)
{
    return h->main && !h->lane->kind->has_pictures;
}

/** What the playlist on the disk says of renditions, so that a later run of the server finds theirs. */
struct hls_renditions_line {
    bool   is_master; /* hls->is_master */
    char   tracks[HLS_SOUNDS_MAX + 1][HLS_TRACK_NAME_CAP];
    size_t n;
};

/** Append the line, a comment (RFC 8216 4.1); nothing if the stream has no renditions. */
void hls_renditions_write(struct buf *out, const struct hls *main);

/** Read it out of the text of a playlist. Unknown words, and names beyond the bound, are left out. */
void hls_renditions_read(struct hls_renditions_line *line, const char *text, size_t len);

#endif
