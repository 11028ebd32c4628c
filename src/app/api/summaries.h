/**
 * The summaries of process and machine, which the API and the heartbeat tell.
 *
 * Yields     no
 */
#ifndef APP_API_SUMMARIES_H
#define APP_API_SUMMARIES_H

#include "app/server/server.h"
#include "core/jw.h"

/** Write the members of `data` of /api/v1/summaries. */
void api_put_summaries(struct jw *j, const struct server *s);

#endif
