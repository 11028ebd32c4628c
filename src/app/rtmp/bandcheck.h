/**
 * The bandwidth test over RTMP (`bandcheck`): each client that connects to a vhost where it is on is a tester, which measures what
 * the way to this server carries, first down, then up.
 *
 * Bounds     `limit_kbps` in both directions; one tester of a vhost at a time, and none for `interval` after another has begun;
 *            BANDCHECK_MS for each direction, BANDCHECK_STEP_US for each answer
 * Source     SRS 1 to 3; doc/rtmp.md
 */
#ifndef APP_RTMP_BANDCHECK_H
#define APP_RTMP_BANDCHECK_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

struct conf_vhost;
struct rtmp_conn;

enum { BANDCHECK_MS = 3000, BANDCHECK_STEP_US = 6 * US_PER_SECOND };

/** True if `url`, a tcUrl, has the parameter `key` with this value. An empty value is asked of nobody. */
bool bandcheck_has_key(const char *url, const char *key);

/**
 * Let a client of that vhost in for a test, before it gets its answer to connect. The test is over with bandcheck_end().
 *
 * Errors     E_SYSTEM_BANDWIDTH_KEY; E_SYSTEM_BANDWIDTH_DENIED: another test is too near, and the client has been told
 * Yields     if the client is refused
 */
struct err *bandcheck_begin(struct rtmp_conn *c, const struct conf_vhost *vhost) ATTR_MUST_USE;

/**
 * Make the test with a client that has been let in and has its answer to connect. It is closed afterwards.
 *
 * Errors     E_RTMP_BWTC_DATA: the client does not keep to the conversation; E_SOCKET_TIMEOUT; the socket's
 * Yields     yes
 */
struct err *bandcheck_run(struct rtmp_conn *c) ATTR_MUST_USE;

/** The client's test is over, however it ended. Takes a client without one. Does not yield. */
void bandcheck_end(struct rtmp_conn *c);

/** Forget all vhosts, at the end of the server. */
void bandchecks_finish(void);

#endif
