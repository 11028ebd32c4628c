/* Sample entries that our own muxer has written, read again. */
#include "kernel/mp4/entry_read.h"

#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/streams.h"

enum { ROOM = 16 << 10, STSD_FIELDS_LEN = 8 };

static uint8_t header[ROOM];
static size_t  header_len;

static void write_header(void)
{
    struct frame *video = VIDEO(avc), *audio = AUDIO(aac);
    struct cmaf   c;
    struct wr     w = wr_over(header, sizeof header);
    assert_int_equal(cmaf_init(&c, video, NULL, audio), MP4_OK);
    cmaf_write_header(&c, &w);
    header_len = wr_len(&w);
    cmaf_finish(&c);
    frame_unref(&video);
    frame_unref(&audio);
}

/* The sample entry of a track. */
static struct rd entry_of(unsigned track)
{
    struct box stsd = find(header, header_len, "stsd", track);
    return rd_over(stsd.p + STSD_FIELDS_LEN, stsd.len - STSD_FIELDS_LEN);
}

static void the_configurations_of_video_and_sound_are_found(void **state)
{
    struct mp4_entry e;
    (void)state;
    write_header();
    assert_true(mp4_entry_read(entry_of(0), &e));
    assert_int_equal(e.codec, CODEC_H264);
    assert_int_equal(e.config_len, sizeof avc - 5); /* behind the head of the FLV body */
    assert_memory_equal(e.config, avc + 5, e.config_len);
    assert_true(e.width > 0 && e.height > 0);
    assert_true(mp4_entry_read(entry_of(1), &e));
    assert_int_equal(e.codec, CODEC_AAC);
    assert_int_equal(e.channels, 1);
    assert_int_equal(e.config_len, sizeof aac - 2);
    assert_memory_equal(e.config, aac + 2, e.config_len);
}

static void what_is_cut_or_unknown_is_refused(void **state)
{
    struct mp4_entry e;
    (void)state;
    write_header();
    for (unsigned track = 0; track < 2; track++) {
        struct rd whole = entry_of(track);
        for (size_t cut = 0; cut < rd_left(&whole); cut++)
            assert_false(mp4_entry_read(rd_over(whole.p, cut), &e));
        memcpy((uint8_t *)(uintptr_t)whole.p + 4, "zzzz", 4);
        assert_false(mp4_entry_read(whole, &e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_configurations_of_video_and_sound_are_found),
        cmocka_unit_test(what_is_cut_or_unknown_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
