/**
 * The introduction of an RTMP client: PROXY header, TLS, handshake, connect and the answer to it.
 */
#ifndef APP_RTMP_INTRODUCTION_H
#define APP_RTMP_INTRODUCTION_H

#include "app/rtmp/conn.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

/* The time that a client has for each step of its introduction, the first publish or play included. */
enum { RTMP_STEP_TIMEOUT_US = 30 * US_PER_SECOND };

/**
 * Introduce the client: on success conn->request names vhost and app. conn->bandcheck is set if it comes for a bandwidth test. A vhost that does not exist is refused later, when it is
 * known whether the client plays or publishes.
 *
 * Errors     those of client_address_accept(), tls_store_accept(), rtmp_server_handshake(), rtmp_server_connect(),
 *            bandcheck_begin()
 * Yields     yes
 */
struct err *rtmp_introduce(struct rtmp_conn *c) ATTR_MUST_USE;

#endif
