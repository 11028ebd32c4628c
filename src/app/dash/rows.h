/**
 * The rows of a DASH stream: what is on the shelf, and the Periods.
 *
 * A row is complete when all tracks have ended their segments of its number. A Period ends where the stream breaks, where a track
 * comes or goes or gets another init segment, and where the encoder's clock has run away from the wall clock.
 *
 * Servers that cut by the wall clock of the stream (`common_segments`) begin the first Period that they know in 1970, so that it is the same on
 * all of them. The names of segments have no Period then.
 *
 * Yields     no
 */
#ifndef APP_DASH_ROWS_H
#define APP_DASH_ROWS_H

#include <stdbool.h>

#include "app/dash/dash.h"
#include "core/attr.h"

/** The MPD has to be written anew. */
void dash_changed(struct dash *d);

/** The track of a lane; NULL: the lane is of no use to the stream. */
struct dash_track *dash_track_of(struct dash *d, const struct lane *lane);

/** Add a segment that a track has opened. */
void dash_rows_add(struct dash_track *t, struct segment *s);

/** A segment has got a part, or is complete: learn what its init segment says. */
void dash_rows_describe(struct dash_track *t, struct segment *s);

/** Take a segment away: it was too short, or leaves memory. */
void dash_rows_remove(struct dash_track *t, const struct segment *s);

/** Find out which rows have become complete, and give each a Period. */
void dash_rows_complete(struct dash *d);

/** Add all segments that the lanes have already. */
void dash_rows_load(struct dash *d);

/** Drop all rows; one row; what all rows have of a track. */
void dash_rows_drop(struct dash *d);
void dash_row_drop(struct dash *d, struct dash_row *row);
void dash_rows_drop_track(struct dash_track *t);

/** True if `row`, which is still open, continues `before` in its Period, as far as its parts tell. */
bool dash_row_may_continue(const struct dash *d, const struct dash_row *row, const struct dash_row *before);

/** True if segments are cut, numbered and timed by the wall clock of the stream, so that other servers have the same ones. */
bool dash_is_by_wall(const struct dash *d);

/** The row before another one; NULL: there is none. */
const struct dash_row *dash_row_before(const struct dash *d, const struct dash_row *row);

/** The first segment of a row. A row on the list has one. */
const struct segment *dash_row_first(const struct dash *d, const struct dash_row *row);

#endif
