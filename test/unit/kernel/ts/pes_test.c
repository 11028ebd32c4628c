#include "kernel/ts/pes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "kernel/ts/ts_reader.h"

enum { HUGE_LEN = 300000 };

static uint8_t *pattern(size_t len)
{
    uint8_t *bytes = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    return bytes;
}

/* Mux in pieces of `piece` bytes; returns the number of packets. */
static size_t mux(uint8_t *out, size_t cap, const struct ts_pes_head *head, const uint8_t *payload, size_t len,
                  size_t piece, uint8_t *cc)
{
    struct wr     w = wr_over(out, cap);
    struct ts_pes pes;
    assert_true(ts_pes_begin(&pes, &w, head, len, cc));
    for (size_t at = 0; at < len; at += piece)
        ts_pes_put(&pes, payload + at, len - at < piece ? len - at : piece);
    assert_int_equal(pes.len, len);
    assert_int_equal(wr_len(&w), ts_pes_packets(head, len) * TS_PACKET_LEN);
    return wr_len(&w) / TS_PACKET_LEN;
}

static void a_small_audio_frame(void **state)
{
    (void)state;
    static const struct ts_pes_head head = { .pid = 0x101, .stream_id = TS_STREAM_ID_AUDIO, .pts_90k = 90000 };
    static const uint8_t            want[] = {
                   0x47, 0x41, 0x01, 0x3E, /* PID 0x101, begins, adapted, counter 14 */
                   0xA7, 0x00,             /* 167 bytes of adaptation, no flags; then stuffing */
    };
    static const uint8_t want_pes[] = {
        0x00, 0x00, 0x01, 0xC0, 0x00, 0x0A, /* stream id; 10 bytes follow */
        0x84, 0x80, 0x05,                   /* aligned; PTS; 5 bytes */
        0x21, 0x00, 0x05, 0xBF, 0x21,       /* 90000 */
        0xAA, 0xBB,
    };
    uint8_t       out[TS_PACKET_LEN], cc = 14;
    const uint8_t payload[] = { 0xAA, 0xBB };
    assert_int_equal(mux(out, sizeof out, &head, payload, sizeof payload, 9, &cc), 1);
    assert_memory_equal(out, want, sizeof want);
    for (size_t i = sizeof want; i < sizeof out - sizeof want_pes; i++)
        assert_int_equal(out[i], 0xFF);
    assert_memory_equal(out + sizeof out - sizeof want_pes, want_pes, sizeof want_pes);
    assert_int_equal(cc, 15);
}

static void a_key_picture(void **state)
{
    (void)state;
    static const struct ts_pes_head head = {
        .pid = 0x100,
        .stream_id = TS_STREAM_ID_VIDEO,
        .random_access = true,
        .pcr = true,
        .dts = true,
        .dts_90k = 0x123456789,
        .pts_90k = 0x123456789 + 3600,
    };
    static const uint8_t want[] = {
        0x47, 0x41, 0x00, 0x30,                               /* begins, adapted, counter 0 */
        0x07, 0x50, 0x91, 0xA2, 0x90, 0x9C, 0xFE, 0x00,       /* random access, PCR: 200 ms before the DTS */
        0x00, 0x00, 0x01, 0xE0, 0x00, 0xAA, 0x84, 0xC0, 0x0A, /* 170 bytes follow the length; PTS and DTS */
        0x39, 0x8D, 0x15, 0xEB, 0x33,                         /* 0x123457599 */
        0x19, 0x8D, 0x15, 0xCF, 0x13,                         /* 0x123456789 */
    };
    uint8_t  out[TS_PACKET_LEN], cc = 0;
    uint8_t *payload = pattern(157);
    assert_int_equal(mux(out, sizeof out, &head, payload, 157, 10, &cc), 1);
    assert_memory_equal(out, want, sizeof want);
    assert_memory_equal(out + sizeof want, payload, 157); /* no stuffing */
    free(payload);
}

static void each_length_comes_out_as_it_went_in(void **state)
{
    (void)state;
    static const struct ts_pes_head heads[] = {
        { .pid = 0x101, .stream_id = TS_STREAM_ID_AUDIO },
        { .pid = 0x101, .stream_id = TS_STREAM_ID_AUDIO, .pcr = true },
        { .pid = 0x101, .stream_id = TS_STREAM_ID_PRIVATE_1, .random_access = true },
        { .pid = 0x100, .stream_id = TS_STREAM_ID_VIDEO, .pcr = true, .dts = true },
        { .pid = 0x100, .stream_id = TS_STREAM_ID_VIDEO, .pcr = true, .random_access = true },
    };
    static const size_t longer[] = { 65520, 65521, 65522, 65523, 65526, 65527, 65528, HUGE_LEN };
    uint8_t            *payload = pattern(HUGE_LEN), *out = malloc(HUGE_LEN * 2);
    for (size_t h = 0; h < ARRAY_LEN(heads); h++) {
        uint8_t cc = 0;
        for (size_t i = 1; i <= 600 + ARRAY_LEN(longer); i++) {
            size_t len = i <= 600 ? i : longer[i - 601];
            if (ts_pes_packets(&heads[h], len) == 0)
                continue;
            struct ts_reader *r = ts_reader_create();
            size_t            n = mux(out, HUGE_LEN * 2, &heads[h], payload, len, i % 5 ? 97 : len, &cc);
            ts_reader_read(r, out, n * TS_PACKET_LEN);
            assert_int_equal(r->n, 1);
            assert_int_equal(r->units[0].len, len);
            assert_memory_equal(r->units[0].bytes, payload, len);
            ts_reader_destroy(r);
        }
    }
    free(payload);
    free(out);
}

static void no_packet_more_than_it_takes(void **state)
{
    (void)state;
    static const struct ts_pes_head plain = { .stream_id = TS_STREAM_ID_AUDIO };
    static const struct ts_pes_head full = { .stream_id = TS_STREAM_ID_VIDEO, .pcr = true, .dts = true };
    static const struct {
        const struct ts_pes_head *head;
        size_t                    len, packets;
    } rows[] = {
        { &plain, 1, 1 },         { &plain, 170, 1 }, { &plain, 171, 2 },         { &plain, 170 + 184, 2 },
        { &plain, 170 + 185, 3 }, { &full, 157, 1 },  { &full, 158, 2 },          { &full, 157 + 184, 2 },
        { &full, 157 + 185, 3 },  { &full, 0, 1 },    { &full, 16777215, 91181 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(ts_pes_packets(rows[i].head, rows[i].len), rows[i].packets);
}

static void only_video_may_be_too_long_for_its_length(void **state)
{
    (void)state;
    static const struct ts_pes_head audio = { .stream_id = TS_STREAM_ID_AUDIO };
    static const struct ts_pes_head video = { .stream_id = TS_STREAM_ID_VIDEO };
    assert_int_not_equal(ts_pes_packets(&audio, 65535 - 8), 0);
    assert_int_equal(ts_pes_packets(&audio, 65535 - 7), 0);
    assert_int_not_equal(ts_pes_packets(&video, 65535 - 7), 0);
}

static void without_room_nothing_is_written(void **state)
{
    (void)state;
    static const struct ts_pes_head head = { .pid = 0x100, .stream_id = TS_STREAM_ID_VIDEO };
    uint8_t                         out[2 * TS_PACKET_LEN], cc = 5;
    struct wr                       w = wr_over(out, sizeof out - 1);
    struct ts_pes                   pes;
    assert_false(ts_pes_begin(&pes, &w, &head, 200, &cc));
    assert_true(w.full);
    assert_int_equal(wr_len(&w), 0);
    assert_int_equal(cc, 5);
}

static void stamps_wrap_at_33_bits(void **state)
{
    (void)state;
    static const struct {
        int64_t in, out;
    } rows[] = {
        { 0, 0 },
        { 1, 1 },
        { 0x1FFFFFFFF, 0x1FFFFFFFF },
        { 0x200000000, 0 },
        { 0x200000000 + 12345, 12345 },
        { -1, 0x1FFFFFFFF },
        { 0xAAAAAAAA, 0xAAAAAAAA },
        { 0x155555555, 0x155555555 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t stamp[TS_STAMP_LEN], pcr[TS_PCR_LEN];
        ts_stamp_write(stamp, 2, rows[i].in);
        ts_pcr_write(pcr, rows[i].in);
        assert_int_equal(ts_stamp_read(stamp), rows[i].out);
        assert_int_equal(ts_pcr_read(pcr), rows[i].out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_audio_frame),
        cmocka_unit_test(a_key_picture),
        cmocka_unit_test(each_length_comes_out_as_it_went_in),
        cmocka_unit_test(no_packet_more_than_it_takes),
        cmocka_unit_test(only_video_may_be_too_long_for_its_length),
        cmocka_unit_test(without_room_nothing_is_written),
        cmocka_unit_test(stamps_wrap_at_33_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
