/**
 * What is known of a recorded file (file.h), for the files that work on it.
 *
 * Yields     no
 */
#ifndef APP_DVR_FILE_STATE_H
#define APP_DVR_FILE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/dvr/format.h"
#include "app/dvr/recording.h"
#include "app/source/headers.h"
#include "app/source/jitter.h"
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

#endif
