/* An HTTP server in a coroutine that follows a script, for the tests of clients. */
#ifndef TEST_PROTOCOL_HTTP_SCRIPTED_SERVER_H
#define TEST_PROTOCOL_HTTP_SCRIPTED_SERVER_H

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "protocol/co.h"
#include "protocol/http/location.h"
#include "protocol/io.h"
#include "protocol/offload.h"
#include "protocol/tls/tls.h"

enum { SCRIPT_MAX = 8, REQUEST_MAX = 8192 };

/* One answer; the n-th request gets the n-th. NULL: none; "": the connection is closed without one. */
struct line {
    const char *answer;
    size_t      len;   /* 0: the answer ends at its NUL */
    size_t      step;  /* size of the pieces in which it is sent; 0: all at once */
    bool        stays; /* the connection stays open after it */
    bool        keeps; /* the next line is the answer to the next request on the same connection */
};

static struct co_group group;
static int             listening = -1;
static int             port;
static struct line     script[SCRIPT_MAX];
static char            requests[SCRIPT_MAX][REQUEST_MAX];
static int             n_requests, n_connections;
static struct tls_ctx *with_tls; /* NULL: no TLS */

/* True when the request is complete: its head, and a body of Content-Length. */
static bool is_whole(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "\r\nContent-Length: ");
    return end && strlen(end + 4) >= (length ? strtoul(length + 18, NULL, 10) : 0);
}

static struct err *answer(struct io *io, const struct line *l)
{
    size_t      len = l->len ? l->len : strlen(l->answer), step = l->step ? l->step : len;
    struct err *e = NULL;
    for (size_t at = 0; !e && at < len; at += step) {
        e = io_write(io, l->answer + at, len - at < step ? len - at : step, a_while());
        co_give_way();
    }
    return e;
}

static struct err *read_request(struct io *io, char *request)
{
    struct err *e = NULL;
    size_t      len = 0, n;
    while (!e && !is_whole(request))
        if (!(e = io_read(io, request + len, REQUEST_MAX - 1 - len, &n, a_while())))
            len += n;
    return e;
}

/* Answer the requests of one connection. */
static struct err *serve_connection(struct io *io)
{
    struct err        *gone = NULL;
    const struct line *l = NULL;
    if (with_tls)
        gone = tls_accept(io, with_tls, NULL, &(struct tls_offer){ .resumable = true }, a_while());
    do {
        if (!gone)
            gone = read_request(io, requests[n_requests]);
        if (gone && l && l->keeps)
            break; /* the client has no further request */
        l = &script[n_requests++];
        if (!gone && l->answer)
            gone = answer(io, l);
        if (!gone && (l->stays || !l->answer))
            gone = io_wait_readable(io, DEADLINE_NEVER);
    } while (!gone && l->keeps && n_requests < SCRIPT_MAX);
    return gone;
}

static void serve(void *unused)
{
    (void)unused;
    struct io   door, io;
    struct err *e = io_open(&door, dup(listening));
    while (!e && n_requests < SCRIPT_MAX) {
        int fd = accept4(door.fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            io_drained(&door);
            e = io_wait_readable(&door, DEADLINE_NEVER);
            continue;
        }
        n_connections++;
        struct err *gone = io_open(&io, fd);
        if (!gone)
            gone = serve_connection(&io);
        err_free(gone);
        io_close(&io);
    }
    err_free(e);
    io_close(&door);
}

static int start_server(void **state)
{
    (void)state;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    co_group_init(&group);
    memset(script, 0, sizeof script);
    memset(requests, 0, sizeof requests);
    n_requests = n_connections = 0;
    if (code_of(offload_init()) || code_of(io_listen(&listening, (struct sockaddr *)&at, sizeof at, false)) ||
        getsockname(listening, (struct sockaddr *)&at, &len) != 0)
        return -1;
    port = ntohs(at.sin_port);
    return code_of(co_go(&group, "server", serve, NULL, NULL));
}

static int stop_server(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    offload_shutdown(A_WHILE_US);
    close(listening);
    return 0;
}

/* A URL of the server, valid until the next call. */
static const char *url(const char *rest)
{
    static char text[HTTP_URL_MAX + 1];
    snprintf(text, sizeof text, "http://127.0.0.1:%d%s", port, rest);
    return text;
}

#endif
