/* To which servers a pull may be led. */
#include "app/relay/reach.h"

#include <arpa/inet.h>
#include <cmocka.h>
#include <unistd.h>

/* A connection to `to` on this host, over TCP. */
static int connect_here(int to)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(to, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(to, 1), 0);
    assert_int_equal(getsockname(to, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void only_an_attempt_that_began_here_may_stay_here(void **state)
{
    struct reach home = { .url = "rtmp://home/live/s" },
                 away = { .url = "rtmp://away/live/s", .first = REACH_ELSEWHERE };
    int to = socket(AF_INET, SOCK_STREAM, 0), fd = connect_here(to);
    (void)state;
    assert_null(reach_judge(&home, fd));
    assert_int_equal(home.first, REACH_HERE);
    assert_null(reach_judge(&home, fd));
    struct err *e = reach_judge(&away, fd);
    assert_int_equal(err_code(e), E_HTTP_DATA_INVALID);
    err_free(e);
    close(fd);
    close(to);
}

static void a_connection_to_nobody_does_not_pass_for_one_to_this_host(void **state)
{
    struct reach r = { .url = "rtmp://gone/live/s" };
    int          fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    struct err *e = reach_judge(&r, fd);
    assert_int_equal(err_code(e), E_ST_CONNECT);
    assert_int_equal(r.first, REACH_NOWHERE);
    err_free(e);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_an_attempt_that_began_here_may_stay_here),
        cmocka_unit_test(a_connection_to_nobody_does_not_pass_for_one_to_this_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
