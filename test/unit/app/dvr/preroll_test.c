/* What is kept before a recording: from a place on, within time and bytes, with the headers that belong there. */
#include "app/dvr/preroll.h"

#include <cmocka.h>

#include "core/clock.h"
#include "core/mem.h"

static struct frame *make(int64_t ms, size_t bytes)
{
    struct frame *f = frame_new(bytes);
    assert_non_null(f);
    f->kind = FRAME_VIDEO;
    f->len = f->media_len = (uint32_t)bytes;
    f->dts_us = f->pts_us = ms * US_PER_MS;
    return f;
}

/* A frame each 100 ms; each tenth is a place. */
static void take(struct preroll *p, int n, size_t bytes, int64_t span_us)
{
    static const struct headers none;
    struct frame               *f = make(n * INT64_C(100), bytes);
    preroll_take(p, f, &none, n % 10 == 0, span_us);
    frame_unref(&f);
}

static int64_t first_ms(const struct preroll *p)
{
    return preroll_first_us(p) / US_PER_MS;
}

static void it_begins_at_the_last_place_before_the_time(void **state)
{
    struct preroll p = { 0 };
    (void)state;
    take(&p, 5, 10, 2 * US_PER_SECOND);
    assert_int_equal(p.n, 0); /* no place yet */
    for (int n = 6; n <= 57; n++)
        take(&p, n, 10, 2 * US_PER_SECOND);
    assert_int_equal(first_ms(&p), 3000); /* cut at 5.0 s: from 3.0 on it is two seconds */
    preroll_trim(&p, US_PER_SECOND);
    assert_int_equal(first_ms(&p), 4000);
    preroll_trim(&p, INT64_MAX);
    assert_int_equal(p.n, 18);
    for (int n = 40; n <= 57; n++) {
        struct frame *f = preroll_next(&p);
        assert_int_equal(f->dts_us, n * 100 * US_PER_MS);
        frame_unref(&f);
    }
    assert_null(preroll_next(&p));
    assert_int_equal(p.bytes, 0);
    preroll_clear(&p);
}

static void bytes_are_bounded_at_places(void **state)
{
    struct preroll p = { 0 };
    (void)state;
    for (int n = 0; n < 400; n++) {
        take(&p, n, PREROLL_BYTES_MAX / 50, INT64_MAX);
        assert_true(p.bytes <= PREROLL_BYTES_MAX);
        assert_true(p.n == 0 || first_ms(&p) % 1000 == 0);
    }
    assert_true(p.n >= 30);
    take(&p, 401, PREROLL_BYTES_MAX, INT64_MAX);
    take(&p, 402, PREROLL_BYTES_MAX, INT64_MAX);
    assert_int_equal(p.n, 0); /* no place leaves less */
    preroll_clear(&p);
}

static void frames_are_bounded_at_places(void **state)
{
    enum { FRAMES = 3 * PREROLL_FRAMES_MAX + 7 };
    struct preroll p = { 0 };
    (void)state;
    for (int n = 0; n < FRAMES; n++) {
        take(&p, n, 1, INT64_MAX);
        assert_true(p.n <= PREROLL_FRAMES_MAX);
        assert_true(n < PREROLL_FRAMES_MAX || p.n > PREROLL_FRAMES_MAX - 10);
    }
    assert_int_equal(first_ms(&p), 100 * INT64_C(10) * ((FRAMES - PREROLL_FRAMES_MAX + 9) / 10));
    struct frame *f = preroll_next(&p);
    assert_int_equal(f->dts_us % US_PER_SECOND, 0);
    frame_unref(&f);
    preroll_clear(&p);
}

static void headers_that_are_cut_off_stay_in_force(void **state)
{
    static const struct headers none;
    struct preroll              p = { 0 };
    struct frame               *config = make(500, 10);
    (void)state;
    config->config = true;
    take(&p, 0, 10, US_PER_SECOND);
    preroll_take(&p, config, &none, false, US_PER_SECOND);
    assert_null(headers_find(&p.headers, FRAME_VIDEO, 0));
    for (int n = 6; n <= 20; n++)
        take(&p, n, 10, US_PER_SECOND);
    assert_int_equal(first_ms(&p), 1000);
    assert_ptr_equal(headers_find(&p.headers, FRAME_VIDEO, 0), config);
    frame_unref(&config);
    preroll_clear(&p);
}

static void without_time_or_memory_nothing_is_kept(void **state)
{
    struct preroll p = { 0 };
    (void)state;
    take(&p, 0, 10, US_PER_SECOND);
    take(&p, 1, 10, 0);
    assert_int_equal(p.n, 0);
    struct frame               *f = make(0, 10);
    static const struct headers none;
    mem_fail_after(0);
    preroll_take(&p, f, &none, true, US_PER_SECOND);
    mem_fail_after(-1);
    assert_int_equal(p.n, 0);
    frame_unref(&f);
    preroll_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_at_the_last_place_before_the_time),
        cmocka_unit_test(bytes_are_bounded_at_places),
        cmocka_unit_test(frames_are_bounded_at_places),
        cmocka_unit_test(headers_that_are_cut_off_stay_in_force),
        cmocka_unit_test(without_time_or_memory_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
