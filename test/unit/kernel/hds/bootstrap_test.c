/* The bootstrap of HDS, byte by byte. */
#include "kernel/hds/bootstrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/mem.h"

static const struct hds_fragment fragments[] = { { 60000, 10000 }, { 70000, 10000 }, { 80000, 9500 }, { 90000, 9500 } };

static const struct hds_bootstrap live = {
    .movie_id = "cam1", .version = 9, .first = 7, .fragments = fragments, .n_fragments = ARRAY_LEN(fragments)
};

static void assert_bytes(const struct hds_bootstrap *b, const uint8_t *wanted, size_t len)
{
    struct buf out = buf_up_to(HDS_BOOTSTRAP_BYTES_MAX);
    assert_null(hds_bootstrap_write(b, &out));
    assert_int_equal(out.len, len);
    assert_memory_equal(out.bytes, wanted, len);
    buf_finish(&out);
}

static void a_live_stream_goes_on_without_end(void **state)
{
    /* clang-format off */
    static const uint8_t bytes[] = {
        0, 0, 0, 142, 'a', 'b', 's', 't', 0, 0, 0, 0, /* version 0, flags 0 */
        0, 0, 0, 9, /* BootstrapinfoVersion */
        0x20, /* Profile: named access; Live */
        0, 0, 0x03, 0xE8, /* TimeScale */
        0, 0, 0, 0, 0, 1, 0x84, 0xAC, /* CurrentMediaTime: 99,500 */
        0, 0, 0, 0, 0, 0, 0, 0, /* SmpteTimeCodeOffset */
        'c', 'a', 'm', '1', 0, /* MovieIdentifier */
        0, 0, 0, 0, /* servers, qualities, DrmData, MetaData */
        1, /* SegmentRunTableCount */
        0, 0, 0, 25, 'a', 's', 'r', 't', 0, 0, 0, 0,
        0, 0, 0, 0, 1, /* qualities; entries */
        0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, /* from segment 1: as many as there can be */
        1, /* FragmentRunTableCount */
        0, 0, 0, 69, 'a', 'f', 'r', 't', 0, 0, 0, 0,
        0, 0, 0x03, 0xE8, 0, 0, 0, 0, 3, /* TimeScale; qualities; entries */
        0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0xEA, 0x60, 0, 0, 0x27, 0x10, /* two of 10 s */
        0, 0, 0, 9, 0, 0, 0, 0, 0, 1, 0x38, 0x80, 0, 0, 0x25, 0x1C, /* a shorter one */
        0, 0, 0, 10, 0, 0, 0, 0, 0, 1, 0x5F, 0x90, 0, 0, 0x25, 0x1C, /* after a gap */
    };
    /* clang-format on */
    (void)state;
    assert_bytes(&live, bytes, sizeof bytes);
}

static void the_end_is_a_run_of_its_own(void **state)
{
    /* clang-format off */
    static const uint8_t bytes[] = {
        0, 0, 0, 127, 'a', 'b', 's', 't', 0, 0, 0, 0,
        0, 0, 0, 9, 0x00, /* not live */
        0, 0, 0x03, 0xE8, 0, 0, 0, 0, 0, 1, 0x38, 0x80, 0, 0, 0, 0, 0, 0, 0, 0,
        'c', 'a', 'm', '1', 0, 0, 0, 0, 0, 1,
        0, 0, 0, 25, 'a', 's', 'r', 't', 0, 0, 0, 0,
        0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 8, /* eight fragments since the beginning */
        1, 0, 0, 0, 54, 'a', 'f', 'r', 't', 0, 0, 0, 0,
        0, 0, 0x03, 0xE8, 0, 0, 0, 0, 2,
        0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0xEA, 0x60, 0, 0, 0x27, 0x10,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* end of presentation */
    };
    /* clang-format on */
    struct hds_bootstrap over = live;
    (void)state;
    over.is_over = true;
    over.n_fragments = 2;
    assert_bytes(&over, bytes, sizeof bytes);
}

static void a_fragment_without_a_length_is_not_taken_for_the_end(void **state)
{
    static const struct hds_fragment empty = { 5, 0 };
    struct hds_bootstrap             b = { .movie_id = "", .first = 1, .fragments = &empty, .n_fragments = 1 };
    struct buf                       out = buf_up_to(HDS_BOOTSTRAP_BYTES_MAX);
    (void)state;
    assert_null(hds_bootstrap_write(&b, &out));
    assert_int_equal(out.bytes[out.len - 1], 1);
    buf_finish(&out);
}

static void does_not_fit_or_finds_no_memory(void **state)
{
    struct buf  small = buf_up_to(141), none = buf_up_to(1000);
    struct err *e;
    (void)state;
    e = hds_bootstrap_write(&live, &small);
    assert_int_equal(err_code(e), E_LIMIT);
    assert_int_equal(small.len, 0);
    err_free(e);
    mem_fail_after(0);
    e = hds_bootstrap_write(&live, &none);
    mem_fail_after(-1);
    assert_non_null(e);
    err_free(e);
    buf_finish(&small);
    buf_finish(&none);
}

static void a_fragment_begins_with_the_header_of_mdat(void **state)
{
    uint8_t   bytes[HDS_FRAGMENT_HEADER_LEN];
    struct wr w = wr_over(bytes, sizeof bytes);
    (void)state;
    hds_write_fragment_header(&w, 0x010203);
    assert_int_equal(wr_len(&w), HDS_FRAGMENT_HEADER_LEN);
    assert_memory_equal(bytes, "\x00\x01\x02\x0bmdat", HDS_FRAGMENT_HEADER_LEN);
    w = wr_over(bytes, sizeof bytes);
    hds_write_fragment_header(&w, UINT32_MAX - 7);
    assert_true(w.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_stream_goes_on_without_end),
        cmocka_unit_test(the_end_is_a_run_of_its_own),
        cmocka_unit_test(a_fragment_without_a_length_is_not_taken_for_the_end),
        cmocka_unit_test(does_not_fit_or_finds_no_memory),
        cmocka_unit_test(a_fragment_begins_with_the_header_of_mdat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
