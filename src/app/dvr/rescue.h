/**
 * Recordings that a kill has left under their temporary names: they are completed and get their names.
 *
 * At the start a thread looks for them (look.h). A recorder that begins a file has its writer complete one of the same name first. Files
 * that this run of the server has touched are left alone.
 */
#ifndef APP_DVR_RESCUE_H
#define APP_DVR_RESCUE_H

#include "app/conf/conf.h"
#include "app/dvr/format.h"
#include "app/dvr/recording.h"
#include "core/attr.h"
#include "core/err.h"

/** A file that was left, and what became of it. The receiver owns both. */
struct dvr_rescued {
    char                 *final;     /* its new name; NULL: there was nothing to do */
    struct dvr_recording *recording; /* NULL: it had no note */
};

/** Complete the file, if it is there and was left by another run. Called on a thread. */
struct dvr_rescued dvr_rescue_file(const struct dvr_format *format, const char *temporary,
                                   const char *path) ATTR_MUST_USE;

/**
 * Note that this run of the server begins: what was written before is left by another one. To be called before anybody can publish. If
 * anything is recorded it waits until files get later times: a server may be started again within milliseconds of a kill.
 *
 * Errors     E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *dvr_rescue_begin(const struct conf *conf) ATTR_MUST_USE;

#endif
