/**
 * A sheet of small pictures of a stream, for the time line of a player: one tile for each interval of the wall clock, in rows.
 *
 * A sheet begins at a multiple of its whole time since 1970. So whoever knows the interval finds the sheet and the tile of a moment
 * without asking. A tile without a picture is black.
 *
 * Source     WebVTT 4.1 (file structure); Media Fragments URI 1.0, 4.2.2 (xywh)
 * Units      wall clock, microseconds
 * Yields     only sheet_make()
 */
#ifndef APP_SNAPSHOT_SHEET_H
#define APP_SNAPSHOT_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "app/snapshot/picture.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "protocol/offload.h"

enum {
    SHEET_COLUMNS = 10,
    SHEET_ROWS = 10,
    SHEET_TILES = SHEET_COLUMNS * SHEET_ROWS,
    SHEET_TILE_WIDTH = 160,
    SHEET_TILE_HEIGHT = 90,
    SHEET_WIDTH = SHEET_COLUMNS * SHEET_TILE_WIDTH,
    SHEET_HEIGHT = SHEET_ROWS * SHEET_TILE_HEIGHT,
    SHEET_PIXELS_BYTES = SHEET_WIDTH * SHEET_HEIGHT * 3 / 2,
    SHEET_WORK_MAX = 2, /* pictures of sheets that are being made or wait for a thread */
};

struct sheet {
    struct offload_job  job;
    int64_t             begin_us, tile_us; /* when it begins; the time of a tile */
    bool                has[SHEET_TILES];
    enum picture_format format;
    enum picture_result result;
    struct picture      picture;                    /* the last one that was made */
    uint8_t             pixels[SHEET_PIXELS_BYTES]; /* I420, full range */
};

/** An empty sheet for that moment; NULL if memory is out. */
struct sheet *sheet_new(int64_t wall_us, int64_t tile_us) ATTR_MUST_USE;

/** Takes NULL; *s becomes NULL. */
void sheet_free(struct sheet **s);

/** True if the moment has its tile in this sheet, with tiles of that time. */
bool sheet_covers(const struct sheet *s, int64_t wall_us, int64_t tile_us);

/** Put a picture (PICTURE_I420, not larger than a tile) into the middle of the tile of a moment that the sheet covers. */
void sheet_put(struct sheet *s, int64_t wall_us, const struct picture *tile);

/**
 * Make a picture of it, in (*s)->picture, or tell by (*s)->result why not. Few are made at a time (SHEET_WORK_MAX), so that they do not
 * hold up the pictures that clients wait for; the others wait for their turn.
 *
 * Ownership  after an error *s is NULL if a thread may still have it
 * Errors     E_SOCKET_TIMEOUT: its turn did not come; those of offload()
 * Yields     yes
 */
struct err *sheet_make(struct sheet **s, enum picture_format format, int64_t deadline_us) ATTR_MUST_USE;

/** Append the index: WebVTT whose times count from the beginning of the sheet. `file` is the name of the picture. */
void sheet_put_index(struct buf *out, const struct sheet *s, const char *file);

#endif
