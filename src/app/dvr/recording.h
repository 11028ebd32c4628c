/**
 * What is known of one recording: of which stream it is, when it began, how long it is, and what it lacks.
 *
 * Units      microseconds; begin_us and end_us are of the wall clock, when the first and the newest frame came; ended_us and found_us are
 *            of the monotonic clock
 * Ownership  counted, on the loop alone: the catalogue, and the file while it is being recorded. While a thread completes the file,
 *            nothing changes what the thread reads: all but `state`, `path`, `duration_us`, `bytes` and `tail`
 * Yields     no
 */
#ifndef APP_DVR_RECORDING_H
#define APP_DVR_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dvr/gaps.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/ident.h"
#include "core/list.h"
#include "core/roll.h"
#include "kernel/ts/tail.h"

enum dvr_state {
    DVR_OPEN,
    DVR_ENDING, /* It is being completed. */
    DVR_COMPLETE,
    DVR_LOST, /* There is no file: it could not be written, or held nothing that can be played. */
};

/* What a complete file holds. */
struct dvr_facts {
    int64_t        duration_us;
    int64_t        bytes;
    struct ts_tail tail; /* of a transport stream, for the next publish that goes on in it */
};

struct dvr_recording {
    int               refs;
    char              id[IDENT_CAP]; /* stays the same over restarts */
    char             *vhost, *app, *stream;
    char             *path; /* where the file is now */
    enum dvr_state    state;
    int64_t           begin_us, end_us;
    int64_t           ended_us; /* when it ended, however the wall clock is set meanwhile */
    int64_t           found_us; /* when it was found after a start; 0: this run of the server has recorded it */
    int64_t           duration_us, bytes;
    struct ts_tail    tail; /* of a complete transport stream */
    struct gaps       gaps;
    struct roll_place place;    /* in the catalogue; all zero: it is in none */
    struct list       link;     /* in the catalogue's list of its vhost */
    bool              is_due;   /* A thread removes it. */
    int64_t           retry_us; /* when its removal may be tried again */
};

/** A recording with a new id. Texts are copied. NULL when memory is out. */
struct dvr_recording *dvr_recording_create(const char *vhost, const char *app, const char *stream,
                                           const char *path) ATTR_MUST_USE;

struct dvr_recording *dvr_recording_ref(struct dvr_recording *r);

/** Drop the reference; *r becomes NULL, and may be NULL before. */
void dvr_recording_unref(struct dvr_recording **r);

/** Another path, which is copied. When memory is out, the old one stays. */
void dvr_recording_move(struct dvr_recording *r, const char *path);

/** Note that the recording, which an earlier run has made, was found now: its age is what the wall clock says now. */
void dvr_recording_note_found(struct dvr_recording *r, int64_t now_us, int64_t wall_us);

/* How long after it was found the wall clock, which was perhaps wrong at the start, is not believed. */
enum { DVR_FOUND_US = 600 * US_PER_SECOND };

/**
 * How long ago the recording ended, by the monotonic clock: setting the wall clock makes nothing older. Of one that was found, it is at most
 * what the wall clock says, and 0 for DVR_FOUND_US.
 */
int64_t dvr_recording_age_us(const struct dvr_recording *r, int64_t now_us, int64_t wall_us);

/** Write the members of the recording into an object that is open: as the API shows it, and as its note has it. */
void dvr_recording_write(const struct dvr_recording *r, int64_t duration_us, int64_t bytes, struct jw *j);

#endif
