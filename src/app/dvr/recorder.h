/**
 * The recorder of a stream: it takes frames, and says when a file ends and the next one begins.
 *
 * Ownership  used by the coroutine of the attendance, which keeps the source
 * Yields     no
 */
#ifndef APP_DVR_RECORDER_H
#define APP_DVR_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dvr/file.h"
#include "app/dvr/preroll.h"
#include "app/source/headers.h"
#include "app/source/log_cursor.h"
#include "core/attr.h"
#include "core/clock.h"
#include "protocol/stream_name.h"

struct attendance;
struct source;

/* Most files of a stream that are being completed at a time. Beyond this nothing is recorded: the disk does not come back. */
enum { RECORDER_ENDING_MAX = 4 };

/* Pauses before another file is tried when one could not be begun: the first, and the longest. */
enum { RECORDER_PAUSE_US = US_PER_SECOND, RECORDER_PAUSE_MAX_US = 30 * US_PER_SECOND };

/* Frames are written this often, so that a crash costs less than a second. */
enum { RECORDER_FLUSH_US = 500 * US_PER_MS };

struct recorder {
    struct source     *source;
    struct conf       *conf; /* the snapshot that the open file follows */
    char               app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1]; /* in normal form */
    bool               applies;  /* It is recorded: `dvr_apply` names the stream, or the API has started it. */
    uint64_t           n_orders; /* as of the newest look at orders */
    struct preroll     preroll;  /* of the time in which it was not recorded */
    bool               takes_preroll;
    struct log_cursor *cursor;  /* of the attendance */
    struct headers     headers; /* the newest of those that were taken */
    struct dvr_file   *file;    /* NULL: none is open */
    struct dvr_file   *ending[RECORDER_ENDING_MAX];
    size_t             n_ending;
    enum codec         video, audio;       /* of the publish whose frames are taken, as far as they are known */
    int64_t            published_us;       /* when the publish began whose frames are taken */
    int64_t            waits_us;           /* time of the first frame that waits for a key frame; INT64_MIN: none */
    int64_t            retry_us, pause_us; /* when a file may be begun again; the last pause */
    bool            is_broken; /* Frames are lost: nothing is written before a key frame that comes after retry_us. */
    int64_t         gap_us;    /* time of the stream at which the gap began; INT64_MIN: there is none */
    int64_t         gap_end_us, gap_told_us; /* where writing goes on, and when it is known that it does */
    enum gap_reason gap_why;
    int64_t         newest_us; /* time of the newest frame that came */
    int64_t         flush_us;  /* time of the stream at which what was taken is written */
    bool            goes_on;   /* The publish has had a file, and the next one follows it. */
};

/** Ownership  borrows the cursor of the attendance */
void recorder_init(struct recorder *r, struct attendance *a);

/** Follow the configuration in force, and the orders of the API. A change of what concerns recording ends the open file. */
void recorder_follow_conf(struct recorder *r);

/**
 * The next frame from before the start by the API, for recorder_take(); NULL: there is none. To be asked before frames of the log are taken.
 *
 * Ownership  the caller gets a reference
 */
struct frame *recorder_next_of_preroll(struct recorder *r) ATTR_MUST_USE;

/** Frames are going to be taken: look how far earlier ones have come. */
void recorder_begin_take(struct recorder *r);

/** Take a frame. `jumped`: frames before it are lost. */
void recorder_take(struct recorder *r, struct frame *f, bool jumped);

/**
 * All frames that are there were taken: have them written, and look at what became of earlier ones. Nothing is done while less than
 * RECORDER_FLUSH_US of the stream waits, so that a file is written in few pieces.
 */
void recorder_flush(struct recorder *r);

/** End the open file. */
void recorder_end_file(struct recorder *r);

/** True when all files that have ended are complete, or lost. */
bool recorder_is_idle(struct recorder *r);

/** Drop everything. Files that are not complete go on without it. */
void recorder_finish(struct recorder *r);

#endif
