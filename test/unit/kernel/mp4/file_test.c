/* An MP4 file in memory: its samples and configurations, and files that are broken. */
#include "kernel/mp4/file.h"

#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/wr.h"

/* ---- a file of one track of AAC: moov, then mdat ---- */

static size_t open_box(struct wr *w, const char *type)
{
    size_t at = wr_len(w);
    wr_u32(w, 0);
    wr_bytes(w, (const uint8_t *)type, 4);
    return at;
}

static void close_box(struct wr *w, uint8_t *bytes, size_t at)
{
    struct wr size = wr_over(bytes + at, 4);
    wr_u32(&size, (uint32_t)(wr_len(w) - at));
}

static void zeros(struct wr *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        wr_u8(w, 0);
}

static void put_esds(struct wr *w)
{
    static const uint8_t descriptors[] = {
        3, 0x80, 22,   0,    1, 0,                            /* ES; its size in two bytes */
        4, 17,   0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* AAC */
        5, 2,    0x12, 0x10,                                  /* 44100 Hz, stereo */
    };
    zeros(w, 4);
    wr_bytes(w, descriptors, sizeof descriptors);
}

static void put_stsd(struct wr *w, uint8_t *p)
{
    size_t stsd = open_box(w, "stsd");
    zeros(w, 4);
    wr_u32(w, 1);
    size_t entry = open_box(w, "mp4a");
    zeros(w, 16);
    wr_u16(w, 2); /* channels */
    zeros(w, 10);
    size_t esds = open_box(w, "esds");
    put_esds(w);
    close_box(w, p, esds);
    close_box(w, p, entry);
    close_box(w, p, stsd);
}

static void put_table(struct wr *w, uint8_t *p, const char *type, const uint32_t *values, size_t n)
{
    size_t at = open_box(w, type);
    zeros(w, 4);
    for (size_t i = 0; i < n; i++)
        wr_u32(w, values[i]);
    close_box(w, p, at);
}

enum { SAMPLES = 3, SAMPLE_LEN = 4 };

/* Write the file. `media_at`: where the first sample lies. */
static size_t make_file(uint8_t *p, size_t cap, uint32_t media_at, const char *handler)
{
    struct wr w = wr_over(p, cap);
    size_t    moov = open_box(&w, "moov"), mvhd = open_box(&w, "mvhd");
    zeros(&w, 12);
    wr_u32(&w, 1000);
    zeros(&w, 84);
    close_box(&w, p, mvhd);
    size_t trak = open_box(&w, "trak"), tkhd = open_box(&w, "tkhd");
    zeros(&w, 12);
    wr_u32(&w, 1);
    zeros(&w, 68);
    close_box(&w, p, tkhd);
    size_t mdia = open_box(&w, "mdia"), mdhd = open_box(&w, "mdhd");
    zeros(&w, 12);
    wr_u32(&w, 1000);
    zeros(&w, 8);
    close_box(&w, p, mdhd);
    size_t hdlr = open_box(&w, "hdlr");
    zeros(&w, 8);
    wr_bytes(&w, (const uint8_t *)handler, 4);
    zeros(&w, 13);
    close_box(&w, p, hdlr);
    size_t minf = open_box(&w, "minf"), stbl = open_box(&w, "stbl");
    put_stsd(&w, p);
    put_table(&w, p, "stts", (const uint32_t[]){ 1, SAMPLES, 20 }, 3);
    put_table(&w, p, "stsc", (const uint32_t[]){ 1, 1, SAMPLES, 1 }, 4);
    put_table(&w, p, "stsz", (const uint32_t[]){ SAMPLE_LEN, SAMPLES }, 2);
    put_table(&w, p, "stco", (const uint32_t[]){ 1, media_at }, 2);
    close_box(&w, p, stbl);
    close_box(&w, p, minf);
    close_box(&w, p, mdia);
    close_box(&w, p, trak);
    close_box(&w, p, moov);
    size_t mdat = open_box(&w, "mdat");
    for (int i = 0; i < SAMPLES * SAMPLE_LEN; i++)
        wr_u8(&w, (uint8_t)i);
    close_box(&w, p, mdat);
    return wr_len(&w);
}

static uint8_t file[2048];
static size_t  len;

static int make(void **state)
{
    (void)state;
    len = make_file(file, sizeof file, 0, "soun");
    len = make_file(file, sizeof file, (uint32_t)(len - SAMPLES * SAMPLE_LEN), "soun");
    return 0;
}

static void the_configuration_comes_first_and_then_the_samples(void **state)
{
    struct mp4_file   f;
    struct frame_unit u;
    (void)state;
    assert_true(mp4_file_begin(&f, file, len));
    for (int round = 0; round < 2; round++) {
        assert_true(mp4_file_next(&f, &u));
        assert_int_equal(u.form, UNIT_CONFIG);
        assert_int_equal(u.codec, CODEC_AAC);
        assert_int_equal(rd_left(&u.bytes), 2);
        for (int i = 0; i < SAMPLES; i++) {
            assert_true(mp4_file_next(&f, &u));
            assert_int_equal(u.form, UNIT_STORED);
            assert_int_equal(u.dts_us, i * 20000);
            assert_int_equal(u.channels, 2);
            assert_int_equal(rd_left(&u.bytes), SAMPLE_LEN);
            assert_int_equal(u.bytes.p[0], i * SAMPLE_LEN);
        }
        assert_false(mp4_file_next(&f, &u));
        mp4_file_rewind(&f);
    }
}

static void a_sample_outside_the_file_ends_the_track(void **state)
{
    struct mp4_file   f;
    struct frame_unit u;
    (void)state;
    assert_true(mp4_file_begin(&f, file, len - 1)); /* the mdat breaks off, which is no matter of the moov */
    for (int i = 0; i < SAMPLES; i++)               /* the configuration, and the samples but the last */
        assert_true(mp4_file_next(&f, &u));
    assert_false(mp4_file_next(&f, &u));
}

static void every_cut_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        struct mp4_file   f;
        struct frame_unit u;
        uint8_t          *copy = malloc(cut ? cut : 1); /* so that a sanitizer sees each byte behind it */
        memcpy(copy, file, cut);
        size_t n = 0;
        if (mp4_file_begin(&f, copy, cut))
            while (mp4_file_next(&f, &u))
                n++;
        assert_true(n <= SAMPLES);
        free(copy);
    }
}

static void a_codec_that_is_not_read_is_no_track(void **state)
{
    struct mp4_file f;
    (void)state;
    for (size_t i = 0; i + 4 < len; i++)
        if (memcmp(file + i, "mp4a", 4) == 0)
            memcpy(file + i, "mp4x", 4);
    assert_false(mp4_file_begin(&f, file, len));
}

static void what_is_no_mp4_is_refused(void **state)
{
    struct mp4_file f;
    (void)state;
    assert_false(mp4_file_begin(&f, "", 0));
    assert_false(mp4_file_begin(&f, "FLV\1\5\0\0\0\11\0\0\0\0", 13));
    assert_false(mp4_file_begin(&f, "\0\0\0\10moov", 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_configuration_comes_first_and_then_the_samples, make),
        cmocka_unit_test_setup(a_sample_outside_the_file_ends_the_track, make),
        cmocka_unit_test_setup(every_cut_is_read_or_refused, make),
        cmocka_unit_test_setup(a_codec_that_is_not_read_is_no_track, make),
        cmocka_unit_test(what_is_no_mp4_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
