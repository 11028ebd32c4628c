/**
 * The names of a stream's DASH files, below `dash_path`. The segments lie beside the MPD, in a folder with the name of the stream:
 *
 *     live/livestream.mpd
 *     live/livestream/video-init.mp4   live/livestream/video-7.m4s   live/livestream/audio-init.mp4 …
 *
 * Source     SRS 7.0.18. There, init segments always lie in [app]/[stream]/, so that with another layout of `dash_mpd_file` no
 *            player finds them
 * Ownership  results are released with mem_free()
 * Yields     no
 */
#ifndef APP_DASH_NAMES_H
#define APP_DASH_NAMES_H

#include <stdint.h>

#include "app/segment/show.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * The path of the MPD, and the folder of its segments, with a slash at its end.
 *
 * Errors     as template_make(); both are NULL then
 */
struct err *dash_names_make(char **mpd_path, char **folder, const struct show *show) ATTR_MUST_USE;

/** The first init segment of a track is "video-init.mp4"; later ones, of other configurations, have their number in it. */
char *dash_names_init(const char *folder, const char *track, uint64_t number) ATTR_MUST_USE;

char *dash_names_segment(const char *folder, const char *track, uint64_t number) ATTR_MUST_USE;

#endif
