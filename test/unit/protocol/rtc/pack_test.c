/* What a receiver rebuilds from the payloads is what was in the frame, and the payloads have the forms that the RFCs tell. */
#include "protocol/rtc/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/wr.h"
#include "kernel/nalu_form.h"
#include "protocol/rtc/reassemble.h"
#include "protocol/rtc/rtp.h"

static struct rtp_packer   packer;
static struct rtp_payloads payloads;
static struct rebuilt      rebuilt;

static int tear_down(void **state)
{
    (void)state;
    rtp_packer_finish(&packer);
    rtp_payloads_finish(&payloads);
    return 0;
}

static struct frame *frame_of(enum codec codec, const uint8_t *bytes, size_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = (uint8_t)codec_kind(codec);
    f->codec = (uint8_t)codec;
    f->len = f->media_len = (uint32_t)len;
    f->nalu_form = NALU_LENGTHS_4;
    if (len)
        memcpy(f->data, bytes, len);
    return f;
}

static bool pack(struct frame *f)
{
    bool is_whole = rtp_pack(&packer, f, &payloads);
    frame_unref(&f);
    rebuild(&rebuilt, packer.codec, &payloads);
    assert_false(rebuilt.bad);
    for (size_t i = 0; i < payloads.n; i++)
        assert_in_range(payloads.list[i].len, 1, packer.codec == CODEC_OPUS ? RTP_SOUND_MAX : RTP_PAYLOAD_MAX);
    return is_whole;
}

static const uint8_t *payload(size_t i)
{
    return (const uint8_t *)payloads.bytes.bytes + payloads.list[i].at;
}

/* ---- H.264 ---- */

/* SPS and PPS of libx264, 64 x 64; both in a record with lengths of four bytes. */
static const uint8_t avc_record[] = {
    0x01, 0x42, 0xC0, 0x0A, 0xFF, 0xE1, 0x00, 0x04, 0x67, 0x42, 0xC0, 0x0A, 0x01, 0x00, 0x03, 0x68, 0xCE, 0x38,
};

struct unit {
    uint8_t head;
    size_t  len; /* with the head */
};

/* A frame of NAL units, whose bytes behind their heads are told by their places. */
static struct frame *frame_of_units(enum codec codec, const struct unit *units, size_t n)
{
    uint8_t  *bytes = malloc(200000);
    struct wr w = wr_over(bytes, 200000);
    for (size_t i = 0; i < n; i++) {
        wr_u32(&w, (uint32_t)units[i].len);
        wr_u8(&w, units[i].head);
        for (size_t at = 1; at < units[i].len; at++)
            wr_u8(&w, at == 1 && codec == CODEC_HEVC ? 1 : (uint8_t)(at % 251 + 1));
    }
    assert_false(w.full);
    struct frame *f = frame_of(codec, bytes, wr_len(&w));
    free(bytes);
    return f;
}

static void begin(enum codec codec, const uint8_t *record, size_t len)
{
    rtp_packer_init(&packer, codec);
    if (!record)
        return;
    struct frame *config = frame_of(codec, record, len);
    config->config = true;
    assert_true(pack(config));
    assert_int_equal(payloads.n, 0);
}

/* The header of the n-th NAL unit that was rebuilt, and its length. */
static uint8_t unit_head(unsigned n, size_t *len)
{
    struct rd   r = rd_over(rebuilt.bytes, rebuilt.len);
    struct nalu u = { 0 };
    for (unsigned i = 0; i <= n; i++)
        assert_true(nalu_next_annexb(&r, &u));
    *len = u.len;
    return u.p[0];
}

static unsigned n_units(void)
{
    struct rd   r = rd_over(rebuilt.bytes, rebuilt.len);
    struct nalu u;
    unsigned    n = 0;
    while (nalu_next_annexb(&r, &u))
        n++;
    return n;
}

static void parameter_sets_go_together_before_a_key_frame(void **state)
{
    (void)state;
    size_t len;
    begin(CODEC_H264, avc_record, sizeof avc_record);
    struct frame *f = frame_of_units(CODEC_H264, (const struct unit[]){ { 0x09, 2 }, { 0x06, 20 }, { 0x65, 500 } }, 3);
    f->key = f->idr = true;
    assert_true(pack(f));
    assert_true(payloads.is_key);
    assert_int_equal(payloads.n, 2); /* STAP-A of SPS, PPS and SEI; the IDR */
    assert_int_equal(payload(0)[0], 0x60 | 24);
    assert_int_equal(n_units(), 4);
    assert_int_equal(unit_head(0, &len), 0x67);
    assert_int_equal(unit_head(1, &len), 0x68);
    assert_int_equal(unit_head(2, &len), 0x06);
    assert_int_equal(unit_head(3, &len), 0x65);
    assert_int_equal(len, 500);
}

static void sets_of_the_frame_itself_come_first(void **state)
{
    (void)state;
    size_t len;
    begin(CODEC_H264, avc_record, sizeof avc_record);
    struct frame *f = frame_of_units(CODEC_H264, (const struct unit[]){ { 0x27, 9 }, { 0x28, 5 }, { 0x65, 50 } }, 3);
    f->key = f->idr = true;
    assert_true(pack(f));
    assert_int_equal(n_units(), 3);
    assert_int_equal(unit_head(0, &len), 0x27);
}

static void other_pictures_have_no_sets(void **state)
{
    (void)state;
    begin(CODEC_H264, avc_record, sizeof avc_record);
    assert_true(pack(frame_of_units(CODEC_H264, (const struct unit[]){ { 0x41, 50 } }, 1)));
    assert_int_equal(payloads.n, 1);
    assert_int_equal(payload(0)[0], 0x41);
    assert_false(payloads.is_key);
}

static void sei_goes_if_it_is_not_kept(void **state)
{
    (void)state;
    size_t len;
    begin(CODEC_H264, NULL, 0);
    packer.keep_sei = false;
    assert_true(pack(frame_of_units(CODEC_H264, (const struct unit[]){ { 0x06, 20 }, { 0x41, 50 } }, 2)));
    assert_int_equal(n_units(), 1);
    assert_int_equal(unit_head(0, &len), 0x41);
}

static void delimiters_ends_and_fillers_are_left_out(void **state)
{
    (void)state;
    static const struct unit units[] = {
        { 0x09, 2 }, { 0x0A, 1 }, { 0x0B, 1 }, { 0x0C, 300 }, { 0x18, 9 }, { 0x1C, 9 }
    };
    begin(CODEC_H264, NULL, 0);
    assert_true(pack(frame_of_units(CODEC_H264, units, 6)));
    assert_int_equal(payloads.n, 0);
}

/* Around each length where a NAL unit begins to need one more packet. */
static void long_units_are_cut_and_rebuilt(void **state)
{
    (void)state;
    static const enum codec codecs[] = { CODEC_H264, CODEC_HEVC };
    for (size_t c = 0; c < 2; c++) {
        uint8_t head = codecs[c] == CODEC_H264 ? 0x65 : 19 << 1;
        for (size_t base = 1; base <= 100; base += 33) {
            for (size_t len = base * (RTP_PAYLOAD_MAX - 3) - 2; len < base * (RTP_PAYLOAD_MAX - 3) + 8; len++) {
                size_t        found;
                struct frame *f = frame_of_units(codecs[c], (const struct unit[]){ { head, len } }, 1);
                begin(codecs[c], NULL, 0);
                assert_true(pack(f));
                assert_int_equal(n_units(), 1);
                assert_int_equal(unit_head(0, &found), head);
                assert_int_equal(found, len);
                for (size_t at = 2; at < len; at++)
                    assert_int_equal(rebuilt.bytes[4 + at], at % 251 + 1);
                assert_int_equal(rebuilt.n_pieces, len > RTP_PAYLOAD_MAX ? payloads.n : 0);
            }
        }
    }
}

static void slices_share_a_packet_only_if_wanted(void **state)
{
    (void)state;
    static const struct unit slices[] = { { 0x41, 400 }, { 0x41, 400 }, { 0x41, 400 }, { 0x41, 2000 }, { 0x41, 30 } };
    begin(CODEC_H264, NULL, 0);
    assert_true(pack(frame_of_units(CODEC_H264, slices, 5)));
    assert_int_equal(rebuilt.n_together, 0);
    assert_int_equal(payloads.n, 6);
    packer.merge_nalus = true;
    assert_true(pack(frame_of_units(CODEC_H264, slices, 5)));
    assert_int_equal(rebuilt.n_together, 1);
    assert_int_equal(payloads.n, 5); /* two together, one alone, two pieces, one alone */
    assert_int_equal(n_units(), 5);
}

static struct frame *picture(uint8_t head, int64_t pts_us)
{
    struct frame *f = frame_of_units(CODEC_H264, (const struct unit[]){ { head, 30 } }, 1);
    f->pts_us = pts_us;
    f->key = f->idr = (head & 0x1f) == 5;
    return f;
}

/* I0 P4 B2(ref) b1 b3 P5(nobody refers to it) */
static void only_pictures_that_nobody_needs_may_be_dropped(void **state)
{
    (void)state;
    begin(CODEC_H264, NULL, 0);
    assert_true(pack(picture(0x65, 0)));
    assert_false(payloads.is_late || payloads.is_droppable);
    assert_true(pack(picture(0x41, 4)));
    assert_false(payloads.is_late || payloads.is_droppable);
    assert_true(pack(picture(0x41, 2)));
    assert_true(payloads.is_late && !payloads.is_droppable);
    assert_true(pack(picture(0x01, 1)));
    assert_true(payloads.is_late && payloads.is_droppable);
    assert_true(pack(picture(0x01, 3)));
    assert_true(payloads.is_late && payloads.is_droppable);
    assert_true(pack(picture(0x01, 5)));
    assert_false(payloads.is_late || payloads.is_droppable);
    assert_true(pack(picture(0x65, 2))); /* The times begin again. */
    assert_false(payloads.is_late);
    assert_true(pack(picture(0x01, 3)));
    assert_false(payloads.is_late);
}

static void a_picture_with_one_needed_slice_is_needed(void **state)
{
    (void)state;
    begin(CODEC_H264, NULL, 0);
    assert_true(pack(picture(0x65, 10)));
    struct frame *f = frame_of_units(CODEC_H264, (const struct unit[]){ { 0x01, 30 }, { 0x41, 30 } }, 2);
    f->pts_us = 5;
    assert_true(pack(f));
    assert_true(payloads.is_late && !payloads.is_droppable);
}

static void a_cut_unit_is_refused(void **state)
{
    (void)state;
    begin(CODEC_H264, NULL, 0);
    struct frame *f = frame_of_units(CODEC_H264, (const struct unit[]){ { 0x41, 30 } }, 1);
    f->media_len -= 1;
    assert_false(pack(f));
    assert_int_equal(payloads.n, 0);
}

/* ---- HEVC ---- */

/* The record of a stream without temporal layers: VPS, SPS, PPS of a few bytes. The SPS cannot be read: one layer. */
static const uint8_t hevc_record[] = {
    0x01, 0x01, 0x60, 0,    0,    0,    0,    0,    0,    0,    0,    0,
    0x5D, 0xF0, 0,    0xFC, 0xFD, 0xF8, 0xF8, 0,    0,    0x0F, 0x03, /* 3 arrays */
    0xA0, 0,    1,    0,    4,    0x40, 0x01, 0x0C, 0x01,             /* VPS */
    0xA1, 0,    1,    0,    4,    0x42, 0x01, 0x01, 0x01,             /* SPS */
    0xA2, 0,    1,    0,    4,    0x44, 0x01, 0xC1, 0x72,             /* PPS */
};

static void hevc_sets_go_together_before_a_key_frame(void **state)
{
    (void)state;
    size_t len;
    begin(CODEC_HEVC, hevc_record, sizeof hevc_record);
    struct frame *f = frame_of_units(CODEC_HEVC, (const struct unit[]){ { 35 << 1, 3 }, { 19 << 1, 500 } }, 2);
    f->key = f->idr = true;
    assert_true(pack(f));
    assert_int_equal(payloads.n, 2);
    assert_int_equal(payload(0)[0], 48 << 1);
    assert_int_equal(payload(0)[1], 1);
    assert_int_equal(n_units(), 4);
    assert_int_equal(unit_head(0, &len), 0x40);
    assert_int_equal(unit_head(3, &len), 19 << 1);
}

static void hevc_units_whose_types_mean_packets_are_left_out(void **state)
{
    (void)state;
    static const struct unit units[] = {
        { 48 << 1, 9 }, { 49 << 1, 9 }, { 50 << 1, 9 }, { 63 << 1, 9 }, { 38 << 1, 9 }
    };
    begin(CODEC_HEVC, NULL, 0);
    assert_true(pack(frame_of_units(CODEC_HEVC, units, 5)));
    assert_int_equal(payloads.n, 0);
}

static void hevc_leading_pictures_may_be_dropped(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        bool    is_droppable;
    } rows[] = { { 0, true }, { 1, false }, { 8, true }, { 9, true }, { 7, true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(CODEC_HEVC, hevc_record, sizeof hevc_record);
        struct frame *key = frame_of_units(CODEC_HEVC, (const struct unit[]){ { 21 << 1, 30 } }, 1);
        key->key = key->idr = true;
        key->pts_us = 10;
        assert_true(pack(key));
        struct frame *f = frame_of_units(CODEC_HEVC, (const struct unit[]){ { (uint8_t)(rows[i].type << 1), 30 } }, 1);
        f->pts_us = 5;
        assert_true(pack(f));
        assert_int_equal(payloads.is_droppable, rows[i].is_droppable);
        tear_down(NULL);
    }
}

/* ---- VP8, VP9, AV1, sound ---- */

static uint8_t *counted(size_t len)
{
    uint8_t *bytes = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i % 251);
    return bytes;
}

static void vp8_and_vp9_are_cut_and_rebuilt(void **state)
{
    (void)state;
    static const enum codec codecs[] = { CODEC_VP8, CODEC_VP9 };
    static const size_t     lens[] = { 1, 1151, 1152, 1156, 1157, 50000 };
    for (size_t c = 0; c < 2; c++) {
        begin(codecs[c], NULL, 0);
        for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
            uint8_t *bytes = counted(lens[i]);
            assert_true(pack(frame_of(codecs[c], bytes, lens[i])));
            assert_int_equal(rebuilt.len, lens[i]);
            assert_memory_equal(rebuilt.bytes, bytes, lens[i]);
            free(bytes);
        }
        tear_down(NULL);
    }
}

static void each_receiver_numbers_pictures_by_itself(void **state)
{
    (void)state;
    uint8_t vp8[] = { 0x90, 0x80, 0x80, 0x00, 'x' }, vp9[] = { 0x9C, 0x80, 0x00, 'x' }, avc[] = { 0x41, 1, 2, 3 };
    rtp_set_picture_id(CODEC_VP8, vp8, sizeof vp8, 0x1234);
    assert_memory_equal(vp8, "\x90\x80\x92\x34x", 5);
    rtp_set_picture_id(CODEC_VP9, vp9, sizeof vp9, 0x7fff);
    assert_memory_equal(vp9, "\x9C\xFF\xFFx", 4);
    rtp_set_picture_id(CODEC_H264, avc, sizeof avc, 7);
    assert_memory_equal(avc, "\x41\1\2\3", 4);
    rtp_set_picture_id(CODEC_VP8, vp8, 3, 0); /* no room: as it was */
    assert_int_equal(vp8[3], 0x34);
}

/* OBUs with sizes: a temporal delimiter, a sequence header of 10 bytes, a frame of `len` bytes. */
static struct frame *av1_frame(bool has_sequence, size_t len)
{
    uint8_t  *bytes = malloc(len + 64);
    struct wr w = wr_over(bytes, len + 64);
    wr_u16(&w, 0x1200);
    if (has_sequence) {
        wr_u16(&w, 0x0A0A);
        wr_bytes(&w, "\0\0\0\x24\xC6\xAB\xDF\x3E\xFE\x24", 10);
    }
    wr_u8(&w, 0x32);
    for (size_t left = len;; left >>= 7) {
        wr_u8(&w, (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0)));
        if (left <= 0x7f)
            break;
    }
    for (size_t i = 0; i < len; i++)
        wr_u8(&w, (uint8_t)(i % 251));
    struct frame *f = frame_of(CODEC_AV1, bytes, wr_len(&w));
    free(bytes);
    return f;
}

static uint32_t word(size_t at)
{
    struct rd r = rd_over(rebuilt.bytes + at, 4);
    return rd_u32(&r);
}

static void obus_are_cut_and_rebuilt(void **state)
{
    (void)state;
    static const size_t lens[] = { 0, 1, 100, 1130, 1140, 1150, 1160, 2300, 60000 };
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        begin(CODEC_AV1, NULL, 0);
        struct frame *f = av1_frame(true, lens[i]);
        f->key = true;
        assert_true(pack(f));
        assert_true(rebuilt.is_sequence);
        assert_int_equal(word(0), 11);
        assert_int_equal(rebuilt.bytes[4], 0x08); /* a sequence header without a size */
        assert_int_equal(word(15), 1 + lens[i]);
        assert_int_equal(rebuilt.bytes[19], 0x30);
        assert_int_equal(rebuilt.len, 20 + lens[i]);
        for (size_t at = 0; at < lens[i]; at++)
            assert_int_equal(rebuilt.bytes[20 + at], at % 251);
    }
}

static void a_key_frame_without_a_sequence_header_gets_that_of_the_record(void **state)
{
    (void)state;
    static const uint8_t record[] = { 0x81, 0x00, 0x0C, 0x00, 0x0A, 0x0A, 0,    0,
                                      0,    0x24, 0xC6, 0xAB, 0xDF, 0x3E, 0xFE, 0x24 };
    begin(CODEC_AV1, record, sizeof record);
    struct frame *f = av1_frame(false, 10);
    f->key = true;
    assert_true(pack(f));
    assert_int_equal(word(0), 11);
    assert_int_equal(rebuilt.bytes[4], 0x08);
    assert_true(pack(av1_frame(false, 10)));
    assert_int_equal(word(0), 11);
    assert_int_equal(rebuilt.bytes[4], 0x30);
    assert_false(rebuilt.is_sequence);
}

static void a_packet_of_sound_is_one_payload(void **state)
{
    (void)state;
    uint8_t *bytes = counted(RTP_SOUND_MAX + 1);
    begin(CODEC_OPUS, NULL, 0);
    assert_true(pack(frame_of(CODEC_OPUS, bytes, RTP_SOUND_MAX)));
    assert_int_equal(payloads.n, 1);
    assert_memory_equal(rebuilt.bytes, bytes, RTP_SOUND_MAX);
    assert_false(pack(frame_of(CODEC_OPUS, bytes, RTP_SOUND_MAX + 1)));
    assert_int_equal(payloads.n, 0);
    free(bytes);
}

static void surround_is_refused(void **state)
{
    (void)state;
    static const uint8_t head[] = { 'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 3, 0, 0,
                                    0,   0,   0,   0,   0,   0,   1,   2,   1, 0, 2, 1 };
    begin(CODEC_OPUS, head, sizeof head);
    assert_false(pack(frame_of(CODEC_OPUS, head, 8)));
}

static void a_frame_of_another_codec_is_refused(void **state)
{
    (void)state;
    begin(CODEC_H264, NULL, 0);
    assert_false(pack(frame_of(CODEC_HEVC, (const uint8_t *)"abcdef", 6)));
    assert_false(rtp_packs(CODEC_AAC));
    assert_true(rtp_packs(CODEC_PCMU));
}

static void out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    int64_t n = 0;
    bool    is_whole = false;
    for (; !is_whole; n++) {
        begin(CODEC_H264, avc_record, sizeof avc_record);
        struct frame *f = frame_of_units(CODEC_H264, (const struct unit[]){ { 0x65, 5000 } }, 1);
        f->key = f->idr = true;
        mem_fail_after(n);
        is_whole = rtp_pack(&packer, f, &payloads);
        mem_fail_after(-1);
        assert_true(is_whole || payloads.n == 0);
        frame_unref(&f);
        tear_down(NULL);
    }
    assert_true(n > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(parameter_sets_go_together_before_a_key_frame, tear_down),
        cmocka_unit_test_teardown(sets_of_the_frame_itself_come_first, tear_down),
        cmocka_unit_test_teardown(other_pictures_have_no_sets, tear_down),
        cmocka_unit_test_teardown(sei_goes_if_it_is_not_kept, tear_down),
        cmocka_unit_test_teardown(delimiters_ends_and_fillers_are_left_out, tear_down),
        cmocka_unit_test_teardown(long_units_are_cut_and_rebuilt, tear_down),
        cmocka_unit_test_teardown(slices_share_a_packet_only_if_wanted, tear_down),
        cmocka_unit_test_teardown(only_pictures_that_nobody_needs_may_be_dropped, tear_down),
        cmocka_unit_test_teardown(a_picture_with_one_needed_slice_is_needed, tear_down),
        cmocka_unit_test_teardown(a_cut_unit_is_refused, tear_down),
        cmocka_unit_test_teardown(hevc_sets_go_together_before_a_key_frame, tear_down),
        cmocka_unit_test_teardown(hevc_units_whose_types_mean_packets_are_left_out, tear_down),
        cmocka_unit_test_teardown(hevc_leading_pictures_may_be_dropped, tear_down),
        cmocka_unit_test_teardown(vp8_and_vp9_are_cut_and_rebuilt, tear_down),
        cmocka_unit_test_teardown(each_receiver_numbers_pictures_by_itself, tear_down),
        cmocka_unit_test_teardown(obus_are_cut_and_rebuilt, tear_down),
        cmocka_unit_test_teardown(a_key_frame_without_a_sequence_header_gets_that_of_the_record, tear_down),
        cmocka_unit_test_teardown(a_packet_of_sound_is_one_payload, tear_down),
        cmocka_unit_test_teardown(surround_is_refused, tear_down),
        cmocka_unit_test_teardown(a_frame_of_another_codec_is_refused, tear_down),
        cmocka_unit_test_teardown(out_of_memory_leaves_nothing, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
