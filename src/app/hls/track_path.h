/**
 * Paths of the files of a rendition (renditions.h): those of its stream, with a folder before the last step.
 *
 *     live/cam-7.m4s           the stream's own
 *     live/.audio-2/cam-7.m4s  that of its second track of sound, "audio-2"
 *
 * No name of an app or a stream has a step that begins with a dot (segment/template.h), so no other stream has such a path.
 *
 * Yields     no
 */
#ifndef APP_HLS_TRACK_PATH_H
#define APP_HLS_TRACK_PATH_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

enum { HLS_TRACK_NAME_CAP = 16 };

/** The name of a track of sound: "audio", "audio-2" for the track with the id 1 … */
void hls_track_name(char name[static HLS_TRACK_NAME_CAP], unsigned track);

/** The name of the pictures. */
#define HLS_TRACK_PICTURES "video"

/** True if hls_track_name() gives the name. *track: its id. */
bool hls_track_read(const char *name, unsigned *track);

/**
 * Turn the path of a stream's file into that of a track; "": it stays.
 *
 * Ownership  *path was made by core/mem, and is replaced; it is freed and NULL after an error
 * Errors     E_LIMIT, out of memory
 */
struct err *hls_track_path(char **path, const char *track) ATTR_MUST_USE;

/** Turn the path of a track's file back into that of its stream. `track` may be NULL. False: it is none, and stays. */
bool hls_track_path_strip(char *path, char track[HLS_TRACK_NAME_CAP]);

#endif
