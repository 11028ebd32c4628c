/* The boxes of a cue. */
#include "kernel/mp4/cue_boxes.h"

#include <stdlib.h>

#include "kernel/cue.h"
#include "kernel/mp4/emsg.h"
#include "kernel/mp4/streams.h"

enum { S = 1000000, AT_SCHEME = 4 + 20 };

static struct cue *cue_of(const char *tag)
{
    struct cue *cue = calloc(1, sizeof *cue);
    cue->id3 = blob_copy(tag, strlen(tag));
    cue->duration_us = cue->splice.duration_us = -1;
    return cue;
}

static void drop(struct cue *cue)
{
    blob_unref(&cue->id3);
    free(cue);
}

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void a_cue_is_one_event_and_its_splice_section_another(void **state)
{
    uint8_t     bytes[512];
    struct cue *cue = cue_of("ID3 tag");
    struct wr   w = wr_over(bytes, sizeof bytes);
    (void)state;
    cue->duration_us = 2 * S;
    cue_boxes_write(&w, cue, 48000, 12 * S + S / 2);
    assert_int_equal(wr_len(&w), cue_boxes_len(cue));
    struct box id3 = find(bytes, wr_len(&w), "emsg", 0);
    assert_int_equal(u32_at(id3.p + 4), 48000);
    assert_int_equal(u32_at(id3.p + 12), 600000); /* ticks, low half */
    assert_int_equal(u32_at(id3.p + 16), 96000);
    assert_string_equal(id3.p + AT_SCHEME, EMSG_SCHEME_ID3);
    assert_memory_equal(id3.p + id3.len - 7, "ID3 tag", 7);

    cue->section_len = 3;
    memcpy(cue->section, "\xFC\x30\x11", 3);
    cue->duration_us = -1;
    cue->splice.duration_us = 30 * S;
    w = wr_over(bytes, sizeof bytes);
    cue_boxes_write(&w, cue, 90000, 0);
    assert_int_equal(wr_len(&w), cue_boxes_len(cue));
    struct box splice = find(bytes, wr_len(&w), "emsg", 1);
    assert_int_equal(u32_at(splice.p + 16), 30 * 90000);
    assert_string_equal(splice.p + AT_SCHEME, EMSG_SCHEME_SCTE35);
    assert_memory_equal(splice.p + splice.len - 3, cue->section, 3);
    id3 = find(bytes, wr_len(&w), "emsg", 0);
    assert_int_equal(u32_at(id3.p + 16), EMSG_NO_DURATION);
    drop(cue);
}

static uint32_t id_of(const struct cue *cue, uint32_t timescale, int64_t time_us)
{
    uint8_t   bytes[512];
    struct wr w = wr_over(bytes, sizeof bytes);
    cue_boxes_write(&w, cue, timescale, time_us);
    return u32_at(find(bytes, wr_len(&w), "emsg", 0).p + 20);
}

static void an_event_has_one_id_in_all_tracks(void **state)
{
    struct cue *one = cue_of("one"), *two = cue_of("two");
    (void)state;
    assert_int_equal(id_of(one, 90000, 5 * S), id_of(one, 44100, 5 * S));
    assert_int_not_equal(id_of(one, 90000, 5 * S), id_of(one, 90000, 5 * S + 1000));
    assert_int_not_equal(id_of(one, 90000, 5 * S), id_of(two, 90000, 5 * S));
    drop(one);
    drop(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cue_is_one_event_and_its_splice_section_another),
        cmocka_unit_test(an_event_has_one_id_in_all_tracks),
    };
    return cmocka_run_group_tests_name("cue_boxes", tests, NULL, NULL);
}
