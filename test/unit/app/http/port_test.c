/* HTTP ports: a row of services with its faces makes a port, and a request goes to the face that has its path. */
#include "app/http/port.h"

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/server/server.h"
#include "core/attr.h"
#include "loop.h"
#include "protocol/co.h"

enum { GOT_CAP = 4096, LOOK_US = US_PER_MS, CONF_REFS = 2 };

static struct server server;
static struct conf   conf;
static int           client = -1;
static char          got[GOT_CAP]; /* the last reply */

/* ---- two faces and three ports */

static struct err *say(struct http_exchange *x, const char *text)
{
    return http_reply(x, 200, "text/plain", text, strlen(text));
}

static struct err *numbers(struct http_exchange *x)
{
    return say(x, "numbers");
}

static struct err *index_of_numbers(struct http_exchange *x)
{
    return say(x, "index of numbers");
}

static struct err *file(struct http_exchange *x)
{
    return say(x, "file");
}

static const struct http_route         number_rows[] = { { "/", HTTP_METHODS_ALL, index_of_numbers },
                                                         { "/numbers/", HTTP_METHODS_ALL, numbers } };
static const struct http_routes        number_routes = { number_rows, ARRAY_LEN(number_rows) };
static const struct http_routes *const number_tables[] = { &number_routes, NULL };
static const struct http_router        number_router = { number_tables };
static const struct http_face          number_face = { .router = &number_router, .is_api = true };

static const struct http_route         file_rows[] = { { "/", HTTP_METHOD(GET), file } };
static const struct http_routes        file_routes = { file_rows, ARRAY_LEN(file_rows) };
static const struct http_routes *const file_tables[] = { &file_routes, NULL };
static const struct http_router        file_router = { file_tables };
static const struct http_face          file_face = { .router = &file_router };

static const struct http_face *const *only_numbers(const struct conf *c)
{
    static const struct http_face *const faces[] = { &number_face, NULL };
    (void)c;
    return faces;
}

static const struct http_face *const *only_files(const struct conf *c)
{
    static const struct http_face *const faces[] = { &file_face, NULL };
    (void)c;
    return faces;
}

static const struct http_face *const *both(const struct conf *c)
{
    static const struct http_face *const faces[] = { &number_face, &file_face, NULL };
    (void)c;
    return faces;
}

static const struct listen_service number_port = { .name = "numbers", .start = http_port_start, .faces = only_numbers };
static const struct listen_service file_port = { .name = "files", .start = http_port_start, .faces = only_files };
static const struct listen_service shared_port = { .name = "both", .start = http_port_start, .faces = both };

/* ---- a client */

static void come(const struct listen_service *port)
{
    static const struct sockaddr_in peer = { .sin_family = AF_INET };
    int                             ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    close_end(&client);
    client = ends[1];
    assert_null(port->start(&server, ends[0], (const struct sockaddr *)&peer, port));
}

/* Send a request and return the status; the reply is in `got`. It ends with `body`, so reading stops there. */
static int ask(const char *method, const char *path, const char *fields, const char *body)
{
    char   request[256];
    size_t len = 0;
    int    status = 0;
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n", method, path, fields);
    assert_int_equal(write(client, request, strlen(request)), strlen(request));
    got[0] = '\0';
    for (int64_t until = a_while(); !strstr(got, body) && now_us() < until;) {
        ssize_t n = read(client, got + len, sizeof got - 1 - len);
        if (n == 0)
            break;
        len += n > 0 ? (size_t)n : 0;
        got[len] = '\0';
        if (n < 0)
            err_free(co_sleep(LOOK_US));
    }
    sscanf(got, "HTTP/1.1 %d", &status);
    return status;
}

static int setup(void **state)
{
    (void)state;
    conf = (struct conf){ .refs = CONF_REFS, .max_connections = 10, .http_api = { .crossdomain = true } };
    server_init(&server, &conf, "id");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_end(&client);
    co_group_cancel_and_join(&server.connections);
    assert_int_equal(conf.refs, CONF_REFS + 1); /* that of the server: no request has kept one */
    server_finish(&server);
    return 0;
}

/* ---- the tests */

static void a_port_is_a_row_with_a_router_of_its_own(void **state)
{
    (void)state;
    come(&number_port);
    assert_int_equal(ask("GET", "/numbers/1", "", "numbers"), 200);
    assert_int_equal(ask("GET", "/", "", "index of numbers"), 200);
    come(&file_port);
    assert_int_equal(ask("GET", "/numbers/1", "", "file"), 200);
}

static void on_a_shared_port_a_request_is_for_the_first_face_that_has_its_path(void **state)
{
    (void)state;
    come(&shared_port);
    assert_int_equal(ask("GET", "/numbers/1", "", "numbers"), 200);
    assert_int_equal(ask("GET", "/x.flv", "", "file"), 200);
    assert_int_equal(ask("GET", "/", "", "\r\n\r\nfile"), 200); /* the row of all paths gives way */
}

static void cross_origin_fields_are_those_of_the_face(void **state)
{
    (void)state;
    come(&shared_port);
    assert_int_equal(ask("GET", "/numbers/1", "Origin: http://other\r\n", "\r\n\r\nnumbers"), 200);
    assert_non_null(strstr(got, "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"));
    assert_int_equal(ask("GET", "/x", "Origin: http://other\r\n", "\r\n\r\nfile"), 200);
    assert_null(strstr(got, "Access-Control"));
}

static void a_place_of_the_api_is_for_its_face_alone(void **state)
{
    (void)state;
    conf.max_connections = 0;
    come(&shared_port);
    assert_int_equal(ask("GET", "/numbers/1", "", "\r\n\r\nnumbers"), 200);
    come(&shared_port);
    assert_int_equal(ask("GET", "/x", "", "Service Unavailable\r\n"), 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_port_is_a_row_with_a_router_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(on_a_shared_port_a_request_is_for_the_first_face_that_has_its_path, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(cross_origin_fields_are_those_of_the_face, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_of_the_api_is_for_its_face_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
