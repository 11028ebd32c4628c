#include "protocol/rtc/dtls_tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/rtc/dtls.h"

enum { QUEUE = 32, DATAGRAM = 1500 };

struct side {
    struct dtls *d;
    struct side *other;
    uint8_t      queue[QUEUE][DATAGRAM]; /* on its way to this side */
    size_t       len[QUEUE];
    unsigned     head, tail, n_sent;
};

struct pair {
    struct side           client, server;
    struct dtls_identity *identity;
};

static void send_to_other(struct side *s)
{
    struct side   *to = s->other;
    const uint8_t *bytes;
    size_t         len;
    while (dtls_next_out(s->d, &bytes, &len)) {
        assert_true(len <= DTLS_MTU);
        memcpy(to->queue[to->tail % QUEUE], bytes, len);
        to->len[to->tail++ % QUEUE] = len;
        s->n_sent++;
    }
}

static bool deliver(struct side *to)
{
    bool any = to->head != to->tail;
    for (; to->head != to->tail; to->head++) {
        dtls_take(to->d, to->queue[to->head % QUEUE], to->len[to->head % QUEUE]);
        send_to_other(to);
    }
    return any;
}

static struct pair *pair_connected(void)
{
    struct pair *p = calloc(1, sizeof *p);
    assert_null(dtls_identity_new(&p->identity, false));
    for (int client = 0; client < 2; client++) {
        struct side            *s = client ? &p->client : &p->server;
        const struct dtls_setup setup = { .identity = p->identity,
                                          .fingerprint = *dtls_identity_fingerprint(p->identity),
                                          .is_client = client };
        s->other = client ? &p->server : &p->client;
        assert_null(dtls_new(&s->d, &setup));
    }
    dtls_start(p->client.d);
    send_to_other(&p->client);
    while (deliver(&p->server) || deliver(&p->client))
        ;
    assert_int_equal(dtls_state(p->client.d), DTLS_CONNECTED);
    assert_int_equal(dtls_state(p->server.d), DTLS_CONNECTED);
    return p;
}

static void pair_free(struct pair *p)
{
    dtls_free(&p->client.d);
    dtls_free(&p->server.d);
    dtls_identity_unref(&p->identity);
    free(p);
}

/* Each side with OpenSSL and without it, as the one that says goodbye, and as the one that hears it. */
static void goodbyes_are_understood_by_openssl_and_from_it(void **state)
{
    (void)state;
    for (unsigned row = 0; row < 8; row++) {
        struct pair *p = pair_connected();
        struct side *says = row & 1 ? &p->client : &p->server;
        if (row & 2)
            dtls_settle(p->client.d);
        if (row & 4)
            dtls_settle(p->server.d);
        dtls_close(says->d);
        send_to_other(says);
        assert_int_equal(says->other->tail - says->other->head, 1);
        deliver(says->other);
        assert_int_equal(dtls_state(says->other->d), DTLS_CLOSED);
        pair_free(p);
    }
}

static void a_goodbye_that_was_changed_or_cut_is_ignored(void **state)
{
    (void)state;
    struct pair *p = pair_connected();
    dtls_settle(p->client.d);
    dtls_settle(p->server.d);
    dtls_close(p->client.d);
    send_to_other(&p->client);
    const uint8_t *goodbye = p->server.queue[p->server.head % QUEUE];
    for (unsigned bit = 0; bit < 8 * DTLS_GOODBYE_LEN; bit++) {
        uint8_t bytes[DTLS_GOODBYE_LEN];
        memcpy(bytes, goodbye, sizeof bytes);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(dtls_take(p->server.d, bytes, sizeof bytes), DTLS_CONNECTED);
    }
    for (size_t cut = 0; cut < DTLS_GOODBYE_LEN; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, goodbye, cut);
        assert_int_equal(dtls_take(p->server.d, bytes, cut), DTLS_CONNECTED);
        free(bytes);
    }
    assert_int_equal(dtls_take(p->server.d, goodbye, DTLS_GOODBYE_LEN), DTLS_CLOSED);
    pair_free(p);
}

static void the_last_flight_is_repeated_a_bounded_number_of_times(void **state)
{
    (void)state;
    struct pair  *p = pair_connected();
    const uint8_t finished[] = { 22, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0 };
    dtls_settle(p->client.d);
    dtls_settle(p->server.d);
    unsigned before = p->server.n_sent, client_before = p->client.n_sent;
    for (int i = 0; i < 3 * DTLS_FLIGHT_REPEATS; i++) {
        dtls_take(p->server.d, finished, sizeof finished);
        dtls_take(p->client.d, finished, sizeof finished);
        send_to_other(&p->server);
        send_to_other(&p->client);
    }
    unsigned n = p->server.n_sent - before;
    assert_true(n >= DTLS_FLIGHT_REPEATS && n <= DTLS_FLIGHT_PARTS * DTLS_FLIGHT_REPEATS);
    assert_int_equal(p->client.n_sent, client_before);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goodbyes_are_understood_by_openssl_and_from_it),
        cmocka_unit_test(a_goodbye_that_was_changed_or_cut_is_ignored),
        cmocka_unit_test(the_last_flight_is_repeated_a_bounded_number_of_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
