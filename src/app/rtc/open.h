/**
 * Sessions of WebRTC are opened here, for WHIP, WHEP and the JSON API.
 *
 *     e = rtc_open(server, &request, &opened)             agreement, admission, transport, answer
 *     rtc_peers_find_token(token, len), rtc_peer_end()    for DELETE (peers.h)
 *     e = rtc_restart_ice(server, &restart, &fragment)    for PATCH
 *
 * Source     doc/webrtc.md; RFC 9725 for who calls
 */
#ifndef APP_RTC_OPEN_H
#define APP_RTC_OPEN_H

#include <stdbool.h>
#include <stddef.h>

#include "app/session/session.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "protocol/rtc/sdp_fault.h"

struct io;
struct rtc_peer;
struct rtc_role;
struct server;

/* What a client asks for. All texts are borrowed for the call. */
struct rtc_request {
    const struct rtc_role *role; /* rtc_player_role (player.h), rtc_publisher_role (publisher.h) */
    const char *host;     /* of the vhost: `vhost` or `domain` of the query, else the host of the URL, without a port */
    const char *api_host; /* the Host of the request, for candidates; NULL: none */
    const char *app, *stream;
    const char *param;                 /* "?k=v", or "" */
    const char *tc_url;                /* "webrtc://host/app", as the client wrote it; "" for WHIP and WHEP */
    const char *ip;                    /* of the client: behind trusted proxies, the one they tell */
    const char *user_agent, *page_url; /* "" when not told */
    const char *authorization;         /* the field of HTTP; NULL: none */
    const char *offer;
    size_t      offer_len;
    const char *candidate;           /* `eip` or `candidate` of the query; NULL: none */
    const char *codec;               /* wished for the picture: "h264"; NULL: none */
    bool        no_encrypt, no_dtls; /* `encrypt=false`, `dtls=false`; playing only */
    const char *ufrag, *pwd;         /* `ice-ufrag`, `ice-pwd`, their lengths checked; NULL: made here */
    struct io  *io;                  /* of the request: a client that hangs up ends guards that wait; NULL: none */
    struct session_opening opening;  /* the request itself */
};

/* What becomes of it. */
struct rtc_opened {
    struct rtc_peer     *peer;      /* borrowed, valid until the caller yields; NULL: refused */
    struct buf           sdp;       /* the answer; the caller finishes it */
    enum session_verdict verdict;   /* of a refusal: SESSION_ADMITTED when the fault below, or the error, tells it */
    enum sdp_fault       fault;     /* SDP_SOUND: the offer is not what is wrong */
    const char          *challenge; /* of SESSION_UNNAMED; a literal, or NULL */
    char                *place;     /* of SESSION_REDIRECTED, on the heap: the caller frees it; else NULL */
};

/**
 * Open a session.
 *
 * Ownership  `opened` is set always; nothing is left behind by a refusal
 * Errors     E_RTMP_REQ_TCURL (no stream may have these names), E_RTC_DISABLED (WebRTC is off for the server or the vhost), E_RTC_SDP_DECODE and E_RTC_SDP_EXCHANGE with opened->fault,
 *            those of session_admit() with opened->verdict, E_RTC_SOURCE_BUSY and others of the role, E_LIMIT (no place
 *            of max_connections is left, or no memory of memory_limit), E_RTC_OVERLOADED (breaker.h), out of memory
 * Yields     as session_admit(), and for names of candidates that are resolved
 */
struct err *rtc_open(struct server *server, const struct rtc_request *request, struct rtc_opened *opened) ATTR_MUST_USE;

/* A client that begins ICE anew. Borrowed for the call. */
struct rtc_restart {
    const char *token;
    size_t      token_len;
    const char *remote_ufrag, *remote_pwd; /* the client's new ones */
    const char *api_host, *candidate;      /* as in struct rtc_request */
};

/**
 * Give the session new credentials, and write the fragment that answers.
 *
 * Errors     E_RTC_NO_SESSION; E_RTC_INVALID_ICE (bad credentials), out of memory
 * Yields     for names of candidates that are resolved
 */
struct err *rtc_restart_ice(struct server *server, const struct rtc_restart *restart,
                            struct buf *fragment) ATTR_MUST_USE;

#endif
