/**
 * The conversation between connect and `play` or `publish`, in which an RTMP client says whether it wants to play or to publish,
 * and which stream. Encoders use different commands for the same purpose, and repeat themselves.
 */
#ifndef PROTOCOL_RTMP_IDENTIFY_H
#define PROTOCOL_RTMP_IDENTIFY_H

#include <stdint.h>

#include "core/err.h"
#include "protocol/rtmp/server.h"

enum { RTMP_CREATE_STREAMS_MAX = 3 /* most createStream calls before play or publish */ };

/**
 * Wait for the client's `play` or `publish`. Commands before it are answered. The caller answers those two, by
 * rtmp_server_start_play(), rtmp_server_start_publish() or rtmp_server_refuse().
 * It may be called again on the same connection, after a stream has ended.
 *
 * Units      deadline_us: absolute now_us() time
 * Errors     those of a link, and
 *            E_RTMP_CREATE_STREAM_DEPTH  more than RTMP_CREATE_STREAMS_MAX calls of createStream
 *            E_RTMP_STREAM_NAME_EMPTY    no stream name, and none can be guessed; the client has been told
 *            E_RTMP_REQ_TCURL, E_LIMIT
 * Yields     yes
 */
struct err *rtmp_identify(struct rtmp_server *s, struct rtmp_request *req, enum rtmp_role *role,
                          int64_t deadline_us) ATTR_MUST_USE;

#endif
