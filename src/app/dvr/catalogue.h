/**
 * The recordings that the server knows: those that are being recorded, and complete ones. At the start it is filled from the notes
 * (note.h) that a thread finds below the folders of each `dvr_path`.
 *
 * Of each vhost at most CATALOGUE_VHOST_MAX are known. Beyond that the oldest complete one is forgotten; its file stays.
 *
 * Ownership  holds a reference to each recording; catalogue_finish() drops them
 * Yields     no
 */
#ifndef APP_DVR_CATALOGUE_H
#define APP_DVR_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/dvr/recording.h"
#include "core/list.h"
#include "core/roll.h"

enum { CATALOGUE_VHOST_MAX = 50000 };

/** The recordings of one vhost, by the times of their beginnings. */
struct catalogue_vhost {
    char       *name;
    struct list recordings; /* list of struct dvr_recording, by its `link` */
    size_t      n;
    size_t      n_forgotten;
};

/** Add a recording. False: there is one of this id, or memory is out. */
bool catalogue_add(struct dvr_recording *r);

/** Forget a recording; one that is not in the catalogue is allowed. */
void catalogue_remove(struct dvr_recording *r);

/** NULL: there is none of this id. Borrowed. */
struct dvr_recording *catalogue_find(const char *id);

/** All, in the order in which they were added. */
const struct roll *catalogue_roll(void);

/** Those of a vhost; NULL: there are none. */
struct catalogue_vhost *catalogue_of(const char *vhost);

/** The newest recording of a stream, except `but`; NULL: none is known. Borrowed. */
struct dvr_recording *catalogue_newest(const char *vhost, const char *app, const char *stream,
                                       const struct dvr_recording *but);

void catalogue_finish(void);

#endif
