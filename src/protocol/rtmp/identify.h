/**
 * What a client wants of an RTMP server: to play or to publish, and which stream.
 *
 * Encoders say the same by different commands, and several times: this is the conversation between connect and `play` or
 * `publish`.
 */
#ifndef PROTOCOL_RTMP_IDENTIFY_H
#define PROTOCOL_RTMP_IDENTIFY_H

#include <stdint.h>

#include "core/err.h"
#include "protocol/rtmp/server.h"

enum { RTMP_CREATE_STREAMS_MAX = 3 /* before play or publish */ };

/**
 * Wait for the client's `play` or `publish`. Everything before is answered; those two are answered by
 * rtmp_server_start_play(), rtmp_server_start_publish() or rtmp_server_refuse().
 * May be called again on the same connection, after a stream has ended.
 *
 * Units      deadline_us: absolute now_us() time
 * Errors     those of a link, and
 *            E_RTMP_CREATE_STREAM_DEPTH  more than RTMP_CREATE_STREAMS_MAX createStream
 *            E_RTMP_STREAM_NAME_EMPTY    no stream name, and none to guess; the client has been told
 *            E_RTMP_REQ_TCURL, E_LIMIT
 * Yields     yes
 */
struct err *rtmp_identify(struct rtmp_server *s, struct rtmp_request *req, enum rtmp_role *role,
                          int64_t deadline_us) ATTR_MUST_USE;

#endif
