/**
 * What recording has done since the start, in all, and for each stream while it is attended to; for metrics.
 *
 * Units      at the end of each name, or numbers
 * Yields     no
 */
#ifndef APP_DVR_COUNTS_H
#define APP_DVR_COUNTS_H

#include <stdint.h>

#include "app/dvr/gaps.h"

struct dvr_counts {
    int64_t n_open;     /* files that are being recorded now */
    int64_t bytes;      /* taken for files */
    int64_t n_files;    /* complete */
    int64_t n_failures; /* files that could not be begun, or hold nothing that can be played */
    int64_t n_gaps[GAP_REASONS], gaps_us[GAP_REASONS];
};

/** Why the server has removed a recording. */
enum dvr_removed_by { DVR_BY_AGE, DVR_BY_SIZE, DVR_BY_ROOM, DVR_BY_API, DVR_REMOVERS };

struct dvr_removed {
    int64_t n_files, bytes;
};

/** Begin and end the counts of a stream, by the id of its source. Without memory it is counted in all alone. */
void dvr_counts_begin(const char *source_id);
void dvr_counts_end(const char *source_id);

/** Add to the counts of all, and to those of the stream if it has any. */
void dvr_count(const char *source_id, const struct dvr_counts *more);

void dvr_count_removed(enum dvr_removed_by by, int64_t bytes);

/** NULL: the stream has no counts now. Borrowed until the next yield. */
const struct dvr_counts *dvr_counts_of(const char *source_id);

const struct dvr_counts *dvr_counts_of_all(void);

struct dvr_removed dvr_counts_removed(enum dvr_removed_by by);

#endif
