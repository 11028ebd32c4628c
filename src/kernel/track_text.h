/**
 * What the metadata of a stream tell of a track of sound: its language and its title.
 *
 *     audioTrackIdInfoMap: { "1": { language: "fr", title: "Commentary", channels: 2, … }, … }
 *
 * Source     Enhanced RTMP v2, "Enhancing onMetaData" (audioTrackIdInfoMap). It leaves the properties of a track open; `language`
 *            and `title` are the names that ffmpeg has for these. The first track may be listed as "0".
 * Yields     no
 */
#ifndef KERNEL_TRACK_TEXT_H
#define KERNEL_TRACK_TEXT_H

#include "kernel/frame.h"

/* RFC 5646 4.4.1: room for the longest tags that are in use. A longer title is left out. */
enum { TRACK_LANGUAGE_CAP = 36, TRACK_TITLE_CAP = 65 };

struct track_text {
    char language[TRACK_LANGUAGE_CAP]; /* "" unless it has the form of RFC 5646: "en", "pt-BR" */
    char title[TRACK_TITLE_CAP];       /* "" unless it is UTF-8 without control characters */
};

/**
 * Look up a track.
 *
 * Shape      metadata: a frame as metadata_read() makes it of onMetaData; NULL: none has come
 */
struct track_text track_text_find(const struct frame *metadata, unsigned track);

#endif
