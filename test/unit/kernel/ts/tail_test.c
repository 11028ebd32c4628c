/* The end of a transport stream, and a muxer that goes on behind it. */
#include "kernel/ts/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/ts/mux.h"
#include "kernel/ts/ts_frames.h"
#include "kernel/ts/ts_reader.h"

enum { ROOM = 1 << 18, PICTURES = 30, STEP_MS = 40 };

static uint8_t  bytes[ROOM];
static uint64_t seed;

static void write_one(struct ts_mux *m, struct wr *w, struct frame *f)
{
    assert_int_not_equal(ts_mux_frame(m, w, f, f->dts_us * 9 / 100), TS_MUX_FULL);
    if (!f->config)
        frame_unref(&f);
}

/* Write a GOP with sound that begins at this time; the configuration is the caller's. */
static void write_part(struct ts_mux *m, struct wr *w, struct frame *config, int64_t from_ms)
{
    struct frame *sound = TS_AUDIO_FRAME(from_ms, TS_AAC_CONFIG);
    write_one(m, w, config);
    write_one(m, w, sound);
    for (int i = 0; i < PICTURES; i++) {
        write_one(m, w, ts_picture(from_ms + i * STEP_MS, 0, i == 0, 700, (unsigned)seed++));
        write_one(m, w, ts_sound(from_ms + i * STEP_MS, 200, (unsigned)seed++));
    }
    frame_unref(&sound);
}

static bool tells_discontinuity(const uint8_t *packet)
{
    return (packet[3] & 0x20) && packet[4] > 0 && (packet[5] & 0x80);
}

static unsigned pid_of(const uint8_t *packet)
{
    return (packet[1] & 0x1Fu) << 8 | packet[2];
}

static void counters_go_on_in_another_part(void **state)
{
    struct frame     *config = TS_VIDEO_FRAME(0, TS_AVC_CONFIG);
    struct ts_mux     m;
    struct ts_tail    tail = { 0 };
    struct wr         w = wr_over(bytes, sizeof bytes);
    struct ts_reader *reader = ts_reader_create(); /* fails where a counter does not continue */
    int               n_told[0x200] = { 0 };
    (void)state;
    ts_mux_init(&m, CODEC_H264, CODEC_AAC);
    write_part(&m, &w, config, 1000);
    size_t first_len = wr_len(&w);
    ts_tail_look(&tail, bytes, first_len);
    assert_true(ts_tail_is_whole(&tail));
    assert_int_equal(tail.version, 0);
    assert_true(tail.has_time);
    assert_int_equal(tail.newest_90k, (1000 + (PICTURES - 1) * STEP_MS) * 90);
    ts_mux_init(&m, CODEC_H264, CODEC_AAC);
    ts_mux_resume(&m, &tail);
    write_part(&m, &w, config, 5000);
    reader->may_break = true;
    ts_reader_read(reader, bytes, wr_len(&w));
    for (size_t at = 0; at < wr_len(&w); at += TS_PACKET_LEN)
        if (tells_discontinuity(bytes + at)) {
            assert_true(at >= first_len);
            n_told[pid_of(bytes + at)]++;
        }
    assert_int_equal(n_told[TS_PID_VIDEO], 1);
    assert_int_equal(n_told[TS_PID_AUDIO], 1);
    struct ts_tail all = { 0 };
    ts_tail_look(&all, bytes, wr_len(&w));
    assert_int_equal(all.version, 1); /* its PMT may be another one */
    ts_reader_destroy(reader);
    frame_unref(&config);
}

static void it_is_found_piece_by_piece(void **state)
{
    struct frame  *config = TS_VIDEO_FRAME(0, TS_AVC_CONFIG);
    struct ts_mux  m;
    struct ts_tail whole = { 0 }, pieces = { 0 };
    struct wr      w = wr_over(bytes, sizeof bytes);
    int64_t        pts_90k = 0;
    (void)state;
    ts_mux_init(&m, CODEC_H264, CODEC_AAC);
    write_part(&m, &w, config, 100);
    ts_tail_look(&whole, bytes, wr_len(&w));
    for (size_t at = wr_len(&w); at > 0; at -= TS_PACKET_LEN)
        ts_tail_look(&pieces, bytes + at - TS_PACKET_LEN, TS_PACKET_LEN);
    assert_memory_equal(whole.cc, pieces.cc, sizeof whole.cc);
    assert_int_equal(whole.newest_90k, pieces.newest_90k);
    assert_true(ts_first_time(bytes, wr_len(&w), &pts_90k));
    assert_int_equal(pts_90k, 100 * 90);
    frame_unref(&config);
}

static void what_is_no_stream_has_no_end(void **state)
{
    struct ts_tail t = { 0 };
    int64_t        pts_90k;
    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    ts_tail_look(&t, bytes, sizeof bytes);
    memset(bytes, TS_SYNC_BYTE, sizeof bytes);
    ts_tail_look(&t, bytes, TS_PACKET_LEN - 1);
    assert_int_equal(t.seen, 0);
    assert_false(ts_first_time(bytes, TS_PACKET_LEN - 1, &pts_90k));
}

static void any_bytes_are_safe(void **state)
{
    uint32_t x = 1;
    (void)state;
    for (int n = 0; n < 20000; n++) {
        uint8_t        packet[TS_PACKET_LEN];
        struct ts_tail t = { 0 };
        int64_t        pts_90k;
        for (size_t i = 0; i < sizeof packet; i++)
            packet[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
        packet[0] = TS_SYNC_BYTE;
        packet[1] = packet[1] & 0x40 ? 0x41 : 0x50; /* one of the PIDs of tracks */
        packet[2] = packet[1] == 0x41 ? packet[2] & 1 : 1;
        ts_tail_look(&t, packet, sizeof packet);
        (void)!ts_first_time(packet, sizeof packet, &pts_90k);
        assert_true(t.version < 32);
    }
}

static void a_time_that_has_wrapped_is_told_apart(void **state)
{
    const int64_t range = INT64_C(1) << 33;
    (void)state;
    assert_int_equal(ts_time_between(100, 400, 0), 300);
    assert_int_equal(ts_time_between(range - 100, 200, 250), 300);
    assert_int_equal(ts_time_between(100, 400, 3 * range + 7), 3 * range + 300);
    assert_int_equal(ts_time_between(400, 100, 0), -300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_go_on_in_another_part),        cmocka_unit_test(it_is_found_piece_by_piece),
        cmocka_unit_test(what_is_no_stream_has_no_end),          cmocka_unit_test(any_bytes_are_safe),
        cmocka_unit_test(a_time_that_has_wrapped_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
