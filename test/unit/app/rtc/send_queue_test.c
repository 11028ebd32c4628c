#include "app/rtc/send_queue.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "protocol/io.h"

enum { LONGEST = 1500, RECEIVE_BYTES = 4 << 20 };

struct fixture {
    int                    sender, receiver, second;
    struct io              io;
    struct rtc_addr        to, to_second;
    struct rtc_send_counts counts;
    struct rtc_send_queue *queue;
};

static const struct rtc_local anywhere = { 0 };

static int open_at_loopback(struct rtc_addr *at)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof any;
    int                fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = RECEIVE_BYTES;
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    struct sockaddr_storage here = { 0 };
    memcpy(&here, &any, sizeof any);
    *at = rtc_addr_of(&here);
    return fd;
}

static int begin(void **state)
{
    static struct fixture f;
    struct rtc_addr       ignored;
    f = (struct fixture){ 0 };
    f.sender = open_at_loopback(&ignored);
    f.receiver = open_at_loopback(&f.to);
    f.second = open_at_loopback(&f.to_second);
    f.io.fd = f.sender;
    f.queue = rtc_send_queue_new(&f.io, &f.counts);
    assert_non_null(f.queue);
    *state = &f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    rtc_send_queue_free(f->queue);
    close(f->sender);
    close(f->receiver);
    close(f->second);
    return 0;
}

/* Datagram number `n` of that length: its bytes tell which one it is. */
static const uint8_t *datagram(int n, size_t len)
{
    static uint8_t bytes[LONGEST + 1];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)((size_t)n * 7 + i);
    return bytes;
}

static void put(struct fixture *f, const struct rtc_addr *to, int n, size_t len)
{
    assert_true(rtc_send_queue_put(f->queue, to, &anywhere, datagram(n, len), len));
}

static void expect(int fd, int n, size_t len)
{
    uint8_t got[LONGEST + 1];
    assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), len);
    assert_memory_equal(got, datagram(n, len), len);
}

static void expect_nothing(int fd)
{
    uint8_t got[1];
    assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), -1);
}

static void every_datagram_arrives_as_it_was_put(void **state)
{
    struct fixture     *f = *state;
    static const size_t lens[] = { 1200, 1200, 1200, 700, 1200, 1, 1, 2, 1500, 1499, 1499, 12 };
    for (int i = 0; i < 12; i++)
        put(f, &f->to, i, lens[i]);
    expect_nothing(f->receiver);
    rtc_send_queue_flush(f->queue);
    for (int i = 0; i < 12; i++)
        expect(f->receiver, i, lens[i]);
    expect_nothing(f->receiver);
    assert_int_equal(f->counts.datagrams, 12);
    assert_int_equal(f->counts.full + f->counts.unreachable, 0);
    rtc_send_queue_flush(f->queue);
    assert_int_equal(f->counts.datagrams, 12);
}

static void a_picture_for_one_peer_is_one_message(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++)
        put(f, &f->to, i, i < 19 ? 1200 : 300);
    for (int i = 0; i < 20; i++)
        put(f, &f->to_second, i, i < 19 ? 1200 : 300);
    rtc_send_queue_flush(f->queue);
    assert_int_equal(f->counts.messages, 2);
    assert_int_equal(f->counts.calls, 1);
    for (int i = 0; i < 20; i++) {
        expect(f->receiver, i, i < 19 ? 1200 : 300);
        expect(f->second, i, i < 19 ? 1200 : 300);
    }
}

static void peers_in_turns_stay_apart(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++)
        put(f, i % 2 ? &f->to_second : &f->to, i, 400);
    rtc_send_queue_flush(f->queue);
    assert_int_equal(f->counts.messages, 10);
    for (int i = 0; i < 10; i++)
        expect(i % 2 ? f->second : f->receiver, i, 400);
}

static void more_than_the_queue_holds_goes_out_in_between(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 700 };
    for (int i = 0; i < MANY; i++) {
        put(f, &f->to, i, 1200);
        if (i % 50 == 49) { /* so that the receiver's room is enough */
            rtc_send_queue_flush(f->queue);
            for (int j = i - 49; j <= i; j++)
                expect(f->receiver, j, 1200);
        }
    }
    for (int i = 0; i < 260; i++)
        put(f, i % 2 ? &f->to_second : &f->to, i, 100);
    assert_true(f->counts.datagrams > MANY);
    rtc_send_queue_flush(f->queue);
    assert_int_equal(f->counts.datagrams, MANY + 260);
}

static void what_is_no_datagram_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_false(rtc_send_queue_put(f->queue, &f->to, &anywhere, datagram(0, 1), 0));
    assert_false(rtc_send_queue_put(f->queue, &f->to, &anywhere, datagram(0, LONGEST + 1), LONGEST + 1));
    rtc_send_queue_flush(f->queue);
    assert_int_equal(f->counts.datagrams, 0);
}

/* A message that the kernel refuses is dropped and counted, and those behind it go out. */
static void an_unreachable_address_holds_up_nobody(void **state)
{
    struct fixture *f = *state;
    struct rtc_addr nowhere = f->to;
    nowhere.v4.sin_addr.s_addr = htonl(INADDR_BROADCAST); /* EACCES without SO_BROADCAST */
    put(f, &nowhere, 0, 100);
    put(f, &f->to, 1, 100);
    rtc_send_queue_flush(f->queue);
    expect(f->receiver, 1, 100);
    assert_int_equal(f->counts.unreachable, 1);
    assert_int_equal(f->counts.datagrams, 1);
}

static void it_goes_out_from_the_address_that_was_asked(void **state)
{
    struct fixture        *f = *state;
    struct rtc_local       local = { .family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK + 1) };
    struct sockaddr_in     any = { .sin_family = AF_INET }, from = { 0 };
    socklen_t              len = sizeof from;
    uint8_t                got[LONGEST];
    struct rtc_send_queue *queue;
    f->io.fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(f->io.fd, (struct sockaddr *)&any, sizeof any), 0);
    queue = rtc_send_queue_new(&f->io, &f->counts);
    assert_non_null(queue);
    for (int i = 0; i < 2; i++)
        assert_true(rtc_send_queue_put(queue, &f->to, &local, datagram(i, 200), 200));
    rtc_send_queue_flush(queue);
    assert_int_equal(f->counts.messages, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(recvfrom(f->receiver, got, sizeof got, MSG_DONTWAIT, (struct sockaddr *)&from, &len), 200);
        assert_int_equal(from.sin_addr.s_addr, local.v4.s_addr);
    }
    rtc_send_queue_free(queue);
    close(f->io.fd);
}

/* A reload closes the socket for a moment. */
static void a_closed_socket_loses_what_is_queued(void **state)
{
    struct fixture *f = *state;
    f->io.fd = -1;
    put(f, &f->to, 0, 100);
    rtc_send_queue_flush(f->queue);
    assert_int_equal(f->counts.unreachable, 1);
    f->io.fd = f->sender;
    put(f, &f->to, 1, 100);
    rtc_send_queue_flush(f->queue);
    expect(f->receiver, 1, 100);
}

/* What the socket has no room for waits for the next flush, in its order; a queue that is full then tells the sender. */
static void a_full_socket_is_told(void **state)
{
    struct fixture *f = *state;
    struct rtc_addr connected = { .len = 0 };
    int             pair[2], least = 1, n = 0;
    uint8_t         got[LONGEST + 1];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
    f->io.fd = pair[0];
    while (n < 1000 &&
           rtc_send_queue_put(f->queue, &connected, &anywhere, datagram(n, 100 + (size_t)n), 100 + (size_t)n))
        n++;
    assert_in_range(n, 128, 999);
    assert_int_equal(f->counts.full, 1);
    assert_false(rtc_send_queue_flush(f->queue));
    for (int i = 0; i < n; rtc_send_queue_flush(f->queue))
        for (ssize_t len; (len = recv(pair[1], got, sizeof got, MSG_DONTWAIT)) > 0; i++) {
            assert_int_equal(len, 100 + i);
            assert_memory_equal(got, datagram(i, (size_t)len), (size_t)len);
        }
    assert_true(rtc_send_queue_flush(f->queue));
    assert_int_equal(f->counts.datagrams, n);
    assert_int_equal(f->counts.full, 1);
    assert_int_equal(f->counts.unreachable, 0);
    close(pair[0]);
    close(pair[1]);
}

/* The kernel cuts no message whose checksums are off: EINVAL, as for a way with a small MTU. */
static void a_message_that_cannot_be_cut_changes_nothing_for_others(void **state)
{
    struct fixture *f = *state;
    int             on = 1, off = 0;
    assert_int_equal(setsockopt(f->sender, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
    for (int i = 0; i < 3; i++)
        put(f, &f->to, i, i < 2 ? 1200 : 300);
    assert_true(rtc_send_queue_flush(f->queue));
    for (int i = 0; i < 3; i++)
        expect(f->receiver, i, i < 2 ? 1200 : 300);
    assert_int_equal(f->counts.datagrams, 3);
    assert_int_equal(f->counts.bytes, 2700);
    assert_int_equal(f->counts.messages, 0); /* They went apart. */
    assert_int_equal(setsockopt(f->sender, SOL_SOCKET, SO_NO_CHECK, &off, sizeof off), 0);
    put(f, &f->to, 0, 1200);
    put(f, &f->to, 1, 1200);
    rtc_send_queue_flush(f->queue);
    assert_int_equal(f->counts.messages, 1);
    assert_int_equal(f->counts.datagrams, 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_datagram_arrives_as_it_was_put),
        TEST(a_picture_for_one_peer_is_one_message),
        TEST(peers_in_turns_stay_apart),
        TEST(more_than_the_queue_holds_goes_out_in_between),
        TEST(what_is_no_datagram_is_refused),
        TEST(an_unreachable_address_holds_up_nobody),
        TEST(it_goes_out_from_the_address_that_was_asked),
        TEST(a_full_socket_is_told),
        TEST(a_message_that_cannot_be_cut_changes_nothing_for_others),
        TEST(a_closed_socket_loses_what_is_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
