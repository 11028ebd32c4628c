/**
 * The periodic log lines of clients: `<- CPB …`, `-> PLA …`, `-> HTS …`, to the letter, and beside each a line that only this
 * server has.
 *
 * Yields     no
 */
#ifndef APP_SESSION_CLIENT_LINES_H
#define APP_SESSION_CLIENT_LINES_H

#include <stdint.h>

#include "app/session/registry.h"

/** Log one client of each type that is there: a different one each time. */
void client_lines_log(struct registry *r, int64_t now_us);

#endif
