/* Tests for kernel/captions: services of closed captions in the SEI messages of pictures. */
#include "kernel/captions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "kernel/nalu_form.h"

/* One triple of cc_data each; the frame is an access unit of H.264 with lengths of four bytes: SEI, then a slice. */
static struct frame *picture(const uint8_t (*triples)[3], size_t n)
{
    uint8_t sei[128] = { 0x06, 0x04, (uint8_t)(11 + 3 * n), 0xB5, 0x00, 0x31, 'G', 'A', '9',
                         '4',  0x03, (uint8_t)(0x40 | n),   0xFF };
    size_t  len = 13;
    for (size_t i = 0; i < n; i++, len += 3)
        memcpy(sei + len, triples[i], 3);
    sei[len++] = 0xFF; /* marker_bits */
    sei[len++] = 0x80; /* rbsp_trailing_bits */
    struct frame *f = frame_new(256);
    assert_non_null(f);
    static const uint8_t slice[] = { 0, 0, 0, 2, 0x65, 0x88 };
    f->kind = FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->nalu_form = NALU_LENGTHS_4;
    memcpy(f->data, (uint8_t[]){ 0, 0, 0, (uint8_t)len }, 4);
    memcpy(f->data + 4, sei, len);
    memcpy(f->data + 4 + len, slice, sizeof slice);
    f->len = f->media_len = (uint32_t)(4 + len + sizeof slice);
    return f;
}

static void each_service_is_found(void **state)
{
    static const struct {
        uint8_t     triple[3];
        uint32_t    services;
        const char *name;
    } rows[] = {
        { { 0xFC, 0x94, 0x2C }, 1 << 0, "CC1" },      /* field 1, control code of the first channel */
        { { 0xFC, 0x1C, 0x2C }, 1 << 1, "CC2" },      /* field 1, second channel */
        { { 0xFD, 0x15, 0x2C }, 1 << 2, "CC3" },      /* field 2 */
        { { 0xFC, 'A', 'B' }, CAPTIONS_SILENT, 0 },   /* text of the channel that was named last */
        { { 0xFC, 0x80, 0x80 }, CAPTIONS_SILENT, 0 }, /* padding */
        { { 0xF8, 0x94, 0x2C }, 0, 0 },               /* not valid */
        { { 0xFF, 0x02, 0x21 }, 1 << 4, "SERVICE1" }, /* packet of CEA-708, block of service 1 */
        { { 0xFF, 0x02, 0xC1 }, 1 << 9, "SERVICE6" },
        { { 0xFF, 0x02, 0x00 }, CAPTIONS_SILENT, 0 }, /* null block */
        { { 0xFE, 0x02, 0x21 }, 0, 0 },               /* data of a packet that began before */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct frame *f = picture(&rows[i].triple, 1);
        assert_int_equal(captions_of_frame(f), rows[i].services);
        for (unsigned bit = 0; rows[i].name && bit < CAPTIONS_N; bit++)
            if (rows[i].services & UINT32_C(1) << bit)
                assert_string_equal(captions_name(bit), rows[i].name);
        frame_unref(&f);
    }
}

static void several_services_are_a_set(void **state)
{
    static const uint8_t triples[][3] = { { 0xFC, 0x94, 0x2C }, { 0xFD, 0x15, 0x2C }, { 0xFF, 0x02, 0x21 } };
    struct frame        *f = picture(triples, ARRAY_LEN(triples));
    (void)state;
    assert_int_equal(captions_of_frame(f), 1 << 0 | 1 << 2 | 1 << 4);
    frame_unref(&f);
}

static void a_cut_message_is_read_as_far_as_it_goes(void **state)
{
    static const uint8_t triples[][3] = { { 0xFC, 0x94, 0x2C }, { 0xFD, 0x15, 0x2C } };
    (void)state;
    for (uint32_t len = 0; len < 40; len++) {
        struct frame *f = picture(triples, ARRAY_LEN(triples));
        f->media_len = len < f->media_len ? len : f->media_len;
        assert_int_equal(captions_of_frame(f) & ~(uint32_t)(1 << 0 | 1 << 2), 0);
        frame_unref(&f);
    }
}

static void other_frames_have_none(void **state)
{
    static const uint8_t triple[3] = { 0xFC, 0x94, 0x2C };
    struct frame        *f = picture(&triple, 1);
    (void)state;
    f->data[4 + 6] = 'X'; /* another user_identifier */
    assert_int_equal(captions_of_frame(f), 0);
    f->data[4 + 6] = 'G';
    f->codec = CODEC_AV1;
    assert_int_equal(captions_of_frame(f), 0);
    f->codec = CODEC_H264;
    f->nalu_form = NALU_UNTOLD;
    assert_int_equal(captions_of_frame(f), 0);
    frame_unref(&f);
}

static void start_codes_and_emulation_prevention_are_read(void **state)
{
    static const uint8_t bytes[] = {
        0,    0,    0,    1,    0x06,                             /* SEI */
        0x05, 0x03, 0x00, 0x00, 0x03, 0x01,                       /* another message, 3 bytes, one of them escaped */
        0x04, 0x0E, 0xB5, 0x00, 0x31, 'G',  'A',  '9', '4', 0x03, /* A/53 */
        0x41, 0xFF, 0xFC, 0x94, 0x2C, 0xFF, 0x80,                 /* one triple */
        0,    0,    0,    1,    0x65, 0x88,
    };
    struct frame *f = frame_new(sizeof bytes);
    (void)state;
    assert_non_null(f);
    f->kind = FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->nalu_form = NALU_ANNEXB;
    memcpy(f->data, bytes, sizeof bytes);
    f->len = f->media_len = sizeof bytes;
    assert_int_equal(captions_of_frame(f), 1 << 0);
    frame_unref(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_service_is_found),
        cmocka_unit_test(several_services_are_a_set),
        cmocka_unit_test(a_cut_message_is_read_as_far_as_it_goes),
        cmocka_unit_test(other_frames_have_none),
        cmocka_unit_test(start_codes_and_emulation_prevention_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
