/**
 * The names of a stream's DASH files, below `dash_path`. The segments lie beside the MPD, in a folder with the name of the stream:
 *
 *     live/livestream.mpd
 *     live/livestream/video-init.mp4   live/livestream/video-7.m4s   live/livestream/audio-init.mp4 …
 *
 * The MPD that is served from memory has names with the times of the segments ($Time$). ffmpeg confuses numbers with places in the
 * timeline once the first number is not 0: it plays the window again and again. Times begin anew with a publish, and so the Period
 * is in the name as well: live/livestream/video-1796022315258-902070.m4s
 *
 * Source     SRS 7.0.18. There, init segments always lie in [app]/[stream]/, so that with another layout of `dash_mpd_file` no
 *            player finds them
 * Ownership  results are released with mem_free()
 * Yields     no
 */
#ifndef APP_DASH_NAMES_H
#define APP_DASH_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "app/segment/show.h"
#include "app/segment/template.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * The path of the MPD, and the folder of its segments, with a slash at its end.
 *
 * Errors     as template_make(); both are NULL then
 */
struct err *dash_names_make(char **mpd_path, char **folder, const struct show *show) ATTR_MUST_USE;

/** True if a file with this absolute path (segment/file_path.h) may be one of the vhost's DASH, of a stream with these names. */
bool dash_names_has(const struct conf_vhost *vhost, const char *path, const struct template_names *names);

/** The first init segment of a track is "video-init.mp4"; later ones, of other configurations, have their number in it. */
char *dash_names_init(const char *folder, const char *track, uint64_t number) ATTR_MUST_USE;

/** The name of a segment's file. */
char *dash_names_segment(const char *folder, const char *track, uint64_t number) ATTR_MUST_USE;

/** The name of a segment in the MPD that is served: "video-PERIOD-TIME.m4s", of which `media_before` is all before the time. */
char *dash_names_timed(const char *folder, const char *media_before, int64_t time) ATTR_MUST_USE;

#endif
