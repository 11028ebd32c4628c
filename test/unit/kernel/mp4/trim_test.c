/* Parts of MP4 files: sample tables that are read, cut and written again. */
#include "kernel/mp4/trim.h"

#include "core/mem.h"
#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/flat.h"
#include "kernel/mp4/streams.h"
#include "kernel/mp4/tables.h"

enum { ROOM = 64 << 10, SECONDS = 4, FPS = 25, PICTURE_LEN = 1000, SOUND_LEN = 100, BEGIN = 5000 };

/* The moov of four seconds: pictures of which each 25th is a key frame, shown 80 ms later, and a sound behind each. */
struct movie {
    uint8_t moov[ROOM];
    size_t  len;
    int64_t file_len;
};

static void make_movie(struct movie *m)
{
    static uint8_t  header[ROOM];
    struct frame   *video = VIDEO(avc), *audio = AUDIO(aac);
    struct cmaf     c;
    struct mp4_flat flat;
    struct wr       w = wr_over(header, sizeof header);
    uint64_t        at = BEGIN;
    assert_int_equal(cmaf_init(&c, video, NULL, audio), MP4_OK);
    cmaf_write_header(&c, &w);
    size_t ftyp_len = u32_of(header);
    assert_true(mp4_flat_begin(&flat, header + ftyp_len, wr_len(&w) - ftyp_len));
    for (int i = 0; i < SECONDS * FPS; i++) {
        struct mp4_flat_sample picture_of = { i * 3600, 3600, 7200, PICTURE_LEN, i % FPS == 0 };
        struct mp4_flat_sample sound_of = { (int64_t)i * flat.tracks[1].timescale / FPS, flat.tracks[1].timescale / FPS,
                                            0, SOUND_LEN, true };
        mp4_flat_add_sample(&flat.tracks[0], &picture_of, at);
        at += PICTURE_LEN;
        mp4_flat_add_sample(&flat.tracks[1], &sound_of, at);
        at += SOUND_LEN;
    }
    w = wr_over(m->moov, sizeof m->moov);
    mp4_flat_write(&flat, &w, 0);
    assert_false(w.full);
    m->len = wr_len(&w);
    m->file_len = (int64_t)at;
    mp4_flat_finish(&flat);
    cmaf_finish(&c);
    frame_unref(&video);
    frame_unref(&audio);
}

static enum mp4_trimmed trim(const struct movie *m, size_t len, int64_t start_us, int64_t end_us, struct mp4_trim *out)
{
    static const uint8_t ftyp[] = { 0, 0, 0, 12, 'f', 't', 'y', 'p', 'i', 's', 'o', 'm' };
    *out = (struct mp4_trim){ .ftyp = ftyp,
                              .ftyp_len = sizeof ftyp,
                              .moov = m->moov,
                              .moov_len = len,
                              .file_len = (uint64_t)m->file_len,
                              .start_us = start_us,
                              .end_us = end_us };
    return mp4_trim(out);
}

/* The tables of a track in the head of a part. */
static void read_part(const struct mp4_trim *part, unsigned track, struct mp4_tables *t)
{
    struct rd trak =
        rd_over(find(part->head, part->head_len, "trak", track).p, find(part->head, part->head_len, "trak", track).len);
    assert_true(mp4_tables_read(t, trak, u32_of(find(part->head, part->head_len, "mvhd", 0).p + 20)));
}

static void a_part_begins_with_the_key_frame_before_the_time(void **state)
{
    static struct movie m;
    (void)state;
    make_movie(&m);
    /* The key frame of the third second is shown at 2.08 s, and the movie begins with the first sound. */
    static const struct {
        int64_t start_us;
        int     first;
    } rows[] = { { 1, 0 }, { 1079999, 0 }, { 1080000, 25 }, { 2079999, 25 }, { 2500000, 50 }, { 99000000, 75 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mp4_trim         part;
        struct mp4_tables       video;
        struct mp4_cursor       at;
        struct mp4_table_sample s;
        assert_int_equal(trim(&m, m.len, rows[i].start_us, INT64_MAX, &part), MP4_TRIM_OK);
        assert_int_equal(part.from, BEGIN + rows[i].first * (PICTURE_LEN + SOUND_LEN));
        assert_int_equal(part.to, m.file_len);
        read_part(&part, 0, &video);
        assert_int_equal(video.n_samples, SECONDS * FPS - rows[i].first);
        mp4_cursor_begin(&at, &video);
        for (uint32_t n = 0; mp4_cursor_next(&at, &s); n++) {
            assert_int_equal(s.at, part.head_len + n * (PICTURE_LEN + SOUND_LEN));
            assert_int_equal(s.key, n % FPS == 0);
            assert_int_equal(s.len, PICTURE_LEN);
            assert_int_equal(s.pts, n * 3600 + (rows[i].first ? 0 : 7200)); /* the first sound is heard 80 ms earlier */
        }
        assert_false(at.bad);
        mem_free(part.head);
    }
}

static void sound_begins_with_the_picture_and_stays_beside_it(void **state)
{
    static struct movie     m;
    struct mp4_trim         part;
    struct mp4_tables       audio;
    struct mp4_cursor       at;
    struct mp4_table_sample s = { 0 };
    (void)state;
    make_movie(&m);
    assert_int_equal(trim(&m, m.len, 2500000, INT64_MAX, &part), MP4_TRIM_OK);
    read_part(&part, 1, &audio);
    assert_int_equal(audio.n_samples, 48); /* those from 2.08 s on, where the key frame of the third second is shown */
    mp4_cursor_begin(&at, &audio);
    assert_true(mp4_cursor_next(&at, &s));
    assert_int_equal(s.pts, 0);
    assert_int_equal(s.at, part.head_len + 2 * (PICTURE_LEN + SOUND_LEN) + PICTURE_LEN);
    mem_free(part.head);
}

static void a_part_ends_before_the_end(void **state)
{
    static struct movie m;
    struct mp4_trim     part;
    struct mp4_tables   video;
    (void)state;
    make_movie(&m);
    assert_int_equal(trim(&m, m.len, 1500000, 3000000, &part), MP4_TRIM_OK);
    read_part(&part, 0, &video);
    assert_int_equal(video.n_samples, 50);
    assert_true(part.to < (uint64_t)m.file_len);
    mem_free(part.head);
    assert_int_equal(trim(&m, m.len, 99000000, 1, &part), MP4_TRIM_CANNOT); /* nothing is left */
}

static void what_is_cut_or_points_out_of_the_file_is_refused(void **state)
{
    static struct movie m;
    struct mp4_trim     part;
    (void)state;
    make_movie(&m);
    for (size_t cut = 0; cut < m.len; cut++)
        assert_int_equal(trim(&m, cut, 2000000, INT64_MAX, &part), MP4_TRIM_CANNOT);
    m.file_len--;
    assert_int_equal(trim(&m, m.len, 2000000, INT64_MAX, &part), MP4_TRIM_CANNOT);
    assert_null(part.head);
}

static void tables_that_contradict_each_other_are_bad(void **state)
{
    static const char *const types[] = { "stts", "stsc", "co64" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        static struct movie m;
        struct mp4_trim     part;
        make_movie(&m);
        uint8_t *n = (uint8_t *)(uintptr_t)find(m.moov, m.len, types[i], 0).p + 7;
        assert_true(*n > 0);
        *n = 0; /* a table without entries */
        assert_int_equal(trim(&m, m.len, 2000000, INT64_MAX, &part), MP4_TRIM_CANNOT);
    }
}

static void memory_may_run_out(void **state)
{
    static struct movie m;
    bool                done = false;
    (void)state;
    make_movie(&m);
    for (int64_t n = 0; !done; n++) {
        struct mp4_trim part;
        mem_fail_after(n);
        enum mp4_trimmed result = trim(&m, m.len, 2000000, INT64_MAX, &part);
        mem_fail_after(-1);
        done = result == MP4_TRIM_OK;
        assert_int_equal(result, done ? MP4_TRIM_OK : MP4_TRIM_NO_MEMORY);
        mem_free(part.head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_begins_with_the_key_frame_before_the_time),
        cmocka_unit_test(sound_begins_with_the_picture_and_stays_beside_it),
        cmocka_unit_test(a_part_ends_before_the_end),
        cmocka_unit_test(what_is_cut_or_points_out_of_the_file_is_refused),
        cmocka_unit_test(tables_that_contradict_each_other_are_bad),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
