/**
 * The guards that the configuration alone decides: the vhost exists and is on, its rules let the client in, and it can be served.
 *
 * Yields     no
 */
#ifndef APP_SESSION_RULES_H
#define APP_SESSION_RULES_H

#include "app/session/session.h"

/** Finds the vhost. E_RTMP_VHOST_NOT_FOUND: none, or one that is off. */
extern const struct session_guard session_vhost_guard;

/** The vhost's `security`. */
extern const struct session_guard session_security_guard;

/** The vhost's `refer`: the list for all, and the one of the session's role. */
extern const struct session_guard session_refer_guard;

#endif
