#include "protocol/rtc/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/mem.h"

enum { WINDOW = 64, WAIT_US = 300 * US_PER_MS };

/* The numbers that went on, in their order; a gap of n is -n. */
struct log {
    int64_t items[4096];
    size_t  n;
};

static void note(struct log *log, int64_t item)
{
    log->items[log->n++] = item;
}

static void take_all(struct rtp_order *o, int64_t now, struct log *log)
{
    struct rtp_order_item item;
    while (rtp_order_take(o, now, &item)) {
        if (item.n_lost == 0) { /* The payload tells its number. */
            assert_int_equal(item.packet.len, 2);
            assert_int_equal(item.packet.payload[0] << 8 | item.packet.payload[1], item.packet.seq);
            assert_int_equal(item.packet.ts, item.packet.seq * 10u);
        }
        note(log, item.n_lost ? -(int64_t)item.n_lost : item.packet.seq);
    }
}

static enum rtp_ordered put_as(struct rtp_order *o, uint16_t seq, int64_t now, bool may_begin, struct log *log)
{
    uint8_t           payload[] = { (uint8_t)(seq >> 8), (uint8_t)seq };
    struct rtp_packet p = { .seq = seq, .ts = seq * 10u, .payload = payload, .len = sizeof payload };
    enum rtp_ordered  ordered;
    do {
        ordered = rtp_order_put(o, &p, now, may_begin);
        if (ordered == RTP_ORDER_NEXT || ordered == RTP_ORDER_JUMPED)
            note(log, seq);
        take_all(o, now, log);
    } while (ordered == RTP_ORDER_FULL);
    return ordered;
}

static enum rtp_ordered put(struct rtp_order *o, uint16_t seq, int64_t now, struct log *log)
{
    return put_as(o, seq, now, true, log);
}

#define assert_went_on(log, ...) \
    do { \
        static const int64_t expected[] = { __VA_ARGS__ }; \
        assert_int_equal((log)->n, sizeof expected / sizeof *expected); \
        assert_memory_equal((log)->items, expected, sizeof expected); \
    } while (0)

static void packets_in_order_go_on_at_once(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    for (uint16_t seq = 65534; seq != 2; seq++)
        assert_int_equal(put(&o, seq, 0, &log), RTP_ORDER_NEXT);
    assert_went_on(&log, 65534, 65535, 0, 1);
    assert_int_equal(rtp_order_due_us(&o), INT64_MAX);
    assert_null(o.slots); /* Nothing has waited, so no memory is held. */
    rtp_order_finish(&o);
}

static void changed_places_are_restored_over_the_wrap(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    uint16_t         asked[4];
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    put(&o, 65534, 0, &log);
    assert_int_equal(put(&o, 0, 1000, &log), RTP_ORDER_KEPT);
    assert_int_equal(put(&o, 1, 1000, &log), RTP_ORDER_KEPT);
    assert_int_equal(rtp_order_nacks(&o, 2000, asked, 4), 0); /* not yet: it may be on its way */
    assert_int_equal(put(&o, 65535, 3000, &log), RTP_ORDER_NEXT);
    assert_went_on(&log, 65534, 65535, 0, 1);
    assert_int_equal(o.n_lost + o.n_late + o.n_repaired, 0);
    rtp_order_finish(&o);
}

static void a_packet_that_comes_twice_is_dropped(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    put(&o, 10, 0, &log);
    assert_int_equal(put(&o, 10, 0, &log), RTP_ORDER_LATE);
    put(&o, 12, 0, &log);
    assert_int_equal(put(&o, 12, 0, &log), RTP_ORDER_LATE);
    put(&o, 11, 0, &log);
    assert_int_equal(put(&o, 12, 0, &log), RTP_ORDER_LATE);
    assert_went_on(&log, 10, 11, 12);
    assert_int_equal(o.n_late, 3);
    rtp_order_finish(&o);
}

static void lost_packets_are_asked_for_each_round_trip(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    uint16_t         asked[8];
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    put(&o, 10, 0, &log);
    put(&o, 13, 0, &log);
    int64_t first = rtp_order_due_us(&o);
    assert_int_equal(first, 10 * US_PER_MS);
    assert_int_equal(rtp_order_nacks(&o, first, asked, 8), 2);
    assert_int_equal(asked[0], 11);
    assert_int_equal(asked[1], 12);
    assert_int_equal(rtp_order_nacks(&o, first + 1, asked, 8), 0);
    int64_t second = rtp_order_due_us(&o);
    assert_true(second >= first + o.rtt_us);
    assert_int_equal(rtp_order_nacks(&o, second, asked, 8), 2);
    rtp_order_finish(&o);
}

static void the_round_trip_is_that_of_repaired_packets(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    uint16_t         asked[8];
    int64_t          now = 0;
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    put(&o, 0, 0, &log);
    for (uint16_t seq = 1; seq < 81; seq += 2) {
        put(&o, seq + 1, now, &log);
        now = rtp_order_due_us(&o);
        assert_int_equal(rtp_order_nacks(&o, now, asked, 8), 1);
        now += 40 * US_PER_MS;
        assert_int_equal(put_as(&o, seq, now, false, &log), RTP_ORDER_NEXT);
    }
    assert_int_equal(o.n_repaired, 40);
    assert_int_equal(log.n, 81);
    assert_true(o.rtt_us > 39 * US_PER_MS && o.rtt_us < 41 * US_PER_MS);
    rtp_order_finish(&o);
}

/* A guess that is too low must not keep the true round trip from being found. */
static void a_round_trip_longer_than_the_guess_is_found(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    uint16_t         asked[8];
    int64_t          now = 0;
    rtp_order_init(&o, WINDOW, 2 * US_PER_SECOND, true);
    put(&o, 0, 0, &log);
    for (uint16_t seq = 1; seq < 401; seq += 2) {
        put(&o, seq + 1, now, &log);
        int64_t due, comes = rtp_order_due_us(&o) + 280 * US_PER_MS;
        while ((due = rtp_order_due_us(&o)) < comes)
            rtp_order_nacks(&o, due, asked, 8);
        now = comes;
        assert_int_equal(put_as(&o, seq, now, false, &log), RTP_ORDER_NEXT);
    }
    assert_true(o.rtt_us > 200 * US_PER_MS && o.rtt_us < 320 * US_PER_MS);
    rtp_order_finish(&o);
}

static void a_packet_that_does_not_come_is_given_up(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    uint16_t         asked[8];
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    put(&o, 1, 0, &log);
    put(&o, 4, 0, &log);
    put(&o, 6, 50 * US_PER_MS, &log);
    int64_t last = 0;
    while (log.n < 3) { /* driven by nothing but the time that it asks for */
        last = rtp_order_due_us(&o);
        assert_true(last <= WAIT_US);
        rtp_order_nacks(&o, last, asked, 8);
        take_all(&o, last, &log);
    }
    assert_int_equal(last, WAIT_US);
    assert_went_on(&log, 1, -2, 4);
    assert_int_equal(put(&o, 2, last, &log), RTP_ORDER_LATE);
    take_all(&o, WAIT_US + 50 * US_PER_MS, &log);
    assert_went_on(&log, 1, -2, 4, -1, 6);
    assert_int_equal(o.n_lost, 3);
    rtp_order_finish(&o);
}

static void a_packet_is_asked_for_a_bounded_number_of_times(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    uint16_t         asked[8];
    size_t           n = 0;
    rtp_order_init(&o, WINDOW, 1000 * (int64_t)US_PER_SECOND, true);
    put(&o, 1, 0, &log);
    put(&o, 3, 0, &log);
    for (int64_t now = 0; now < 100 * (int64_t)US_PER_SECOND; now += 10 * US_PER_MS)
        n += rtp_order_nacks(&o, now, asked, 8);
    assert_int_equal(n, RTP_ORDER_TRIES_MAX);
    rtp_order_finish(&o);
}

static void nothing_is_asked_for_without_nack(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    uint16_t         asked[8];
    rtp_order_init(&o, WINDOW, WAIT_US, false);
    put(&o, 1, 0, &log);
    put(&o, 3, 0, &log);
    assert_int_equal(rtp_order_nacks(&o, 100 * US_PER_MS, asked, 8), 0);
    assert_int_equal(rtp_order_due_us(&o), WAIT_US);
    rtp_order_finish(&o);
}

static void a_full_window_gives_up_what_was_missed_longest(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    rtp_order_init(&o, 4, WAIT_US, true);
    put(&o, 1, 0, &log);
    put(&o, 3, 0, &log);
    put(&o, 5, 0, &log);
    put(&o, 6, 0, &log); /* The window reaches from 2 to 5. */
    assert_went_on(&log, 1, -1, 3);
    put(&o, 100, 0, &log);
    assert_went_on(&log, 1, -1, 3, -1, 5, 6, -90);
    put(&o, 97, 0, &log);
    assert_went_on(&log, 1, -1, 3, -1, 5, 6, -90, 97);
    rtp_order_finish(&o);
    assert_int_equal(o.bytes, 0);
}

static void bytes_that_wait_are_bounded(void **state)
{
    (void)state;
    enum { LEN = 60000 };
    struct rtp_order      o;
    struct rtp_order_item item;
    uint8_t              *payload = calloc(1, LEN);
    struct rtp_packet     p = { .payload = payload, .len = LEN };
    rtp_order_init(&o, RTP_ORDER_WINDOW_MAX, WAIT_US, true);
    assert_int_equal(rtp_order_put(&o, &p, 0, true), RTP_ORDER_NEXT);
    for (p.seq = 2; p.seq < 200; p.seq += 2) {
        enum rtp_ordered ordered;
        while ((ordered = rtp_order_put(&o, &p, 0, true)) == RTP_ORDER_FULL)
            while (rtp_order_take(&o, 0, &item))
                assert_true(item.n_lost == 1 || item.packet.len == LEN);
        assert_int_equal(ordered, RTP_ORDER_KEPT);
        assert_true(o.bytes <= RTP_ORDER_BYTES_MAX);
    }
    assert_true(o.next > (1 << 16) + 2); /* Some were given up. */
    rtp_order_finish(&o);
    free(payload);
}

static void a_jump_needs_a_second_packet(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    put(&o, 10, 0, &log);
    assert_int_equal(put(&o, 30000, 0, &log), RTP_ORDER_STRANGE);
    assert_int_equal(put(&o, 11, 0, &log), RTP_ORDER_NEXT);
    assert_int_equal(put(&o, 30001, 0, &log), RTP_ORDER_STRANGE); /* the one between has cleared the suspicion */
    assert_int_equal(put_as(&o, 30002, 0, false, &log), RTP_ORDER_LATE);
    assert_int_equal(put(&o, 30002, 0, &log), RTP_ORDER_JUMPED);
    assert_int_equal(put(&o, 30003, 0, &log), RTP_ORDER_NEXT);
    assert_went_on(&log, 10, 11, 30002, 30003);
    rtp_order_finish(&o);
}

static void a_jump_forgets_what_waits(void **state)
{
    (void)state;
    struct rtp_order o;
    struct log       log = { .n = 0 };
    rtp_order_init(&o, WINDOW, WAIT_US, true);
    put(&o, 10, 0, &log);
    put(&o, 12, 0, &log);
    put(&o, 40000, 0, &log);
    put(&o, 40001, 0, &log);
    assert_int_equal(o.bytes, 0);
    assert_int_equal(put(&o, 40002, 0, &log), RTP_ORDER_NEXT);
    assert_went_on(&log, 10, 40001, 40002);
    rtp_order_finish(&o);
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    for (int fail = 0; fail < 2; fail++) {
        struct rtp_order o;
        struct log       log = { .n = 0 };
        rtp_order_init(&o, WINDOW, WAIT_US, true);
        put(&o, 1, 0, &log);
        mem_fail_after(fail);
        assert_int_equal(put(&o, 3, 0, &log), RTP_ORDER_NO_MEMORY);
        mem_fail_after(-1);
        assert_int_equal(put(&o, 3, 0, &log), RTP_ORDER_KEPT);
        put(&o, 2, 0, &log);
        assert_went_on(&log, 1, 2, 3);
        rtp_order_finish(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_in_order_go_on_at_once),
        cmocka_unit_test(changed_places_are_restored_over_the_wrap),
        cmocka_unit_test(a_packet_that_comes_twice_is_dropped),
        cmocka_unit_test(lost_packets_are_asked_for_each_round_trip),
        cmocka_unit_test(the_round_trip_is_that_of_repaired_packets),
        cmocka_unit_test(a_round_trip_longer_than_the_guess_is_found),
        cmocka_unit_test(a_packet_that_does_not_come_is_given_up),
        cmocka_unit_test(a_packet_is_asked_for_a_bounded_number_of_times),
        cmocka_unit_test(nothing_is_asked_for_without_nack),
        cmocka_unit_test(a_full_window_gives_up_what_was_missed_longest),
        cmocka_unit_test(bytes_that_wait_are_bounded),
        cmocka_unit_test(a_jump_needs_a_second_packet),
        cmocka_unit_test(a_jump_forgets_what_waits),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
