/**
 * Conditions and encodings of a request: the version that the client has already, and the encodings that it accepts.
 *
 * Source     RFC 9110 8.8 (validators), 13.1 (conditions), 12.5.1 (Accept), 12.5.3 (Accept-Encoding)
 * Shape      an etag is quoted, as it stands in the field; a field that is absent is NULL
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_NEGOTIATE_H
#define PROTOCOL_HTTP_NEGOTIATE_H

#include <stdbool.h>
#include <time.h>

#include "protocol/http/request.h"

/** RFC 9110 13.1.1 and 13.1.4: If-Match, If-Unmodified-Since. False when the version that the client means is gone: reply 412. */
bool http_is_expected(const struct http_request *r, const char *etag, time_t modified);

/** True when the client names this version in If-None-Match. For texts that may change twice in a second, and so have no date. */
bool http_has_version(const struct http_request *r, const char *etag);

/** True when the client has this version: If-None-Match, else If-Modified-Since. */
bool http_is_not_modified(const struct http_request *r, const char *etag, time_t modified);

/** True when Range is meant for this version: there is no If-Range, or it names it. */
bool http_range_applies(const struct http_request *r, const char *etag, time_t modified);

/**
 * True when Accept names `type` and does not prefer `other` to it. A wildcard names neither: a client that takes anything gets the
 * usual type.
 */
bool http_prefers(const char *accept, const char *type, const char *other);

/** True when Accept-Encoding allows gzip. */
bool http_accepts_gzip(const char *accept_encoding);

#endif
