/* The HTTP client against a server that follows a script: its requests, its reading of answers, and every bound. */
#include <cmocka.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/version.h"
#include "loop.h"
#include "protocol/http/client.h"
#include "protocol/http/location.h"
#include "protocol/http/scripted_server.h"
#include "protocol/offload.h"
#include "protocol/resolve.h"
#include "protocol/tls/certs.h"
#include "protocol/unfinished.h"

enum { BRIEFLY_US = 20000 };

/* ---- the client */

static int setup(void **state)
{
    return start_server(state);
}

static int teardown(void **state)
{
    resolve_with(NULL);
    return stop_server(state);
}

/* The result of a request for a URL whose whole body is read. */
struct outcome {
    int    code, status;
    char  *body;
    size_t len;
};

static struct outcome fetch(const struct http_client_request *r, size_t cap)
{
    struct http_client c = { 0 };
    struct outcome     o = { .code = code_of(http_client_open(&c, r, a_while())) };
    if (!o.code) {
        o.status = c.response.status;
        o.code = code_of(http_client_read_all(&c, cap, &o.body, &o.len, a_while()));
    }
    http_client_close(&c);
    return o;
}

static struct outcome get(const char *rest)
{
    struct http_client_request r = { .method = HTTP_GET, .url = url(rest) };
    return fetch(&r, 1000);
}

static void assert_body(struct outcome o, int status, const char *body)
{
    assert_int_equal(o.code, E_SUCCESS);
    assert_int_equal(o.status, status);
    assert_string_equal(o.body, body);
    assert_int_equal(o.len, strlen(body));
    mem_free(o.body);
}

/* ---- requests */

static void a_get_is_sent_as_srs_sends_it(void **state)
{
    (void)state;
    char wanted[512];
    script[0].answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    assert_body(get("/api/v1/x?a=b#c"), 200, "hello");
    snprintf(wanted, sizeof wanted,
             "GET /api/v1/x?a=b HTTP/1.1\r\nConnection: Keep-Alive\r\nHost: 127.0.0.1:%d\r\nUser-Agent: %s\r\n\r\n",
             port, SERVER_SIGNATURE);
    assert_string_equal(requests[0], wanted);
}

static void a_post_has_its_body_and_what_the_caller_adds(void **state)
{
    (void)state;
    char                       wanted[512];
    struct http_pair           fields[] = { { "X-One", "1" }, { "X-Two", "" } };
    struct http_client_request r = {
        .method = HTTP_POST,
        .url = url(""),
        .fields = fields,
        .n_fields = 2,
        .content_type = "application/json",
        .body = "{}",
        .body_len = 2,
    };
    script[0].answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0";
    assert_body(fetch(&r, 1000), 200, "0");
    snprintf(wanted, sizeof wanted,
             "POST / HTTP/1.1\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\nContent-Type: application/json\r\n"
             "Host: 127.0.0.1:%d\r\nUser-Agent: %s\r\nX-One: 1\r\nX-Two: \r\n\r\n{}",
             port, SERVER_SIGNATURE);
    assert_string_equal(requests[0], wanted);
}

static void a_body_of_any_length_is_sent(void **state)
{
    (void)state;
    static char                body[6000];
    struct http_client_request r = { .method = HTTP_PUT, .url = url("?q"), .body = body, .body_len = sizeof body - 1 };
    memset(body, 'b', sizeof body - 1);
    script[0].answer = "HTTP/1.1 204 No Content\r\n\r\n";
    assert_body(fetch(&r, 1000), 204, "");
    assert_non_null(strstr(requests[0], "PUT /?q HTTP/1.1\r\n"));
    assert_string_equal(strstr(requests[0], "\r\n\r\n") + 4, body);
}

static void nothing_can_be_smuggled_into_a_request(void **state)
{
    static const struct http_pair fields[] = {
        { "X", "a\r\nY: b" }, { "X\r\nY", "b" }, { "X: y", "b" }, { "X", "a\nb" }
    };
    (void)state;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/"), .n_fields = 1 };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        r.fields = &fields[i];
        assert_int_equal(fetch(&r, 10).code, E_HTTP_PARSE_HEADER);
    }
    r = (struct http_client_request){ .method = HTTP_GET, .url = url("/"), .content_type = "a\r\nb" };
    assert_int_equal(fetch(&r, 10).code, E_HTTP_PARSE_HEADER);
    assert_int_equal(get("/ HTTP/1.1\r\nX: y").code, E_HTTP_PARSE_URI);
    assert_int_equal(n_requests, 0);
}

/* ---- bodies */

static void bodies_end_in_each_of_their_ways_however_they_come(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nhello world",
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello worldand more"),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        for (size_t step = 0; step < 2; step++) {
            script[n_requests] = (struct line){ .answer = answers[i], .step = step };
            assert_body(get("/"), 200, "hello world");
        }
}

static void the_end_by_length_needs_no_end_of_the_connection(void **state)
{
    (void)state;
    script[0] = (struct line){ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", .stays = true };
    script[1] = (struct line){ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .stays = true };
    script[2] =
        (struct line){ .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .stays = true };
    assert_body(get("/"), 200, "hi");
    assert_body(get("/"), 200, "");
    assert_body(get("/"), 200, "");
}

static void errors_have_bodies_too(void **state)
{
    (void)state;
    script[0].answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nNot Found";
    assert_body(get("/"), 404, "Not Found");
}

static void the_answer_to_head_has_no_body(void **state)
{
    (void)state;
    struct http_client_request r = { .method = HTTP_HEAD, .url = url("/") };
    script[0] = (struct line){ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .stays = true };
    assert_body(fetch(&r, 10), 200, "");
}

static void a_body_can_be_read_as_it_comes(void **state)
{
    (void)state;
    struct http_client         c;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/") };
    const void                *data;
    size_t                     len;
    script[0] =
        (struct line){ .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n",
                       .stays = true };
    assert_null(http_client_open(&c, &r, a_while()));
    assert_null(http_client_read(&c, &data, &len, a_while()));
    assert_int_equal(len, 5);
    assert_memory_equal(data, "hello", 5);
    assert_null(http_client_read(&c, &data, &len, a_while()));
    assert_memory_equal(data, " world", 6);
    assert_int_equal(code_of(http_client_read(&c, &data, &len, now_us() + BRIEFLY_US)), E_SOCKET_TIMEOUT);
    http_client_close(&c);
    http_client_close(&c); /* a second close does nothing */
}

static void a_body_at_its_bound_is_read_and_one_beyond_is_not(void **state)
{
    (void)state;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/") };
    for (int i = 0; i < 4; i++)
        script[i].answer = i % 2 ? "HTTP/1.1 200 OK\r\n\r\nhello" : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    assert_body(fetch(&r, 5), 200, "hello");
    assert_body(fetch(&r, 5), 200, "hello");
    assert_int_equal(fetch(&r, 4).code, E_HTTP_CONTENT_LENGTH);
    assert_int_equal(fetch(&r, 4).code, E_HTTP_CONTENT_LENGTH);
}

static void a_body_that_breaks_off_is_an_error(void **state)
{
    (void)state;
    script[0].answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell";
    script[1].answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    script[2].answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello world";
    assert_int_equal(get("/").code, E_HTTP_RESPONSE_EOF);
    assert_int_equal(get("/").code, E_HTTP_RESPONSE_EOF);
    assert_int_equal(get("/").code, E_HTTP_INVALID_CHUNK_HEADER);
}

/* ---- heads */

static void what_is_no_response_is_an_error(void **state)
{
    (void)state;
    script[0].answer = "SSH-2.0-x\r\n\r\n";
    script[1].answer = "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n";
    script[2].answer = "HTTP/1.1 200 OK\r\nConte";
    script[3].answer = "\0";
    script[3].len = 1;
    assert_int_equal(get("/").code, E_HTTP_PARSE_HEADER);
    assert_int_equal(get("/").code, E_HTTP_PARSE_HEADER);
    assert_int_equal(get("/").code, E_END_OF_STREAM);
    assert_int_equal(get("/").code, E_END_OF_STREAM);
}

static void a_head_without_end_is_refused_at_the_bound(void **state)
{
    (void)state;
    static char text[HTTP_CLIENT_BUFFER + 100];
    memset(text, 'x', sizeof text);
    script[0] = (struct line){ .answer = text, .len = sizeof text, .stays = true };
    assert_int_equal(get("/").code, E_HTTP_PARSE_HEADER);
    for (size_t i = 0; i + 2 < sizeof text; i += 3)
        memcpy(text + i, "x\r\n", 3);
    memcpy(text, "HTTP/1.1 200 OK\r\n", 17);
    script[1] = script[0];
    assert_int_equal(get("/").code, E_HTTP_PARSE_HEADER);
}

static void interim_responses_do_not_go_on_for_ever(void **state)
{
    (void)state;
    static char text[4000];
    for (size_t i = 0; i <= HTTP_CLIENT_INTERIM_MAX; i++)
        strcat(text, "HTTP/1.1 100 Continue\r\n\r\n");
    script[0] = (struct line){ .answer = text, .stays = true };
    assert_int_equal(get("/").code, E_HTTP_PARSE_HEADER);
}

static void long_interim_responses_make_room_for_the_one_that_counts(void **state)
{
    (void)state;
    static char text[3 * HTTP_CLIENT_BUFFER];
    for (int i = 0; i < 3; i++) {
        char *end = text + strlen(text);
        sprintf(end, "HTTP/1.1 103 Early Hints\r\nX: %07000d\r\n\r\n", 0);
    }
    strcat(text, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    script[0].answer = text;
    assert_body(get("/"), 200, "hi");
}

static void a_server_that_says_nothing_is_left_at_the_deadline(void **state)
{
    (void)state;
    struct http_client         c;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/") };
    assert_int_equal(code_of(http_client_open(&c, &r, now_us() + BRIEFLY_US)), E_SOCKET_TIMEOUT);
}

/* ---- redirects */

static void redirects_are_followed_to_their_end(void **state)
{
    (void)state;
    char                       there[256];
    struct http_client         c;
    struct http_pair           secret = { "Authorization", "Basic eDp5" };
    struct http_client_request r = {
        .method = HTTP_GET, .url = url("/a/b?c"), .redirects_max = 3, .fields = &secret, .n_fields = 1
    };
    snprintf(there, sizeof there, "HTTP/1.1 307 x\r\nLocation: http://localhost:%d/e\r\nContent-Length: 3\r\n\r\nbye",
             port);
    script[0].answer = "HTTP/1.1 302 Found\r\nLocation: d\r\n\r\n";
    script[1].answer = there;
    script[2].answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    assert_null(http_client_open(&c, &r, a_while()));
    assert_int_equal(c.response.status, 200);
    snprintf(there, sizeof there, "http://localhost:%d/e", port);
    assert_string_equal(c.url, there);
    http_client_close(&c);
    assert_non_null(strstr(requests[1], "GET /a/d HTTP/1.1\r\n"));
    assert_non_null(strstr(requests[1], "Authorization"));
    assert_non_null(strstr(requests[2], "GET /e HTTP/1.1\r\n"));
    assert_null(strstr(requests[2], "Authorization")); /* the credentials were for another host */
}

static void redirects_beyond_the_bound_are_an_error(void **state)
{
    (void)state;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/"), .redirects_max = 2 };
    for (int i = 0; i < SCRIPT_MAX; i++)
        script[i].answer = "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n";
    assert_int_equal(fetch(&r, 10).code, E_HTTP_302_INVALID);
    assert_int_equal(n_requests, 3);
}

static void a_redirect_to_somewhere_else_than_http_is_an_error(void **state)
{
    (void)state;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/"), .redirects_max = 2 };
    script[0].answer = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n";
    script[1].answer = "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n";
    assert_int_equal(fetch(&r, 10).code, E_HTTP_PARSE_URI);
    assert_int_equal(fetch(&r, 10).code, E_HTTPS_NOT_SUPPORTED);
}

static void a_redirect_is_an_answer_where_none_is_to_be_followed(void **state)
{
    (void)state;
    struct http_client_request post = { .method = HTTP_POST, .url = url("/"), .redirects_max = 2 };
    for (int i = 0; i < 3; i++)
        script[i].answer = "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 2\r\n\r\nhi";
    script[2].answer = "HTTP/1.1 304 Not Modified\r\n\r\n";
    assert_body(get("/"), 302, "hi");
    assert_body(fetch(&post, 10), 302, "hi");
    post.method = HTTP_GET;
    assert_body(fetch(&post, 10), 304, "");
}

/* ---- names */

static sem_t gate; /* opened to end the lookup of a name that hangs */

/* A resolver for which "two.example" has an address where nothing listens, followed by ours. */
static int lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    static struct sockaddr_in addresses[2];
    static struct addrinfo    list[2];
    (void)hints;
    while (strcmp(node, "hangs.example") == 0 && sem_wait(&gate) != 0)
        ;
    if (strcmp(node, "two.example") != 0)
        return EAI_NONAME;
    for (int i = 0; i < 2; i++) {
        addresses[i] = (struct sockaddr_in){ .sin_family = AF_INET,
                                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1u - (unsigned)i),
                                             .sin_port = htons((in_port_t)atoi(service)) };
        list[i] = (struct addrinfo){ .ai_family = AF_INET,
                                     .ai_addr = (struct sockaddr *)&addresses[i],
                                     .ai_addrlen = sizeof addresses[i],
                                     .ai_next = i == 0 ? &list[1] : NULL };
    }
    *found = list;
    return 0;
}

static void release(struct addrinfo *found)
{
    (void)found;
}

/* Refuses connections from the `n`-th on; arg points to n. */
static struct err *refuse(void *arg, int fd)
{
    int *n = arg;
    assert_true(fd >= 0);
    return (*n)-- > 0 ? NULL : err_new(E_HTTP_DATA_INVALID, "not there");
}

static void nothing_is_sent_on_a_connection_that_is_judged_bad(void **state)
{
    (void)state;
    int                        n = 1;
    struct http_client_request r = {
        .method = HTTP_GET, .url = url("/"), .redirects_max = 1, .judge = refuse, .judge_arg = &n
    };
    script[0].answer = "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n";
    assert_int_equal(fetch(&r, 10).code, E_HTTP_DATA_INVALID);
    assert_int_equal(n, -1);
    assert_string_equal(requests[1], "");
}

static void the_next_address_is_tried_when_one_fails(void **state)
{
    static const struct resolver ours = { lookup, release };
    (void)state;
    char                       text[256];
    struct http_client_request r = { .method = HTTP_GET, .url = text };
    resolve_with(&ours);
    snprintf(text, sizeof text, "http://two.example:%d/", port);
    script[0].answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    assert_body(fetch(&r, 10), 200, "hi");
    snprintf(text, sizeof text, "Host: two.example:%d\r\n", port);
    assert_non_null(strstr(requests[0], text));
}

static void a_name_that_does_not_exist_is_an_error(void **state)
{
    static const struct resolver ours = { lookup, release };
    (void)state;
    struct http_client_request r = { .method = HTTP_GET, .url = "http://nowhere.example/" };
    resolve_with(&ours);
    assert_int_equal(fetch(&r, 10).code, E_SYSTEM_DNS_RESOLVE);
}

static void a_name_that_never_resolves_is_left_at_the_deadline(void **state)
{
    static const struct resolver ours = { lookup, release };
    (void)state;
    struct http_client         c;
    struct http_client_request r = { .method = HTTP_GET, .url = "http://hangs.example/" };
    sem_init(&gate, 0, 0);
    resolve_with(&ours);
    assert_int_equal(code_of(http_client_open(&c, &r, now_us() + BRIEFLY_US)), E_SOCKET_TIMEOUT);
    sem_post(&gate);
}

static void where_nobody_listens_is_an_error(void **state)
{
    (void)state;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC,
                                   0); /* bound, so that no other socket gets the port, but not listening */
    char               text[64];
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(text, sizeof text, "http://127.0.0.1:%d/", ntohs(at.sin_port));
    struct http_client_request r = { .method = HTTP_GET, .url = text };
    assert_int_equal(fetch(&r, 10).code, E_SOCKET_CONNECT);
    close(fd);
}

static void https_needs_a_context(void **state)
{
    (void)state;
    char                       text[64];
    struct http_client_request r = { .method = HTTP_GET, .url = text };
    snprintf(text, sizeof text, "https://127.0.0.1:%d/", port);
    assert_int_equal(fetch(&r, 10).code, E_HTTPS_NOT_SUPPORTED);
}

static void https_is_the_same_behind_a_certificate_that_is_trusted(void **state)
{
    (void)state;
    char                       text[64];
    struct cert                good = cert_make("127.0.0.1", -1000, 1000), other = cert_make("127.0.0.1", -1000, 1000);
    struct tls_ctx            *trusting = cert_client(&good), *wary = cert_client(&other);
    struct http_client_request r = { .method = HTTP_GET, .url = text, .tls = trusting };
    with_tls = cert_server(&good);
    snprintf(text, sizeof text, "https://127.0.0.1:%d/x", port);
    script[0] = (struct line){ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", .step = 1 };
    script[1].answer = "HTTP/1.1 200 OK\r\n\r\nhello";
    assert_body(fetch(&r, 10), 200, "hello");
    assert_body(fetch(&r, 10), 200, "hello");
    assert_non_null(strstr(requests[0], "GET /x HTTP/1.1\r\n"));
    r.tls = wary;
    assert_int_equal(fetch(&r, 10).code, E_HTTPS_HANDSHAKE);
    tls_ctx_unref(&with_tls);
    tls_ctx_unref(&trusting);
    tls_ctx_unref(&wary);
    cert_free(&good);
    cert_free(&other);
}

/* ---- memory */

static void a_large_body_asks_the_limit_of_the_process(void **state)
{
    (void)state;
    enum { LARGE = 100000 };
    struct http_client_request r = { .method = HTTP_GET, .url = url("/") };
    char                       text[LARGE + 100];
    int                        head = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n\r\n");
    memset(text + head, 'x', LARGE);
    script[0] = script[1] = (struct line){ .answer = text, .len = (size_t)head + LARGE };
    script[2].answer = "HTTP/1.1 200 OK\r\n\r\nhello";
    struct outcome whole = fetch(&r, LARGE);
    assert_int_equal(whole.len, LARGE);
    mem_free(whole.body);
    mem_set_limit(1, NULL, NULL);
    int            code = fetch(&r, LARGE).code;
    struct outcome small = fetch(&r, LARGE);
    mem_set_limit(0, NULL, NULL);
    assert_int_equal(code, E_LIMIT);
    assert_body(small, 200, "hello");
}

/* Make the first large body give way. */
static void drop_one(void *arg)
{
    size_t *bytes = arg;
    while (!*bytes && !co_is_cancelled(co_self())) {
        *bytes = unfinished_give_way();
        co_give_way();
    }
}

static void a_large_body_gives_way_while_it_comes(void **state)
{
    (void)state;
    enum { LARGE = 400000, STEP = 50000 };
    static char                text[LARGE + 100];
    struct co_group            droppers;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/") };
    size_t                     bytes = 0;
    int                        head = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n\r\n");
    memset(text + head, 'x', LARGE);
    script[0] = (struct line){ .answer = text, .len = (size_t)head + LARGE, .step = STEP };
    co_group_init(&droppers);
    assert_null(co_go(&droppers, "dropper", drop_one, &bytes, NULL));
    assert_int_equal(fetch(&r, LARGE).code, E_LIMIT);
    co_group_cancel_and_join(&droppers);
    assert_true(bytes >= UNFINISHED_MIN && bytes < LARGE);
    assert_int_equal(unfinished_bytes(), 0);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    struct http_client_request r = { .method = HTTP_GET, .redirects_max = 1 };
    int                        code = -1;
    for (int64_t n = 0; code != E_SUCCESS; n++) {
        assert_true(n < 100);
        teardown(NULL);
        assert_int_equal(setup(NULL), 0);
        script[0].answer = "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n";
        script[1].answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        r.url = url("/");
        mem_fail_after(n);
        struct outcome o = fetch(&r, 10);
        bool           failed = mem_failed();
        mem_fail_after(-1);
        code = o.code;
        assert_int_equal(code != E_SUCCESS, failed);
        mem_free(o.body);
    }
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_get_is_sent_as_srs_sends_it),
        WITH_SERVER(a_post_has_its_body_and_what_the_caller_adds),
        WITH_SERVER(a_body_of_any_length_is_sent),
        WITH_SERVER(nothing_can_be_smuggled_into_a_request),
        WITH_SERVER(bodies_end_in_each_of_their_ways_however_they_come),
        WITH_SERVER(the_end_by_length_needs_no_end_of_the_connection),
        WITH_SERVER(errors_have_bodies_too),
        WITH_SERVER(the_answer_to_head_has_no_body),
        WITH_SERVER(a_body_can_be_read_as_it_comes),
        WITH_SERVER(a_body_at_its_bound_is_read_and_one_beyond_is_not),
        WITH_SERVER(a_body_that_breaks_off_is_an_error),
        WITH_SERVER(what_is_no_response_is_an_error),
        WITH_SERVER(a_head_without_end_is_refused_at_the_bound),
        WITH_SERVER(interim_responses_do_not_go_on_for_ever),
        WITH_SERVER(long_interim_responses_make_room_for_the_one_that_counts),
        WITH_SERVER(a_server_that_says_nothing_is_left_at_the_deadline),
        WITH_SERVER(redirects_are_followed_to_their_end),
        WITH_SERVER(redirects_beyond_the_bound_are_an_error),
        WITH_SERVER(a_redirect_to_somewhere_else_than_http_is_an_error),
        WITH_SERVER(a_redirect_is_an_answer_where_none_is_to_be_followed),
        WITH_SERVER(nothing_is_sent_on_a_connection_that_is_judged_bad),
        WITH_SERVER(the_next_address_is_tried_when_one_fails),
        WITH_SERVER(a_name_that_does_not_exist_is_an_error),
        WITH_SERVER(a_name_that_never_resolves_is_left_at_the_deadline),
        WITH_SERVER(where_nobody_listens_is_an_error),
        WITH_SERVER(https_needs_a_context),
        WITH_SERVER(https_is_the_same_behind_a_certificate_that_is_trusted),
        WITH_SERVER(a_large_body_asks_the_limit_of_the_process),
        WITH_SERVER(a_large_body_gives_way_while_it_comes),
        WITH_SERVER(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
