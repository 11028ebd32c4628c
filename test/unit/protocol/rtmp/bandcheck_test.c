/* Messages of the bandwidth test: to the letter, and as clients may send them. */
#include "protocol/rtmp/bandcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kernel/amf0.h"
#include "protocol/rtmp/command.h"

static uint8_t   bytes[RTMP_REPLY_MAX];
static struct wr w;

static int setup(void **state)
{
    (void)state;
    w = wr_over(bytes, sizeof bytes);
    return 0;
}

static enum rtmp_bandcheck read_it(void)
{
    assert_false(w.full);
    return rtmp_bandcheck_read(bytes, wr_len(&w));
}

static void a_command_has_zero_null_and_its_numbers(void **state)
{
    static const uint8_t wanted[] = {
        2,   0,    22,   'o', 'n', 'S', 'r', 's', 'B', 'a', 'n', 'd', 'C', 'h', 'e', 'c', 'k',
        'F', 'i',  'n',  'i', 's', 'h', 'e', 'd', 0,   0,   0,   0,   0,   0,   0,   0,   0, /* 0 */
        5,                                                                                   /* null */
        3,   0,    9,    'p', 'l', 'a', 'y', '_', 'k', 'b', 'p', 's',                        /* play_kbps */
        0,   0x40, 0x08, 0,   0,   0,   0,   0,   0,   0,   0,   9,                          /* 3, the end */
    };
    (void)state;
    rtmp_bandcheck_write(&w, RTMP_BANDCHECK_FINISHED, &(struct rtmp_bandcheck_value){ "play_kbps", 3 }, 1);
    assert_int_equal(wr_len(&w), sizeof wanted);
    assert_memory_equal(bytes, wanted, sizeof wanted);
}

static void each_command_is_read_as_what_it_is(void **state)
{
    (void)state;
    for (int command = RTMP_BANDCHECK_START_PLAY; command < RTMP_BANDCHECK_BAD; command++) {
        w = wr_over(bytes, sizeof bytes);
        rtmp_bandcheck_write(&w, (enum rtmp_bandcheck)command, NULL, 0);
        assert_int_equal(read_it(), command);
    }
}

static void a_playing_message_has_numbered_texts_and_fits_into_a_reply(void **state)
{
    (void)state;
    rtmp_bandcheck_write_playing(&w, 3);
    struct rd r = rd_over(bytes, wr_len(&w));
    assert_true(amf0_text_is(amf0_read_string(&r), "onSrsBandCheckPlaying"));
    amf0_read_number(&r);
    amf0_skip(&r);
    assert_true(amf0_text_is(amf0_get_string(r, "0"), "SRS band check data from server's playing......"));
    assert_non_null(amf0_get_string(r, "2").p);
    assert_null(amf0_get_string(r, "3").p);

    w = wr_over(bytes, sizeof bytes);
    rtmp_bandcheck_write_playing(&w, RTMP_BANDCHECK_TEXTS_MAX + 100);
    assert_int_equal(read_it(), RTMP_BANDCHECK_PLAYING);
    r = rd_over(bytes, wr_len(&w));
    for (int i = 0; i < 3; i++)
        amf0_skip(&r);
    assert_non_null(amf0_get_string(r, "199").p);
    assert_null(amf0_get_string(r, "200").p);
}

static void other_commands_are_no_fault(void **state)
{
    (void)state;
    amf0_write_string(&w, "_checkbw");
    assert_int_equal(read_it(), RTMP_BANDCHECK_OTHER);
}

static void what_is_published_must_be_an_object(void **state)
{
    (void)state;
    amf0_write_string(&w, "onSrsBandCheckPublishing");
    assert_int_equal(read_it(), RTMP_BANDCHECK_BAD);
    amf0_write_number(&w, 0);
    amf0_write_null(&w);
    assert_int_equal(read_it(), RTMP_BANDCHECK_BAD);
    struct wr without = w;
    amf0_write_string(&w, "data");
    assert_int_equal(read_it(), RTMP_BANDCHECK_BAD);
    w = without;
    amf0_write_ecma_array(&w, 0);
    amf0_write_end(&w);
    assert_int_equal(read_it(), RTMP_BANDCHECK_PUBLISHING);
}

static void every_cut_of_a_name_is_bad(void **state)
{
    (void)state;
    amf0_write_string(&w, "onSrsBandCheckStoppedPlayBytes");
    for (size_t cut = 0; cut < wr_len(&w); cut++)
        assert_int_equal(rtmp_bandcheck_read(bytes, cut), RTMP_BANDCHECK_BAD);
    assert_int_equal(read_it(), RTMP_BANDCHECK_STOPPED_PLAY);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_has_zero_null_and_its_numbers),
        TEST(each_command_is_read_as_what_it_is),
        TEST(a_playing_message_has_numbered_texts_and_fits_into_a_reply),
        TEST(other_commands_are_no_fault),
        TEST(what_is_published_must_be_an_object),
        TEST(every_cut_of_a_name_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
