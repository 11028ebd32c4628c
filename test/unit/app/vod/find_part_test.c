/* Parts of FLV files: where they begin and end. MP4: kernel/mp4/trim_test.c. */
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "app/vod/find_part.h"
#include "core/attr.h"
#include "core/mem.h"
#include "kernel/flv.h"

/* Sound at 0 and 20 ms, then a picture each 40 ms from 30 ms on, each fifth a key frame, with sound behind it. */
enum { PICTURES = 20, STEP_MS = 40, BEGIN_MS = 30, KEY_EACH = 5 };

static uint8_t bytes[8192];
static int64_t places[PICTURES]; /* of the pictures */
static int64_t first_at;
static int     fd;
static int64_t file_len;

static void put(struct wr *w, enum flv_tag_type type, int32_t ms, uint8_t first, uint8_t second)
{
    const uint8_t body[] = { first, second, 0, 0, 0, 1, 2, 3 };
    flv_write_tag(w, &(struct flv_tag){ (uint8_t)type, ms, body, sizeof body });
}

static void write_file(bool has_video)
{
    struct wr w = wr_over(bytes, sizeof bytes);
    FILE     *f = tmpfile();
    assert_non_null(f);
    flv_write_header(&w, true, has_video);
    if (has_video)
        put(&w, FLV_VIDEO, 0, 0x17, 0);
    put(&w, FLV_AUDIO, 0, 0xaf, 0);
    first_at = (int64_t)wr_len(&w);
    put(&w, FLV_AUDIO, 0, 0xaf, 1);
    put(&w, FLV_AUDIO, 20, 0xaf, 1);
    for (int i = 0; i < PICTURES; i++) {
        places[i] = (int64_t)wr_len(&w);
        if (has_video)
            put(&w, FLV_VIDEO, BEGIN_MS + i * STEP_MS, i % KEY_EACH == 0 ? 0x17 : 0x27, 1);
        put(&w, FLV_AUDIO, BEGIN_MS + 10 + i * STEP_MS, 0xaf, 1);
    }
    assert_false(w.full);
    file_len = (int64_t)wr_len(&w);
    fd = dup(fileno(f));
    assert_int_equal(write(fd, bytes, (size_t)file_len), file_len);
    fclose(f);
}

static struct vod_keys keys; /* nothing is known */

static struct vod_found part_of(int64_t start_ms, int64_t end_ms)
{
    struct vod_wish  wish = { VOD_FLV, start_ms * 1000, end_ms < 0 ? INT64_MAX : end_ms * 1000 };
    struct vod_found found;
    assert_null(vod_find_part(fd, file_len, &wish, &keys, &found));
    flv_index_finish(&keys.grown);
    return found;
}

static void assert_part(int64_t start_ms, int64_t end_ms, int64_t from, int64_t to, int64_t began_ms)
{
    struct vod_found found = part_of(start_ms, end_ms);
    assert_int_equal(found.from, from);
    assert_int_equal(found.to, to);
    assert_int_equal(found.began_us, began_ms * 1000);
    assert_non_null(found.head);
    mem_free(found.head);
}

static void a_part_begins_with_the_key_frame(void **state)
{
    (void)state;
    write_file(true);
    assert_part(229, -1, first_at, file_len, BEGIN_MS); /* the first key frame, with the sound before it */
    assert_part(230, -1, places[5], file_len, 230);
    assert_part(429, -1, places[5], file_len, 230);
    assert_part(99999, -1, places[15], file_len, 630);
    assert_part(430, 640, places[10], places[15] + 23, 430); /* up to the picture at 630 ms */
    close(fd);
}

static void a_file_without_video_begins_with_any_sound(void **state)
{
    (void)state;
    write_file(false);
    assert_part(45, -1, places[0], file_len, BEGIN_MS + 10);
    assert_part(99999, -1, places[PICTURES - 1], file_len, BEGIN_MS + 10 + (PICTURES - 1) * STEP_MS);
    close(fd);
}

static void the_duration_is_the_time_of_the_last_tag(void **state)
{
    (void)state;
    write_file(true);
    struct vod_found found = part_of(300, -1);
    assert_int_equal(found.duration_us, (BEGIN_MS + 10 + (PICTURES - 1) * STEP_MS) * 1000);
    mem_free(found.head);
    close(fd);
}

static void a_part_of_a_file_that_is_cut_is_what_is_there(void **state)
{
    (void)state;
    write_file(true);
    for (int64_t len = 0; len < file_len; len++) {
        struct vod_wish  wish = { VOD_FLV, 500000, INT64_MAX };
        struct vod_found found;
        assert_null(vod_find_part(fd, len, &wish, &keys, &found));
        flv_index_finish(&keys.grown);
        assert_int_equal(found.to, len);
        assert_true(found.from >= 0 && found.from <= len);
        mem_free(found.head);
        wish.format = VOD_MP4;
        assert_null(vod_find_part(fd, len, &wish, &keys, &found));
        assert_null(found.head);
    }
    close(fd);
}

static void a_walk_begins_where_earlier_ones_have_been(void **state)
{
    struct flv_index known = { 0 };
    struct vod_wish  wish = { VOD_FLV, 300000, INT64_MAX };
    struct vod_found found;
    (void)state;
    write_file(true);
    assert_null(vod_find_part(fd, file_len, &wish, &keys, &found));
    mem_free(found.head);
    known = keys.grown; /* the key frames at 30 and 230 ms */
    assert_int_equal(known.n, 2);
    assert_int_equal(known.entries[1].at, places[5]);

    /* The tag before the known key frame is broken, so a walk from the beginning would end there. */
    assert_int_equal(pwrite(fd, "ÿ", 1, places[4]), 1);
    struct vod_keys more = { .known = &known };
    wish.start_us = 700000;
    assert_null(vod_find_part(fd, file_len, &wish, &more, &found));
    assert_int_equal(found.from, places[15]);
    assert_int_equal(more.grown.n, 4);
    mem_free(found.head);
    flv_index_finish(&more.grown);
    flv_index_finish(&known);
    keys = (struct vod_keys){ 0 };
    close(fd);
}

static void memory_may_run_out(void **state)
{
    bool done = false;
    (void)state;
    write_file(true);
    for (int64_t n = 0; !done; n++) {
        struct vod_wish  wish = { VOD_FLV, 500000, INT64_MAX };
        struct vod_found found;
        mem_fail_after(n);
        struct err *e = vod_find_part(fd, file_len, &wish, &keys, &found);
        mem_fail_after(-1);
        flv_index_finish(&keys.grown);
        done = !e;
        assert_int_equal(found.head != NULL, done);
        err_free(e);
        mem_free(found.head);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_begins_with_the_key_frame),
        cmocka_unit_test(a_file_without_video_begins_with_any_sound),
        cmocka_unit_test(the_duration_is_the_time_of_the_last_tag),
        cmocka_unit_test(a_part_of_a_file_that_is_cut_is_what_is_there),
        cmocka_unit_test(a_walk_begins_where_earlier_ones_have_been),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
