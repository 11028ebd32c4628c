/**
 * User and password of an RTMP client, asked for at connect (protocol/rtmp/authmod.h).
 *
 * A challenge is good for a minute, for one login. It is signed by the server, so nothing is kept for clients that ask for one and
 * do not come back; only those that have served are remembered until they are too old.
 */
#ifndef APP_RTMP_LOGIN_H
#define APP_RTMP_LOGIN_H

#include "app/rtmp/conn.h"
#include "core/attr.h"
#include "core/err.h"

/* Logins within the time of a challenge; further ones are refused. */
enum { LOGINS_MAX = 8192 };

/**
 * Judge the client's connect, and take user and response out of conn->request, so that no log and no API shows them. On success
 * conn->login names who it is; nobody, if nothing is asked.
 *
 * Errors     E_AUTH_REQUIRED: the client is told what to bring, and will connect again; E_AUTH_DENIED: a wrong answer. The caller
 *            closes
 * Yields     yes
 */
struct err *rtmp_login(struct rtmp_conn *c) ATTR_MUST_USE;

#endif
