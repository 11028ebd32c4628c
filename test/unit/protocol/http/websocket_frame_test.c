/* WebSocket frames: the exact bytes of ours, a client's in every cut, and the frames that a client must not send. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/attr.h"
#include "core/str.h"
#include "protocol/http/websocket_frame.h"

static void the_key_of_the_specification_has_its_answer(void **state)
{
    (void)state;
    char accept[WEBSOCKET_ACCEPT_CAP];
    assert_true(websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ==", accept)); /* RFC 6455, 1.3 */
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const keys[] = { "",
                                        "x",
                                        "dGhlIHNhbXBsZSBub25jZQ=",
                                        "dGhlIHNhbXBsZSBub25jZQ===",
                                        "dGhlIHNhbXBsZSBub25jZWE=",
                                        "dGhlIHNhbXBs*SBub25jZQ==",
                                        "AAAAAAAAAAAAAAAAAAAAAAAA" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char accept[WEBSOCKET_ACCEPT_CAP];
        assert_false(websocket_accept_key(keys[i], accept));
    }
}

static void heads_are_as_long_as_they_must_be(void **state)
{
    static const struct {
        uint64_t len;
        uint8_t  head[WEBSOCKET_HEAD_MAX];
        size_t   head_len;
    } rows[] = {
        { 0, { 0x82, 0 }, 2 },
        { 125, { 0x82, 125 }, 2 },
        { 126, { 0x82, 126, 0, 126 }, 4 },
        { 65535, { 0x82, 126, 0xff, 0xff }, 4 },
        { 65536, { 0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0 }, 10 },
        { 0x0102030405060708, { 0x82, 127, 1, 2, 3, 4, 5, 6, 7, 8 }, 10 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t head[WEBSOCKET_HEAD_MAX];
        assert_int_equal(websocket_head(head, WEBSOCKET_BINARY, rows[i].len), rows[i].head_len);
        assert_memory_equal(head, rows[i].head, rows[i].head_len);
    }
}

/* ---- frames of a client */

struct sent {
    uint8_t bytes[1024];
    size_t  len;
};

/* Add a client's frame, masked with 1 2 3 4; `first` is FIN, reserved bits and opcode. */
static void add(struct sent *s, uint8_t first, const char *payload, size_t len)
{
    static const uint8_t mask[] = { 1, 2, 3, 4 };
    uint8_t             *head = s->bytes + s->len;
    s->len += websocket_head(head, 0, len);
    head[0] = first;
    head[1] |= 0x80;
    memcpy(s->bytes + s->len, mask, 4);
    s->len += 4;
    for (size_t i = 0; i < len; i++)
        s->bytes[s->len++] = (uint8_t)payload[i] ^ mask[i % 4];
}

/* Feed the bytes to the reader in pieces of `step` bytes, and write its events as text. */
static const char *story(const struct sent *sent, size_t step, struct str *out)
{
    struct websocket_reader r = { 0 };
    struct sent             s = *sent;
    *out = str_over(out->buf, out->cap);
    for (size_t at = 0; at < s.len;) {
        size_t                 used, n = s.len - at < step ? s.len - at : step;
        struct websocket_event event;
        enum websocket_read    what;
        size_t                 end = at + n;
        while ((what = websocket_read(&r, s.bytes + at, end - at, &used, &event)) != WEBSOCKET_NEED_MORE) {
            at += used;
            if (what == WEBSOCKET_BAD) {
                str_printf(out, "bad %d", event.status);
                return out->buf;
            }
            if (what == WEBSOCKET_DATA)
                str_printf(out, "%.*s%s", (int)event.len, (const char *)event.data, event.last ? ";" : "");
            else if (event.opcode == WEBSOCKET_CLOSE)
                str_printf(out, "<close %d %.*s>", event.status, event.len ? (int)event.len - 2 : 0,
                           event.len ? (const char *)event.data + 2 : "");
            else
                str_printf(out, "<%s %.*s>", event.opcode == WEBSOCKET_PING ? "ping" : "pong", (int)event.len,
                           (const char *)event.data);
        }
        at += used;
        assert_int_equal(at, end); /* all input is used up */
    }
    return out->buf;
}

static void messages_and_control_frames_come_out_however_they_are_cut(void **state)
{
    (void)state;
    char        buf[1024], many[200];
    struct str  out = { .buf = buf, .cap = sizeof buf };
    struct sent s = { .len = 0 };
    memset(many, 'm', sizeof many);
    add(&s, 0x81, "hello", 5);
    add(&s, 0x82, "", 0);
    add(&s, 0x89, "are you there", 13);
    add(&s, 0x01, "he", 2); /* in three fragments, with a ping and a pong between them */
    add(&s, 0x8a, "", 0);
    add(&s, 0x00, "", 0);
    add(&s, 0x00, "l", 1);
    add(&s, 0x89, "!", 1);
    add(&s, 0x80, "lo", 2);
    add(&s, 0x01, "e\xe2", 2); /* a character on both sides of a cut */
    add(&s, 0x80, "\x82\xac", 2);
    add(&s, 0x82, many, sizeof many); /* a length of 16 bits */
    add(&s, 0x02, "x", 1);            /* a message that ends with an empty fragment */
    add(&s, 0x80, "", 0);
    add(&s, 0x88, "\x03\xe8well", 6);
    for (size_t step = 1; step <= s.len; step++) {
        char wanted[512];
        snprintf(wanted, sizeof wanted,
                 "hello;;<ping are you there>he<pong >l<ping !>lo;e\xe2\x82\xac;%.*s;x;<close 1000 well>",
                 (int)sizeof many, many);
        assert_string_equal(story(&s, step, &out), wanted);
    }
}

static void a_close_without_a_code_is_one(void **state)
{
    (void)state;
    char        buf[64];
    struct str  out = { .buf = buf, .cap = sizeof buf };
    struct sent s = { .len = 0 };
    add(&s, 0x88, "", 0);
    assert_string_equal(story(&s, 1, &out), "<close 1005 >");
}

struct bad_row {
    uint8_t     first;
    const char *payload;
    size_t      len;
    int         status;
};

static void what_no_client_may_send_fails_the_connection(void **state)
{
    static char                 long_ping[126];
    static const struct bad_row rows[] = {
        { 0xc1, "x", 1, WEBSOCKET_PROTOCOL_ERROR }, /* RSV1: compression */
        { 0xa1, "x", 1, WEBSOCKET_PROTOCOL_ERROR },
        { 0x91, "x", 1, WEBSOCKET_PROTOCOL_ERROR },
        { 0x83, "x", 1, WEBSOCKET_PROTOCOL_ERROR }, /* opcodes 3 and 11 */
        { 0x8b, "x", 1, WEBSOCKET_PROTOCOL_ERROR },
        { 0x80, "x", 1, WEBSOCKET_PROTOCOL_ERROR }, /* continues nothing */
        { 0x09, "x", 1, WEBSOCKET_PROTOCOL_ERROR }, /* a ping in fragments */
        { 0x89, long_ping, 126, WEBSOCKET_PROTOCOL_ERROR },
        { 0x88, "\x03", 1, WEBSOCKET_PROTOCOL_ERROR },     /* half a code */
        { 0x88, "\x03\xe7", 2, WEBSOCKET_PROTOCOL_ERROR }, /* 999 */
        { 0x88, "\x03\xed", 2, WEBSOCKET_PROTOCOL_ERROR }, /* 1005 */
        { 0x88, "\x03\xee", 2, WEBSOCKET_PROTOCOL_ERROR }, /* 1006 */
        { 0x88, "\x03\xf7", 2, WEBSOCKET_PROTOCOL_ERROR }, /* 1015 */
        { 0x88, "\x0b\xb7", 2, WEBSOCKET_PROTOCOL_ERROR }, /* 2999 */
        { 0x88, "\x13\x88", 2, WEBSOCKET_PROTOCOL_ERROR }, /* 5000 */
        { 0x88, "\x03\xe8\xff", 3, WEBSOCKET_BAD_TEXT },
        { 0x88, "\x03\xe8\xc3", 3, WEBSOCKET_BAD_TEXT },
        { 0x81, "a\xff", 2, WEBSOCKET_BAD_TEXT },
        { 0x81, "a\xc3", 2, WEBSOCKET_BAD_TEXT },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t step = 1; step < 150; step += 7) {
            char        buf[64], wanted[64];
            struct str  out = { .buf = buf, .cap = sizeof buf };
            struct sent s = { .len = 0 };
            add(&s, rows[i].first, rows[i].payload, rows[i].len);
            snprintf(wanted, sizeof wanted, "bad %d", rows[i].status);
            const char *got = story(&s, step, &out);
            if (strcmp(got + strspn(got, "a"), wanted) != 0) /* the valid part of a text may have come out */
                fail_msg("row %zu: %s", i, got);
        }
}

static void a_message_inside_another_fails_the_connection(void **state)
{
    (void)state;
    char        buf[64];
    struct str  out = { .buf = buf, .cap = sizeof buf };
    struct sent s = { .len = 0 };
    add(&s, 0x01, "a", 1);
    add(&s, 0x81, "b", 1);
    assert_string_equal(story(&s, 100, &out), "abad 1002");
}

static void a_frame_without_a_mask_fails_the_connection(void **state)
{
    (void)state;
    char        buf[64];
    struct str  out = { .buf = buf, .cap = sizeof buf };
    struct sent s = { .bytes = { 0x81, 0x01, 'x' }, .len = 2 }; /* the second byte shows that the mask is missing */
    assert_string_equal(story(&s, 100, &out), "bad 1002");
}

static void a_length_must_be_written_in_its_shortest_form(void **state)
{
    static const struct sent rows[] = {
        { { 0x82, 0xfe, 0, 125, 0, 0, 0, 0 }, 8 },
        { { 0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0 }, 14 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char       buf[64];
        struct str out = { .buf = buf, .cap = sizeof buf };
        assert_string_equal(story(&rows[i], 100, &out), "bad 1002");
    }
}

static void a_message_beyond_the_bound_is_refused_by_its_head(void **state)
{
    static const struct sent rows[] = {
        { { 0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0 }, 14 }, /* 64 KiB and a byte */
        { { 0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 }, 14 },
        { { 0x02, 0x81, 0, 0, 0, 0, 'x', /* a byte, then 64 KiB more of the same message */
            0x80, 0xff, 0, 0, 0, 0, 0,   1, 0, 0, 0, 0, 0, 0 },
          21 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char       buf[64];
        struct str out = { .buf = buf, .cap = sizeof buf };
        assert_string_equal(story(&rows[i], 100, &out), i == 2 ? "xbad 1009" : "bad 1009");
    }
}

static void a_message_at_the_bound_is_read(void **state)
{
    (void)state;
    static uint8_t          bytes[14 + WEBSOCKET_MESSAGE_MAX] = { 0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0 };
    struct websocket_reader r = { 0 };
    struct websocket_event  event;
    size_t                  used;
    assert_int_equal(websocket_read(&r, bytes, sizeof bytes, &used, &event), WEBSOCKET_DATA);
    assert_int_equal(used, sizeof bytes);
    assert_int_equal(event.len, WEBSOCKET_MESSAGE_MAX);
    assert_true(event.last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_the_specification_has_its_answer),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(heads_are_as_long_as_they_must_be),
        cmocka_unit_test(messages_and_control_frames_come_out_however_they_are_cut),
        cmocka_unit_test(a_close_without_a_code_is_one),
        cmocka_unit_test(what_no_client_may_send_fails_the_connection),
        cmocka_unit_test(a_message_inside_another_fails_the_connection),
        cmocka_unit_test(a_frame_without_a_mask_fails_the_connection),
        cmocka_unit_test(a_length_must_be_written_in_its_shortest_form),
        cmocka_unit_test(a_message_beyond_the_bound_is_refused_by_its_head),
        cmocka_unit_test(a_message_at_the_bound_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
