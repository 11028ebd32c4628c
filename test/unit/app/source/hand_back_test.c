/* Where a publisher that is back takes over from its stand-in. */
#include "app/source/hand_back.h"

#include "app/source/delay.h"
#include "app/source/fixture.h"

enum { PATIENCE_US = 10 * US_PER_SECOND };

static struct hand_back h;
static int64_t          now_at_us;

static int setup(void **state)
{
    (void)state;
    hand_back_begin(&h);
    now_at_us = US_PER_SECOND;
    return 0;
}

static enum hand_back_verdict look(const char *label)
{
    struct frame          *f = labelled(label, 0);
    enum hand_back_verdict verdict = hand_back_look(&h, &(struct arrival){ .frame = f }, now_at_us, PATIENCE_US);
    frame_unref(&f);
    return verdict;
}

static void a_key_frame_ends_the_wait_and_headers_are_kept(void **state)
{
    (void)state;
    assert_int_equal(look("M1"), HAND_BACK_KEEP);
    assert_int_equal(look("A1"), HAND_BACK_KEEP);
    assert_int_equal(look("V1"), HAND_BACK_KEEP);
    assert_int_equal(look("a1"), HAND_BACK_DROP);
    assert_int_equal(look("p1"), HAND_BACK_DROP);
    assert_true(h.waits);
    assert_int_equal(look("K2"), HAND_BACK_NOW);
    assert_false(h.waits);
}

static void without_pictures_the_first_sound_ends_it(void **state)
{
    (void)state;
    assert_int_equal(look("A1"), HAND_BACK_KEEP);
    assert_int_equal(look("a1"), HAND_BACK_NOW);
}

static void pictures_that_the_metadata_announces_are_waited_for(void **state)
{
    struct frame  *f = labelled("M1", 0);
    struct arrival a = { .frame = f, .has_info = true, .video_told = true };
    (void)state;
    assert_int_equal(hand_back_look(&h, &a, now_at_us, PATIENCE_US), HAND_BACK_KEEP);
    frame_unref(&f);
    assert_int_equal(look("a1"), HAND_BACK_DROP);
}

static void a_stream_without_key_frames_is_waited_for_no_longer_than_that(void **state)
{
    (void)state;
    assert_int_equal(look("V1"), HAND_BACK_KEEP);
    assert_int_equal(look("p1"), HAND_BACK_DROP);
    now_at_us += PATIENCE_US;
    assert_int_equal(look("p2"), HAND_BACK_NOW);
}

static void headers_without_end_are_not_kept_without_end(void **state)
{
    (void)state;
    int n = 0;
    assert_int_equal(look("V1"), HAND_BACK_KEEP);
    while (n < HAND_BACK_BYTES_MAX && look("M1") == HAND_BACK_KEEP)
        n++;
    assert_in_range(n, 100, HAND_BACK_BYTES_MAX / sizeof(struct frame));
    assert_int_equal(look("K2"), HAND_BACK_NOW);
    hand_back_begin(&h);
    assert_int_equal(look("M1"), HAND_BACK_KEEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_key_frame_ends_the_wait_and_headers_are_kept, setup),
        cmocka_unit_test_setup(without_pictures_the_first_sound_ends_it, setup),
        cmocka_unit_test_setup(pictures_that_the_metadata_announces_are_waited_for, setup),
        cmocka_unit_test_setup(a_stream_without_key_frames_is_waited_for_no_longer_than_that, setup),
        cmocka_unit_test_setup(headers_without_end_are_not_kept_without_end, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
