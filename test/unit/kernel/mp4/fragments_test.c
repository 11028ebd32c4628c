/* Fragments that our own muxer has written are read again; then those of other writers, byte by byte, and broken ones. */
#include "kernel/mp4/fragments.h"

#include <stdlib.h>
#include <string.h>

#include "core/wr.h"
#include "kernel/mp4/box.h"
#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/fragmented.h"
#include "kernel/mp4/streams.h"

enum { ROOM = 16 << 10, MS = 1000, PICTURES = 4, SOUNDS = 8, SOUND_US = 21333 };

static uint8_t header[ROOM], segment[ROOM];
static size_t  header_len, segment_len;

static void add(struct cmaf *c, struct frame *f, int64_t dts_us)
{
    f->pts_us += dts_us - f->dts_us;
    f->dts_us = dts_us;
    assert_int_equal(cmaf_look(c, f), MP4_FRAME_CARRIED);
    assert_int_equal(cmaf_add(c, f, dts_us), CMAF_ADDED);
}

/* An init section, and a segment of one fragment: a key frame and others each 40 ms, and sound. */
static void write_all(void)
{
    struct frame *video = VIDEO(avc), *audio = AUDIO(aac), *key = VIDEO(picture), *inter = VIDEO(reordered),
                 *heard = AUDIO(sound);
    struct cmaf c;
    struct wr   h = wr_over(header, sizeof header), w = wr_over(segment, sizeof segment);
    assert_int_equal(cmaf_init(&c, video, NULL, audio), MP4_OK);
    cmaf_write_header(&c, &h);
    for (int i = 0; i < PICTURES; i++)
        add(&c, i ? inter : key, (1000 + 40 * i) * MS);
    for (int i = 0; i < SOUNDS; i++)
        add(&c, heard, 1000 * MS + i * SOUND_US);
    cmaf_write_styp(&w);
    assert_true(cmaf_write_part(&c, &w, NULL, 0, NULL));
    header_len = wr_len(&h);
    segment_len = wr_len(&w);
    cmaf_finish(&c);
    struct frame **all[] = { &video, &audio, &key, &inter, &heard };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        frame_unref(all[i]);
}

static void samples_of_our_own_muxer_come_in_the_order_of_their_times(void **state)
{
    (void)state;
    struct mp4_init            init;
    struct mp4_fragments       f;
    struct mp4_fragment_sample s;
    int                        n_video = 0, n_audio = 0;
    int64_t                    last_us = 0;
    write_all();
    assert_true(mp4_init_read(&init, header, header_len));
    assert_int_equal(init.n, 2);
    assert_true(init.tracks[0].is_video);
    assert_int_equal(init.tracks[0].entry.codec, CODEC_H264);
    assert_int_equal(init.tracks[1].entry.codec, CODEC_AAC);
    mp4_fragments_begin(&f, &init, segment, segment_len);
    while (mp4_fragments_next(&f, &s)) {
        assert_true(s.dts_us >= last_us);
        last_us = s.dts_us;
        if (s.track->is_video) {
            assert_int_equal(s.key, n_video == 0);
            assert_int_equal(rd_left(&s.bytes), sizeof picture - 5);
            assert_memory_equal(s.bytes.p, (n_video ? reordered : picture) + 5, sizeof picture - 5);
            n_video++;
        } else {
            assert_int_equal(rd_left(&s.bytes), sizeof sound - 2);
            assert_memory_equal(s.bytes.p, sound + 2, sizeof sound - 2);
            n_audio++;
        }
    }
    assert_false(f.bad);
    assert_int_equal(n_video, PICTURES);
    assert_int_equal(n_audio, SOUNDS);
    assert_true(last_us > 1000 * MS && last_us < 2000 * MS);
}

static int count(const struct mp4_init *init, const uint8_t *bytes, size_t len, bool *bad)
{
    struct mp4_fragments       f;
    struct mp4_fragment_sample s;
    int                        n = 0;
    mp4_fragments_begin(&f, init, bytes, len);
    while (mp4_fragments_next(&f, &s)) {
        assert_true(s.bytes.p >= bytes && s.bytes.end <= bytes + len);
        n++;
    }
    assert_false(mp4_fragments_next(&f, &s));
    *bad = f.bad;
    return n;
}

static void a_cut_segment_gives_what_is_there(void **state)
{
    (void)state;
    struct mp4_init init;
    bool            bad;
    int             last = 0;
    write_all();
    assert_true(mp4_init_read(&init, header, header_len));
    for (size_t cut = 0; cut < segment_len; cut++) {
        uint8_t *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, segment, cut);
        int n = count(&init, copy, cut, &bad);
        assert_true(n >= last && n < PICTURES + SOUNDS);
        last = n;
        free(copy);
    }
    assert_int_equal(count(&init, segment, segment_len, &bad), PICTURES + SOUNDS);
    for (size_t cut = 0; cut < header_len; cut++)
        assert_false(mp4_init_read(&init, header, cut));
}

/* ---- other writers ---- */

static struct mp4_init one_track = { .n = 1,
                                     .tracks = { { .id = 7,
                                                   .timescale = 1000,
                                                   .shift = -20,
                                                   .is_video = true,
                                                   .duration = 40,
                                                   .size = 3,
                                                   .flags = 0x10000 } } };

static uint8_t made[ROOM];

static void write_moof(struct wr *w, uint32_t id, uint32_t trun_flags, uint32_t n, const uint32_t *fields,
                       size_t n_fields)
{
    size_t moof = mp4_box_begin(w, "moof"), traf = mp4_box_begin(w, "traf");
    size_t tfhd = mp4_full_box_begin(w, "tfhd", 0, 0x20000);
    wr_u32(w, id);
    mp4_box_end(w, tfhd);
    size_t tfdt = mp4_full_box_begin(w, "tfdt", 0, 0);
    wr_u32(w, 1000);
    mp4_box_end(w, tfdt);
    size_t trun = mp4_full_box_begin(w, "trun", 0, trun_flags);
    wr_u32(w, n);
    for (size_t i = 0; i < n_fields; i++)
        wr_u32(w, fields[i]);
    mp4_box_end(w, trun);
    mp4_box_end(w, traf);
    mp4_box_end(w, moof);
}

/* Make a fragment whose trun says this, with 12 bytes of data. */
static size_t write_fragment(uint32_t id, uint32_t trun_flags, uint32_t n, const uint32_t *fields, size_t n_fields)
{
    static const char mdat[] = "\0\0\0\x14mdatabcdefghijkl";
    struct wr         w = wr_over(made, sizeof made);
    write_moof(&w, id, trun_flags, n, fields, n_fields);
    memcpy(made + wr_len(&w), mdat, sizeof mdat - 1);
    return wr_len(&w) + sizeof mdat - 1;
}

enum { HEAD_LEN = 8 + 8 + 16 + 16 + 12 + 4 }; /* moof, traf, tfhd, tfdt, and a trun without fields */

static void what_a_sample_does_not_say_comes_from_the_defaults(void **state)
{
    (void)state;
    struct mp4_fragments       f;
    struct mp4_fragment_sample s;
    const uint32_t             fields[] = { HEAD_LEN + 8 + 8, 0 }; /* data offset, flags of the first sample */
    size_t                     len = write_fragment(7, 0x5, 4, fields, 2);
    mp4_fragments_begin(&f, &one_track, made, len);
    for (int i = 0; i < 4; i++) {
        assert_true(mp4_fragments_next(&f, &s));
        assert_int_equal(s.dts_us, (1000 + 40 * i - 20) * MS);
        assert_int_equal(s.pts_us, s.dts_us);
        assert_int_equal(s.key, i == 0);
        assert_memory_equal(s.bytes.p, "abcdefghijkl" + 3 * i, 3);
        assert_int_equal(rd_left(&s.bytes), 3);
    }
    assert_false(mp4_fragments_next(&f, &s));
    assert_false(f.bad);
}

static void what_a_sample_says_counts(void **state)
{
    (void)state;
    struct mp4_fragments       f;
    struct mp4_fragment_sample s;
    const uint32_t             fields[] = { HEAD_LEN + 4 + 2 * 16 + 8, 10, 5, 0, (uint32_t)-3, 20, 7, 0x10000, 6 };
    size_t                     len = write_fragment(7, 0xF01, 2, fields, 9);
    mp4_fragments_begin(&f, &one_track, made, len);
    assert_true(mp4_fragments_next(&f, &s));
    assert_int_equal(s.dts_us, 980 * MS);
    assert_int_equal(s.pts_us, 977 * MS);
    assert_true(s.key);
    assert_int_equal(rd_left(&s.bytes), 5);
    assert_true(mp4_fragments_next(&f, &s));
    assert_int_equal(s.dts_us, 990 * MS);
    assert_int_equal(s.pts_us, 996 * MS);
    assert_false(s.key);
    assert_memory_equal(s.bytes.p, "fghijkl", 7);
    assert_false(mp4_fragments_next(&f, &s));
    assert_false(f.bad);
}

static void what_lies_outside_the_segment_is_bad(void **state)
{
    (void)state;
    bool           bad;
    const uint32_t before[] = { (uint32_t)-1 }, behind[] = { HEAD_LEN + 4 + 8 + 10 }, far[] = { 0x7FFFFFFF };
    const uint32_t empty[] = { HEAD_LEN + 4 + 4 + 8, 0 };
    assert_int_equal(count(&one_track, made, write_fragment(7, 0x1, 1, before, 1), &bad), 0);
    assert_true(bad);
    assert_int_equal(count(&one_track, made, write_fragment(7, 0x1, 1, behind, 1), &bad), 0);
    assert_true(bad);
    assert_int_equal(count(&one_track, made, write_fragment(7, 0x1, 1, far, 1), &bad), 0);
    assert_true(bad);
    assert_int_equal(count(&one_track, made, write_fragment(7, 0x201, 1, empty, 2), &bad), 0);
    assert_true(bad);
    assert_true(count(&one_track, made, write_fragment(7, 0, UINT32_MAX, NULL, 0), &bad) < 100);
    assert_true(bad);
    assert_int_equal(count(&one_track, made, write_fragment(8, 0, 4, NULL, 0), &bad), 0);
    assert_false(bad); /* a track that is left out */
}

/* Each trun begins at the first byte of the segment again. A megabyte of these would otherwise be billions of samples. */
static void bytes_that_are_named_again_and_again_are_bad(void **state)
{
    (void)state;
    enum { TRUNS = 50, EACH = 100 };
    bool      bad;
    struct wr w = wr_over(made, sizeof made);
    size_t    moof = mp4_box_begin(&w, "moof"), traf = mp4_box_begin(&w, "traf");
    size_t    tfhd = mp4_full_box_begin(&w, "tfhd", 0, 0x20000);
    wr_u32(&w, 7);
    mp4_box_end(&w, tfhd);
    size_t tfdt = mp4_full_box_begin(&w, "tfdt", 0, 0);
    wr_u32(&w, 1000);
    mp4_box_end(&w, tfdt);
    for (int i = 0; i < TRUNS; i++) {
        size_t trun = mp4_full_box_begin(&w, "trun", 0, 0x1);
        wr_u32(&w, EACH);
        wr_u32(&w, 0);
        mp4_box_end(&w, trun);
    }
    mp4_box_end(&w, traf);
    mp4_box_end(&w, moof);
    assert_true(wr_len(&w) > EACH * 3);
    assert_int_equal(count(&one_track, made, wr_len(&w), &bad), wr_len(&w) / 3);
    assert_true(bad);
}

/* ---- a whole file (kernel/mp4/fragmented.h) ---- */

static uint8_t whole[2 * ROOM];

static size_t write_file(void)
{
    write_all();
    memcpy(whole, header, header_len);
    memcpy(whole + header_len, segment, segment_len);
    return header_len + segment_len;
}

/* Read to the end. Returns the number of samples; *n_configs: of configurations, which come first. */
static int read_file(struct mp4_fragmented *f, int *n_configs)
{
    struct frame_unit unit;
    int               n = 0;
    *n_configs = 0;
    for (; mp4_fragmented_next(f, &unit); n += unit.form == UNIT_STORED) {
        assert_true(rd_left(&unit.bytes) > 0);
        assert_true(unit.form == UNIT_STORED || n == 0);
        if (n == 0)
            assert_int_equal(unit.dts_us, 1000 * MS);
        *n_configs += unit.form == UNIT_CONFIG;
    }
    return n;
}

static void a_fragmented_file_is_read_as_often_as_wanted(void **state)
{
    (void)state;
    struct mp4_fragmented f;
    int                   n_configs;
    size_t                len = write_file();
    assert_true(mp4_fragmented_begin(&f, whole, len));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read_file(&f, &n_configs), PICTURES + SOUNDS);
        assert_int_equal(n_configs, 2);
        mp4_fragmented_rewind(&f);
    }
}

static void a_fragmented_file_that_breaks_off_ends_there(void **state)
{
    (void)state;
    struct mp4_fragmented f;
    int                   n_configs, n, most = 0;
    size_t                len = write_file();
    for (size_t cut = 0; cut <= len; cut++) {
        uint8_t *bytes = malloc(cut ? cut : 1); /* so that a sanitizer sees what is read behind it */
        assert_non_null(bytes);
        memcpy(bytes, whole, cut);
        n = mp4_fragmented_begin(&f, bytes, cut) ? read_file(&f, &n_configs) : 0;
        assert_true(n >= most);
        most = n;
        free(bytes);
    }
    assert_int_equal(most, PICTURES + SOUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_named_again_and_again_are_bad),
        cmocka_unit_test(samples_of_our_own_muxer_come_in_the_order_of_their_times),
        cmocka_unit_test(a_cut_segment_gives_what_is_there),
        cmocka_unit_test(what_a_sample_does_not_say_comes_from_the_defaults),
        cmocka_unit_test(what_a_sample_says_counts),
        cmocka_unit_test(what_lies_outside_the_segment_is_bad),
        cmocka_unit_test(a_fragmented_file_is_read_as_often_as_wanted),
        cmocka_unit_test(a_fragmented_file_that_breaks_off_ends_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
