/**
 * Where a client is sent: the URL of its stream at another server, made from what the client has asked for.
 *
 * The parameters of the client go along. Two are this server's: `vhost`, for a vhost that the other server would not find by its own
 * address, and SESSION_HOP_PARAM (session.h), which counts how often the client was sent on.
 *
 * Shape      param: "?k=v&k=v", with or without its mark
 * Ownership  *out is the caller's, mem_free()
 * Errors     E_OCLUSTER_REDIRECT: the other server has no port of the client's kind, or the URL would be too long; out of memory
 * Yields     no
 */
#ifndef APP_CLUSTER_URL_H
#define APP_CLUSTER_URL_H

#include <stdbool.h>

#include "app/cluster/answer.h"
#include "core/attr.h"
#include "core/err.h"

enum { CLUSTER_HOPS_MAX = 3 /* a client that was sent on this often goes in a circle */ };

/** How often the client was sent on; a value that is no digit counts as CLUSTER_HOPS_MAX. */
int cluster_hops(const char *param);

/** The URL of an RTMP client; `is_tls`: it has come over RTMPS, and is not sent to a port without TLS. */
struct err *cluster_rtmp_url(char **out, const struct cluster_place *place, bool is_tls, const char *vhost,
                             const char *app, const char *stream, const char *param) ATTR_MUST_USE;

/** The URL of an HTTP client; `path` as it was sent. */
struct err *cluster_http_url(char **out, const struct cluster_place *place, bool is_tls, const char *vhost,
                             const char *path, const char *param) ATTR_MUST_USE;

#endif
