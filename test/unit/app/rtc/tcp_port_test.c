#include "app/rtc/tcp_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/rtc/paths.h"
#include "core/rd.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/rtc/framing.h"

enum { PACKET_BYTES = 1200 };

struct fixture {
    struct rtc_tcp_port port;
    struct io           io;
    int                 other;
    uint8_t             got[4 * RTC_TCP_QUEUE_MAX];
    size_t              n_got;
};

static const struct rtc_addr  nowhere = { 0 };
static const struct rtc_local anywhere = { 0 };

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f || connect_ends(&f->io, &f->other) != 0)
        return -1;
    *rtc_port_counts() = (struct rtc_port_counts){ 0 };
    rtc_tcp_port_open(&f->port, &f->io);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    rtc_tcp_port_close(&f->port);
    io_close(&f->io);
    close_end(&f->other);
    free(f);
    return 0;
}

/* A packet that tells its number, and is filled with it. */
static bool put(struct fixture *f, uint32_t number)
{
    uint8_t bytes[PACKET_BYTES];
    memset(bytes, (int)(number % 251), sizeof bytes);
    memcpy(bytes, &number, sizeof number);
    return rtc_port_send(&f->port.port, &nowhere, &anywhere, bytes, sizeof bytes);
}

static void receive(struct fixture *f)
{
    ssize_t n;
    while ((n = recv(f->other, f->got + f->n_got, sizeof f->got - f->n_got, MSG_DONTWAIT)) > 0)
        f->n_got += (size_t)n;
}

/* Let both ends go on until nothing waits. */
static void drain(struct fixture *f)
{
    do {
        receive(f);
        assert_null(io_wait_writable(&f->io, a_while()));
        rtc_tcp_port_flush(&f->port);
    } while (f->port.out.len > 0);
    receive(f);
}

/* Take the next packet of what was received: its number. */
static uint32_t next(struct rd *r)
{
    const uint8_t *packet = NULL;
    size_t         len = 0;
    uint32_t       number;
    assert_int_equal(rtc_framing_next(r, &packet, &len), RTC_FRAMING_GOT);
    assert_int_equal(len, PACKET_BYTES);
    memcpy(&number, packet, sizeof number);
    for (size_t i = sizeof number; i < len; i++)
        assert_int_equal(packet[i], number % 251);
    return number;
}

static void packets_of_a_turn_go_out_together_at_its_end(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 10; i++)
        assert_true(put(f, i));
    receive(f);
    assert_int_equal(f->n_got, 0);
    co_give_way();
    receive(f);
    struct rd r = rd_over(f->got, f->n_got);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(next(&r), i);
    assert_int_equal(rd_left(&r), 0);
    assert_int_equal(rtc_port_counts()->out.datagrams, 10);
    assert_int_equal(rtc_port_counts()->out.calls, 1);
    assert_null(f->port.out.bytes);
}

static void a_peer_that_reads_nothing_loses_whole_packets_and_memory_is_bounded(void **state)
{
    struct fixture *f = *state;
    uint32_t        n = 0, n_refused = 0, last = 0, n_seen = 0;
    int             bytes = 16 << 10;
    setsockopt(f->io.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    while (n_refused < 3) {
        n_refused += !put(f, ++n);
        assert_true(f->port.out.len <= RTC_TCP_QUEUE_MAX);
        if (n % 16 == 0)
            co_give_way();
    }
    assert_true(put(f, ++n)); /* There is room again for what follows. */
    drain(f);
    struct rd r = rd_over(f->got, f->n_got);
    while (rd_left(&r) > 0) {
        uint32_t number = next(&r);
        assert_true(number > last);
        last = number;
        n_seen++;
    }
    assert_int_equal(last, n);
    assert_true(n_seen < n);
    assert_int_equal(rtc_port_counts()->out.datagrams, n_seen);
    assert_int_equal(rtc_port_counts()->out.full, n - n_seen);
}

static void what_is_longer_than_a_packet_may_be_is_refused(void **state)
{
    struct fixture *f = *state;
    static uint8_t  bytes[RTC_FRAMING_PACKET_MAX + 1];
    assert_false(rtc_port_send(&f->port.port, &nowhere, &anywhere, bytes, sizeof bytes));
    assert_false(rtc_port_send(&f->port.port, &nowhere, &anywhere, bytes, 0));
    assert_true(rtc_port_send(&f->port.port, &nowhere, &anywhere, bytes, RTC_FRAMING_PACKET_MAX));
}

static void a_connection_that_is_lost_takes_nothing_more(void **state)
{
    struct fixture *f = *state;
    close_end(&f->other);
    for (int i = 0; i < 100 && !f->port.is_broken; i++) {
        (void)put(f, 1);
        co_give_way();
    }
    assert_true(f->port.is_broken);
    assert_false(put(f, 2));
}

static void the_owner_is_woken_when_the_last_path_has_gone(void **state)
{
    struct fixture *f = *state;
    struct rtc_path paths[2] = { { 0 } };
    struct rtc_addr a = { .v4.sin_family = AF_INET, .len = sizeof a.v4, .is_tcp = 1 }, b = a;
    b.v4.sin_port = 1;
    rtc_path_link(&paths[0], (struct rtc_peer *)f, &a);
    rtc_path_link(&paths[1], (struct rtc_peer *)f, &b);
    for (int i = 0; i < 2; i++)
        rtc_path_lead(&paths[i], &f->port.port, &anywhere);
    err_free(co_park(now_us())); /* The socket may have woken it. */
    rtc_path_unlink(&paths[0]);
    assert_int_equal(code_of(co_park(now_us())), E_SOCKET_TIMEOUT);
    rtc_path_unlink(&paths[1]);
    assert_null(co_park(a_while()));
    assert_true(list_is_empty(&f->port.port.paths));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(packets_of_a_turn_go_out_together_at_its_end),
        TEST(a_peer_that_reads_nothing_loses_whole_packets_and_memory_is_bounded),
        TEST(what_is_longer_than_a_packet_may_be_is_refused),
        TEST(a_connection_that_is_lost_takes_nothing_more),
        TEST(the_owner_is_woken_when_the_last_path_has_gone),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
