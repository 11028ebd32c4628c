/**
 * The variants of one stream (`hls_variants`) in one MPD, by which players choose among the qualities.
 *
 *     live/cam.mpd        the MPD of cam, cam_720, cam_480 …
 *     live/cam_720.mpd    the MPD of one of them
 *
 * A group is a struct dash of its own, whose tracks are those of its members: it has rows and Periods, and its MPD, but no segments,
 * files and names; those are the members'. Segments of variants have equal numbers and times (segment/timeline.h). All pictures are
 * one adaptation set; the sound is that of the first member that has it. A row waits for a variant that is a little late. One that is
 * missing is left out, and when it comes or goes a new Period begins, as for any other track.
 *
 * Ownership  a group lives from its first member to its last
 * Yields     no
 */
#ifndef APP_DASH_GROUP_H
#define APP_DASH_GROUP_H

#include <stdbool.h>

#include "app/segment/event.h"
#include "core/attr.h"
#include "core/err.h"

struct dash;
struct dash_track;
struct lane;
struct segment;

/** Enter the group of the stream, if the vhost has variants; otherwise d->group is NULL. */
struct err *dash_group_enter(struct dash *d) ATTR_MUST_USE;

/** Takes a struct dash that is in no group. */
void dash_group_leave(struct dash *d);

/** False if the configuration wants it in another group, or in none. */
bool dash_group_fits(const struct dash *d);

/** True if the path of its MPD is that of its group. */
bool dash_group_has_path_of(const struct dash *d);

/** A member has got one more track. */
void dash_group_add_track(struct dash_track *t);

/** Something has happened to a segment of a member. */
void dash_group_tell(struct dash *d, enum segment_event event, struct lane *lane, struct segment *s);

#endif
