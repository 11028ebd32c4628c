/**
 * The tracks of sound of a stream as the master playlist names them: a group of EXT-X-MEDIA.
 *
 * The first one is what players begin with. Another one may be chosen by a player itself if its language is known, and is that of no
 * track before it. A title that is missing, or that another track has, becomes "Audio 2".
 *
 * Source     RFC 8216 4.3.4.1, 4.3.4.1.1
 * Yields     no
 */
#ifndef APP_HLS_AUDIO_GROUP_H
#define APP_HLS_AUDIO_GROUP_H

#include <stddef.h>

#include "app/hls/renditions.h"
#include "kernel/hls/master.h"
#include "kernel/track_text.h"

enum { HLS_AUDIO_GROUP_ID_CAP = 16 };

/** Ownership  The rows point into the rest: a group stays where it is. */
struct hls_audio_group {
    char                 id[HLS_AUDIO_GROUP_ID_CAP];
    size_t               n;
    struct hls_rendition rows[HLS_SOUNDS_MAX];
    struct track_text    texts[HLS_SOUNDS_MAX]; /* each title is a name of its own */
};

/** Begin a group; `place`: the groups of one master are numbered from 0. */
void hls_audio_group_begin(struct hls_audio_group *g, size_t place);

/** Add a track, in the order of the ids. `uri` is borrowed. A track beyond HLS_SOUNDS_MAX is left out. */
void hls_audio_group_add(struct hls_audio_group *g, unsigned track, const struct track_text *text, unsigned channels,
                         const char *uri);

#endif
