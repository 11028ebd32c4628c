/* A reload, from the request to the configuration in force. A bad file changes nothing, and the log says why. */
#include "app/reload.h"

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/conf/conf_load.h"
#include "app/listener.h"
#include "app/server/server.h"
#include "app/services.h"
#include "app/source/sources.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/offload.h"

enum { LOOK_US = US_PER_MS };

static char               path[] = "/tmp/reload_test.XXXXXX";
static struct conf_source from = { .path = path, .open_files = 65536 };
static struct server      server;
static int                port, other = -1; /* the port in the file; a port that another socket holds */

/* ---- the file */

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "daemon off; srs_log_tank console; listen 127.0.0.1:%d;\n%s", port, text);
    fclose(f);
}

static int take_port(int *number)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *number = ntohs(at.sin_port);
    return fd;
}

static bool listens(int number)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)number),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool               connected = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    close(fd);
    return connected;
}

/* ---- the reload */

static const struct reload_result *reload(void)
{
    char before[RELOAD_ID_CAP];
    memcpy(before, server.reloaded.id, sizeof before);
    server_request_reload(&server);
    const struct reload_result *r = &server.reloaded;
    int64_t                     until = a_while();
    while (now_us() < until && (strcmp(r->id, before) == 0 || (r->state != RELOAD_DONE && !r->code)))
        err_free(co_sleep(LOOK_US));
    return r;
}

static int setup(void **state)
{
    (void)state;
    struct conf       *conf = NULL;
    struct conf_report report = { 0 };
    int                fd = mkstemp(path), free_one = take_port(&port);
    if (fd < 0)
        return -1;
    close(fd);
    close(free_one);
    write_file("max_connections 10; vhost __defaultVhost__ { } vhost one { play { queue_length 7; } }");
    if (code_of(conf_load(&from, &conf, &report)))
        return -1;
    conf_report_finish(&report);
    server_init(&server, conf, "id");
    conf_unref(&conf);
    return code_of(listeners_apply(&server, listen_services, server.conf)) || code_of(reload_start(&server, &from));
}

static int teardown(void **state)
{
    (void)state;
    listeners_close(&server);
    co_group_cancel_and_join(&server.connections);
    co_group_cancel_and_join(&server.services);
    services_finish();
    server_finish(&server);
    close_end(&other);
    unlink(path);
    snprintf(path, sizeof path, "/tmp/reload_test.XXXXXX");
    return 0;
}

static int begin(void **state)
{
    return loop_begin(state) || code_of(offload_init());
}

static int end(void **state)
{
    offload_shutdown(US_PER_SECOND);
    return loop_end(state);
}

/* ---- the tests */

static void a_good_file_is_in_force_for_the_server_and_its_streams(void **state)
{
    (void)state;
    struct source *s = NULL;
    assert_null(source_acquire(&s, &server.sources, server.conf, conf_find_vhost(server.conf, "one"), "app", "x"));
    assert_int_equal(s->vhost->play.queue_length_us, 7 * US_PER_SECOND);
    write_file("max_connections 20; vhost __defaultVhost__ { } vhost one { play { queue_length 8; } }");
    const struct reload_result *r = reload();
    assert_int_equal(r->state, RELOAD_DONE);
    assert_int_equal(r->code, E_SUCCESS);
    assert_string_equal(r->text, "");
    assert_int_equal(strlen(r->id), RELOAD_ID_CAP - 1);
    assert_int_equal(server.conf->max_connections, 20);
    assert_ptr_equal(s->conf, server.conf);
    assert_int_equal(s->vhost->play.queue_length_us, 8 * US_PER_SECOND);
    assert_true(listens(port));
    source_release(s);
}

static void a_bad_file_changes_nothing_and_says_why(void **state)
{
    (void)state;
    const struct conf *before = server.conf;
    write_file("max_connections 20; vhost __defaultVhost__ { } no_such_directive on;");
    const struct reload_result *r = reload();
    assert_int_equal(r->state, RELOAD_CHECKING);
    assert_int_equal(r->code, E_SYSTEM_CONFIG_INVALID);
    assert_non_null(strstr(r->text, "no_such_directive"));
    assert_ptr_equal(server.conf, before);
    assert_int_equal(server.conf->max_connections, 10);
    assert_true(listens(port));
}

static void an_endpoint_that_is_taken_changes_nothing(void **state)
{
    (void)state;
    char               text[200];
    int                old = port, free_port, of_other;
    const struct conf *before = server.conf;
    other = take_port(&of_other);
    close(take_port(&free_port));
    port = free_port;
    snprintf(text, sizeof text,
             "max_connections 20; vhost __defaultVhost__ { } http_server { enabled on; listen 127.0.0.1:%d; }",
             of_other);
    write_file(text);
    const struct reload_result *r = reload();
    assert_int_equal(r->state, RELOAD_APPLYING);
    assert_int_equal(r->code, E_SOCKET_BIND);
    assert_ptr_equal(server.conf, before);
    assert_true(listens(old));
    assert_false(listens(free_port));
}

static void a_file_that_is_good_again_is_taken(void **state)
{
    (void)state;
    write_file("no_such_directive on;");
    assert_int_not_equal(reload()->code, E_SUCCESS);
    write_file("max_connections 30; vhost __defaultVhost__ { }");
    assert_int_equal(reload()->state, RELOAD_DONE);
    assert_int_equal(server.conf->max_connections, 30);
}

static void a_stopping_server_does_not_reload(void **state)
{
    (void)state;
    server_request_stop(&server, SERVER_STOPS_GRACEFULLY);
    server_request_reload(&server);
    assert_false(server.reload_wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_file_is_in_force_for_the_server_and_its_streams, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_file_changes_nothing_and_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(an_endpoint_that_is_taken_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_good_again_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stopping_server_does_not_reload, setup, teardown),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
