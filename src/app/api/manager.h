/**
 * Who may see and change the configuration by the API, and see the log.
 *
 * Yields     no
 */
#ifndef APP_API_MANAGER_H
#define APP_API_MANAGER_H

#include <stdbool.h>

#include "app/api/reply.h"

/**
 * True when `raw_api { enabled on; }` and `allowed`, a switch of it, let this request see or change the configuration: it comes
 * from this host or with the password of `auth`, and from no page of another site. Otherwise the answer is written: {"code":1061},
 * or {"code":403} with that status and a line in the log.
 */
bool api_may_manage(struct api_reply *r, bool allowed);

/** True when the request comes from this host, or with the password of `auth`, which has been checked by then. */
bool api_is_near(const struct api_reply *r);

#endif
