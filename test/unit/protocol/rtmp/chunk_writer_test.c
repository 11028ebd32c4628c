#include "protocol/rtmp/chunk_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASSERT_BYTES(w, ...) \
    do { \
        static const uint8_t expected_[] = { __VA_ARGS__ }; \
        assert_false((w).full); \
        assert_int_equal(wr_len(&(w)), sizeof expected_); \
        assert_memory_equal((w).start, expected_, sizeof expected_); \
    } while (0)

static void headers_have_their_bytes(void **state)
{
    (void)state;
    static const struct {
        uint32_t csid, timestamp_ms;
        size_t   n, n_next;
        uint8_t  first[RTMP_CHUNK_HEADER_MAX], next[RTMP_CONTINUATION_MAX];
    } rows[] = {
        { 6, 40, 12, 1, { 0x06, 0, 0, 40, 0x01, 0x02, 0x03, 9, 1, 0, 0, 0 }, { 0xC6 } },
        { 63, 0xFFFFFE, 12, 1, { 0x3F, 0xFF, 0xFF, 0xFE, 1, 2, 3, 9, 1, 0, 0, 0 }, { 0xFF } },
        { 64,
          0xFFFFFF,
          17,
          6,
          { 0x00, 0x00, 0xFF, 0xFF, 0xFF, 1, 2, 3, 9, 1, 0, 0, 0, 0x00, 0xFF, 0xFF, 0xFF },
          { 0xC0, 0x00, 0x00, 0xFF, 0xFF, 0xFF } },
        { 319, 0, 13, 2, { 0x00, 0xFF, 0, 0, 0, 1, 2, 3, 9, 1, 0, 0, 0 }, { 0xC0, 0xFF } },
        { 65599,
          0xFFFFFFFF,
          18,
          7,
          { 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 9, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF },
          { 0xC1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF } },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t first[RTMP_CHUNK_HEADER_MAX], next[RTMP_CONTINUATION_MAX];
        assert_int_equal(rtmp_chunk_header(first, rows[i].csid, 1, 9, 0x010203, rows[i].timestamp_ms), rows[i].n);
        assert_memory_equal(first, rows[i].first, rows[i].n);
        assert_int_equal(rtmp_chunk_continuation(next, rows[i].csid, rows[i].timestamp_ms), rows[i].n_next);
        assert_memory_equal(next, rows[i].next, rows[i].n_next);
    }
}

/* Send a message in steps of at most `step` bytes and `n_iov` iovecs, resuming at each, and compare. */
static void assert_resumes(const struct rtmp_out *m, uint32_t chunk_size, size_t step, int n_iov, size_t scratch_cap)
{
    size_t    whole = rtmp_message_wire_len(m, chunk_size);
    uint8_t  *expected = malloc(whole), *sent = malloc(whole);
    struct wr w = wr_over(expected, whole);
    rtmp_message_write(&w, m, chunk_size);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), whole);
    for (size_t offset = 0; offset < whole;) {
        uint8_t      headers[256];
        struct iovec iov[16];
        struct wr    scratch = wr_over(headers, scratch_cap);
        size_t       covered, sum = 0;
        int          n = rtmp_message_iov(m, chunk_size, offset, iov, n_iov, &scratch, &covered);
        assert_true(n > 0 && n <= n_iov);
        for (int i = 0; i < n; i++) {
            assert_true(iov[i].iov_len > 0);
            for (size_t k = 0; k < iov[i].iov_len; k++, sum++)
                if (sum < step)
                    sent[offset + sum] = ((const uint8_t *)iov[i].iov_base)[k];
        }
        assert_int_equal(sum, covered);
        assert_true(offset + covered <= whole);
        offset += covered < step ? covered : step;
    }
    assert_memory_equal(sent, expected, whole);
    free(expected);
    free(sent);
}

static void a_partial_write_resumes_anywhere(void **state)
{
    (void)state;
    uint8_t body[1000];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 13);
    static const uint32_t lens[] = { 0, 1, 127, 128, 129, 256, 257, 1000 };
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        for (int extended = 0; extended < 2; extended++) {
            struct rtmp_out m = { 6, 1, extended ? 0x01020304 : 40, 9, lens[i], body };
            for (size_t step = 1; step < 300; step += 7) {
                assert_resumes(&m, 128, step, 16, 256);
                assert_resumes(&m, 128, step, 1, 256);
                assert_resumes(&m, 128, step, 16, 18); /* scratch for one header */
                assert_resumes(&m, 60000, step, 2, 18);
            }
        }
    }
}

static void a_message_in_one_chunk_takes_two_iovecs(void **state)
{
    (void)state;
    static const uint8_t body[500];
    struct rtmp_out      m = { 6, 1, 40, 9, sizeof body, body };
    uint8_t              headers[RTMP_CHUNK_HEADER_MAX];
    struct wr            scratch = wr_over(headers, sizeof headers);
    struct iovec         iov[2];
    size_t               covered;
    assert_int_equal(rtmp_message_iov(&m, 60000, 0, iov, 2, &scratch, &covered), 2);
    assert_int_equal(covered, 512);
    assert_ptr_equal(iov[1].iov_base, body);
    assert_int_equal(rtmp_message_iov(&m, 60000, 100, iov, 2, &scratch, &covered), 1);
    assert_int_equal(covered, 412);
    assert_ptr_equal(iov[0].iov_base, body + 88);
    assert_int_equal(rtmp_message_iov(&m, 60000, 512, iov, 2, &scratch, &covered), 0);
    assert_int_equal(covered, 0);
}

static void a_reader_reads_what_is_written(void **state)
{
    (void)state;
    uint8_t body[700], wire[4096];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 31);
    static const uint32_t times[] = { 0, 0xFFFFFE, 0xFFFFFF, 0x01000000, 0x80000000, 0xFFFFFFFF };
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct rtmp_out          m = { 4, 1, times[i], 8, sizeof body, body };
        struct wr                w = wr_over(wire, sizeof wire);
        struct rtmp_chunk_reader r;
        struct rtmp_message      msg;
        bool                     got;
        rtmp_message_write(&w, &m, 128);
        rtmp_message_write(&w, &m, 128);
        rtmp_chunk_reader_init(&r);
        rtmp_chunk_reader_feed(&r, wire, wr_len(&w));
        for (int n = 0; n < 2; n++) {
            assert_null(rtmp_chunk_reader_next(&r, &msg, &got));
            assert_true(got);
            assert_int_equal(msg.timestamp_ms, times[i]);
            assert_int_equal(msg.payload->len, sizeof body);
            assert_memory_equal(msg.payload->data, body, sizeof body);
            frame_unref(&msg.payload);
        }
        assert_null(rtmp_chunk_reader_next(&r, &msg, &got));
        assert_false(got);
        rtmp_chunk_reader_finish(&r);
    }
}

static void control_messages_have_their_bytes(void **state)
{
    (void)state;
    uint8_t   bytes[RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    rtmp_write_set_chunk_size(&w, 60000);
    ASSERT_BYTES(w, 0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0x00, 0x00, 0xEA, 0x60);
    w = wr_over(bytes, sizeof bytes);
    rtmp_write_ack(&w, 0x01020304);
    ASSERT_BYTES(w, 0x02, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 1, 2, 3, 4);
    w = wr_over(bytes, sizeof bytes);
    rtmp_write_window_ack_size(&w, 2500000);
    ASSERT_BYTES(w, 0x02, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0, 0x00, 0x26, 0x25, 0xA0);
    w = wr_over(bytes, sizeof bytes);
    rtmp_write_set_peer_bandwidth(&w, 2500000, RTMP_LIMIT_DYNAMIC);
    ASSERT_BYTES(w, 0x02, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0x00, 0x26, 0x25, 0xA0, 2);
    w = wr_over(bytes, sizeof bytes);
    rtmp_write_user_control(&w, RTMP_EVENT_STREAM_BEGIN, 1);
    ASSERT_BYTES(w, 0x02, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    w = wr_over(bytes, sizeof bytes);
    rtmp_write_user_control(&w, RTMP_EVENT_PING_RESPONSE, 0xDEADBEEF);
    ASSERT_BYTES(w, 0x02, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 7, 0xDE, 0xAD, 0xBE, 0xEF);
    w = wr_over(bytes, sizeof bytes);
    rtmp_write_set_buffer_length(&w, 1, 1000);
    ASSERT_BYTES(w, 0x02, 0, 0, 0, 0, 0, 10, 4, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0x03, 0xE8);
    rtmp_write_ack(&w, 1); /* no room is left */
    assert_true(w.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_have_their_bytes),
        cmocka_unit_test(a_partial_write_resumes_anywhere),
        cmocka_unit_test(a_message_in_one_chunk_takes_two_iovecs),
        cmocka_unit_test(a_reader_reads_what_is_written),
        cmocka_unit_test(control_messages_have_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
