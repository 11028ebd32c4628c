/* Connecting to a host by its name. */
#include "protocol/dial.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"
#include "protocol/offload.h"
#include "protocol/resolve.h"

/* A resolver that knows one name, with two addresses: 127.0.0.2, where nothing listens, and 127.0.0.1. */
static struct sockaddr_in addrs[2];
static struct addrinfo    found[2];

static int lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    (void)hints;
    if (strcmp(node, "two.addresses") != 0)
        return EAI_NONAME;
    for (int i = 0; i < 2; i++) {
        addrs[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(service)) };
        inet_pton(AF_INET, i == 0 ? "127.0.0.2" : "127.0.0.1", &addrs[i].sin_addr);
        found[i] = (struct addrinfo){ .ai_family = AF_INET,
                                      .ai_addr = (struct sockaddr *)&addrs[i],
                                      .ai_addrlen = sizeof addrs[i] };
    }
    found[0].ai_next = &found[1];
    *list = &found[0];
    return 0;
}

static void release(struct addrinfo *list)
{
    (void)list;
}

static int begin(void **state)
{
    static const struct resolver resolver = { lookup, release };
    resolve_with(&resolver);
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static int finish(void **state)
{
    offload_shutdown(A_WHILE_US);
    resolve_with(NULL);
    return loop_end(state);
}

static uint16_t listen_at_loopback(int *fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    assert_null(io_listen(fd, (struct sockaddr *)&at, sizeof at, false));
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

static void the_next_address_is_tried_when_one_fails(void **state)
{
    (void)state;
    int       fd;
    struct io io;
    uint16_t  port = listen_at_loopback(&fd);
    assert_null(dial(&io, "two.addresses", port, a_while()));
    io_close(&io);
    assert_null(dial(&io, "127.0.0.1", port, a_while()));
    io_close(&io);
    close(fd);
}

static void failures_leave_a_closed_io(void **state)
{
    (void)state;
    int       fd;
    struct io io;
    uint16_t  port = listen_at_loopback(&fd);
    close(fd);
    assert_int_equal(code_of(dial(&io, "two.addresses", port, a_while())), E_SOCKET_CONNECT);
    assert_int_equal(io.fd, -1);
    assert_int_equal(code_of(dial(&io, "unknown", port, a_while())), E_SYSTEM_DNS_RESOLVE);
    assert_int_equal(io.fd, -1);
    io_close(&io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_address_is_tried_when_one_fails),
        cmocka_unit_test(failures_leave_a_closed_io),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
