#include "protocol/rtc/twcc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/mem.h"

enum { START_US = 5 * US_PER_SECOND };

static size_t write_one(struct twcc_recorder *r, uint8_t bytes[static TWCC_BODY_MAX])
{
    struct wr w = wr_over(bytes, TWCC_BODY_MAX);
    if (!twcc_write(r, &w))
        return 0;
    assert_false(w.full);
    return wr_len(&w);
}

/* The bytes of the draft: head, one chunk, differences. */
static void writes_the_bytes_of_the_draft(void **state)
{
    (void)state;
    struct twcc_recorder r = { .arrived_us = NULL };
    uint8_t              bytes[TWCC_BODY_MAX];
    assert_true(twcc_record(&r, 0xfffe, START_US));
    assert_true(twcc_record(&r, 0xffff, START_US + 1000));
    assert_true(twcc_record(&r, 1, START_US + 101000));
    static const uint8_t expected[] = {
        0xff, 0xfe, 0x00, 0x04, /* base number, 4 packets */
        0x00, 0x00, 0x01, 0x00, /* 64 ms after the origin; feedback 0 */
        0xd4, 0x80,             /* symbols of two bits: small, small, none, large: 01 01 00 10 */
        0x00, 0x04, 0x01, 0x90, /* 0, 1 ms, 100 ms */
    };
    assert_int_equal(write_one(&r, bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(write_one(&r, bytes), 0);
    twcc_finish(&r);
}

struct told {
    bool    came[4 * TWCC_WINDOW];
    int64_t time_us[4 * TWCC_WINDOW];
    size_t  n;
};

static void read_all(const uint8_t *bytes, size_t len, struct told *told)
{
    struct twcc_reader reader;
    struct twcc_status status;
    assert_true(twcc_read_begin(&reader, rd_over(bytes, len)));
    while (twcc_read(&reader, &status)) {
        told->came[told->n] = status.came;
        told->time_us[told->n++] = status.time_us;
    }
    assert_false(reader.deltas.bad);
    assert_int_equal(reader.n_left, 0);
}

/* Times are told within half a unit, however many there are: errors do not add up. */
static void what_was_written_is_read_again(void **state)
{
    (void)state;
    enum { N = 900 };
    struct twcc_recorder r = { .arrived_us = NULL };
    static struct told   told;
    uint8_t              bytes[TWCC_BODY_MAX];
    int64_t              at[N] = { 0 };
    unsigned             seed = 1;
    told.n = 0;
    for (unsigned i = 0; i < N; i++) {
        seed = seed * 1103515245u + 12345u;
        if (i > 0 && seed >> 16 & 3) {
            at[i] = START_US + i * 1337 + (seed >> 20 & 0xfff) * 50;
            assert_true(twcc_record(&r, (uint16_t)(65000 + i), at[i]));
        } else if (i == 0) {
            at[i] = START_US;
            assert_true(twcc_record(&r, 65000, at[i]));
        }
    }
    for (size_t len; (len = write_one(&r, bytes)) > 0;)
        read_all(bytes, len, &told);
    assert_int_equal(r.n_feedbacks, 3);
    assert_true(told.n <= N && told.n > N - 10);
    for (size_t i = 0; i < told.n; i++) {
        assert_int_equal(told.came[i], at[i] != 0);
        if (at[i])
            assert_true(llabs(told.time_us[i] - told.time_us[0] - (at[i] - START_US)) <= 250);
    }
    twcc_finish(&r);
}

static void a_long_silence_begins_another_feedback(void **state)
{
    (void)state;
    struct twcc_recorder r = { .arrived_us = NULL };
    struct told          told = { .n = 0 };
    uint8_t              bytes[TWCC_BODY_MAX];
    assert_true(twcc_record(&r, 1, START_US));
    assert_true(twcc_record(&r, 2, START_US + 10 * US_PER_SECOND)); /* more than a difference of 16 bits can tell */
    size_t len = write_one(&r, bytes);
    read_all(bytes, len, &told);
    assert_int_equal(told.n, 1);
    len = write_one(&r, bytes);
    read_all(bytes, len, &told);
    assert_int_equal(told.n, 2);
    assert_true(llabs(told.time_us[1] - told.time_us[0] - 10 * US_PER_SECOND) <= 250);
    twcc_finish(&r);
}

static void a_burst_of_losses_is_a_run(void **state)
{
    (void)state;
    struct twcc_recorder r = { .arrived_us = NULL };
    struct told          told = { .n = 0 };
    uint8_t              bytes[TWCC_BODY_MAX];
    assert_true(twcc_record(&r, 0, START_US));
    assert_true(twcc_record(&r, 300, START_US + 1000));
    size_t len = write_one(&r, bytes);
    assert_true(len <= 16);
    read_all(bytes, len, &told);
    assert_int_equal(told.n, 301);
    assert_true(told.came[0] && told.came[300]);
    assert_false(told.came[1] || told.came[299]);
    twcc_finish(&r);
}

static void the_window_forgets_the_oldest(void **state)
{
    (void)state;
    struct twcc_recorder r = { .arrived_us = NULL };
    uint8_t              bytes[TWCC_BODY_MAX];
    size_t               n = 0;
    assert_true(twcc_record(&r, 0, START_US));
    assert_true(twcc_record(&r, 30000, START_US));
    while (write_one(&r, bytes))
        n++;
    assert_int_equal(n, (TWCC_WINDOW + TWCC_PACKETS_MAX - 1) / TWCC_PACKETS_MAX);
    assert_true(twcc_record(&r, 29999, START_US)); /* told already */
    assert_false(twcc_has_news(&r));
    twcc_finish(&r);
}

static void cut_feedback_is_refused(void **state)
{
    (void)state;
    static const uint8_t whole[] = { 0, 1, 0, 3, 0, 0, 1, 0, 0x20, 0x03, 4, 4, 4 };
    for (size_t cut = 0; cut <= sizeof whole; cut++) {
        struct twcc_reader reader;
        struct twcc_status status;
        size_t             n = 0;
        uint8_t           *bytes = malloc(cut + 1);
        memcpy(bytes, whole, cut);
        bool begun = twcc_read_begin(&reader, rd_over(bytes, cut));
        assert_int_equal(begun, cut >= 10);
        while (begun && twcc_read(&reader, &status))
            n++;
        assert_int_equal(n, cut >= 10 ? cut - 10 : 0);
        free(bytes);
    }
}

static void memory_that_is_out_is_told(void **state)
{
    (void)state;
    struct twcc_recorder r = { .arrived_us = NULL };
    mem_fail_after(0);
    assert_false(twcc_record(&r, 1, START_US));
    mem_fail_after(-1);
    assert_true(twcc_record(&r, 1, START_US));
    assert_true(twcc_has_news(&r));
    twcc_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_bytes_of_the_draft),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(a_long_silence_begins_another_feedback),
        cmocka_unit_test(a_burst_of_losses_is_a_run),
        cmocka_unit_test(the_window_forgets_the_oldest),
        cmocka_unit_test(cut_feedback_is_refused),
        cmocka_unit_test(memory_that_is_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
