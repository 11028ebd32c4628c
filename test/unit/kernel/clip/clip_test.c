/* A clip in memory: its frames, in order and again, and files that are broken. */
#include "kernel/clip/clip.h"

#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

/* clang-format off */
static const uint8_t file[] = {
    'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0,
    18, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0,  0, 0, 0, 14,                 /* a data message               */
    8, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0xAF, 0, 0x12, 0x10,  0, 0, 0, 15,      /* AAC: the configuration       */
    8, 0, 0, 4, 0, 0, 10, 0, 0, 0, 0, 0xAF, 1, 1, 2,  0, 0, 0, 15,           /* AAC at 10 ms                 */
    9, 0, 0, 1, 0, 0, 20, 0, 0, 0, 0, 0x17,  0, 0, 0, 12,                    /* a picture without a body     */
    8, 0, 0, 4, 0, 0, 33, 0, 0, 0, 0, 0xAF, 1, 3, 4,  0, 0, 0, 15,           /* AAC at 33 ms                 */
};
/* clang-format on */

/* The times in ms of all frames up to the end; a configuration counts as -1. */
static size_t read_all(struct clip *c, int64_t *ms, size_t room)
{
    size_t         n = 0;
    struct frame  *f;
    enum clip_read read;
    while ((read = clip_next(c, &f)) != CLIP_END) {
        if (read != CLIP_FRAME)
            continue;
        assert_true(n < room);
        ms[n++] = f->config ? -1 : f->dts_us / 1000;
        assert_int_equal(f->kind, FRAME_AUDIO);
        frame_unref(&f);
    }
    return n;
}

static void frames_come_in_order_and_what_is_no_media_is_left_out(void **state)
{
    struct clip c;
    int64_t     ms[8];
    (void)state;
    assert_true(clip_begin(&c, file, sizeof file));
    assert_int_equal(read_all(&c, ms, 8), 3);
    assert_int_equal(ms[0], -1);
    assert_int_equal(ms[1], 10);
    assert_int_equal(ms[2], 33);
    clip_finish(&c);
}

static void a_clip_is_read_again(void **state)
{
    struct clip c;
    int64_t     ms[8];
    (void)state;
    assert_true(clip_begin(&c, file, sizeof file));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read_all(&c, ms, 8), 3);
        assert_int_equal(ms[0], -1);
        clip_rewind(&c);
    }
    clip_finish(&c);
}

static void a_file_that_breaks_off_ends_there(void **state)
{
    int64_t ms[8];
    size_t  most = 0;
    (void)state;
    for (size_t len = 0; len <= sizeof file; len++) {
        struct clip c = { 0 };
        if (clip_begin(&c, file, len)) {
            size_t n = read_all(&c, ms, 8);
            assert_true(n >= most);
            most = n;
        }
        clip_finish(&c);
    }
    assert_int_equal(most, 3);
}

static void what_is_no_media_file_is_refused(void **state)
{
    struct clip c;
    (void)state;
    assert_false(clip_begin(&c, "GIF89a, and more than a header", 30));
    assert_false(clip_begin(&c, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_in_order_and_what_is_no_media_is_left_out),
        cmocka_unit_test(a_clip_is_read_again),
        cmocka_unit_test(a_file_that_breaks_off_ends_there),
        cmocka_unit_test(what_is_no_media_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
