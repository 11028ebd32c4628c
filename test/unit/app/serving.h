/**
 * A server without listeners: a test gives it one end of a socket pair as an accepted connection, and speaks at the other end.
 */
#ifndef TEST_APP_SERVING_H
#define TEST_APP_SERVING_H

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/server/server.h"
#include "app/services.h"
#include "app/source/attend.h"
#include "app/source/fixture.h"
#include "loop.h"
#include "protocol/offload.h"

enum { HEARD_CAP = 256 << 10 };

/* A client of the server: its end of the connection, and everything that it has received. */
struct caller {
    int    fd; /* -1: there is none */
    size_t len;
    bool   closed; /* the server has closed */
    char   heard[HEARD_CAP + 1];
};

static struct server server;

/** Set-up and teardown of a group of tests. */
static inline int serving_begin(void **state)
{
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static inline int serving_end(void **state)
{
    offload_shutdown(US_PER_SECOND);
    return loop_end(state);
}

/** Begin to serve, with these directives at the root. */
static inline void serve_with(const char *directives)
{
    struct conf *conf = conf_of(directives);
    server_init(&server, conf, "vid-test");
    conf_unref(&conf);
}

/** Stop serving and end every connection that is left. */
static inline void serve_no_more(void)
{
    co_group_cancel_and_join(&server.connections);
    co_group_cancel_and_join(&server.services);
    attend_join(&server.sources, US_PER_SECOND);
    assert_int_equal(server.registry.n_clients, 0);
    assert_int_equal(server.sources.by_key.count, 0);
    services_finish();
    server_finish(&server);
}

/** Connect to a service that need not be in the table. */
static inline void call_service(struct caller *c, const struct listen_service *row)
{
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(4711) };
    int                ends[2];
    inet_pton(AF_INET, "192.0.2.7", &from.sin_addr);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    c->fd = ends[1];
    c->len = 0;
    c->closed = false;
    assert_null(row->start(&server, ends[0], (struct sockaddr *)&from, row));
}

/** Connect to a row of services.c: "RTMP", "HTTP-Server". */
static inline void call_up(struct caller *c, const char *service)
{
    const struct listen_service *row = listen_services;
    while (row->name && strcmp(row->name, service) != 0)
        row++;
    assert_non_null(row->name);
    call_service(c, row);
}

static inline void hang_up(struct caller *c)
{
    close_end(&c->fd);
}

static inline void say_bytes(const struct caller *c, const void *bytes, size_t len)
{
    assert_int_equal(send(c->fd, bytes, len, MSG_NOSIGNAL), len);
}

/** Receive what has come by now. */
static inline void take_in(struct caller *c)
{
    ssize_t n;
    while (!c->closed && (n = read(c->fd, c->heard + c->len, HEARD_CAP - c->len)) >= 0) {
        c->closed = n == 0;
        c->len += (size_t)n;
        assert_true(c->len < HEARD_CAP);
    }
    c->heard[c->len] = '\0';
}

/** Let the server run until all its connections have ended. */
static inline void wait_for_the_end(void)
{
    assert_true(co_group_join(&server.connections, a_while()));
}

/** Wait until the client has received these words; false when the server closed before. */
static inline bool hears(struct caller *c, const char *words)
{
    int64_t deadline_us = a_while();
    for (;;) {
        take_in(c);
        if (memmem(c->heard, c->len, words, strlen(words)))
            return true;
        if (c->closed || now_us() >= deadline_us)
            return false;
        co_give_way();
    }
}

/** Wait until the server closes. */
static inline void hear_all(struct caller *c)
{
    int64_t deadline_us = a_while();
    while (!c->closed && now_us() < deadline_us) {
        take_in(c);
        co_give_way();
    }
    assert_true(c->closed);
}

/** Wait until `n` clients are counted. */
static inline void wait_for_clients(int n)
{
    int64_t deadline_us = a_while();
    while (server.registry.n_clients != n && now_us() < deadline_us)
        co_give_way();
    assert_int_equal(server.registry.n_clients, n);
}

#endif
