/**
 * One recorded file, from its beginning to its last name.
 *
 * While it is recorded it has the name that it will have, with `.tmp` at the end. When it ends, a thread completes it (format.h) and
 * renames it. A name that is taken gets a number: no file is ever written over. The listeners of finished files are told then.
 *
 * All work on the disk is done by a file writer of the file. If the disk is slow, full or frozen, frames are lost, and dvr_file_lost()
 * tells; the stream goes on. The bytes that wait for the disk are bounded, and with `memory_limit` those of all files too.
 *
 * Ownership  counted: its recorder, and its writer while that works on it
 * Yields     no
 */
#ifndef APP_DVR_FILE_H
#define APP_DVR_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/dvr/format.h"
#include "app/dvr/recording.h"
#include "app/source/headers.h"
#include "app/source/jitter.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/list.h"

struct co;

/** The stream of a file; the texts are copied. */
struct dvr_subject {
    const struct conf       *conf; /* the snapshot that `vhost` belongs to */
    const struct conf_vhost *vhost;
    const char              *app, *stream; /* in normal form */
    const char              *source_id;
    size_t                   more_bytes; /* that come at once at the beginning */
};

struct dvr_file {
    int                      refs;
    struct list              link; /* in the list of all files */
    struct conf             *conf;
    const struct conf_vhost *vhost;
    struct dvr_recording    *recording; /* in the catalogue */
    char                     source_id[VID_CAP];
    struct dvr_recording *rescued; /* a file of this name that a killed run has left, once it is complete; NULL: none */
    bool                  is_resumed;               /* A complete recording goes on in it (plan append): */
    int64_t before_us, before_bytes, before_end_us; /* where it goes on, its length, and the wall clock at its end */
    const struct dvr_format *format;
    char                    *path, *temporary; /* without its duration; with .tmp */
    char                    *final;            /* once it is complete */
    bool                     head_is_lost;
    bool                     has_ended;  /* No more frames come. */
    bool                     is_settled; /* It is known what became of it; its recording may go on in another file. */
    struct dvr_output        output;
    struct jitter            jitter;
    struct dvr_facts         facts;             /* once it is complete */
    int64_t                  first_us, last_us; /* times of the stream */
    int64_t                  step_us;           /* between the last two of them */
    int64_t                  arrived_us;        /* of the newest frame; 0: there is none */
    int64_t                  flushed_us;        /* time of the stream up to which all was given to the writer */
    int64_t    written_us; /* time of the stream up to which all is known to be on the disk, or to be in a gap */
    uint64_t   n_lost;     /* bytes that are known to be lost */
    struct co *owner;      /* is woken when the state changes; NULL: nobody */
};

/** The wall clock at a time of the monotonic clock. */
static inline int64_t dvr_wall_us(int64_t us)
{
    return wall_now_us() - (now_us() - us);
}

/**
 * Begin a file.
 *
 * Shape      headers: those in force; video, audio: codecs of the first tracks, or CODEC_NONE; first_us: the time of the stream that is the
 *            beginning of the file; wall_us: the wall clock at it
 * Ownership  *out is a reference of the caller
 * Errors     the names cannot be a path, E_LIMIT: too many files, or bytes that wait for disks; out of memory. *out is NULL then
 */
struct err *dvr_file_begin(struct dvr_file **out, const struct dvr_subject *subject, const struct headers *headers,
                           enum codec video, enum codec audio, int64_t first_us, int64_t wall_us) ATTR_MUST_USE;

/** Write a frame. `false`: it needs another file; nothing was written. */
bool dvr_file_take(struct dvr_file *f, struct frame *frame) ATTR_MUST_USE;

/** Have the disk write what was taken so far. */
void dvr_file_flush(struct dvr_file *f);

/** Note how far the file is on the disk. */
void dvr_file_note_written(struct dvr_file *f);

/** Look whether more was lost since the last call; why: the reason of the newest loss. */
bool dvr_file_note_lost(struct dvr_file *f, enum gap_reason *why);

/** Note a gap: from_us, to_us are times of the stream, between which the file has nothing; what is before its beginning is at 0, or
 * where it was resumed. */
void dvr_file_gap(struct dvr_file *f, int64_t from_us, int64_t to_us, enum gap_reason reason);

/** No more frames come: the file is completed and renamed. */
void dvr_file_end(struct dvr_file *f);

/** Drop the reference; *f becomes NULL, and may be NULL before. A file that was not ended is ended. */
void dvr_file_unref(struct dvr_file **f);

/** At the end of the server: leave all files to their writers, for which file_writers_finish() waits. */
void dvr_files_finish(void);

#endif
