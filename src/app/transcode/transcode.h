/**
 * `transcode`: ffmpeg programs that make other forms of a published stream. It is an attendant (source/attend.h); its row is in
 * app/attendants.c.
 *
 * Each engine of each `transcode` block whose scope has the stream is one program. It reads the stream from this server, starts
 * with the publish and ends with it; program/program.h says how it is started again when it ends by itself. A reload ends and
 * starts only what differs. If another publisher takes the stream over, the programs are started again.
 *
 * A stream that such a program publishes to this server is not transcoded again, whatever the scopes say, and an engine whose
 * output is its input is not started.
 */
#ifndef APP_TRANSCODE_TRANSCODE_H
#define APP_TRANSCODE_TRANSCODE_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;

/* Largest number of programs of a stream. */
enum { TRANSCODE_PROGRAMS_MAX = 16 };

/** True if the vhost transcodes any streams. */
bool transcode_is_wanted(const struct conf_vhost *vhost);

/**
 * Run the programs of a stream, until the attendance is over and all programs have ended.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *transcode_run(struct attendance *a) ATTR_MUST_USE;

#endif
