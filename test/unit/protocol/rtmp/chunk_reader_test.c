#include "protocol/rtmp/chunk_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/mem.h"
#include "protocol/rtmp/chunk_writer.h"

/* ---- the results of a reader ---- */

enum { GOT_MAX = 32 };

struct got {
    int                 n;
    struct rtmp_message msg[GOT_MAX];
    enum err_code       failed; /* the code that ended it */
};

static void got_finish(struct got *g)
{
    for (int i = 0; i < g->n; i++)
        frame_unref(&g->msg[i].payload);
    g->n = 0;
}

/* Take all messages that the reader has, and obey Set Chunk Size and Abort as a connection does. */
static bool drain(struct rtmp_chunk_reader *r, struct got *g)
{
    bool got = true;
    while (got) {
        struct rtmp_message msg;
        struct err         *e = rtmp_chunk_reader_next(r, &msg, &got);
        if (!e && got) {
            assert_true(g->n < GOT_MAX);
            assert_int_equal(msg.payload->len, msg.payload->cap);
            const uint8_t *b = msg.payload->data;
            uint32_t       value =
                msg.payload->len >= 4 ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
            g->msg[g->n++] = msg;
            if (msg.type_id == RTMP_TYPE_SET_CHUNK_SIZE)
                e = rtmp_chunk_reader_set_chunk_size(r, value);
            if (msg.type_id == RTMP_TYPE_ABORT)
                rtmp_chunk_reader_abort(r, value);
        }
        if (e) {
            g->failed = err_code(e);
            err_free(e);
            return false;
        }
    }
    assert_ptr_equal(r->at, r->end);
    assert_null(r->kept);
    return true;
}

/* Feed the bytes in pieces that end at the cuts, each from storage that is gone when the reader is drained. */
static struct got feed_in_pieces(const uint8_t *bytes, size_t len, size_t piece, size_t first)
{
    struct got               g = { 0 };
    struct rtmp_chunk_reader r;
    rtmp_chunk_reader_init(&r);
    for (size_t at = 0; at < len;) {
        size_t n = at == 0 && first ? first : piece;
        if (n > len - at)
            n = len - at;
        uint8_t *storage = malloc(n);
        memcpy(storage, bytes + at, n);
        rtmp_chunk_reader_feed(&r, storage, n);
        bool fine = drain(&r, &g);
        free(storage);
        at += n;
        if (!fine)
            break;
    }
    rtmp_chunk_reader_finish(&r);
    return g;
}

static void assert_same(const struct got *a, const struct got *b)
{
    assert_int_equal(a->failed, b->failed);
    assert_int_equal(a->n, b->n);
    for (int i = 0; i < a->n; i++) {
        const struct rtmp_message *x = &a->msg[i], *y = &b->msg[i];
        assert_int_equal(x->type_id, y->type_id);
        assert_int_equal(x->csid, y->csid);
        assert_int_equal(x->msid, y->msid);
        assert_int_equal(x->timestamp_ms, y->timestamp_ms);
        assert_int_equal(x->payload->len, y->payload->len);
        assert_memory_equal(x->payload->data, y->payload->data, x->payload->len);
    }
}

/* Read a byte stream, and assert that every cut gives the same messages. */
static struct got read_all(const uint8_t *bytes, size_t len)
{
    struct got whole = feed_in_pieces(bytes, len, len, 0);
    for (size_t cut = 1; cut < len; cut++) {
        struct got g = feed_in_pieces(bytes, len, len, cut);
        assert_same(&whole, &g);
        got_finish(&g);
    }
    for (size_t piece = 1; piece <= 7; piece++) {
        struct got g = feed_in_pieces(bytes, len, piece, 0);
        assert_same(&whole, &g);
        got_finish(&g);
    }
    return whole;
}

static void assert_message(const struct rtmp_message *m, uint32_t csid, uint8_t type_id, uint32_t msid,
                           uint32_t timestamp_ms, const char *body)
{
    assert_int_equal(m->csid, csid);
    assert_int_equal(m->type_id, type_id);
    assert_int_equal(m->msid, msid);
    assert_int_equal(m->timestamp_ms, timestamp_ms);
    assert_int_equal(m->payload->len, strlen(body));
    assert_memory_equal(m->payload->data, body, strlen(body));
}

static void assert_refused(const uint8_t *bytes, size_t len, enum err_code code)
{
    struct got g = read_all(bytes, len);
    assert_int_equal(g.failed, code);
    got_finish(&g);
}

/* ---- byte streams with bodies of many chunks ---- */

struct bytes {
    uint8_t data[4096];
    size_t  len;
};

static void put(struct bytes *b, const void *more, size_t n)
{
    assert_true(b->len + n <= sizeof b->data);
    memcpy(b->data + b->len, more, n);
    b->len += n;
}

static void put_payload(struct bytes *b, uint8_t from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t v = (uint8_t)(from + i);
        put(b, &v, 1);
    }
}

/* ---- the four header forms ---- */

static void each_header_form_adds_to_the_one_before(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x04, 0x00, 0x03, 0xE8, 0x00, 0x00, 0x02, 0x08, 0x01, 0x00, 0x00,
        0x00, 'a',  'b',                                                 /* type 0: 1000 ms, 2 bytes, audio, 1 */
        0x44, 0x00, 0x00, 0x14, 0x00, 0x00, 0x03, 0x09, 'c',  'd',  'e', /* type 1: +20, 3 bytes, video    */
        0x84, 0x00, 0x00, 0x15, 'f',  'g',  'h',                         /* type 2: +21                    */
        0xC4, 'i',  'j',  'k',                                           /* type 3: the delta repeats      */
    };
    struct got g = read_all(bytes, sizeof bytes);
    assert_int_equal(g.n, 4);
    assert_message(&g.msg[0], 4, 8, 1, 1000, "ab");
    assert_message(&g.msg[1], 4, 9, 1, 1020, "cde");
    assert_message(&g.msg[2], 4, 9, 1, 1041, "fgh");
    assert_message(&g.msg[3], 4, 9, 1, 1062, "ijk");
    got_finish(&g);
}

static void a_bare_chunk_after_a_full_one_takes_its_timestamp_as_delta(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x04, 0x00, 0x00, 0x17, 0x00, 0x00, 0x01, 0x08, 0x01, 0x00, 0x00, 0x00, 'a', /* 23 ms */
        0xC4, 'b',                                                                   /* 46 ms */
    };
    struct got g = read_all(bytes, sizeof bytes);
    assert_int_equal(g.n, 2);
    assert_message(&g.msg[1], 4, 8, 1, 46, "b");
    got_finish(&g);
}

static void basic_headers_have_one_two_or_three_bytes(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x3F, 0,    0,    0,   0, 0, 1, 8, 1, 0, 0, 0, 'a',           /* 63: one byte              */
        0x00, 0x00, 0,    0,   0, 0, 0, 1, 8, 1, 0, 0, 0,   'b',      /* 64: two bytes             */
        0x00, 0xFF, 0,    0,   0, 0, 0, 1, 8, 1, 0, 0, 0,   'c',      /* 319                       */
        0x01, 0x00, 0x01, 0,   0, 0, 0, 0, 1, 8, 1, 0, 0,   0,   'd', /* 320: three, low byte first */
        0x01, 0xFF, 0xFF, 0,   0, 0, 0, 0, 1, 8, 1, 0, 0,   0,   'e', /* 65599                     */
        0xC1, 0x00, 0x00, 'f',                                        /* 64 again, in the long form */
    };
    static const uint32_t csids[] = { 63, 64, 319, 320, 65599, 64 };
    struct got            g = read_all(bytes, sizeof bytes);
    assert_int_equal(g.n, 6);
    for (int i = 0; i < g.n; i++)
        assert_message(&g.msg[i], csids[i], 8, 1, 0, (const char[]){ (char)('a' + i), 0 });
    got_finish(&g);
}

static void the_message_stream_id_is_little_endian(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x04, 0, 0, 0, 0, 0, 0, 8, 0x78, 0x56, 0x34, 0x12 };
    struct got           g = read_all(bytes, sizeof bytes);
    assert_int_equal(g.n, 1);
    assert_message(&g.msg[0], 4, 8, 0x12345678, 0, ""); /* and an empty message is one */
    got_finish(&g);
}

static void long_messages_come_in_chunks(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    put(&b, (uint8_t[]){ 0x06, 0, 0, 40, 0, 0x01, 0x2C, 9, 1, 0, 0, 0 }, 12); /* 300 bytes: 128 + 128 + 44 */
    put_payload(&b, 0, 128);
    put(&b, (uint8_t[]){ 0xC6 }, 1);
    put_payload(&b, 128, 128);
    put(&b, (uint8_t[]){ 0xC6 }, 1);
    put_payload(&b, 0, 44);
    struct got g = read_all(b.data, b.len);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.msg[0].payload->len, 300);
    for (int i = 0; i < 300; i++)
        assert_int_equal(g.msg[0].payload->data[i], (uint8_t)i);
    got_finish(&g);
}

static void messages_on_different_chunk_streams_interleave(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    put(&b, (uint8_t[]){ 0x06, 0, 0, 40, 0, 0, 130, 9, 1, 0, 0, 0 }, 12);
    put_payload(&b, 0, 128);
    put(&b, (uint8_t[]){ 0x04, 0, 0, 41, 0, 0, 1, 8, 1, 0, 0, 0, 'a' }, 13);
    put(&b, (uint8_t[]){ 0xC6, 'y', 'z' }, 3);
    struct got g = read_all(b.data, b.len);
    assert_int_equal(g.n, 2);
    assert_message(&g.msg[0], 4, 8, 1, 41, "a");
    assert_int_equal(g.msg[1].timestamp_ms, 40);
    assert_memory_equal(g.msg[1].payload->data + 126,
                        "\x7e\x7f"
                        "yz",
                        4);
    got_finish(&g);
}

static void a_header_inside_a_message_may_repeat_what_is_known(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    put(&b, (uint8_t[]){ 0x06, 0, 0, 40, 0, 0, 130, 9, 1, 0, 0, 0 }, 12);
    put_payload(&b, 0, 128);
    put(&b, (uint8_t[]){ 0x46, 0, 0, 0, 0, 0, 130, 9, 'y', 'z' }, 10); /* type 1, same length */
    struct got g = read_all(b.data, b.len);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.msg[0].timestamp_ms, 40);
    got_finish(&g);
}

static void set_chunk_size_holds_from_the_next_header_on(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    put(&b, (uint8_t[]){ 0x06, 0, 0, 40, 0, 0x01, 0x2C, 9, 1, 0, 0, 0 }, 12); /* 300 bytes */
    put_payload(&b, 0, 128);
    put(&b, (uint8_t[]){ 0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0x10, 0x00 }, 16); /* 4096 */
    put(&b, (uint8_t[]){ 0xC6 }, 1);
    put_payload(&b, 128, 172);
    struct got g = read_all(b.data, b.len);
    assert_int_equal(g.n, 2);
    assert_int_equal(g.msg[1].payload->len, 300);
    got_finish(&g);
}

static void chunk_sizes_have_bounds(void **state)
{
    (void)state;
    static const struct {
        uint32_t      asked;
        enum err_code code;
        uint32_t      used;
    } rows[] = {
        { 0, E_RTMP_CHUNK_SIZE, 128 },       { 1, E_RTMP_CHUNK_SIZE, 128 },
        { 127, E_RTMP_CHUNK_SIZE, 128 },     { 128, E_SUCCESS, 128 },
        { 65536, E_SUCCESS, 65536 },         { 0xFFFFFF, E_SUCCESS, 0xFFFFFF },
        { 0x7FFFFFFF, E_SUCCESS, 0xFFFFFF },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtmp_chunk_reader r;
        rtmp_chunk_reader_init(&r);
        struct err *e = rtmp_chunk_reader_set_chunk_size(&r, rows[i].asked);
        assert_int_equal(err_code(e), rows[i].code);
        assert_int_equal(r.chunk_size, rows[i].used);
        err_free(e);
    }
}

static void abort_drops_the_message_under_way(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    put(&b, (uint8_t[]){ 0x06, 0, 0, 40, 0, 0, 200, 9, 1, 0, 0, 0 }, 12);
    put_payload(&b, 0, 128);
    put(&b, (uint8_t[]){ 0x02, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 6 }, 16);  /* abort 6 */
    put(&b, (uint8_t[]){ 0x02, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 99 }, 16); /* one never used */
    put(&b, (uint8_t[]){ 0x06, 0, 0, 80, 0, 0, 1, 9, 1, 0, 0, 0, 'k' }, 13);
    struct got g = read_all(b.data, b.len);
    assert_int_equal(g.n, 3);
    assert_message(&g.msg[2], 6, 9, 1, 80, "k");
    got_finish(&g);
}

/* ---- extended timestamps ---- */

static void extended_timestamps_have_32_bits(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x04, 0xFF, 0xFF, 0xFF, 0,    0,    1,    8,    1,   0, 0, 0, 0x00, 0xFF, 0xFF, 0xFF, 'a', /* the smallest extended */
        0x04, 0xFF, 0xFF, 0xFE, 0,    0,    1,    8,    1,   0, 0, 0, 'b', /* the largest that is not */
        0x04, 0xFF, 0xFF, 0xFF, 0,    0,    1,    8,    1,   0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 'c', 0x44,
        0x00, 0x00, 0x02, 0,    0,    1,    8,    'd',       /* wraps */
        0x84, 0xFF, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0x00, 'e', /* an extended delta */
    };
    struct got g = read_all(bytes, sizeof bytes);
    assert_int_equal(g.n, 5);
    assert_message(&g.msg[0], 4, 8, 1, 0xFFFFFF, "a");
    assert_message(&g.msg[1], 4, 8, 1, 0xFFFFFE, "b");
    assert_message(&g.msg[2], 4, 8, 1, 0xFFFFFFFF, "c");
    assert_message(&g.msg[3], 4, 8, 1, 1, "d");
    assert_message(&g.msg[4], 4, 8, 1, 0x01000001, "e");
    got_finish(&g);
}

/* Put a message of `len` bytes at 0x01020304 ms in chunks of 128 bytes, with or without the repeated timestamp. */
static void put_extended(struct bytes *b, uint8_t payload_from, size_t len, bool repeats)
{
    static const uint8_t ts[] = { 0x01, 0x02, 0x03, 0x04 };
    put(b, (uint8_t[]){ 0x06, 0xFF, 0xFF, 0xFF, 0, (uint8_t)(len >> 8), (uint8_t)len, 9, 1, 0, 0, 0 }, 12);
    put(b, ts, 4);
    for (size_t at = 0; at < len; at += 128) {
        if (at) {
            put(b, (uint8_t[]){ 0xC6 }, 1);
            if (repeats)
                put(b, ts, 4);
        }
        put_payload(b, (uint8_t)(payload_from + at), len - at < 128 ? len - at : 128);
    }
}

static void a_repeated_extended_timestamp_is_recognised_or_missed(void **state)
{
    (void)state;
    /* Payloads whose second chunk begins with none, one, two or three bytes of the timestamp 01 02 03 04, and short last chunks
     * that end before it is clear whether the timestamp is repeated. */
    static const struct {
        uint8_t from; /* chunk 2 begins with from + 128 */
        size_t  len;
    } rows[] = { { 0, 300 }, { 0x81, 129 }, { 0x81, 130 }, { 0x81, 131 }, { 0x7F, 128 }, { 0x00, 129 }, { 0x80, 130 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int repeats = 0; repeats < 2; repeats++) {
            struct bytes b = { 0 };
            put_extended(&b, rows[i].from, rows[i].len, repeats);
            put_extended(&b, rows[i].from, rows[i].len, repeats);
            put(&b, (uint8_t[]){ 0x05, 0, 0, 41, 0, 0, 1, 8, 1, 0, 0, 0, 'a' }, 13);
            struct got g = read_all(b.data, b.len);
            assert_int_equal(g.n, 3);
            for (int m = 0; m < 2; m++) {
                assert_int_equal(g.msg[m].timestamp_ms, 0x01020304);
                assert_int_equal(g.msg[m].payload->len, rows[i].len);
                for (size_t at = 0; at < rows[i].len; at++)
                    assert_int_equal(g.msg[m].payload->data[at], (uint8_t)(rows[i].from + at));
            }
            got_finish(&g);
        }
    }
}

static void a_bare_chunk_begins_a_message_at_an_extended_time(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x04, 0xFF, 0xFF, 0xFF, 0,    0,    1,    8,    1,    0,    0,   0,
        0x01, 0x00, 0x00, 0x00, 'a',  0xC4, 0x01, 0x00, 0x00, 0x17, 'b', /* it is a time, not a step of more than four hours */
        0xC4, 0x01, 0x00, 0x00, 0x2E, 'c',
    };
    struct got g = read_all(bytes, sizeof bytes);
    assert_int_equal(g.n, 3);
    assert_message(&g.msg[1], 4, 8, 1, 0x01000017, "b");
    assert_message(&g.msg[2], 4, 8, 1, 0x0100002E, "c");
    got_finish(&g);
}

/* ---- refused and accepted input ---- */

static void a_chunk_stream_begins_with_a_full_header_or_nearly(void **state)
{
    (void)state;
    static const uint8_t type1[] = { 0x42, 0, 0, 0, 0, 0, 6, 4, 0, 6, 0, 0, 0, 9 }; /* librtmp's ping */
    static const uint8_t type2[] = { 0x84, 0, 0, 0, 'a' };
    static const uint8_t type3[] = { 0xC4, 'a' };

    struct got g = read_all(type1, sizeof type1);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.msg[0].type_id, RTMP_TYPE_USER_CONTROL);
    got_finish(&g);
    assert_refused(type2, sizeof type2, E_RTMP_CHUNK_START);
    assert_refused(type3, sizeof type3, E_RTMP_CHUNK_START);
}

static void a_message_neither_restarts_nor_changes_its_length(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    put(&b, (uint8_t[]){ 0x06, 0, 0, 40, 0, 0, 200, 9, 1, 0, 0, 0 }, 12);
    put_payload(&b, 0, 128);
    struct bytes restarted = b, longer = b;
    put(&restarted, (uint8_t[]){ 0x06, 0, 0, 40, 0, 0, 200, 9, 1, 0, 0, 0 }, 12);
    put(&longer, (uint8_t[]){ 0x46, 0, 0, 40, 0, 0, 201, 9 }, 8);
    assert_refused(restarted.data, restarted.len, E_RTMP_CHUNK_START);
    assert_refused(longer.data, longer.len, E_RTMP_PACKET_SIZE);
}

static void too_many_chunk_streams_are_refused(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    for (int i = 0; i <= RTMP_CHUNK_STREAMS_MAX; i++)
        put(&b, (uint8_t[]){ 0x00, (uint8_t)i, 0, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0 }, 13);
    struct got               g = { 0 };
    struct rtmp_chunk_reader r;
    rtmp_chunk_reader_init(&r);
    for (size_t at = 0; at < b.len && !g.failed; at += 13) {
        rtmp_chunk_reader_feed(&r, b.data + at, 13);
        drain(&r, &g);
        got_finish(&g);
    }
    assert_int_equal(g.failed, E_LIMIT);
    assert_int_equal(r.n_streams, RTMP_CHUNK_STREAMS_MAX);
    rtmp_chunk_reader_finish(&r);
}

static void a_claimed_length_costs_nothing_until_it_is_sent(void **state)
{
    (void)state;
    static const uint8_t     bytes[] = { 0x06, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0, 'a' };
    struct got               g = { 0 };
    struct rtmp_chunk_reader r;
    rtmp_chunk_reader_init(&r);
    rtmp_chunk_reader_feed(&r, bytes, sizeof bytes);
    assert_true(drain(&r, &g));
    assert_int_equal(g.n, 0);
    assert_int_equal(r.partial_bytes, RTMP_MESSAGE_FIRST_ROOM);
    rtmp_chunk_reader_finish(&r);
}

/* A client sends only commands before it publishes. */
static void a_reader_that_expects_no_media_takes_no_long_message(void **state)
{
    (void)state;
    static const uint8_t     whole[] = { 0x06, 0, 0, 0, 0x01, 0x00, 0x00, 20, 1, 0, 0, 0 }; /* 65536 bytes */
    static const uint8_t     longer[] = { 0x07, 0, 0, 0, 0x01, 0x00, 0x01, 9, 1, 0, 0, 0 };
    struct got               g = { 0 };
    struct rtmp_chunk_reader r;
    rtmp_chunk_reader_init(&r);
    rtmp_chunk_reader_expect_media(&r, false);
    rtmp_chunk_reader_feed(&r, whole, sizeof whole);
    assert_true(drain(&r, &g));
    rtmp_chunk_reader_finish(&r);
    rtmp_chunk_reader_expect_media(&r, false);
    rtmp_chunk_reader_feed(&r, longer, sizeof longer);
    assert_false(drain(&r, &g));
    assert_int_equal(g.failed, E_LIMIT); /* refused at its header, before the body comes */
    rtmp_chunk_reader_finish(&r);

    g = (struct got){ 0 };
    rtmp_chunk_reader_expect_media(&r, true);
    rtmp_chunk_reader_feed(&r, longer, sizeof longer);
    assert_true(drain(&r, &g));
    rtmp_chunk_reader_finish(&r);
}

static void a_reader_that_expects_no_media_holds_two_unfinished_messages(void **state)
{
    (void)state;
    struct got               g = { 0 };
    struct rtmp_chunk_reader r;
    rtmp_chunk_reader_init(&r);
    rtmp_chunk_reader_expect_media(&r, false);
    for (int i = 3; !g.failed && i < 10; i++) {
        uint8_t begin[] = { (uint8_t)i, 0, 0, 0, 0x01, 0x00, 0x00, 20, 1, 0, 0, 0 };
        uint8_t rest[RTMP_CHUNK_SIZE_DEFAULT] = { 0 };
        rtmp_chunk_reader_feed(&r, begin, sizeof begin);
        drain(&r, &g);
        if (!g.failed) {
            rtmp_chunk_reader_feed(&r, rest, sizeof rest);
            assert_true(drain(&r, &g));
        }
        assert_true(r.partial_bytes <= 2 * RTMP_COMMAND_MAX);
    }
    assert_int_equal(g.failed, E_LIMIT);
    rtmp_chunk_reader_finish(&r);
}

static void the_longest_message_arrives_and_two_at_once_do_not(void **state)
{
    (void)state;
    enum { LEN = RTMP_MESSAGE_LEN_MAX, PIECE = 65521 };
    uint8_t *body = malloc(LEN);
    for (size_t i = 0; i < LEN; i++)
        body[i] = (uint8_t)(i * 7 >> 3);
    for (int copies = 1; copies <= 2; copies++) {
        struct got               g = { 0 };
        struct rtmp_chunk_reader r;
        rtmp_chunk_reader_init(&r);
        struct err *e = rtmp_chunk_reader_set_chunk_size(&r, LEN / 2 + 1);
        assert_null(e);
        /* first halves of both, then second halves */
        for (int part = 0; part < 2; part++) {
            for (int c = 0; c < copies && !g.failed; c++) {
                uint8_t header[RTMP_CHUNK_HEADER_MAX];
                size_t  n = part ? rtmp_chunk_continuation(header, (uint32_t)(6 + c), 0)
                                 : rtmp_chunk_header(header, (uint32_t)(6 + c), 1, 9, LEN, 0);
                rtmp_chunk_reader_feed(&r, header, n);
                drain(&r, &g);
                size_t end = part ? LEN : LEN / 2 + 1;
                for (size_t at = part ? LEN / 2 + 1 : 0; at < end && !g.failed; at += PIECE) {
                    rtmp_chunk_reader_feed(&r, body + at, end - at < PIECE ? end - at : PIECE);
                    drain(&r, &g);
                    assert_true(r.partial_bytes <= RTMP_PARTIAL_BYTES_MAX);
                }
            }
        }
        if (copies == 1) {
            assert_int_equal(g.n, 1);
            assert_memory_equal(g.msg[0].payload->data, body, LEN);
        } else {
            assert_int_equal(g.failed, E_LIMIT);
        }
        got_finish(&g);
        rtmp_chunk_reader_finish(&r);
    }
    free(body);
}

/* ---- storage ---- */

static void keep_frees_the_fed_storage_between_two_messages(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x04, 0, 0, 10, 0, 0, 1, 8, 1, 0, 0, 0, 'a', 0x84, 0, 0, 10, 'b', 0xC4, 'c', 0xC4,
    };
    uint8_t                  storage[sizeof bytes];
    struct rtmp_chunk_reader r;
    struct rtmp_message      msg;
    bool                     got;
    memcpy(storage, bytes, sizeof bytes);
    rtmp_chunk_reader_init(&r);
    rtmp_chunk_reader_feed(&r, storage, sizeof storage);
    for (int i = 0; i < 3; i++) {
        assert_null(rtmp_chunk_reader_next(&r, &msg, &got));
        assert_true(got);
        assert_message(&msg, 4, 8, 1, (uint32_t)(10 + 10 * i), (const char[]){ (char)('a' + i), 0 });
        frame_unref(&msg.payload);
        assert_true(rtmp_chunk_reader_borrows(&r) == (i == 0));
        assert_null(rtmp_chunk_reader_keep(&r)); /* a second call does nothing */
        assert_false(rtmp_chunk_reader_borrows(&r));
        memset(storage, 0xEE, sizeof storage);
    }
    assert_null(rtmp_chunk_reader_next(&r, &msg, &got));
    assert_false(got);
    assert_null(r.kept);
    rtmp_chunk_reader_feed(&r, (const uint8_t[]){ 'd' }, 1);
    assert_null(rtmp_chunk_reader_next(&r, &msg, &got));
    assert_true(got);
    frame_unref(&msg.payload);
    rtmp_chunk_reader_finish(&r);
}

static void an_idle_reader_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct rtmp_chunk_reader) <= 192);
    struct rtmp_chunk_reader zero = { 0 };
    rtmp_chunk_reader_finish(&zero);
}

static void survives_each_allocation_that_fails(void **state)
{
    (void)state;
    struct bytes b = { 0 };
    for (uint8_t csid = 3; csid < 12; csid++)
        put(&b, (uint8_t[]){ csid, 0, 0, 10, 0, 0, 1, 8, 1, 0, 0, 0, 'a' }, 13);
    put(&b, (uint8_t[]){ 0x06, 0, 0, 40, 2, 0, 0, 9, 1, 0, 0, 0 }, 12); /* 128 KiB: room must grow */
    enum { BODY = 128 << 10 };
    uint8_t *bytes = calloc(1, b.len + BODY);
    memcpy(bytes, b.data, b.len);
    int n = 0;
    for (bool whole = false; !whole; n++) {
        struct got               g = { 0 };
        struct rtmp_chunk_reader r;
        rtmp_chunk_reader_init(&r);
        assert_null(rtmp_chunk_reader_set_chunk_size(&r, BODY));
        mem_fail_after(n);
        for (size_t at = 0; at < b.len + BODY && !g.failed; at += 50000) {
            rtmp_chunk_reader_feed(&r, bytes + at, b.len + BODY - at < 50000 ? b.len + BODY - at : 50000);
            drain(&r, &g);
        }
        whole = !mem_failed();
        mem_fail_after(-1);
        assert_int_equal(g.failed, whole ? E_SUCCESS : E_NO_MEMORY);
        assert_true(!whole || g.n == 10);
        got_finish(&g);
        rtmp_chunk_reader_finish(&r);
    }
    assert_true(n > 12);
    free(bytes);
}

/* Begin a message of 16 MB and feed `n` bytes of it. */
static void begin_long_message(struct rtmp_chunk_reader *r, size_t n)
{
    static const uint8_t head[] = { 0x06, 0, 0, 0, 0xFF, 0, 0, 9, 1, 0, 0, 0 };
    uint8_t             *bytes = calloc(1, sizeof head + n);
    struct got           g = { 0 };
    memcpy(bytes, head, sizeof head);
    rtmp_chunk_reader_init(r);
    assert_null(rtmp_chunk_reader_set_chunk_size(r, RTMP_CHUNK_SIZE_MAX));
    rtmp_chunk_reader_feed(r, bytes, sizeof head + n);
    assert_true(drain(r, &g));
    free(bytes);
}

static void what_is_under_way_for_longest_gives_way_when_memory_is_short(void **state)
{
    (void)state;
    struct rtmp_chunk_reader idle, sound;
    struct rtmp_message      msg;
    bool                     got;
    begin_long_message(&idle, 4 << 20);
    idle.unfinished.since_us -= US_PER_SECOND;
    begin_long_message(&sound, 1 << 20);
    size_t before = mem_held();
    assert_true(unfinished_give_way() >= 4 << 20);
    assert_true(mem_held() <= before - (4 << 20));
    assert_null(rtmp_chunk_reader_check(&sound));
    struct err *e = rtmp_chunk_reader_check(&idle);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    rtmp_chunk_reader_feed(&idle, (const uint8_t *)"x", 1); /* a reader that gave way ignores input */
    e = rtmp_chunk_reader_next(&idle, &msg, &got);
    assert_int_equal(err_code(e), E_LIMIT);
    assert_false(got);
    err_free(e);
    rtmp_chunk_reader_finish(&idle);
    rtmp_chunk_reader_finish(&sound);
    assert_int_equal(unfinished_give_way(), 0); /* finished readers hold nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_header_form_adds_to_the_one_before),
        cmocka_unit_test(a_bare_chunk_after_a_full_one_takes_its_timestamp_as_delta),
        cmocka_unit_test(basic_headers_have_one_two_or_three_bytes),
        cmocka_unit_test(the_message_stream_id_is_little_endian),
        cmocka_unit_test(long_messages_come_in_chunks),
        cmocka_unit_test(messages_on_different_chunk_streams_interleave),
        cmocka_unit_test(a_header_inside_a_message_may_repeat_what_is_known),
        cmocka_unit_test(set_chunk_size_holds_from_the_next_header_on),
        cmocka_unit_test(chunk_sizes_have_bounds),
        cmocka_unit_test(abort_drops_the_message_under_way),
        cmocka_unit_test(extended_timestamps_have_32_bits),
        cmocka_unit_test(a_repeated_extended_timestamp_is_recognised_or_missed),
        cmocka_unit_test(a_bare_chunk_begins_a_message_at_an_extended_time),
        cmocka_unit_test(a_chunk_stream_begins_with_a_full_header_or_nearly),
        cmocka_unit_test(a_message_neither_restarts_nor_changes_its_length),
        cmocka_unit_test(too_many_chunk_streams_are_refused),
        cmocka_unit_test(a_claimed_length_costs_nothing_until_it_is_sent),
        cmocka_unit_test(a_reader_that_expects_no_media_takes_no_long_message),
        cmocka_unit_test(a_reader_that_expects_no_media_holds_two_unfinished_messages),
        cmocka_unit_test(the_longest_message_arrives_and_two_at_once_do_not),
        cmocka_unit_test(keep_frees_the_fed_storage_between_two_messages),
        cmocka_unit_test(an_idle_reader_is_small),
        cmocka_unit_test(what_is_under_way_for_longest_gives_way_when_memory_is_short),
        cmocka_unit_test(survives_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
