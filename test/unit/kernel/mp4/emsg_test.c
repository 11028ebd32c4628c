#include "kernel/mp4/emsg.h"

#include "kernel/mp4/streams.h"

static void an_event_is_told_in_full(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        0,    0,    0,    42,   'e', 'm', 's', 'g', 1, 0, 0, 0, /* version 1                    */
        0,    0,    0xBB, 0x80,                                 /* timescale 48000              */
        0,    0,    0,    1,    0,   0,   0,   2,               /* presentation_time, 64 bits   */
        0xFF, 0xFF, 0xFF, 0xFF, 0,   0,   0,   7,               /* event_duration unknown; id   */
        'u',  ':',  'x',  0,    'v', '1', 0,                    /* scheme_id_uri, value         */
        0xFC, 0x30, 0x11,                                       /* message_data                 */
    };
    struct emsg e = {
        .scheme = "u:x",
        .value = "v1",
        .timescale = 48000,
        .time = 0x100000002,
        .duration = EMSG_NO_DURATION,
        .id = 7,
        .bytes = (const uint8_t[]){ 0xFC, 0x30, 0x11 },
        .len = 3,
    };
    uint8_t   bytes[64];
    struct wr w = wr_over(bytes, sizeof bytes);
    emsg_write(&w, &e);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), sizeof want);
    assert_int_equal(emsg_len(&e), sizeof want);
    assert_memory_equal(bytes, want, sizeof want);
}

static void an_event_may_have_no_value_and_no_bytes(void **state)
{
    (void)state;
    struct emsg e = { .scheme = EMSG_SCHEME_ID3, .timescale = 90000 };
    uint8_t     bytes[128];
    struct wr   w = wr_over(bytes, sizeof bytes);
    emsg_write(&w, &e);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), emsg_len(&e));
    struct box box = find(bytes, wr_len(&w), "emsg", 0);
    assert_string_equal(box.p + 4 + 20, EMSG_SCHEME_ID3);
    assert_int_equal(box.len, 4 + 20 + sizeof EMSG_SCHEME_ID3 + 1);
}

static void a_message_that_is_too_long_is_full(void **state)
{
    (void)state;
    static uint8_t bytes[EMSG_BYTES_MAX + 128], message[EMSG_BYTES_MAX + 1];
    struct emsg    e = { .scheme = EMSG_SCHEME_SCTE35, .bytes = message, .len = sizeof message };
    struct wr      w = wr_over(bytes, sizeof bytes), exact;
    emsg_write(&w, &e);
    assert_true(w.full);
    e.len--;
    exact = wr_over(bytes, emsg_len(&e));
    emsg_write(&exact, &e);
    assert_false(exact.full);
    exact = wr_over(bytes, emsg_len(&e) - 1);
    emsg_write(&exact, &e);
    assert_true(exact.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_told_in_full),
        cmocka_unit_test(an_event_may_have_no_value_and_no_bytes),
        cmocka_unit_test(a_message_that_is_too_long_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
