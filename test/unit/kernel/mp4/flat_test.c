#include "kernel/mp4/flat.h"

#include "core/mem.h"
#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/streams.h"

enum { ROOM = 64 << 10, PICTURES = 8, STEP_US = 40000, MOOF_AT = 100000 };

/* A recording of eight pictures and as many sounds, in two fragments. */
struct recording {
    uint8_t moov[ROOM], moofs[2][ROOM];
    size_t  moov_len, moof_lens[2];
};

static size_t box_len(const uint8_t *box)
{
    return u32_of(box);
}

static void record(struct recording *r)
{
    struct frame *video = VIDEO(avc), *audio = AUDIO(aac);
    struct cmaf   c;
    uint8_t       bytes[ROOM];
    struct wr     w = wr_over(bytes, sizeof bytes);
    assert_int_equal(cmaf_init(&c, video, NULL, audio), MP4_OK);
    cmaf_write_header(&c, &w);
    size_t ftyp_len = box_len(bytes);
    r->moov_len = wr_len(&w) - ftyp_len;
    memcpy(r->moov, bytes + ftyp_len, r->moov_len);
    for (int part = 0; part < 2; part++) {
        for (int i = 0; i < PICTURES / 2; i++) {
            struct frame *f = VIDEO(picture), *s = AUDIO(sound);
            f->dts_us = (part * PICTURES / 2 + i) * STEP_US;
            f->pts_us = f->dts_us + 2 * STEP_US;
            s->dts_us = s->pts_us = f->dts_us;
            assert_int_equal(cmaf_add(&c, f, f->dts_us), CMAF_ADDED);
            assert_int_equal(cmaf_add(&c, s, s->dts_us), CMAF_ADDED);
            frame_unref(&f);
            frame_unref(&s);
        }
        struct frame *next = VIDEO(picture);
        next->dts_us = (part + 1) * PICTURES / 2 * STEP_US;
        next->pts_us = next->dts_us + 2 * STEP_US;
        w = wr_over(r->moofs[part], ROOM);
        assert_true(cmaf_write_part(&c, &w, next, next->dts_us, NULL));
        frame_unref(&next);
        r->moof_lens[part] = box_len(r->moofs[part]);
    }
    cmaf_finish(&c);
    frame_unref(&video);
    frame_unref(&audio);
}

static void the_samples_of_all_fragments_are_in_the_tables(void **state)
{
    static struct recording r;
    struct mp4_flat         flat;
    uint8_t                 bytes[ROOM];
    (void)state;
    record(&r);
    assert_true(mp4_flat_begin(&flat, r.moov, r.moov_len));
    for (int i = 0; i < 2; i++)
        assert_true(mp4_flat_add(&flat, r.moofs[i], r.moof_lens[i], (uint64_t)(i + 1) * MOOF_AT));
    struct wr w = wr_over(bytes, mp4_flat_room(&flat));
    assert_true(mp4_flat_room(&flat) <= sizeof bytes);
    mp4_flat_write(&flat, &w, 1000);
    size_t len = wr_len(&w);
    assert_false(w.full);
    assert_null(find(bytes, len, "mvex", 0).p);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(u32_of(find(bytes, len, "stsz", i).p + 8), PICTURES);
        assert_int_equal(u32_of(find(bytes, len, "co64", i).p + 4), 2); /* a chunk of each fragment */
        assert_int_equal(u32_of(find(bytes, len, "stsc", i).p + 4), 1);
    }
    const uint8_t *offsets = find(bytes, len, "co64", 0).p + 8;
    assert_int_equal(u32_of(offsets + 4), MOOF_AT + 1000 + r.moof_lens[0] + MP4_BOX_HEADER_LEN);
    assert_int_equal(u32_of(find(bytes, len, "stts", 0).p + 4), 2); /* the last one by itself */
    assert_int_equal(u32_of(find(bytes, len, "stts", 0).p + 8), PICTURES - 1);
    assert_int_equal(u32_of(find(bytes, len, "stts", 0).p + 12), 3600);
    assert_null(find(bytes, len, "stss", 1).p); /* all sounds are sync samples, and these pictures too */
    assert_int_equal(mp4_flat_duration_us(&flat),
                     (PICTURES + 2) * STEP_US); /* the first picture is shown after 80 ms */
    mp4_flat_finish(&flat);
}

static void tracks_begin_at_their_presentation(void **state)
{
    static struct recording r;
    struct mp4_flat         flat;
    uint8_t                 bytes[ROOM];
    (void)state;
    record(&r);
    assert_true(mp4_flat_begin(&flat, r.moov, r.moov_len));
    assert_true(mp4_flat_add(&flat, r.moofs[0], r.moof_lens[0], MOOF_AT));
    struct wr w = wr_over(bytes, sizeof bytes);
    mp4_flat_write(&flat, &w, 0);
    const uint8_t *video = find(bytes, wr_len(&w), "edts", 0).p + MP4_BOX_HEADER_LEN;
    const uint8_t *audio = find(bytes, wr_len(&w), "edts", 1).p + MP4_BOX_HEADER_LEN;
    assert_int_equal(u32_of(video + 4), 2); /* pictures are shown 80 ms after the first sound: an empty edit first */
    assert_int_equal(u32_of(video + 12), 7200);
    assert_int_equal(u32_of(video + 16), UINT32_MAX);
    assert_int_equal(u32_of(video + 40), 7200); /* media_time: the offset of the first picture */
    assert_int_equal(u32_of(audio + 4), 1);
    mp4_flat_finish(&flat);
}

static void what_is_cut_is_refused(void **state)
{
    static struct recording r;
    (void)state;
    record(&r);
    for (size_t cut = 0; cut < r.moov_len; cut++) {
        struct mp4_flat flat;
        assert_false(mp4_flat_begin(&flat, r.moov, cut));
        mp4_flat_finish(&flat);
    }
    for (size_t cut = 0; cut < r.moof_lens[0]; cut++) {
        struct mp4_flat flat;
        assert_true(mp4_flat_begin(&flat, r.moov, r.moov_len));
        assert_false(mp4_flat_add(&flat, r.moofs[0], cut, 0));
        mp4_flat_finish(&flat);
    }
}

static void memory_may_run_out(void **state)
{
    static struct recording r;
    bool                    done = false;
    (void)state;
    record(&r);
    for (int64_t n = 0; !done; n++) {
        struct mp4_flat flat;
        mem_fail_after(n);
        done = mp4_flat_begin(&flat, r.moov, r.moov_len) && mp4_flat_add(&flat, r.moofs[0], r.moof_lens[0], 0);
        assert_int_equal(done, !flat.is_out_of_memory);
        mem_fail_after(-1);
        mp4_flat_finish(&flat);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_of_all_fragments_are_in_the_tables),
        cmocka_unit_test(tracks_begin_at_their_presentation),
        cmocka_unit_test(what_is_cut_is_refused),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
