/**
 * The frames of a stream, sent over an RTMP client that publishes: a player of the stream whose bytes go to another server. It has a
 * cursor of its own, so a slow server costs nothing but its own frames: a cursor that is `queue_length` late jumps to the newest key
 * frame.
 *
 * Ownership  used by one coroutine; the caller keeps a reference to the source
 * Errors     those of rtmp_client_listen(), sender_send() and reader_wait(); E_SOCKET_TIMEOUT: the server takes nothing
 * Yields     yes
 */
#ifndef APP_FORWARD_SEND_H
#define APP_FORWARD_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "app/live/sender.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/rtmp/client.h"

struct source;

/**
 * Send until leaves(arg) and what was due by then is sent, or an error ends it. leaves() is asked between two batches and at each moment of
 * the stream, and must not yield.
 *
 * Ownership  the caller calls sender_detach(out), also after an error; the client stays open
 */
struct err *forward_send(struct rtmp_client *c, struct source *s, struct sender *out, int64_t *n_messages,
                         bool (*leaves)(void *arg), void *arg) ATTR_MUST_USE;

#endif
