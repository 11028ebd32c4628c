/* Lengths or start codes: a length of 256 to 511 reads as a start code, and must stay a length. */
#include "kernel/nalu_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/str.h"

enum { ROOM = 4096 };

/* A picture under construction. */
struct bytes {
    uint8_t at[ROOM];
    size_t  len;
};

static void put(struct bytes *b, const void *from, size_t n)
{
    assert_true(b->len + n <= ROOM);
    memcpy(b->at + b->len, from, n);
    b->len += n;
}

/* Put a NAL unit of `len` bytes: the header, then slice data without zeros. */
static void put_nalu(struct bytes *b, const char *header, size_t header_len, size_t len)
{
    assert_true(b->len + len <= ROOM && len >= header_len);
    memcpy(b->at + b->len, header, header_len);
    for (size_t i = header_len; i < len; i++)
        b->at[b->len + i] = (uint8_t)(i * 7 % 250 + 1);
    b->len += len;
}

static void put_length(struct bytes *b, unsigned size, size_t len)
{
    for (unsigned i = size; i > 0; i--)
        put(b, &(uint8_t){ (uint8_t)(len >> 8 * (i - 1)) }, 1);
}

static enum nalu_form form(const struct bytes *b, bool hevc, enum nalu_form told)
{
    uint8_t       *exact = malloc(b->len + 1); /* an exact size, so that the sanitizer finds a read past the end */
    enum nalu_form result;
    memcpy(exact, b->at, b->len);
    result = nalu_form_of_picture(exact, b->len, hevc, told);
    free(exact);
    return result;
}

/* Headers of NAL units that may come first: IDR, P, B, AUD, SPS, PPS, SEI; for HEVC also TRAIL, CRA, VPS. */
static const struct {
    bool        hevc;
    const char *header;
    size_t      len;
} firsts[] = {
    { false, "\x65\x88", 2 },    { false, "\x25\xb8", 2 },    { false, "\x41\x9a", 2 },    { false, "\x01\x9e", 2 },
    { false, "\x09\x10", 2 },    { false, "\x67\x64", 2 },    { false, "\x68\xeb", 2 },    { false, "\x06\x05", 2 },
    { true, "\x26\x01\xaf", 3 }, { true, "\x28\x01\xaf", 3 }, { true, "\x02\x01\xd0", 3 }, { true, "\x00\x01\xe0", 3 },
    { true, "\x2a\x01\xac", 3 }, { true, "\x40\x01\x0c", 3 }, { true, "\x42\x01\x01", 3 }, { true, "\x4e\x01\x05", 3 },
    { true, "\x46\x01\x10", 3 }, { true, "\x02\x02\xd0", 3 },
};

/* Bytes that may follow the NAL units: padding of any kind, and the beginning of a NAL unit that was cut. */
static const struct {
    const char *bytes;
    size_t      len;
} slacks[] = {
    { "", 0 },
    { "\0", 1 },
    { "\0\0", 2 },
    { "\0\0\0", 3 },
    { "\0\0\0\0", 4 },
    { "\0\0\0\0\0", 5 },
    { "\xff", 1 },
    { "\xff\xff\xff", 3 },
    { "\0\0\2\1\x41\x9a", 6 },
    { "\0\0\1\x40\x41\x9a", 6 },
    { "\x80", 1 },
    { "\0\0\0\1", 4 },
};

static void a_length_of_256_to_511_stays_a_length_whatever_follows(void **state)
{
    (void)state;
    static struct bytes b;
    for (size_t first = 0; first < ARRAY_LEN(firsts); first++)
        for (size_t len = 256; len < 512; len++)
            for (size_t slack = 0; slack < ARRAY_LEN(slacks); slack++) {
                b.len = 0;
                put_length(&b, 4, len);
                put_nalu(&b, firsts[first].header, firsts[first].len, len);
                put(&b, slacks[slack].bytes, slacks[slack].len);
                assert_int_equal(form(&b, firsts[first].hevc, NALU_LENGTHS_4), NALU_LENGTHS_4);
                assert_int_equal(form(&b, firsts[first].hevc, NALU_UNTOLD), NALU_LENGTHS_4);
            }
}

static void several_such_units_and_a_cut_last_one_stay(void **state)
{
    (void)state;
    static struct bytes b;
    for (size_t len = 256; len < 512; len++)
        for (size_t cut = 0; cut < 520; cut += 13) {
            b.len = 0;
            put_length(&b, 4, len);
            put_nalu(&b, "\x65\x88", 2, len);
            put_length(&b, 4, 511);
            put_nalu(&b, "\x65\x41", 2, 511);
            b.len -= cut < 511 ? cut : 511;
            assert_int_equal(form(&b, false, NALU_LENGTHS_4), NALU_LENGTHS_4);
        }
}

static void a_unit_that_is_cut_itself_stays(void **state)
{
    (void)state;
    static struct bytes b;
    for (size_t first = 0; first < ARRAY_LEN(firsts); first++)
        for (size_t len = 256; len < 512; len++) {
            b.len = 0;
            put_length(&b, 4, len);
            put_nalu(&b, firsts[first].header, firsts[first].len, len);
            b.len -= 100;
            assert_int_equal(form(&b, firsts[first].hevc, NALU_LENGTHS_4), NALU_LENGTHS_4);
        }
}

static void an_end_of_sequence_of_one_byte_stays(void **state)
{
    (void)state;
    static struct bytes b;
    b.len = 0;
    put_length(&b, 4, 1);
    put(&b, "\x0a", 1);
    assert_int_equal(form(&b, false, NALU_LENGTHS_4), NALU_LENGTHS_4);
    put(&b, "\0\0", 2);
    assert_int_equal(form(&b, false, NALU_LENGTHS_4), NALU_LENGTHS_4);
}

/* Some encoders announce lengths in the configuration and send start codes. */
static void start_codes_are_found_against_what_was_told(void **state)
{
    (void)state;
    static struct bytes b;
    for (enum nalu_form told = NALU_UNTOLD; told <= NALU_ANNEXB; told++)
        for (size_t len = 3; len < 1200; len += 7) {
            b.len = 0;
            put(&b, "\0\0\0\1", 4); /* an access unit delimiter, SEI, then the slice */
            put(&b, "\x09\xf0\0\0\1\x06\x05\x11\x22\x80\0\0\1", 13);
            put_nalu(&b, "\x65\x88", 2, len);
            assert_int_equal(form(&b, false, told), NALU_ANNEXB);
            b.len = 0;
            put(&b, "\0\0\0\1", 4);
            put_nalu(&b, "\x41\x9a", 2, len);
            assert_int_equal(form(&b, false, told), NALU_ANNEXB);
            b.len = 0;
            put(&b, "\0\0\1", 3); /* three bytes violate B.1.2, but have been seen */
            put_nalu(&b, "\x65\x88", 2, len);
            assert_int_equal(form(&b, false, told), NALU_ANNEXB);
            b.len = 0;
            put(&b, "\0\0\0\1", 4); /* the second slice of a picture */
            put_nalu(&b, "\x41\x11", 2, len);
            assert_int_equal(form(&b, false, told), NALU_ANNEXB);
            b.len = 0;
            put(&b, "\0\0\0\1\x46\x01\x50\0\0\1", 10);
            put_nalu(&b, "\x26\x01\xaf", 3, len);
            assert_int_equal(form(&b, true, told), NALU_ANNEXB);
            b.len = 0;
            put(&b, "\0\0\1", 3);
            put_nalu(&b, "\x02\x01\xd0", 3, len);
            assert_int_equal(form(&b, true, told), NALU_ANNEXB);
        }
}

static void every_length_size_is_read_as_told(void **state)
{
    (void)state;
    static struct bytes b;
    for (unsigned size = 1; size <= 4; size++)
        for (size_t slack = 0; slack < ARRAY_LEN(slacks); slack++) {
            b.len = 0;
            put_length(&b, size, 20);
            put_nalu(&b, "\x06\x05", 2, 20);
            put_length(&b, size, 200);
            put_nalu(&b, "\x65\x88", 2, 200);
            put(&b, slacks[slack].bytes, slacks[slack].len);
            assert_int_equal(form(&b, false, (enum nalu_form)size), size);
            assert_true(nalu_holds_idr(b.at, b.len, false, (enum nalu_form)size));
        }
}

static void untold_lengths_are_those_that_explain_every_byte(void **state)
{
    (void)state;
    static struct bytes b;
    for (unsigned size = 1; size <= 4; size++) {
        b.len = 0;
        put_length(&b, size, 20);
        put_nalu(&b, "\x06\x05", 2, 20);
        put_length(&b, size, 200);
        put_nalu(&b, "\x65\x88", 2, 200);
        if (size != 3) /* 3 is reserved: it counts only when the configuration announces it */
            assert_int_equal(form(&b, false, NALU_UNTOLD), size);
    }
}

static void told_start_codes_are_believed_and_lengths_found(void **state)
{
    (void)state;
    static struct bytes b;
    b.len = 0;
    put_length(&b, 4, 300);
    put_nalu(&b, "\x65\x88", 2, 300);
    assert_int_equal(form(&b, false, NALU_ANNEXB), NALU_LENGTHS_4); /* the length fits exactly */
    b.len = 0;
    put_length(&b, 4, 30);
    put_nalu(&b, "\x65\x88", 2, 30);
    put(&b, "\0", 1);
    assert_int_equal(form(&b, false, NALU_ANNEXB), NALU_LENGTHS_4); /* no start code */
}

static void an_idr_is_found_in_every_form(void **state)
{
    (void)state;
    static const uint8_t avcc[] = { 0, 0, 0, 2, 0x09, 0xF0, 0, 0, 0, 3, 0x65, 0x88, 0x84, 0 };
    static const uint8_t annexb[] = { 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 1, 0x65, 0x88, 0x84 };
    static const uint8_t inter[] = { 0, 0, 0, 2, 0x41, 0x9A };
    static const uint8_t cra[] = { 0, 0, 0, 3, 0x2A, 0x01, 0xAF }; /* HEVC type 21 */
    static const uint8_t trail[] = { 0, 0, 0, 3, 0x02, 0x01, 0xD0 };
    assert_true(nalu_holds_idr(avcc, sizeof avcc, false, NALU_LENGTHS_4));
    assert_true(nalu_holds_idr(annexb, sizeof annexb, false, NALU_ANNEXB));
    assert_false(nalu_holds_idr(inter, sizeof inter, false, NALU_LENGTHS_4));
    assert_true(nalu_holds_idr(cra, sizeof cra, true, NALU_LENGTHS_4));
    assert_false(nalu_holds_idr(trail, sizeof trail, true, NALU_LENGTHS_4));
    assert_false(nalu_holds_idr(inter, 0, false, NALU_LENGTHS_4));
}

static struct frame *config(enum codec codec, unsigned track, const uint8_t *bytes, size_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = FRAME_VIDEO;
    f->codec = codec;
    f->track = (uint8_t)track;
    f->config = true;
    f->media_len = f->len = (uint32_t)len;
    memcpy(f->data, bytes, len);
    return f;
}

static void configurations_tell_by_track_and_codec(void **state)
{
    (void)state;
    static const uint8_t avc2[] = { 1, 0x64, 0, 0x1E, 0xFD }, avc4[] = { 1, 0x64, 0, 0x1E, 0xFF };
    static const uint8_t start[] = { 0, 0, 0, 1, 0x67 }, hevc[23] = { 1, [21] = 0xFC | 1 };
    struct nalu_forms    forms = { 0 };
    struct frame        *of[] = {
               config(CODEC_H264, 0, avc4, sizeof avc4),   config(CODEC_H264, 1, avc2, sizeof avc2),
               config(CODEC_HEVC, 2, hevc, sizeof hevc),   config(CODEC_H264, NALU_TRACKS_MAX, avc2, sizeof avc2),
               config(CODEC_H264, 0, start, sizeof start), config(CODEC_HEVC, 0, avc2, sizeof avc2),
    };
    nalu_forms_learn(NULL, of[0]);
    assert_int_equal(nalu_forms_told(NULL, of[0]), NALU_UNTOLD);
    assert_int_equal(nalu_forms_told(&forms, of[0]), NALU_UNTOLD);
    for (size_t i = 0; i < 4; i++)
        nalu_forms_learn(&forms, of[i]);
    assert_int_equal(nalu_forms_told(&forms, of[0]), NALU_LENGTHS_4);
    assert_int_equal(nalu_forms_told(&forms, of[1]), NALU_LENGTHS_2);
    assert_int_equal(nalu_forms_told(&forms, of[2]), NALU_LENGTHS_2);
    assert_int_equal(nalu_forms_told(&forms, of[3]), NALU_UNTOLD); /* more tracks than are remembered */
    assert_int_equal(nalu_forms_told(&forms, of[5]), NALU_UNTOLD); /* a track of another codec */
    nalu_forms_learn(&forms, of[4]);
    assert_int_equal(nalu_forms_told(&forms, of[0]), NALU_ANNEXB);
    nalu_forms_learn(&forms, of[5]); /* too short to tell */
    assert_int_equal(nalu_forms_told(&forms, of[5]), NALU_UNTOLD);
    for (size_t i = 0; i < ARRAY_LEN(of); i++)
        frame_unref(&of[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_length_of_256_to_511_stays_a_length_whatever_follows),
        cmocka_unit_test(several_such_units_and_a_cut_last_one_stay),
        cmocka_unit_test(a_unit_that_is_cut_itself_stays),
        cmocka_unit_test(an_end_of_sequence_of_one_byte_stays),
        cmocka_unit_test(start_codes_are_found_against_what_was_told),
        cmocka_unit_test(every_length_size_is_read_as_told),
        cmocka_unit_test(untold_lengths_are_those_that_explain_every_byte),
        cmocka_unit_test(told_start_codes_are_believed_and_lengths_found),
        cmocka_unit_test(an_idr_is_found_in_every_form),
        cmocka_unit_test(configurations_tell_by_track_and_codec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
