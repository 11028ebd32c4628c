/**
 * An HTTP-FLV stream of another server as an input: its tags, one after the other.
 *
 * Source     Adobe FLV 10.1, Annex E; http://host:port/app/stream.flv, or https
 * Units      deadlines are absolute now_us() times
 * Ownership  struct flv_client must stay where it is between open and close
 */
#ifndef PROTOCOL_HTTP_FLV_CLIENT_H
#define PROTOCOL_HTTP_FLV_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/rd.h"
#include "kernel/flv_stream.h"
#include "protocol/http/client.h"

enum { FLV_CLIENT_REDIRECTS_MAX = 3 }; /* SRS has the same bound */

struct flv_client {
    struct http_client http;
    struct flv_stream  stream; /* its header is that of the stream */
    struct rd          in;     /* unread bytes of the last piece */
};

/**
 * Request a stream and wait for the FLV header. Redirects are followed. `tls` has the trusted certificates; NULL: no HTTPS.
 * After an error there is nothing to close.
 *
 * Errors     those of http_client_open() and _read(); E_HTTP_STATUS_INVALID for another status than 200;
 *            E_KERNEL_FLV_HEADER for other data than FLV; E_END_OF_STREAM
 * Yields     yes
 */
struct err *flv_client_open(struct flv_client *c, const char *url, struct tls_ctx *tls,
                            int64_t deadline_us) ATTR_MUST_USE;

/**
 * The next tag.
 *
 * Ownership  tag->frame is the caller's
 * Errors     E_END_OF_STREAM when the stream has ended regularly; E_KERNEL_FLV_HEADER for an invalid tag; those of
 *            http_client_read(), E_SOCKET_TIMEOUT when it is incomplete at the deadline
 * Yields     yes, while it waits for bytes
 */
struct err *flv_client_read(struct flv_client *c, struct flv_stream_tag *tag, int64_t deadline_us) ATTR_MUST_USE;

/** Close the connection. Takes a client that is all zero. */
void flv_client_close(struct flv_client *c);

#endif
