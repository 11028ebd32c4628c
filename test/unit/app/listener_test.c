/* Listening sockets: a reload opens and closes them, and changes nothing when one cannot be opened. */
#include "app/listener.h"

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/server/server.h"
#include "core/attr.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/io.h"

enum { ENDPOINTS_MAX = 3, ECHO_CAP = 64, LOOK_US = US_PER_MS };

static struct server     server;
static struct conf       conf;
static int               n_started, n_running;
static int               taken = -1; /* a port that another socket holds */
static char              texts[2][ENDPOINTS_MAX][32];
static char             *items[2][ENDPOINTS_MAX];
static struct conf_words streams, datagrams;

/* ---- two services: one counts its connections, the other echoes datagrams */

static const struct conf_words *stream_endpoints(const struct conf *c)
{
    (void)c;
    return &streams;
}

static const struct conf_words *datagram_endpoints(const struct conf *c)
{
    (void)c;
    return &datagrams;
}

static struct err *start(struct server *s, int fd, const struct sockaddr *peer, const struct listen_service *by)
{
    (void)s;
    (void)peer;
    (void)by;
    close(fd);
    n_started++;
    return NULL;
}

static void echo(struct server *s, struct io *socket, const struct listen_service *by)
{
    (void)s;
    (void)by;
    struct err *e;
    n_running++;
    while (!(e = io_wait_readable(socket, DEADLINE_NEVER))) {
        struct sockaddr_storage peer;
        socklen_t               peer_len = sizeof peer;
        char                    bytes[ECHO_CAP];
        ssize_t                 n;
        while ((n = recvfrom(socket->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&peer, &peer_len)) >= 0)
            sendto(socket->fd, bytes, (size_t)n, 0, (struct sockaddr *)&peer, peer_len);
        io_drained(socket);
    }
    err_free(e);
    n_running--;
}

static const struct listen_service services[] = {
    { .name = "counter", .kind = LISTEN_STREAM, .endpoints = stream_endpoints, .start = start },
    { .name = "echo", .kind = LISTEN_DATAGRAM, .endpoints = datagram_endpoints, .run = echo },
    { .name = NULL },
};

static const struct listen_service lasting_services[] = {
    { .name = "echo", .kind = LISTEN_DATAGRAM, .endpoints = datagram_endpoints, .run = echo, .outlasts_clients = true },
    { .name = NULL },
};

/* ---- the configuration */

static void listen_at(struct conf_words *words, const char *first, const char *second)
{
    const char *all[] = { first, second };
    size_t      of = words == &datagrams;
    words->items = items[of];
    words->count = 0;
    for (size_t i = 0; i < ARRAY_LEN(all) && all[i]; i++) {
        snprintf(texts[of][i], sizeof texts[of][i], "%s", all[i]);
        items[of][i] = texts[of][i];
        words->count++;
    }
}

static bool apply(void)
{
    struct err *e = listeners_apply(&server, services, &conf);
    bool        done = !e;
    err_free(e);
    return done;
}

/* ---- probes */

static struct sockaddr_in address(const char *ip, int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    assert_int_equal(inet_pton(AF_INET, ip, &at.sin_addr), 1);
    return at;
}

static int bound(int type, int *port)
{
    struct sockaddr_in at = address("127.0.0.1", 0);
    socklen_t          len = sizeof at;
    int                fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* A port that is free for both kinds now, and most likely a moment later too. */
static int free_port(void)
{
    int port, fd = bound(SOCK_STREAM, &port);
    close(fd);
    return port;
}

static const char *endpoint(const char *ip, int port)
{
    static char text[4][32];
    static int  next;
    char       *out = text[next++ % 4];
    snprintf(out, sizeof text[0], "%s:%d", ip, port);
    return out;
}

/* True when a connection is accepted and started. */
static bool accepts(const char *ip, int port)
{
    struct sockaddr_in at = address(ip, port);
    int                before = n_started, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool               connected = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    for (int64_t until = a_while(); connected && n_started == before && now_us() < until;)
        err_free(co_sleep(LOOK_US));
    close(fd);
    return connected && n_started == before + 1;
}

/*
 * True when a datagram comes back, from any address that the kernel chooses for the answer. A port without a socket answers with
 * an error at once.
 */
static bool echoes(const char *ip, int port)
{
    struct sockaddr_in at = address(ip, port);
    char               got[ECHO_CAP];
    ssize_t            n = -1;
    int                fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &(int){ 1 }, sizeof(int)), 0);
    assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&at, sizeof at), 5);
    for (int64_t until = a_while(); (n = recv(fd, got, sizeof got, 0)) < 0 && errno == EAGAIN && now_us() < until;)
        err_free(co_sleep(LOOK_US));
    close(fd);
    return n == 5 && memcmp(got, "hello", 5) == 0;
}

/* ---- set-up and teardown */

static int setup(void **state)
{
    (void)state;
    conf = (struct conf){ .refs = 2, .max_connections = 100 };
    streams = datagrams = (struct conf_words){ 0 };
    n_started = n_running = 0;
    server_init(&server, &conf, "id");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    listeners_close(&server);
    server_finish(&server);
    close_end(&taken);
    return n_running;
}

/* ---- the tests */

static void what_is_added_listens_and_what_went_does_not(void **state)
{
    (void)state;
    int first = free_port(), second = free_port();
    listen_at(&streams, endpoint("127.0.0.1", first), NULL);
    assert_true(apply());
    assert_true(accepts("127.0.0.1", first));
    assert_false(accepts("127.0.0.1", second));
    listen_at(&streams, endpoint("127.0.0.1", second), NULL);
    assert_true(apply());
    assert_false(accepts("127.0.0.1", first));
    assert_true(accepts("127.0.0.1", second));
}

static void what_stays_is_not_opened_again(void **state)
{
    (void)state;
    int port = free_port();
    listen_at(&streams, endpoint("127.0.0.1", port), NULL);
    listen_at(&datagrams, endpoint("127.0.0.1", port), NULL);
    assert_true(apply());
    assert_true(echoes("127.0.0.1", port));
    const struct list *newest = server.listeners.prev;
    assert_true(apply());
    assert_ptr_equal(server.listeners.prev, newest);
    assert_int_equal(server.accepters.count, 2);
    assert_true(accepts("127.0.0.1", port));
    assert_true(echoes("127.0.0.1", port));
    assert_int_equal(n_running, 1);
}

static void if_one_cannot_be_opened_nothing_changes(void **state)
{
    (void)state;
    int old = free_port(), new = free_port(), of_other;
    listen_at(&streams, endpoint("127.0.0.1", old), NULL);
    listen_at(&datagrams, endpoint("127.0.0.1", old), NULL);
    assert_true(apply());
    taken = bound(SOCK_DGRAM, &of_other);
    listen_at(&streams, endpoint("127.0.0.1", new), NULL);
    listen_at(&datagrams, endpoint("127.0.0.1", new), endpoint("127.0.0.1", of_other));
    assert_false(apply());
    assert_false(accepts("127.0.0.1", new));
    assert_false(echoes("127.0.0.1", new));
    assert_true(accepts("127.0.0.1", old));
    assert_true(echoes("127.0.0.1", old));
    assert_int_equal(n_running, 1);
}

static void a_port_moves_to_another_address(void **state)
{
    (void)state;
    int port = free_port();
    listen_at(&streams, endpoint("0.0.0.0", port), NULL);
    listen_at(&datagrams, endpoint("0.0.0.0", port), NULL);
    assert_true(apply());
    assert_true(accepts("127.0.0.2", port) && echoes("127.0.0.2", port));
    listen_at(&streams, endpoint("127.0.0.1", port), NULL);
    listen_at(&datagrams, endpoint("127.0.0.1", port), NULL);
    assert_true(apply());
    assert_true(accepts("127.0.0.1", port) && echoes("127.0.0.1", port));
    assert_false(accepts("127.0.0.2", port));
    assert_false(echoes("127.0.0.2", port));
}

static void a_port_that_was_let_go_is_taken_back(void **state)
{
    (void)state;
    int port = free_port(), of_other;
    listen_at(&streams, endpoint("0.0.0.0", port), NULL);
    listen_at(&datagrams, endpoint("0.0.0.0", port), NULL);
    assert_true(apply());
    assert_true(echoes("127.0.0.2", port)); /* the handler waits */
    taken = bound(SOCK_DGRAM, &of_other);
    listen_at(&streams, endpoint("127.0.0.1", port), NULL);
    listen_at(&datagrams, endpoint("127.0.0.1", port), endpoint("127.0.0.1", of_other));
    assert_false(apply());
    assert_true(accepts("127.0.0.2", port));
    assert_true(echoes("127.0.0.2", port));
    assert_int_equal(server.accepters.count, 2);
}

static void streams_and_datagrams_have_ports_of_their_own(void **state)
{
    (void)state;
    int port = free_port();
    listen_at(&streams, endpoint("0.0.0.0", port), NULL);
    assert_true(apply());
    listen_at(&datagrams, endpoint("127.0.0.1", port), NULL);
    assert_true(apply());
    assert_true(accepts("127.0.0.2", port));
    assert_true(echoes("127.0.0.1", port));
    streams.count = 0;
    assert_true(apply());
    assert_false(accepts("127.0.0.1", port));
    assert_true(echoes("127.0.0.1", port));
}

static void an_endpoint_that_is_none_is_an_error_that_names_it(void **state)
{
    (void)state;
    char text[256];
    listen_at(&streams, "nowhere", NULL);
    struct err *e = listeners_apply(&server, services, &conf);
    assert_int_equal(err_code(e), E_SYSTEM_CONFIG_INVALID);
    assert_non_null(strstr(err_text(e, text, sizeof text), "counter: listen=nowhere is invalid"));
    err_free(e);
    assert_int_equal(server.accepters.count, 0);
}

static void beyond_max_connections_newcomers_are_refused_and_counted(void **state)
{
    (void)state;
    int port = free_port();
    conf.max_connections = 0;
    listen_at(&streams, endpoint("127.0.0.1", port), NULL);
    assert_true(apply());
    struct sockaddr_in at = address("127.0.0.1", port);
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    for (int64_t until = a_while(); !server.registry.n_refused && now_us() < until;)
        err_free(co_sleep(LOOK_US));
    close(fd);
    assert_int_equal(server.registry.n_refused, 1);
    assert_int_equal(n_started, 0);
}

static void what_outlasts_clients_is_open_until_the_services_end(void **state)
{
    (void)state;
    int port = free_port(), other = free_port();
    listen_at(&datagrams, endpoint("127.0.0.1", port), NULL);
    assert_null(listeners_apply(&server, lasting_services, &conf));
    listeners_close(&server);
    assert_true(echoes("127.0.0.1", port));
    listen_at(&datagrams, endpoint("127.0.0.1", other), NULL);
    assert_null(listeners_apply(&server, lasting_services, &conf));
    assert_false(echoes("127.0.0.1", port));
    assert_true(echoes("127.0.0.1", other));
    co_group_cancel_and_join(&server.services);
    assert_false(echoes("127.0.0.1", other));
    assert_int_equal(n_running, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_added_listens_and_what_went_does_not, setup, teardown),
        cmocka_unit_test_setup_teardown(what_stays_is_not_opened_again, setup, teardown),
        cmocka_unit_test_setup_teardown(if_one_cannot_be_opened_nothing_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_port_moves_to_another_address, setup, teardown),
        cmocka_unit_test_setup_teardown(a_port_that_was_let_go_is_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_and_datagrams_have_ports_of_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(an_endpoint_that_is_none_is_an_error_that_names_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_outlasts_clients_is_open_until_the_services_end, setup, teardown),
        cmocka_unit_test_setup_teardown(beyond_max_connections_newcomers_are_refused_and_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
