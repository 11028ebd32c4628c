/**
 * `forward`: pushes of a stream to other servers while it is published. It is an attendant (source/attend.h); its row is in
 * app/attendants.c.
 *
 * Each word of `destination`, or each URL that the backend has answered (backend.h), is a target (target.h), and so is what the API
 * has added to the stream (forwards.h). A reload ends the targets whose words are gone, starts those of new words, and leaves
 * the others alone. A backend that it brings is asked while the pushes go on; what the one before has answered counts until
 * then. If another publisher takes the stream over, a target goes on if its URL is still the same.
 */
#ifndef APP_FORWARD_FORWARD_H
#define APP_FORWARD_FORWARD_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;

/** True if the vhost wants its streams to be pushed. */
bool forward_is_wanted(const struct conf_vhost *vhost);

/**
 * Push a stream, until the attendance is over and all targets have ended.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *forward_run(struct attendance *a) ATTR_MUST_USE;

#endif
