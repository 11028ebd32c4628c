/**
 * One exchange on an HTTP connection: a request whose head has come in, and the reply to it.
 *
 *     http_add_field(x, "Cache-Control", "no-cache")
 *     http_reply(x, 200, "application/json", body, len)          a whole reply
 *
 *     http_reply_begin(x, 200, "video/x-flv", HTTP_LENGTH_UNKNOWN)
 *     http_reply_write(x, …) …                                   a reply in pieces
 *     http_reply_end(x)
 *
 * The rules of the protocol are kept here, for every handler: no body for HEAD or with 204 and 304; for an unknown length, chunks
 * in HTTP/1.1 and the end of the connection in HTTP/1.0; a correct Connection field. In HTTP/2 the exchange has a stream of the
 * connection for itself; its handler need not know.
 *
 * Source     RFC 9110, RFC 9112; HTTP/2: protocol/http2
 * Ownership  an exchange lives from its request's head to the end of its reply; its contents are borrowed until then
 * Errors     the socket's; E_SOCKET_TIMEOUT when the peer takes nothing for long
 */
#ifndef PROTOCOL_HTTP_EXCHANGE_H
#define PROTOCOL_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/blob.h"
#include "core/err.h"
#include "protocol/http/request.h"
#include "protocol/io.h"

/* A reply whose length is not known before its end. */
enum { HTTP_LENGTH_UNKNOWN = -1 };

/* The fields of one reply, as text, are at most this long. */
enum { HTTP_REPLY_FIELDS_MAX = 16 << 10 };

struct http_exchange;

/** Add a header field to the reply, before it begins. Values are copied; a value with a line break is refused. */
struct err *http_add_field(struct http_exchange *x, const char *name, const char *value) ATTR_MUST_USE;
struct err *http_add_fieldf(struct http_exchange *x, const char *name, const char *format, ...)
    ATTR_PRINTF(3, 4) ATTR_MUST_USE;

/** The request of this exchange. */
const struct http_request *http_request_of(const struct http_exchange *x);

/**
 * Serve the request under another address: without the first `skip` bytes of its paths, which are the same in both, and with another
 * query. `query` is borrowed until the end of the exchange. The parameters stay those that came.
 */
void http_request_move(struct http_exchange *x, size_t skip, const char *query);

/**
 * The owner of the exchange: at first the one that the struct http_serving of the connection names. Its handler may set another
 * one for the handlers that it calls.
 */
void *http_owner_of(const struct http_exchange *x);
void  http_set_owner(struct http_exchange *x, void *owner);

/** True if other exchanges may go on at the same time on the same connection (HTTP/2). */
bool http_is_multiplexed(const struct http_exchange *x);

/**
 * The whole body of the request.
 *
 * Ownership  `body` belongs to the exchange; it ends with a NUL that does not count
 * Errors     E_HTTP_CONTENT_LENGTH when it is longer than `cap_bytes`; E_HTTP_INVALID_CHUNK_HEADER; a handler that returns
 *            them without having replied answers 413 or 400
 * Yields     yes
 */
struct err *http_read_body(struct http_exchange *x, size_t cap_bytes, const char **body, size_t *len) ATTR_MUST_USE;

/** The next bytes of the request's body, as they come; *n is 0 at its end. Yields. */
struct err *http_read_some(struct http_exchange *x, void *buf, size_t cap, size_t *n,
                           int64_t deadline_us) ATTR_MUST_USE;

/**
 * Free the memory of the request before a long reply. Request and body are empty from now on, so copy what is needed before. The
 * reply must have begun.
 */
void http_forget_request(struct http_exchange *x);

/** Send a whole reply. `content_type` may be NULL with an empty body. Yields. */
struct err *http_reply(struct http_exchange *x, int status, const char *content_type, const void *body,
                       size_t len) ATTR_MUST_USE;

/** Reply with the status and its reason as a short text: "Not Found". Yields. */
struct err *http_reply_status(struct http_exchange *x, int status) ATTR_MUST_USE;

/** Redirect to `location` with 301, 302, 307 or 308, and a short text. Yields. */
struct err *http_reply_redirect(struct http_exchange *x, int status, const char *location) ATTR_MUST_USE;

/**
 * Send the head of a reply whose body follows in pieces. With a known length the head may wait a short time for the first piece.
 * `length` is in bytes, or HTTP_LENGTH_UNKNOWN. With 101 the reply has `Connection: Upgrade`; the connection then belongs to the
 * handler until it returns, and is closed afterwards. Yields.
 */
struct err *http_reply_begin(struct http_exchange *x, int status, const char *content_type,
                             int64_t length) ATTR_MUST_USE;

/** Send a whole piece of the body. Yields while the socket is full. */
struct err *http_reply_write(struct http_exchange *x, const void *buf, size_t len) ATTR_MUST_USE;

/**
 * Send a piece of a blob, of which the caller holds a reference; from a memory file without copying it, where the connection can.
 * Yields while the socket is full.
 */
struct err *http_reply_blob(struct http_exchange *x, const struct blob *b, size_t at, size_t len) ATTR_MUST_USE;

/**
 * The peer has time until then to take the reply, however steadily it reads. For a reply that holds memory: a peer that takes a byte
 * now and then would hold it for days. http_reply() sets it, unless the caller has.
 */
void http_reply_until(struct http_exchange *x, int64_t until_us);

/** The reply is broken off then, if it has not ended: the peer may have no more of it. */
void http_reply_ends(struct http_exchange *x, int64_t ends_us);

/** The earlier of both: a time, and that of http_reply_ends(). For a reply that waits for something. */
int64_t http_reply_before(const struct http_exchange *x, int64_t deadline_us);

/** End the body: send the last chunk. Yields. */
struct err *http_reply_end(struct http_exchange *x) ATTR_MUST_USE;

/** True once the head of the reply is sent, so that no other reply is possible. */
bool http_reply_has_begun(const struct http_exchange *x);

/** The status of the reply that has begun, else 0. */
int http_reply_status_of(const struct http_exchange *x);

/**
 * These are for callers that write the body themselves between http_reply_begin() and http_reply_end(), as live players do: the
 * connection; true when the body must be in chunks (bare bytes for HTTP/1.0); true when there is a body (none for HEAD). A caller
 * that has announced a length reports its bytes by http_reply_count().
 */
struct io *http_io_of(struct http_exchange *x);
bool       http_reply_is_chunked(const struct http_exchange *x);
bool       http_reply_wants_body(const struct http_exchange *x);
void       http_reply_count(struct http_exchange *x, size_t len);

/**
 * Wait until the socket takes something, for as long as the peer goes on acknowledging: a large send buffer is writable again
 * only when a third of it is free, which may take minutes with a slow peer. Yields.
 */
struct err *http_wait_for_room(struct http_exchange *x) ATTR_MUST_USE;

/** Take the unread bytes after the request's head, for a handler that takes the connection over after 101. */
size_t http_take_input(struct http_exchange *x, void *buf, size_t cap);

/** Close the connection after this exchange, even if the request asked to keep it. In HTTP/2 other exchanges first come to their
 * ends. */
void http_close_after(struct http_exchange *x);

#endif
