#include "kernel/nalu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

/* AUD, SPS, empty, IDR: 4-byte lengths */
static const uint8_t avcc[] = {
    0, 0, 0, 2, 0x09, 0xF0, 0, 0, 0, 4, 0x67, 0x64, 0, 0x0C, 0, 0, 0, 0, 0, 0, 0, 3, 0x65, 0x88, 0x84,
};

/* the same with a 4-byte and two 3-byte start codes; zeros trail the SPS and the end */
static const uint8_t annexb[] = {
    0, 0, 0, 1, 0x09, 0xF0, 0, 0, 1, 0x67, 0x64, 0, 0x0C, 0, 0, 0, 0, 1, 0x65, 0x88, 0x84, 0, 0,
};

static void walks_length_prefixed_units(void **state)
{
    (void)state;
    struct rd   r = rd_over(avcc, sizeof avcc);
    struct nalu n;
    assert_true(nalu_next_avcc(&r, 4, &n));
    assert_int_equal(avc_nalu_type(n), AVC_NALU_AUD);
    assert_true(nalu_next_avcc(&r, 4, &n));
    assert_int_equal(n.len, 4);
    assert_true(nalu_next_avcc(&r, 4, &n)); /* the empty one is stepped over */
    assert_int_equal(avc_nalu_type(n), AVC_NALU_IDR);
    assert_ptr_equal(n.p, avcc + 22);
    assert_false(nalu_next_avcc(&r, 4, &n));
    assert_false(r.bad);
}

static void a_cut_length_or_unit_is_bad(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof avcc; cut++) {
        struct rd   r = rd_over(avcc, cut);
        struct nalu n;
        while (nalu_next_avcc(&r, 4, &n))
            assert_true(n.p + n.len <= avcc + cut);
        bool whole = cut == 0 || cut == 6 || cut == 14 || cut == 18;
        assert_int_equal(r.bad, !whole);
    }
    struct rd   r = rd_over(avcc, sizeof avcc);
    struct nalu n;
    assert_false(nalu_next_avcc(&r, 0, &n));
    assert_true(r.bad);
    r = rd_over(avcc, sizeof avcc);
    assert_false(nalu_next_avcc(&r, 5, &n));
    assert_true(r.bad);
}

static void walks_start_codes(void **state)
{
    (void)state;
    struct rd   r = rd_over(annexb, sizeof annexb);
    struct nalu n;
    assert_true(nalu_next_annexb(&r, &n));
    assert_int_equal(n.len, 2);
    assert_true(nalu_next_annexb(&r, &n));
    assert_int_equal(n.len, 4); /* trailing zeros are not part of it */
    assert_true(nalu_next_annexb(&r, &n));
    assert_int_equal(n.len, 3);
    assert_false(nalu_next_annexb(&r, &n));
    assert_int_equal(rd_left(&r), 0);
}

static void every_cut_of_annexb_ends(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= sizeof annexb; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, annexb, cut);
        struct rd   r = rd_over(bytes, cut);
        struct nalu n;
        size_t      count = 0;
        while (nalu_next_annexb(&r, &n)) {
            assert_true(n.len > 0 && n.p + n.len <= bytes + cut);
            count++;
        }
        assert_true(count <= 3);
        free(bytes);
    }
}

static void tells_start_codes_from_lengths(void **state)
{
    (void)state;
    assert_true(nalu_begins_with_start_code(annexb, sizeof annexb));
    assert_false(nalu_begins_with_start_code(avcc, sizeof avcc));
    assert_true(nalu_is_avcc(avcc, sizeof avcc, 4));
    assert_false(nalu_is_avcc(annexb, sizeof annexb, 4));
    assert_false(nalu_begins_with_start_code(annexb, 0));
    assert_false(nalu_begins_with_start_code(annexb, 3));
    assert_true(nalu_begins_with_start_code(annexb + 1, 3));
}

static void turns_annexb_into_lengths(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        0, 0, 0, 2, 0x09, 0xF0, 0, 0, 0, 4, 0x67, 0x64, 0, 0x0C, 0, 0, 0, 3, 0x65, 0x88, 0x84,
    };
    uint8_t   out[sizeof want];
    struct wr w = wr_over(out, sizeof out);
    assert_int_equal(nalu_annexb_to_avcc_len(annexb, sizeof annexb, 4), sizeof want);
    nalu_annexb_to_avcc(&w, annexb, sizeof annexb, 4);
    assert_false(w.full);
    assert_memory_equal(out, want, sizeof want);
    w = wr_over(out, sizeof out - 1);
    nalu_annexb_to_avcc(&w, annexb, sizeof annexb, 4);
    assert_true(w.full);
}

static void lengths_have_the_size_that_is_asked_for(void **state)
{
    (void)state;
    static const uint8_t want1[] = { 2, 0x09, 0xF0, 4, 0x67, 0x64, 0, 0x0C, 3, 0x65, 0x88, 0x84 };
    static const uint8_t want2[] = { 0, 2, 0x09, 0xF0, 0, 4, 0x67, 0x64, 0, 0x0C, 0, 3, 0x65, 0x88, 0x84 };
    uint8_t              out[sizeof want2], *large = calloc(1, 3 + 256), too_small[8];
    struct wr            w = wr_over(out, sizeof out);
    assert_int_equal(nalu_annexb_to_avcc_len(annexb, sizeof annexb, 1), sizeof want1);
    nalu_annexb_to_avcc(&w, annexb, sizeof annexb, 1);
    assert_int_equal(wr_len(&w), sizeof want1);
    assert_memory_equal(out, want1, sizeof want1);
    w = wr_over(out, sizeof out);
    nalu_annexb_to_avcc(&w, annexb, sizeof annexb, 2);
    assert_int_equal(wr_len(&w), sizeof want2);
    assert_memory_equal(out, want2, sizeof want2);
    memset(large, 0x41, 3 + 256);
    memcpy(large, "\0\0\1", 3);
    w = wr_over(too_small, sizeof too_small);
    nalu_annexb_to_avcc(&w, large, 3 + 256, 1); /* 256 is no one-byte length */
    assert_true(w.full);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_length_prefixed_units),
        cmocka_unit_test(a_cut_length_or_unit_is_bad),
        cmocka_unit_test(walks_start_codes),
        cmocka_unit_test(every_cut_of_annexb_ends),
        cmocka_unit_test(tells_start_codes_from_lengths),
        cmocka_unit_test(turns_annexb_into_lengths),
        cmocka_unit_test(lengths_have_the_size_that_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
