/**
 * What a recording lacks: gaps, each with its reason.
 *
 * Shape      a gap stands where the file goes on after it. One at 0 lies before the beginning of the file: since the last file of the
 *            stream, or since the stream could have been recorded. At most GAPS_MAX are kept, the first ones; the others are counted
 * Units      microseconds; in JSON milliseconds
 * Ownership  gaps_finish() frees the list; all zero is an empty list
 * Yields     no
 */
#ifndef APP_DVR_GAPS_H
#define APP_DVR_GAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/jr.h"
#include "core/jw.h"

enum gap_reason {
    GAP_DISK_FULL,
    GAP_DISK_SLOW,  /* More waited for the disk than may wait. */
    GAP_DISK_ERROR, /* The disk refused it for another reason: read-only, broken. */
    GAP_PUBLISHER,  /* Nothing came in: the encoder paused or was away. */
    GAP_BEHIND,     /* The recorder fell behind the stream. */
    GAP_NO_FILE,    /* No file could be begun for another reason: too many of them, no memory. */
    GAP_KILL,       /* The server was killed. */
    GAP_OFF,        /* Recording was off, or was stopped or changed. */
    GAP_REASONS
};

/* A gap whose length is not known. */
enum { GAP_LENGTH_UNKNOWN = -1 };

struct gap {
    int64_t         at_us; /* time in the file */
    int64_t         length_us;
    enum gap_reason reason;
};

enum { GAPS_MAX = 64 };

struct gaps {
    struct gap *items;
    size_t      n, cap;
    size_t      n_left_out;
};

/** "disk_full"; used in the API, in callbacks and in notes. */
const char *gap_reason_name(enum gap_reason reason);

/** The same in words, for the log. */
const char *gap_reason_text(enum gap_reason reason);

/** Add a gap. One for which there is no place, or no memory, is counted. */
void gaps_add(struct gaps *g, struct gap gap);

/** Write the member `"gaps":[{"at_ms":0,"ms":1500,"reason":"disk_full"}]`; a length that is not known is null. */
void gaps_write(const struct gaps *g, struct jw *j);

/** Add the gaps of such a list. What is malformed is left out. */
void gaps_read(struct gaps *g, const struct jr_value *list);

void gaps_finish(struct gaps *g);

#endif
