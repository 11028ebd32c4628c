/* TLS under an io: bytes, ends, refusals, and peers that do something else than a handshake. */
#include <arpa/inet.h>
#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/io.h"
#include "protocol/tls/certs.h"
#include "protocol/tls/tls.h"
#include "protocol/tls/turn.h"

/* LOTS is more than sockets hold. */
enum { BRIEFLY_US = 20 * US_PER_MS, A_DAY_S = 86400, LOTS = 16 << 20 };

static struct cert     cert, strange_cert;
static struct tls_ctx *server, *client, *strange;
static struct co_group group;
static struct io       a, b;     /* the server's end, the client's */
static struct co      *test_co;  /* owns the io in the end */
static int             raw = -1; /* the client's end, when the test writes to it directly */

static int setup_all(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_DFL); /* no call in these tests may raise it */
    cert = cert_make("live.example", -A_DAY_S, A_DAY_S);
    strange_cert = cert_make("strange.example", -A_DAY_S, A_DAY_S);
    server = cert_server(&cert);
    client = cert_client(&cert);
    strange = cert_server(&strange_cert);
    if (!server || !client || !strange || loop_begin(state))
        return -1;
    test_co = co_self();
    return 0;
}

static int teardown_all(void **state)
{
    (void)state;
    tls_ctx_unref(&server);
    tls_ctx_unref(&client);
    tls_ctx_unref(&strange);
    cert_free(&cert);
    cert_free(&strange_cert);
    return loop_end(state);
}

/* Make two sockets with small buffers, so that writes are short, and open `a` over one of them. */
static int open_a(int *other)
{
    int small = 4096;
    co_group_init(&group);
    a = b = (struct io){ .fd = -1 };
    if (connect_ends(&a, other))
        return -1;
    setsockopt(a.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(*other, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    return 0;
}

static int setup_raw(void **state)
{
    (void)state;
    return open_a(&raw);
}

static int setup_bare(void **state)
{
    (void)state;
    int fd;
    return open_a(&fd) || code_of(io_open(&b, fd)) ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    io_close(&a);
    io_close(&b);
    close_end(&raw);
    return co_count() == 0 ? 0 : -1;
}

static struct co *go(void (*fn)(void *), void *arg)
{
    struct co  *co = NULL;
    struct err *e = co_go(&group, "test", fn, arg, &co);
    if (e && mem_failed()) { /* the memory ran out, which is not tested here */
        err_free(e);
        e = co_go(&group, "test", fn, arg, &co);
    }
    assert_null(e);
    return co;
}

/* ---- handshakes */

struct shake {
    struct tls_ctx         *ctx;
    const struct tls_names *names;
    const char             *host;
    bool                    no_tickets;
    int64_t                 deadline_us;
    int                     code;
    char                    text[ERR_TEXT_MAX];
};

static void note(struct shake *s, struct err *e)
{
    err_text(e, s->text, sizeof s->text);
    s->code = code_of(e);
}

static void run_accept(void *arg)
{
    struct shake    *s = arg;
    struct tls_offer offer = { .resumable = !s->no_tickets };
    note(s, tls_accept(&a, s->ctx, s->names, &offer, s->deadline_us));
    if (s->code)
        io_close(&a); /* the owner closes, after an error too */
    io_set_owner(&a, test_co);
}

static void run_connect(void *arg)
{
    struct shake *s = arg;
    note(s, tls_connect(&b, s->ctx, s->host, s->deadline_us));
    if (s->code)
        io_close(&b);
    io_set_owner(&b, test_co);
}

/* Shake hands at both ends at once. */
static void shake_hands(struct shake *accept, struct shake *connect)
{
    accept->code = connect->code = -1;
    accept->deadline_us = connect->deadline_us = a_while();
    go(run_accept, accept);
    go(run_connect, connect);
    assert_true(co_group_join(&group, a_while()));
}

static int setup_tls(void **state)
{
    if (setup_bare(state))
        return -1;
    struct shake accept = { .ctx = server }, connect = { .ctx = client, .host = "live.example" };
    shake_hands(&accept, &connect);
    return accept.code || connect.code ? -1 : 0;
}

/* A connection over TCP, where the kernel encrypts if it can. */
static int setup_tcp(void **state)
{
    (void)state;
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr   *at = (struct sockaddr *)&addr;
    socklen_t          len = sizeof addr;
    int                listening;
    co_group_init(&group);
    a = b = (struct io){ .fd = -1 };
    if (code_of(io_listen(&listening, at, len, false)) || getsockname(listening, at, &len) != 0)
        return -1;
    int failed = code_of(io_connect(&b, at, len, a_while()));
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    close(listening);
    if (failed || fd < 0 || code_of(io_open(&a, fd)))
        return -1;
    struct shake accept = { .ctx = server }, connect = { .ctx = client, .host = "live.example" };
    shake_hands(&accept, &connect);
    return accept.code || connect.code ? -1 : 0;
}

static void assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static void assert_reads(struct io *io, const char *text)
{
    char   buf[100];
    size_t n = 0;
    assert_null(io_read(io, buf, sizeof buf, &n, a_while()));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(buf, text, n);
}

static void assert_end(struct io *io)
{
    char   buf[100];
    size_t n = 7;
    assert_int_equal(code_of(io_read(io, buf, sizeof buf, &n, a_while())), E_END_OF_STREAM);
    assert_int_equal(n, 0);
}

static void bytes_go_both_ways_and_only_payload_is_counted(void **state)
{
    (void)state;
    char text[TLS_TEXT_CAP];
    assert_says(tls_describe(&a, text), "TLSv1.3, TLS_AES_128_GCM_SHA256");
    assert_int_equal(a.bytes_in + a.bytes_out + b.bytes_in + b.bytes_out, 0);
    assert_null(io_write(&b, "ping", 4, a_while()));
    assert_reads(&a, "ping");
    assert_null(io_write(&a, "pong!", 5, a_while()));
    assert_reads(&b, "pong!");
    assert_int_equal(a.bytes_in, 4);
    assert_int_equal(a.bytes_out, 5);
    assert_int_equal(b.bytes_in, 5);
    assert_int_equal(b.bytes_out, 4);
}

static void a_name_that_the_certificate_does_not_have_is_refused(void **state)
{
    (void)state;
    struct shake accept = { .ctx = server }, connect = { .ctx = client, .host = "evil.example" };
    shake_hands(&accept, &connect);
    assert_int_equal(connect.code, E_HTTPS_HANDSHAKE);
    assert_says(connect.text, "with evil.example : TLS handshake : the peer's certificate: hostname mismatch");
    assert_int_not_equal(accept.code, -1);
}

static void a_certificate_of_nobody_we_trust_is_refused(void **state)
{
    (void)state;
    struct shake accept = { .ctx = strange }, connect = { .ctx = client, .host = "strange.example" };
    shake_hands(&accept, &connect);
    assert_int_equal(connect.code, E_HTTPS_HANDSHAKE);
    assert_says(connect.text, "self-signed certificate");
}

static void a_credulous_client_takes_any(void **state)
{
    (void)state;
    struct shake accept = { .ctx = strange }, connect = { .host = "whoever.example" };
    assert_null(tls_ctx_new_credulous_client(&connect.ctx));
    shake_hands(&accept, &connect);
    assert_int_equal(connect.code, 0);
    assert_int_equal(accept.code, 0);
    tls_ctx_unref(&connect.ctx);
}

static void an_expired_certificate_is_refused_by_a_client_that_checks(void **state)
{
    (void)state;
    struct cert  old = cert_make("live.example", -2 * A_DAY_S, -A_DAY_S);
    struct shake accept = { .ctx = cert_server(&old) }, connect = { .ctx = cert_client(&old), .host = "live.example" };
    shake_hands(&accept, &connect);
    assert_int_equal(connect.code, E_HTTPS_HANDSHAKE);
    assert_says(connect.text, "certificate has expired");
    tls_ctx_unref(&accept.ctx);
    tls_ctx_unref(&connect.ctx);
    cert_free(&old);
}

static void an_address_is_a_host_too(void **state)
{
    (void)state;
    struct cert  local = cert_make("127.0.0.1", -A_DAY_S, A_DAY_S);
    struct shake accept = { .ctx = cert_server(&local) }, connect = { .ctx = cert_client(&local), .host = "127.0.0.1" };
    shake_hands(&accept, &connect);
    assert_string_equal(connect.text, "");
    tls_ctx_unref(&accept.ctx);
    tls_ctx_unref(&connect.ctx);
    cert_free(&local);
}

static struct tls_ctx *find_name(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "strange.example") == 0 ? strange : NULL;
}

static void the_name_that_a_client_asks_for_chooses_the_certificate(void **state)
{
    (void)state;
    const struct tls_names names = { .find = find_name };
    struct shake           accept = { .ctx = server, .names = &names };
    struct shake           connect = { .ctx = cert_client(&strange_cert), .host = "Strange.Example" };
    shake_hands(&accept, &connect);
    assert_string_equal(connect.text, "");
    assert_string_equal(accept.text, "");
    tls_ctx_unref(&connect.ctx);
}

static void another_name_gets_the_port_s_own_certificate(void **state)
{
    (void)state;
    const struct tls_names names = { .find = find_name };
    struct shake           accept = { .ctx = server, .names = &names };
    struct shake           connect = { .ctx = client, .host = "live.example" };
    shake_hands(&accept, &connect);
    assert_string_equal(connect.text, "");
}

static void connections_outlive_their_context(void **state)
{
    (void)state;
    struct shake accept = { .ctx = cert_server(&cert) }, connect = { .ctx = client, .host = "live.example" };
    shake_hands(&accept, &connect);
    tls_ctx_unref(&accept.ctx);
    assert_null(io_write(&b, "still here", 10, a_while()));
    assert_reads(&a, "still here");
}

/* ---- reading */

static void what_was_decrypted_and_not_read_keeps_the_io_readable(void **state)
{
    (void)state;
    char   buf[3];
    size_t n;
    assert_null(io_write(&b, "abcdefgh", 8, a_while()));
    for (int i = 0; i < 2; i++) {
        assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
        assert_int_equal(n, 3);
        assert_true(io_is_readable(&a));
    }
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_int_equal(n, 2);
    assert_memory_equal(buf, "gh", 2);
    assert_false(io_is_readable(&a));
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_int_equal(n, 0);
}

static void a_look_that_finds_nothing_waits_for_the_next_edge(void **state)
{
    (void)state;
    char   buf[10];
    size_t n = 7;
    io_look_again(&a);
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_int_equal(n, 0);
    assert_false(io_is_readable(&a));
    for (int i = 0; i < 10; i++) {
        assert_null(io_write(&b, "x", 1, a_while()));
        assert_reads(&a, "x");
    }
}

static void muted_input_comes_when_it_is_asked_for(void **state)
{
    (void)state;
    char   buf[10];
    size_t n;
    io_look_again(&a);
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    io_mute_input(&a, true);
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_null(io_write(&b, "quiet", 5, a_while()));
    assert_null(co_sleep(BRIEFLY_US));
    assert_false(io_is_readable(&a));
    io_look_again(&a);
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_int_equal(n, 5);
    io_mute_input(&a, false);
    assert_null(io_write(&b, "loud", 4, a_while()));
    assert_reads(&a, "loud");
}

static void several_records_come_with_one_read(void **state)
{
    (void)state;
    char   buf[100];
    size_t n;
    for (int i = 0; i < 5; i++)
        assert_null(io_write(&b, "0123456789", 10, a_while()));
    co_give_way();
    assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
    assert_int_equal(n, 50);
}

/* ---- writing */

static uint8_t pattern_at(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16));
}

struct drain {
    size_t want, got;
    bool   wrong, slow;
    int    code;
};

static void drain_b(void *arg)
{
    static uint8_t buf[40000];
    struct drain  *d = arg;
    while (d->got < d->want) {
        size_t n;
        d->code = code_of(io_read(&b, buf, d->slow ? 1 + d->got % 3000 : sizeof buf, &n, a_while()));
        if (d->code)
            return;
        for (size_t i = 0; i < n; i++)
            d->wrong |= buf[i] != pattern_at(d->got + i);
        d->got += n;
        if (d->slow && co_is_cancelled(co_self()))
            return;
        if (d->slow)
            co_give_way();
    }
}

static uint8_t *make_pattern(size_t len)
{
    uint8_t *bytes = malloc(len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = pattern_at(i);
    return bytes;
}

static void write_lots_to(bool slow)
{
    struct drain d = { .want = LOTS, .slow = slow };
    uint8_t     *bytes = make_pattern(LOTS);
    go(drain_b, &d);
    assert_null(io_write(&a, bytes, LOTS, a_while()));
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(d.got, LOTS);
    assert_false(d.wrong);
    assert_int_equal(a.bytes_out, LOTS);
    assert_int_equal(b.bytes_in, LOTS);
    free(bytes);
}

static void more_than_the_socket_holds_is_written_as_the_peer_reads(void **state)
{
    (void)state;
    write_lots_to(false);
}

static void a_slow_reader_gets_it_all(void **state)
{
    (void)state;
    write_lots_to(true);
}

static void many_small_pieces_go_out_in_order(void **state)
{
    (void)state;
    enum { PIECES = 900, MOST = 700 };
    struct iovec iov[PIECES];
    uint8_t     *bytes = make_pattern((size_t)PIECES * MOST);
    size_t       sum = 0, at = 0;
    for (int i = 0; i < PIECES; i++) {
        iov[i] = (struct iovec){ bytes + sum, (size_t)(i * 37) % MOST }; /* some are empty */
        sum += iov[i].iov_len;
    }
    struct drain d = { .want = sum };
    go(drain_b, &d);
    while (at < sum) {
        size_t       n, skip = at;
        struct iovec rest[PIECES];
        int          n_rest = 0;
        for (int i = 0; i < PIECES; i++) {
            size_t cut = skip < iov[i].iov_len ? skip : iov[i].iov_len;
            skip -= cut;
            if (iov[i].iov_len > cut || n_rest > 0)
                rest[n_rest++] = (struct iovec){ (uint8_t *)iov[i].iov_base + cut, iov[i].iov_len - cut };
        }
        assert_null(io_wait_writable(&a, a_while()));
        assert_null(io_writev_now(&a, rest, n_rest, &n));
        at += n;
    }
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(d.got, sum);
    assert_false(d.wrong);
    free(bytes);
}

/* Write the pattern until the socket is full; returns the number of bytes written. */
static size_t fill_socket(const uint8_t *bytes)
{
    size_t at = 0, n;
    do {
        struct iovec iov = { (void *)(bytes + at), LOTS - at };
        assert_null(io_writev_now(&a, &iov, 1, &n));
        at += n;
    } while (n > 0 && a.may_write);
    assert_false(a.may_write);
    assert_in_range(at, 1, LOTS - 1);
    return at;
}

static void after_a_short_write_other_bytes_may_follow(void **state)
{
    (void)state;
    uint8_t     *bytes = make_pattern(LOTS);
    uint8_t     *got = malloc(LOTS);
    size_t       taken = fill_socket(bytes);
    struct iovec nothing = { bytes + taken, 10 };
    size_t       n = 7;
    assert_null(io_writev_now(&a, &nothing, 1, &n)); /* a full socket takes nothing */
    assert_int_equal(n, 0);
    for (size_t at = 0; at < taken; at += n)
        assert_null(io_read(&b, got + at, taken - at, &n, a_while()));
    assert_memory_equal(got, bytes, taken);
    assert_null(io_write(&a, "elsewhere", 9, a_while())); /* other bytes than those that would have come next */
    assert_reads(&b, "elsewhere");
    free(bytes);
    free(got);
}

static void what_was_taken_arrives_though_nobody_writes_again(void **state)
{
    (void)state;
    uint8_t     *bytes = make_pattern(LOTS);
    struct drain d = { .want = fill_socket(bytes) };
    go(drain_b, &d); /* this coroutine only waits */
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(d.got, d.want);
    assert_false(d.wrong);
    assert_null(io_wait_writable(&a, a_while()));
    free(bytes);
}

static void a_write_waits_until_the_kernel_has_it_all(void **state)
{
    (void)state;
    uint8_t *bytes = make_pattern(50000);
    assert_int_equal(code_of(io_write(&a, bytes, 50000, now_us() + BRIEFLY_US)), E_SOCKET_TIMEOUT);
    free(bytes);
}

static void a_peer_that_goes_fails_the_write_without_a_signal(void **state)
{
    (void)state;
    uint8_t *bytes = make_pattern(LOTS);
    fill_socket(bytes);
    io_close(&b);
    assert_int_equal(code_of(io_write(&a, bytes, LOTS, a_while())), E_SOCKET_WRITE);
    assert_int_equal(code_of(io_write(&a, bytes, LOTS, a_while())), E_SOCKET_WRITE);
    free(bytes);
}

/* ---- the end */

static void closing_says_goodbye(void **state)
{
    (void)state;
    char   buf[10];
    size_t n;
    char   text[ERR_TEXT_MAX];
    assert_null(io_write(&a, "last", 4, a_while()));
    io_close(&a);
    assert_reads(&b, "last");
    struct err *e = io_read(&b, buf, sizeof buf, &n, a_while());
    assert_int_equal(err_code(e), E_END_OF_STREAM);
    assert_null(strstr(err_text(e, text, sizeof text), "without"));
    err_free(e);
    assert_end(&b); /* a second read gives the end again */
}

static void an_end_without_goodbye_is_an_end(void **state)
{
    (void)state;
    char   buf[10];
    size_t n;
    char   text[ERR_TEXT_MAX];
    shutdown(b.fd, SHUT_WR);
    struct err *e = io_read(&a, buf, sizeof buf, &n, a_while());
    assert_int_equal(err_code(e), E_END_OF_STREAM);
    assert_says(err_text(e, text, sizeof text), "without a TLS goodbye");
    err_free(e);
    assert_end(&a);
}

static void last_words_and_goodbye_in_one_edge_are_both_read(void **state)
{
    (void)state;
    assert_null(io_write(&b, "one ", 4, a_while()));
    assert_null(io_write(&b, "two", 3, a_while()));
    io_close(&b);
    assert_reads(&a, "one two");
    assert_end(&a);
}

static void linger_and_close(void *arg)
{
    (void)arg;
    io_linger(&a, a_while());
    io_close(&a);
}

static void lingering_gives_the_peer_what_the_socket_did_not_take(void **state)
{
    (void)state;
    uint8_t     *bytes = make_pattern(LOTS);
    struct drain d = { .want = fill_socket(bytes) + 1 }; /* one more than there is, so that it reads to the end */
    go(linger_and_close, NULL);
    go(drain_b, &d);
    co_give_way();
    while (!d.code)
        co_give_way();
    assert_int_equal(d.code, E_END_OF_STREAM);
    assert_int_equal(d.got, d.want - 1);
    io_close(&b);
    assert_true(co_group_join(&group, a_while()));
    free(bytes);
}

/* ---- peers that the test plays itself */

struct speaker {
    SSL_CTX *ctx;
    SSL     *ssl;
};

static struct speaker speaker_new(int version)
{
    struct speaker s = { .ctx = SSL_CTX_new(TLS_client_method()) };
    SSL_CTX_set_security_level(s.ctx, 0);
    SSL_CTX_set_min_proto_version(s.ctx, version < TLS1_2_VERSION ? TLS1_VERSION : version);
    SSL_CTX_set_max_proto_version(s.ctx, version);
    s.ssl = SSL_new(s.ctx);
    SSL_set_fd(s.ssl, raw);
    SSL_set_connect_state(s.ssl);
    return s;
}

static void speaker_free(struct speaker *s)
{
    SSL_free(s->ssl);
    SSL_CTX_free(s->ctx);
}

/* Repeat an OpenSSL call until it is done or has failed; other coroutines run in between. */
#define SPEAK(call) \
    ({ \
        int result_, tries_ = 0; \
        do { \
            co_give_way(); \
            ERR_clear_error(); \
            result_ = (call); \
        } while (result_ <= 0 && SSL_get_error(s.ssl, result_) <= SSL_ERROR_WANT_WRITE && \
                 SSL_get_error(s.ssl, result_) >= SSL_ERROR_WANT_READ && ++tries_ < 1000000); \
        result_; \
    })

static void accept_the_speaker(struct shake *accept)
{
    accept->code = -1;
    accept->ctx = server;
    accept->deadline_us = a_while();
    go(run_accept, accept);
}

static void both_versions_are_spoken(void **state)
{
    (void)state;
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_2_VERSION);
    char           text[TLS_TEXT_CAP];
    accept_the_speaker(&accept);
    assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
    assert_true(co_group_join(&group, a_while()));
    assert_string_equal(accept.text, "");
    assert_says(tls_describe(&a, text), "TLSv1.2, ECDHE-ECDSA-AES128-GCM-SHA256");
    assert_int_equal(SPEAK(SSL_write(s.ssl, "old but fine", 12)), 12);
    assert_reads(&a, "old but fine");
    speaker_free(&s);
}

static void tls_1_1_is_refused(void **state)
{
    (void)state;
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_1_VERSION);
    accept_the_speaker(&accept);
    assert_true(SPEAK(SSL_connect(s.ssl)) <= 0);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(accept.code, E_HTTPS_HANDSHAKE);
    assert_says(accept.text, "TLS handshake : unsupported protocol");
    speaker_free(&s);
}

static void a_session_is_resumed(void **state)
{
    SSL_SESSION *session = NULL;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        for (int i = 0; i < 2; i++) {
            struct shake   accept = { 0 };
            struct speaker s = speaker_new(version);
            char           text[TLS_TEXT_CAP], byte;
            if (session)
                SSL_set_session(s.ssl, session);
            accept_the_speaker(&accept);
            assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
            assert_true(co_group_join(&group, a_while()));
            assert_int_equal(accept.code, 0);
            assert_int_equal(SSL_session_reused(s.ssl), i);
            assert_int_equal(strstr(tls_describe(&a, text), "resumed") != NULL, i);
            assert_null(io_write(&a, "x", 1, a_while()));
            assert_int_equal(SPEAK(SSL_read(s.ssl, &byte, 1)), 1); /* the ticket of TLS 1.3 comes before the byte */
            SSL_SESSION_free(session);
            session = SSL_get1_session(s.ssl);
            SSL_shutdown(s.ssl);
            speaker_free(&s);
            teardown(state);
            assert_int_equal(setup_raw(state), 0);
        }
        SSL_SESSION_free(session);
        session = NULL;
    }
}

static void no_tickets_are_offered_where_they_are_not_wanted(void **state)
{
    SSL_SESSION *session = NULL;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        for (int i = 0; i < 2; i++) {
            struct shake   accept = { .no_tickets = true };
            struct speaker s = speaker_new(version);
            char           byte;
            if (session)
                SSL_set_session(s.ssl, session);
            accept_the_speaker(&accept);
            assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
            assert_true(co_group_join(&group, a_while()));
            assert_int_equal(accept.code, 0);
            assert_null(io_write(&a, "x", 1, a_while()));
            assert_int_equal(SPEAK(SSL_read(s.ssl, &byte, 1)), 1);
            assert_false(SSL_SESSION_has_ticket(SSL_get0_session(s.ssl)));
            assert_false(SSL_session_reused(s.ssl));
            SSL_SESSION_free(session);
            session = SSL_get1_session(s.ssl);
            SSL_shutdown(s.ssl);
            speaker_free(&s);
            teardown(state);
            assert_int_equal(setup_raw(state), 0);
        }
        SSL_SESSION_free(session);
        session = NULL;
    }
}

static void garbage_is_refused_with_a_word(const char *bytes, size_t len, const char *words)
{
    struct shake accept = { 0 };
    accept_the_speaker(&accept);
    assert_int_equal(send(raw, bytes, len, MSG_NOSIGNAL), len);
    shutdown(raw, SHUT_WR);
    assert_true(co_group_join(&group, a_while()));
    assert_says(accept.text, words);
}

static void a_request_without_tls_is_refused(void **state)
{
    (void)state;
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    garbage_is_refused_with_a_word(request, sizeof request - 1, "TLS handshake : what came is not TLS");
}

static void rtmp_without_tls_is_refused(void **state)
{
    (void)state;
    static const char c0c1[1537] = { 3 };
    garbage_is_refused_with_a_word(c0c1, sizeof c0c1, "TLS handshake : what came is not TLS");
}

static void half_a_hello_is_refused(void **state)
{
    (void)state;
    static const char half[] = { 22, 3, 1, 2, 0, 1, 0, 1, (char)0xfc, 3, 3 };
    garbage_is_refused_with_a_word(half, sizeof half, "TLS handshake : the peer closed the connection");
}

static void garbage_after_the_handshake_is_an_error(void **state)
{
    (void)state;
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_3_VERSION);
    char           buf[10];
    size_t         n;
    accept_the_speaker(&accept);
    assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
    assert_int_equal(SPEAK(SSL_write(s.ssl, "good", 4)), 4);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(send(raw, "\27\3\3\0\40xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 37, MSG_NOSIGNAL), 37);
    assert_reads(&a, "good");
    assert_int_equal(code_of(io_read(&a, buf, sizeof buf, &n, a_while())), E_HTTPS_READ);
    assert_int_equal(code_of(io_read(&a, buf, sizeof buf, &n, a_while())), E_HTTPS_READ);
    assert_int_equal(code_of(io_write(&a, "x", 1, a_while())), E_HTTPS_WRITE);
    speaker_free(&s);
}

static void key_updates_without_payload_end_sometime(void **state)
{
    (void)state;
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_3_VERSION);
    char           buf[10], text[ERR_TEXT_MAX];
    size_t         n;
    accept_the_speaker(&accept);
    assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
    assert_true(co_group_join(&group, a_while()));
    struct err *e = NULL;
    for (int i = 0; !e && i < 1000; i++) {
        SSL_key_update(s.ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
        SPEAK(SSL_do_handshake(s.ssl));
        e = io_read_now(&a, buf, sizeof buf, &n);
    }
    assert_int_equal(err_code(e), E_LIMIT);
    assert_says(err_text(e, text, sizeof text), "more than 64 TLS records without payload");
    err_free(e);
    speaker_free(&s);
}

static void key_updates_among_payload_are_fine(void **state)
{
    (void)state;
    static char    kilobyte[1024], buf[4096];
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_3_VERSION);
    size_t         n;
    accept_the_speaker(&accept);
    assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
    assert_true(co_group_join(&group, a_while()));
    for (int i = 0; i < 300; i++) {
        SSL_key_update(s.ssl, SSL_KEY_UPDATE_REQUESTED);
        assert_int_equal(SPEAK(SSL_write(s.ssl, kilobyte, sizeof kilobyte)), sizeof kilobyte);
        assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
        assert_int_equal(n, sizeof kilobyte);
        assert_null(io_write(&a, "x", 1, a_while()));
        assert_int_equal(SPEAK(SSL_read(s.ssl, buf, 1)), 1);
    }
    speaker_free(&s);
}

/* ---- records by each cipher of TLS 1.3, read by OpenSSL */

/* Write a pattern in iovecs of many lengths, some of them empty, and let the speaker compare it. */
static void write_pieces_to(struct speaker s)
{
    enum { N_PIECES = 100, PIECE_MAX = 1500, LEN = 96 << 10 };
    static char  copy[LEN];
    struct iovec iov[N_PIECES];
    uint8_t     *bytes = make_pattern(LEN);
    size_t       at = 0, got = 0, n = 0;
    for (size_t i = 0; i < N_PIECES; i++) {
        iov[i] = (struct iovec){ bytes + at, i == N_PIECES - 1 ? LEN - at : i * 37 % PIECE_MAX };
        at += iov[i].iov_len;
    }
    while (n < LEN && got < LEN) { /* the socket takes a part of it, the layer keeps what is encrypted */
        struct iovec left = { bytes + n, LEN - n };
        size_t       taken;
        assert_null(n ? io_writev_now(&a, &left, 1, &taken) : io_writev_now(&a, iov, N_PIECES, &taken));
        n += taken;
        int here = SPEAK(SSL_read(s.ssl, copy + got, (int)(LEN - got)));
        assert_true(here > 0);
        got += (size_t)here;
    }
    while (got < LEN) {
        int here = SPEAK(SSL_read(s.ssl, copy + got, (int)(LEN - got)));
        assert_true(here > 0);
        got += (size_t)here;
    }
    assert_memory_equal(copy, bytes, LEN);
    free(bytes);
}

static void ask_for_new_keys(struct speaker s)
{
    char buf[16];
    SSL_key_update(s.ssl, SSL_KEY_UPDATE_REQUESTED);
    assert_int_equal(SPEAK(SSL_write(s.ssl, "new keys", 8)), 8);
    size_t n;
    assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
    assert_int_equal(n, 8);
}

static void check_suite(const char *suite)
{
    char           byte;
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_3_VERSION);
    SSL_set_ciphersuites(s.ssl, suite);
    accept_the_speaker(&accept);
    assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
    assert_true(co_group_join(&group, a_while()));
    assert_string_equal(accept.text, "");
    for (int i = 0; i < 3; i++) {
        write_pieces_to(s);
        ask_for_new_keys(s);
    }
    write_pieces_to(s);
    io_close(&a);
    assert_int_equal(SPEAK(SSL_read(s.ssl, &byte, 1)), 0);
    assert_int_equal(SSL_get_error(s.ssl, 0), SSL_ERROR_ZERO_RETURN);
    speaker_free(&s);
}

static void aes_128_carries_pieces_new_keys_and_the_end(void **state)
{
    (void)state;
    check_suite("TLS_AES_128_GCM_SHA256");
}

static void aes_256_carries_pieces_new_keys_and_the_end(void **state)
{
    (void)state;
    check_suite("TLS_AES_256_GCM_SHA384");
}

static void chacha20_carries_pieces_new_keys_and_the_end(void **state)
{
    (void)state;
    check_suite("TLS_CHACHA20_POLY1305_SHA256");
}

/* OpenSSL makes the records of TLS 1.2. */
static void tls_1_2_carries_pieces_and_the_end(void **state)
{
    (void)state;
    char           byte;
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_2_VERSION);
    accept_the_speaker(&accept);
    assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
    assert_true(co_group_join(&group, a_while()));
    write_pieces_to(s);
    assert_int_equal(a.layer->encode(&a, &(struct iovec){ "x", 1 }, 1, (uint8_t[100]){ 0 }, 100), 0);
    write_pieces_to(s);
    io_close(&a);
    assert_int_equal(SPEAK(SSL_read(s.ssl, &byte, 1)), 0);
    assert_int_equal(SSL_get_error(s.ssl, 0), SSL_ERROR_ZERO_RETURN);
    speaker_free(&s);
}

/* The records of a queued write, of which the socket took a part, come before all that is written later. */
static void what_a_queued_write_leaves_comes_first(void **state)
{
    enum { LEN = 40000, TOO_LONG = 100000, RECORDS_CAP = 70000 };
    (void)state;
    static uint8_t records[RECORDS_CAP];
    static char    copy[LEN];
    uint8_t       *bytes = make_pattern(TOO_LONG);
    struct shake   accept = { 0 };
    struct speaker s = speaker_new(TLS1_3_VERSION);
    accept_the_speaker(&accept);
    assert_int_equal(SPEAK(SSL_connect(s.ssl)), 1);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(a.layer->encode(&a, &(struct iovec){ bytes, LEN }, 1, records, LEN),
                     0); /* no room for what records add */
    assert_int_equal(a.layer->encode(&a, &(struct iovec){ bytes, TOO_LONG }, 1, records, RECORDS_CAP),
                     0); /* more than may be kept */
    assert_int_equal(a.bytes_out, 0);
    size_t len = a.layer->encode(&a, &(struct iovec){ bytes, LEN }, 1, records, sizeof records), got = 0;
    assert_true(len > LEN);
    assert_int_equal(a.bytes_out, LEN);
    ssize_t sent = io_socket_send(&a, records, 1000);
    assert_int_equal(sent, 1000);
    a.may_write = false;
    assert_true(a.layer->keep(&a, records + sent, len - (size_t)sent));
    assert_false(a.layer->is_drained(&a));
    assert_int_equal(a.layer->encode(&a, &(struct iovec){ bytes, LEN }, 1, records, sizeof records), 0);
    a.may_write = true;
    a.layer->drain(&a);
    while (got < LEN) {
        int here = SPEAK(SSL_read(s.ssl, copy + got, (int)(LEN - got)));
        assert_true(here > 0);
        got += (size_t)here;
    }
    assert_memory_equal(copy, bytes, LEN);
    assert_null(io_write(&a, "later", 5, a_while()));
    assert_int_equal(SPEAK(SSL_read(s.ssl, copy, 5)), 5);
    assert_memory_equal(copy, "later", 5);
    free(bytes);
    speaker_free(&s);
}

/* ---- deadlines and cancels */

static void a_handshake_that_does_not_come_ends_at_the_deadline(void **state)
{
    (void)state;
    struct shake accept = { .ctx = server, .deadline_us = now_us() + BRIEFLY_US };
    run_accept(&accept);
    assert_int_equal(accept.code, E_SOCKET_TIMEOUT);
    assert_says(accept.text, "TLS handshake : ");
}

static void drip(void *arg)
{
    static const char hello[] = { 22, 3, 1, 64, 0, 1, 0, 63, (char)0xfc, 3, 3 };
    (void)arg;
    for (size_t i = 0; !co_is_cancelled(co_self()); i++) {
        if (send(raw, i < sizeof hello ? hello + i : "x", 1, MSG_NOSIGNAL) != 1)
            return;
        err_free(co_sleep(100));
    }
}

static void a_handshake_that_drips_ends_at_the_deadline(void **state)
{
    (void)state;
    struct shake accept = { .ctx = server, .deadline_us = now_us() + BRIEFLY_US };
    go(drip, NULL);
    run_accept(&accept);
    assert_int_equal(accept.code, E_SOCKET_TIMEOUT);
}

static void a_cancel_ends_a_handshake(void **state)
{
    (void)state;
    struct shake accept = { 0 };
    accept_the_speaker(&accept);
    co_give_way();
    assert_int_equal(accept.code, -1);
    co_group_cancel_and_join(&group);
    assert_int_equal(accept.code, E_THREAD_INTERRUPTED);
}

static void a_peer_that_closes_during_the_handshake_is_no_puzzle(void **state)
{
    (void)state;
    struct shake accept = { 0 };
    accept_the_speaker(&accept);
    co_give_way();
    close(raw);
    raw = -1;
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(accept.code, E_END_OF_STREAM);
}

/* ---- many at once */

enum { CROWD = 200 };

struct pair {
    struct io a, b;
    int64_t   deadline_us;
    int       code_a, code_b;
};

static void accept_one(void *arg)
{
    struct pair *p = arg;
    p->code_a = code_of(tls_accept(&p->a, server, NULL, &(struct tls_offer){ .resumable = true }, p->deadline_us));
    io_set_owner(&p->a, test_co);
}

static void connect_one(void *arg)
{
    struct pair *p = arg;
    p->code_b = code_of(tls_connect(&p->b, client, "live.example", p->deadline_us));
    io_set_owner(&p->b, test_co);
}

static void begin_crowd(struct pair *crowd, int64_t deadline_us)
{
    for (int i = 0; i < CROWD; i++) {
        int other;
        crowd[i] = (struct pair){ .deadline_us = deadline_us, .code_a = -1, .code_b = -1 };
        assert_int_equal(connect_ends(&crowd[i].a, &other), 0);
        assert_null(io_open(&crowd[i].b, other));
        go(accept_one, &crowd[i]);
        go(connect_one, &crowd[i]);
    }
}

static void end_crowd(struct pair *crowd)
{
    for (int i = 0; i < CROWD; i++) {
        io_close(&crowd[i].a);
        io_close(&crowd[i].b);
    }
    free(crowd);
}

struct witness {
    bool stop;
    int  n_turns;
};

static void watch_time(void *arg)
{
    struct witness *w = arg;
    while (!w->stop) {
        err_free(co_sleep(100));
        w->n_turns++;
    }
}

static void a_crowd_leaves_room_for_others(void **state)
{
    (void)state;
    struct pair   *crowd = calloc(CROWD, sizeof *crowd);
    struct witness w = { 0 };
    begin_crowd(crowd, a_while());
    go(watch_time, &w);
    while (group.count > 1)
        err_free(co_sleep(US_PER_MS));
    w.stop = true;
    assert_true(co_group_join(&group, a_while()));
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].code_a | crowd[i].code_b, 0);
    assert_in_range(w.n_turns, CROWD / 4, 1 << 20); /* without turns the witness would have run a few times only */
    end_crowd(crowd);
}

static void a_turn_after_the_deadline_is_refused_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        tls_turn_took(US_PER_SECOND); /* as on a very slow machine; counted as COST_MAX_US, 10 ms */
    int64_t began = now_us();
    assert_null(tls_turn_wait(a_while())); /* uses up the slot that earlier tests left */
    assert_null(tls_turn_wait(a_while()));
    assert_true(now_us() - began >= 10 * US_PER_MS);
    assert_int_equal(code_of(tls_turn_wait(now_us() + US_PER_MS)), E_LIMIT);
    assert_null(tls_turn_wait(a_while())); /* the refused handshake has not used a turn */
    for (int i = 0; i < 100; i++)
        tls_turn_took(10);
}

static void run_all_of_it(void)
{
    uint8_t     *bytes = make_pattern(300000);
    struct shake accept = { .ctx = server }, connect = { .ctx = client, .host = "live.example" };
    struct drain d = { .want = 300000, .code = -1 };
    shake_hands(&accept, &connect);
    if (!accept.code && !connect.code) {
        go(drain_b, &d);
        int code = code_of(io_write(&a, bytes, 300000, a_while()));
        io_close(&a);
        assert_true(co_group_join(&group, a_while()));
        assert_true(code || (d.got == d.want && !d.wrong));
    }
    io_close(&a);
    io_close(&b);
    free(bytes);
}

static void without_memory_every_step_fails_cleanly(void **state)
{
    for (int64_t n = 0;; n++) {
        mem_fail_after(n);
        run_all_of_it();
        bool dealt = mem_failed();
        mem_fail_after(-1);
        teardown(state);
        assert_int_equal(setup_bare(state), 0);
        if (!dealt)
            break;
    }
}

#define BARE(test) cmocka_unit_test_setup_teardown(test, setup_bare, teardown)
#define OVER_TLS(test) cmocka_unit_test_setup_teardown(test, setup_tls, teardown)
#define OVER_TCP(test) cmocka_unit_test_setup_teardown(test, setup_tcp, teardown)
#define RAW(test) cmocka_unit_test_setup_teardown(test, setup_raw, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_TLS(bytes_go_both_ways_and_only_payload_is_counted),
        BARE(a_name_that_the_certificate_does_not_have_is_refused),
        BARE(a_certificate_of_nobody_we_trust_is_refused),
        BARE(a_credulous_client_takes_any),
        BARE(an_expired_certificate_is_refused_by_a_client_that_checks),
        BARE(an_address_is_a_host_too),
        BARE(the_name_that_a_client_asks_for_chooses_the_certificate),
        BARE(another_name_gets_the_port_s_own_certificate),
        BARE(connections_outlive_their_context),
        OVER_TLS(what_was_decrypted_and_not_read_keeps_the_io_readable),
        OVER_TLS(a_look_that_finds_nothing_waits_for_the_next_edge),
        OVER_TLS(muted_input_comes_when_it_is_asked_for),
        OVER_TLS(several_records_come_with_one_read),
        OVER_TLS(more_than_the_socket_holds_is_written_as_the_peer_reads),
        OVER_TLS(a_slow_reader_gets_it_all),
        OVER_TLS(many_small_pieces_go_out_in_order),
        OVER_TLS(after_a_short_write_other_bytes_may_follow),
        OVER_TLS(what_was_taken_arrives_though_nobody_writes_again),
        OVER_TLS(a_write_waits_until_the_kernel_has_it_all),
        OVER_TLS(a_peer_that_goes_fails_the_write_without_a_signal),
        OVER_TLS(closing_says_goodbye),
        OVER_TLS(an_end_without_goodbye_is_an_end),
        OVER_TLS(last_words_and_goodbye_in_one_edge_are_both_read),
        OVER_TLS(lingering_gives_the_peer_what_the_socket_did_not_take),
        OVER_TCP(more_than_the_socket_holds_is_written_as_the_peer_reads),
        OVER_TCP(a_slow_reader_gets_it_all),
        OVER_TCP(many_small_pieces_go_out_in_order),
        OVER_TCP(after_a_short_write_other_bytes_may_follow),
        OVER_TCP(closing_says_goodbye),
        OVER_TCP(lingering_gives_the_peer_what_the_socket_did_not_take),
        RAW(both_versions_are_spoken),
        RAW(tls_1_1_is_refused),
        RAW(a_session_is_resumed),
        RAW(no_tickets_are_offered_where_they_are_not_wanted),
        RAW(a_request_without_tls_is_refused),
        RAW(rtmp_without_tls_is_refused),
        RAW(half_a_hello_is_refused),
        RAW(garbage_after_the_handshake_is_an_error),
        RAW(key_updates_without_payload_end_sometime),
        RAW(key_updates_among_payload_are_fine),
        RAW(what_a_queued_write_leaves_comes_first),
        RAW(tls_1_2_carries_pieces_and_the_end),
        RAW(aes_128_carries_pieces_new_keys_and_the_end),
        RAW(aes_256_carries_pieces_new_keys_and_the_end),
        RAW(chacha20_carries_pieces_new_keys_and_the_end),
        RAW(a_handshake_that_does_not_come_ends_at_the_deadline),
        RAW(a_handshake_that_drips_ends_at_the_deadline),
        RAW(a_cancel_ends_a_handshake),
        RAW(a_peer_that_closes_during_the_handshake_is_no_puzzle),
        BARE(a_crowd_leaves_room_for_others),
        BARE(a_turn_after_the_deadline_is_refused_at_once),
        BARE(without_memory_every_step_fails_cleanly),
    };
    return cmocka_run_group_tests_name("tls", tests, setup_all, teardown_all);
}
