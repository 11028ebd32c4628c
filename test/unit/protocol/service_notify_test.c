/* Datagrams to a service manager, over a socket like systemd's. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "protocol/service_notify.h"

static int manager = -1;

/* Listen at an abstract address, or at a path, and name it in NOTIFY_SOCKET. */
static void open_manager(const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    socklen_t          len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&at, len), 0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static int open_abstract(void **state)
{
    char name[64];
    (void)state;
    snprintf(name, sizeof name, "@service-notify-test-%d", (int)getpid());
    open_manager(name);
    return 0;
}

static int close_manager(void **state)
{
    (void)state;
    close(manager);
    unsetenv("NOTIFY_SOCKET");
    return 0;
}

/* The next datagram as text; empty when there is none. */
static const char *received(void)
{
    static char text[2048];
    ssize_t     n = recv(manager, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void tells_that_it_is_ready_with_a_status(void **state)
{
    (void)state;
    service_notify_ready("serving");
    assert_string_equal(received(), "READY=1\nSTATUS=serving");
    assert_string_equal(received(), "");
}

static void tells_of_a_reload_with_the_monotonic_time(void **state)
{
    long long at = 0;
    int64_t   before = now_us();
    (void)state;
    service_notify_reloading();
    assert_int_equal(sscanf(received(), "RELOADING=1\nMONOTONIC_USEC=%lld", &at), 1);
    assert_in_range(at, before, now_us());
}

static void tells_that_it_stops(void **state)
{
    (void)state;
    service_notify_stopping();
    assert_string_equal(received(), "STOPPING=1\nSTATUS=stopping");
}

static void a_status_alone_is_one_line(void **state)
{
    (void)state;
    service_notify_status("first\nREADY=1");
    assert_string_equal(received(), "STATUS=first?READY=1");
}

static void a_long_status_is_cut(void **state)
{
    char status[3000];
    (void)state;
    memset(status, 'x', sizeof status - 1);
    status[sizeof status - 1] = '\0';
    service_notify_ready(status);
    assert_int_equal(strlen(received()), 1023);
}

static void a_path_is_an_address_too(void **state)
{
    char path[] = "/tmp/service-notify-XXXXXX", name[64];
    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(name, sizeof name, "%s/manager", path);
    open_manager(name);
    service_notify_ready("serving");
    assert_string_equal(received(), "READY=1\nSTATUS=serving");
    unlink(name);
    rmdir(path);
}

static void a_manager_that_does_not_read_blocks_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) /* more than net.unix.max_dgram_qlen */
        service_notify_status("again");
    assert_string_equal(received(), "STATUS=again");
}

static void an_address_that_is_none_does_no_harm(void **state)
{
    static const char *const names[] = { "", "/", "@", "relative", "/there/is/no/such/socket" };
    char                     too_long[200] = "/";
    (void)state;
    memset(too_long + 1, 'x', sizeof too_long - 2);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        service_notify_ready("serving");
    }
    setenv("NOTIFY_SOCKET", too_long, 1);
    service_notify_ready("serving");
    unsetenv("NOTIFY_SOCKET");
    service_notify_stopping();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_that_it_is_ready_with_a_status, open_abstract, close_manager),
        cmocka_unit_test_setup_teardown(tells_of_a_reload_with_the_monotonic_time, open_abstract, close_manager),
        cmocka_unit_test_setup_teardown(tells_that_it_stops, open_abstract, close_manager),
        cmocka_unit_test_setup_teardown(a_status_alone_is_one_line, open_abstract, close_manager),
        cmocka_unit_test_setup_teardown(a_long_status_is_cut, open_abstract, close_manager),
        cmocka_unit_test_teardown(a_path_is_an_address_too, close_manager),
        cmocka_unit_test_setup_teardown(a_manager_that_does_not_read_blocks_nobody, open_abstract, close_manager),
        cmocka_unit_test(an_address_that_is_none_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
