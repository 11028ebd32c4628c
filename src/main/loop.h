/**
 * The loop of a process: scheduler, threads, and the server that runs on them.
 *
 * It begins and ends all state that the layers keep for a loop (doc/architecture.md lists it). So several processes may each run
 * a loop, if they are forked before it begins.
 */
#ifndef MAIN_LOOP_H
#define MAIN_LOOP_H

#include <stdint.h>

#include "app/conf/conf_source.h"
#include "core/attr.h"
#include "core/err.h"

struct conf;

/**
 * Serve until the server is asked to stop. The log is open already. Borrows `from`, which reloads need. `secret` has
 * SERVER_SECRET_LEN bytes.
 */
struct err *loop_run(struct conf *conf, const struct conf_source *from, const char *server_id,
                     const uint8_t *secret) ATTR_MUST_USE;

#endif
