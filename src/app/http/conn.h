/**
 * One HTTP connection, plain or TLS, and the visits on it: one for each request, in HTTP/2 several at a time. The handlers of
 * requests use them.
 *
 * When a handler is called, the client's address is known, CORS fields are set, and the password of the API has been
 * checked.
 */
#ifndef APP_HTTP_CONN_H
#define APP_HTTP_CONN_H

#include <netinet/in.h>
#include <stdbool.h>

#include "app/limits/newcomers.h"
#include "app/server/api_places.h"
#include "app/server/server.h"
#include "core/ident.h"
#include "core/log_limit.h"
#include "protocol/http/exchange.h"
#include "protocol/io.h"

struct http_face;
struct listen_service;

/* Room for the summary of a request, for the log. It is as the client wrote it: who shows it tames it. */
enum { HTTP_SUMMARY_CAP = 96 };

struct http_conn {
    struct server                 *server;
    const struct listen_service   *by;
    struct io                      io;
    const struct http_face *const *faces; /* sets of paths that the port serves */
    bool                           is_tls, has_begun;
    bool                           is_guest;       /* Another service has the connection (guest.h). */
    int64_t                        rests_until_us; /* 0: it does not rest between two requests */
    int                            local_port;
    char                           trace[IDENT_CAP];
    char                           ip[INET6_ADDRSTRLEN];      /* the client of the last request */
    char                           peer_ip[INET6_ADDRSTRLEN]; /* address of the socket, or from the PROXY protocol */
    uint16_t                       peer_port;                 /* port of the socket */
    int64_t                        earlier_in, earlier_out;   /* bytes of the requests before the present one */
    unsigned                       n_requests;
    unsigned          n_served; /* requests that are not for the API; if there are any, the end is logged at INFO */
    char              summary[HTTP_SUMMARY_CAP]; /* of the last request */
    int               status;                    /* status of the last reply; 0: none has begun */
    struct log_limits log_limits;
    struct newcomer   newcomer; /* until its first request */
    struct api_seat   api_seat; /* place of the API that it takes, if the server was full when it came */
};

/** One request, from the call of the handler to its return. */
struct http_visit {
    struct http_conn *conn;
    struct io        *io;                        /* that of the exchange: the connection, or a stream of HTTP/2 */
    char              trace[IDENT_CAP];          /* of the connection; a live player of HTTP/2 gets one of its own */
    char              ip[INET6_ADDRSTRLEN];      /* the client's own address, not that of a trusted proxy */
    char              summary[HTTP_SUMMARY_CAP]; /* method and path */
    int64_t           counted_in, counted_out;   /* bytes of `io` that belong to earlier requests */
    char             *query;                     /* that of a link with its token in the path; NULL: as it was sent */
};

/** The visit that an exchange of this server is. */
static inline struct http_visit *http_visit_of(const struct http_exchange *x)
{
    return http_owner_of(x);
}

/** The connection that it goes on on. */
static inline struct http_conn *http_conn_of(const struct http_exchange *x)
{
    return http_visit_of(x)->conn;
}

#endif
