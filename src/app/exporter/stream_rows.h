/**
 * What a scrape tells of streams: the numbers of the busiest ones, copied, because streams come and go while the text is sent; and the
 * sums of all others.
 *
 * Life       all zero, taken, finished
 * Units      at the end of each name
 */
#ifndef APP_EXPORTER_STREAM_ROWS_H
#define APP_EXPORTER_STREAM_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/dvr/counts.h"
#include "app/session/registry.h"
#include "app/source/source.h"
#include "core/attr.h"
#include "core/err.h"

/*
 * Scrapes that may hold rows at a time, while their scrapers take the text. In a further one all streams are among the others, so
 * that scrapers that take nothing cost no memory and keep nobody from the numbers of the server.
 */
enum { STREAM_ROWS_AT_ONCE_MAX = 32 };

struct stream_row {
    char                *labels;
    int64_t              now_us;
    bool                 is_live;
    int64_t              published_us; /* 0: it is not published */
    struct protocol_stat by_protocol[STAT_PROTOCOLS];
    int                  kbps_in, kbps_out;
    double               fps;
    int64_t              frames_video, frames_audio, n_breaks, n_jumps;
    struct pulse         pulse;
    struct video_info    video;
    struct audio_info    audio;
    struct histogram     latency;
    bool                 is_recorded; /* A recorder attends to it. */
    struct dvr_counts    dvr;
};

/* The sums of streams without a row of their own. */
struct stream_sums {
    int64_t n, n_live, n_players, kbps_in, kbps_out, ring_bytes;
};

struct stream_rows {
    struct stream_row *rows;
    size_t             n_rows;
    bool               counts; /* It is one of STREAM_ROWS_AT_ONCE_MAX. */
    struct stream_sums all, others;
};

/**
 * Copy the numbers of at most `max` streams, those with the most bytes.
 *
 * Ownership  stream_rows_finish() frees the rows, after an error too
 * Errors     out of memory
 * Yields     by time
 */
struct err *stream_rows_take(struct stream_rows *t, const struct registry *r, size_t max) ATTR_MUST_USE;

void stream_rows_finish(struct stream_rows *t);

#endif
