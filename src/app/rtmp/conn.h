/**
 * One RTMP connection, plain or TLS: its socket, its conversation and its session.
 *
 * It is a player or a publisher (player.h, publisher.h), and may be one after the other. port.h starts it.
 */
#ifndef APP_RTMP_CONN_H
#define APP_RTMP_CONN_H

#include <netinet/in.h>
#include <stdbool.h>

#include "app/limits/newcomers.h"
#include "app/server/server.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/ident.h"
#include "core/log_limit.h"
#include "protocol/io.h"
#include "protocol/rtmp/server.h"

struct bandcheck;

struct rtmp_conn {
    struct server            *server;
    struct io                 io;
    struct rtmp_server        rtmp;
    struct rtmp_request       request;
    struct session            session;    /* session of the stream that it plays or publishes */
    struct session_login      login;      /* empty: nobody has logged in */
    struct session_connection connection; /* what its sessions share */
    enum rtmp_role            role;
    unsigned                  n_streams;  /* streams that were begun */
    bool                      identified; /* `role` and `request` describe a stream that has begun. */
    bool                      is_tls;
    bool                      tcp_nodelay;
    uint16_t                  peer_port; /* port of the socket */
    char                      trace[IDENT_CAP];
    char                      ip[INET6_ADDRSTRLEN];
    struct log_limits         log_limits;
    struct newcomer           newcomer;  /* until it has named a stream */
    struct rtmp_peer         *peer;      /* the server that the client says it is; NULL: it does not */
    struct bandcheck         *bandcheck; /* the test that it makes; NULL: it is no tester */
};

/**
 * Tell the client why it is refused, and return the reason; the caller closes. A client that does not listen is not waited for.
 * Takes `e` over. Yields.
 */
struct err *rtmp_conn_refuse(struct rtmp_conn *c, enum rtmp_refusal why, struct err *e) ATTR_MUST_USE;

/** Give the client time to read the last message before the connection ends; a reset would discard it. Yields. */
void rtmp_conn_linger(struct rtmp_conn *c);

/** Switch TCP_NODELAY on or off. */
void rtmp_conn_set_nodelay(struct rtmp_conn *c, bool wanted);

/** Set the socket's options to those of the source's vhost. Called at the start and after a reload. */
void rtmp_conn_apply_socket_options(struct rtmp_conn *c);

#endif
