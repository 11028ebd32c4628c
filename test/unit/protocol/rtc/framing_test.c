#include "protocol/rtc/framing.h"

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* clang-format off */
static const uint8_t stream[] = {
    0x00, 0x03, 'a', 'b', 'c',                                       /* three bytes */
    0x00, 0x00,                                                      /* none */
    0x00, 0x01, 'd',                                                 /* one */
};
/* clang-format on */

static void expect(struct rd *in, const char *bytes, size_t len)
{
    const uint8_t *packet = NULL;
    size_t         got = 99;
    assert_int_equal(rtc_framing_next(in, &packet, &got), RTC_FRAMING_GOT);
    assert_int_equal(got, len);
    assert_memory_equal(packet, bytes, len);
}

static void packets_are_read_in_their_order(void **state)
{
    (void)state;
    struct rd      in = rd_over(stream, sizeof stream);
    const uint8_t *packet;
    size_t         len;
    expect(&in, "abc", 3);
    expect(&in, "", 0);
    expect(&in, "d", 1);
    assert_int_equal(rtc_framing_next(&in, &packet, &len), RTC_FRAMING_NEED_MORE);
}

static void a_packet_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < 5; cut++) {
        struct rd      in = rd_over(stream, cut);
        const uint8_t *packet, *before = in.p;
        size_t         len;
        assert_int_equal(rtc_framing_next(&in, &packet, &len), RTC_FRAMING_NEED_MORE);
        assert_ptr_equal(in.p, before);
    }
}

static void a_length_beyond_the_bound_is_refused_before_its_bytes_come(void **state)
{
    (void)state;
    static const uint8_t last[] = { RTC_FRAMING_PACKET_MAX >> 8, RTC_FRAMING_PACKET_MAX & 0xFF };
    static const uint8_t next[] = { RTC_FRAMING_PACKET_MAX >> 8, (RTC_FRAMING_PACKET_MAX & 0xFF) + 1 };
    static const uint8_t most[] = { 0xFF, 0xFF };
    const uint8_t       *packet;
    size_t               len;
    struct rd            in = rd_over(last, sizeof last);
    assert_int_equal(rtc_framing_next(&in, &packet, &len), RTC_FRAMING_NEED_MORE);
    in = rd_over(next, sizeof next);
    assert_int_equal(rtc_framing_next(&in, &packet, &len), RTC_FRAMING_TOO_LONG);
    in = rd_over(most, sizeof most);
    assert_int_equal(rtc_framing_next(&in, &packet, &len), RTC_FRAMING_TOO_LONG);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static uint8_t bytes[RTC_FRAMING_HEAD + RTC_FRAMING_PACKET_MAX];
    for (size_t n = 0; n <= RTC_FRAMING_PACKET_MAX; n++) {
        const uint8_t *packet;
        size_t         len;
        rtc_framing_put_head(bytes, n);
        struct rd in = rd_over(bytes, sizeof bytes);
        assert_int_equal(rtc_framing_next(&in, &packet, &len), RTC_FRAMING_GOT);
        assert_int_equal(len, n);
        assert_true(rtc_framing_may_begin(bytes[0]));
    }
}

static void http_and_tls_begin_otherwise(void **state)
{
    (void)state;
    static const char *const begins[] = {
        "GET / ", "POST /", "OPTIONS", "PRI * HTTP/2.0", "\x16\x03\x01", "PROXY TCP4"
    };
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        assert_false(rtc_framing_may_begin((uint8_t)begins[i][0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_read_in_their_order),
        cmocka_unit_test(a_packet_is_taken_whole_or_not_at_all),
        cmocka_unit_test(a_length_beyond_the_bound_is_refused_before_its_bytes_come),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(http_and_tls_begin_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
