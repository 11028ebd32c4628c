/**
 * The signalling of a client of WHIP or WHEP: an offer is POSTed, an answer comes with the place of the session, and DELETE ends it.
 *
 *     e = rtc_signal_offer(&s, &how, offer, len, deadline)       s.answer
 *     rtc_signal_end(&s, deadline)
 *
 * A URL is http, https, or whip, whips, whep, wheps (app/conf/rtc_url.h), which stand for them. `bearer:TOKEN@` before its host is sent as the token of RFC 6750,
 * to that host alone. Redirects (307, 308) are followed, RTC_SIGNAL_REDIRECTS_MAX in a row.
 *
 * Source     RFC 9725 4.2, 4.5 (redirects), 4.7 (tokens); draft-ietf-wish-whep-03 4
 * Errors     those of http/client.h; E_HTTP_STATUS_INVALID: the server did not answer with 201
 * Yields     yes
 */
#ifndef APP_RTC_SIGNAL_H
#define APP_RTC_SIGNAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct tls_ctx;

enum { RTC_SIGNAL_REDIRECTS_MAX = 3 };

/* How the server is asked. All is borrowed for rtc_signal_offer(). */
struct rtc_signal_how {
    const char     *url;
    struct tls_ctx *tls; /* the trusted certificates; NULL: no HTTPS */
    /* Asked about each connection before anything is sent on it; `url` as http or https. Its error ends the offer. It must not yield. */
    struct err *(*judge)(void *arg, const char *url, int fd);
    void *judge_arg;
};

/* One that is all zero has nothing to end. */
struct rtc_signal {
    char                   *answer; /* the SDP, with a NUL behind it */
    size_t                  answer_len;
    char                   *url;   /* that has answered, as http or https */
    char                   *token; /* NULL: none */
    char                   *place; /* of the session; NULL: the server has told none */
    struct tls_ctx         *tls;
    struct sockaddr_storage server; /* the other end of the connection that has answered */
};

/** Ask for a session. rtc_signal_end() is called after an error, too. */
struct err *rtc_signal_offer(struct rtc_signal *s, const struct rtc_signal_how *how, const char *offer, size_t len,
                             int64_t deadline_us) ATTR_MUST_USE;

/** End the session at the server, if there is one, and free what is held. What goes wrong is logged. */
void rtc_signal_end(struct rtc_signal *s, int64_t deadline_us);

#endif
