/**
 * `http_hooks` at the door: the callbacks that decide who may connect, publish and play, and those that tell the end.
 *
 * A beginning that a backend accepted, or may have accepted, is followed by one notice of the end, however it comes. The notice
 * goes through the outbox (outbox.h).
 */
#ifndef APP_HOOKS_GUARD_H
#define APP_HOOKS_GUARD_H

#include "app/session/session.h"

/** on_connect and on_close: of the connection, for protocols that have one of their own. */
extern const struct session_guard hook_connection_guard;

/** on_publish and on_unpublish, on_play and on_stop. */
extern const struct session_guard hook_stream_guard;

#endif
