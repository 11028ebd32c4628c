#include "kernel/flv_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "kernel/amf0.h"
#include "kernel/flv.h"

enum { HEAD_MAX = 1 << 17 };

static uint8_t bytes[HEAD_MAX];

/* The body of an onMetaData as an encoder sends it. */
static size_t metadata(uint8_t *body, size_t cap)
{
    struct wr w = wr_over(body, cap);
    amf0_write_string(&w, "onMetaData");
    amf0_write_ecma_array(&w, 3);
    amf0_put_number(&w, "width", 640);
    amf0_put_number(&w, "duration", 1); /* ours counts */
    amf0_put_string(&w, "encoder", "x");
    amf0_write_end(&w);
    return wr_len(&w);
}

static struct amf0_text key_of(struct amf0_walk *walk, struct rd *r, size_t *n)
{
    struct amf0_text key;
    if (!amf0_next(walk, r, &key))
        return (struct amf0_text){ 0 };
    ++*n;
    return key;
}

/* Read a head as any reader of FLV does, and assert that it is well-formed to its last byte. Returns the object. */
static struct rd object_of(size_t len)
{
    struct rd         in = rd_over(bytes, len);
    struct flv_header header;
    struct flv_tag    tag;
    size_t            n = 0;
    assert_int_equal(flv_read_header(&in, &header), FLV_GOT);
    assert_int_equal(flv_read_tag(&in, &tag), FLV_GOT);
    assert_int_equal(tag.type, FLV_SCRIPT);
    assert_int_equal(rd_left(&in), 0);
    struct rd body = rd_over(tag.body, tag.len);
    assert_true(amf0_text_is(amf0_read_string(&body), "onMetaData"));
    struct rd        object = body, count = rd_over(body.p + 1, 4);
    struct amf0_walk walk = amf0_open(&body);
    while (key_of(&walk, &body, &n).p)
        amf0_skip_inner(&body);
    assert_false(body.bad);
    assert_int_equal(rd_left(&body), 0);
    assert_int_equal(rd_u32(&count), n);
    return object;
}

static void write(struct flv_head *h, size_t len)
{
    struct wr w = wr_over(bytes, len);
    assert_true(len <= sizeof bytes);
    assert_true(flv_head_write(h, &w));
    assert_int_equal(wr_len(&w), len);
}

static size_t array_len(struct rd object, const char *name)
{
    struct rd keyframes, value;
    assert_true(amf0_find(object, "keyframes", &keyframes));
    assert_true(amf0_find(keyframes, name, &value));
    assert_int_equal(rd_u8(&value), AMF0_STRICT_ARRAY);
    return rd_u32(&value);
}

static void keeps_what_the_encoder_told_and_nothing_that_is_not_known_yet(void **state)
{
    uint8_t         body[256];
    struct flv_head h = { .metadata = body, .metadata_len = metadata(body, sizeof body), .has_video = true };
    struct rd       value;
    (void)state;
    size_t len = flv_head_len(&h, 10);
    write(&h, len);
    struct rd object = object_of(len);
    assert_true(amf0_get_number(object, "width", 0) == 640);
    assert_true(amf0_text_is(amf0_get_string(object, "encoder"), "x"));
    assert_false(amf0_find(object, "duration", &value));
    assert_false(amf0_find(object, "keyframes", &value));
}

static void an_encoder_may_have_told_nothing(void **state)
{
    struct flv_head h = { .has_video = true };
    struct rd       value;
    (void)state;
    size_t len = flv_head_len(&h, 10);
    write(&h, len);
    assert_false(amf0_find(object_of(len), "width", &value));
}

static void is_written_again_in_the_same_room(void **state)
{
    uint8_t          body[256];
    struct flv_index index = { 0 };
    struct flv_head  h = { .metadata = body, .metadata_len = metadata(body, sizeof body) };
    (void)state;
    size_t len = flv_head_len(&h, 10);
    write(&h, len);
    for (int i = 0; i < 10; i++)
        assert_true(flv_index_add(&index, (uint64_t)len + 1000 * (uint64_t)i, 500 * i));
    for (int again = 0; again < 3; again++) { /* the second and third time from what was written before */
        uint8_t old[HEAD_MAX];
        memcpy(old, bytes, len);
        h = (struct flv_head){ .metadata = old + FLV_HEADER_LEN + FLV_TAG_HEADER_LEN,
                               .metadata_len = len - FLV_HEADER_LEN - FLV_TAG_HEADER_LEN - FLV_TAG_TRAILER_LEN,
                               .is_complete = true,
                               .duration_s = 5.25,
                               .last_s = 5.21,
                               .file_bytes = 123456,
                               .index = &index };
        write(&h, len);
        struct rd object = object_of(len);
        assert_true(amf0_get_number(object, "width", 0) == 640);
        assert_true(amf0_get_number(object, "duration", 0) == 5.25);
        assert_true(amf0_get_number(object, "filesize", 0) == 123456);
        assert_int_equal(array_len(object, "filepositions"), 10);
        assert_int_equal(array_len(object, "times"), 10);
    }
    flv_index_finish(&index);
}

static void a_long_file_has_every_other_key_frame(void **state)
{
    struct flv_index index = { 0 };
    struct flv_head  h = { .is_complete = true, .index = &index };
    (void)state;
    for (int i = 0; i < 3 * FLV_INDEX_MAX; i++)
        assert_true(flv_index_add(&index, (uint64_t)i, i));
    assert_true(index.n <= FLV_INDEX_MAX && index.n > FLV_INDEX_MAX / 2);
    size_t len = flv_head_len(&h, 100);
    write(&h, len);
    size_t n = array_len(object_of(len), "times");
    assert_true(n > 50 && n < 200);
    for (size_t i = 0; i < index.n; i++)
        assert_int_equal(index.entries[i].at, i * index.every);
    flv_index_finish(&index);
}

static void refuses_what_has_no_room_or_is_malformed(void **state)
{
    uint8_t         body[256];
    struct flv_head h = { .metadata = body, .metadata_len = metadata(body, sizeof body) };
    (void)state;
    for (size_t len = FLV_HEADER_LEN + FLV_TAG_HEADER_LEN + FLV_TAG_TRAILER_LEN; len < 500; len++) {
        struct wr w = wr_over(bytes, len);
        assert_false(flv_head_write(&h, &w));
    }
    h.metadata_len--;
    struct wr w = wr_over(bytes, flv_head_len(&h, 1));
    h.metadata_len -= 20;
    assert_false(flv_head_write(&h, &w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_the_encoder_told_and_nothing_that_is_not_known_yet),
        cmocka_unit_test(an_encoder_may_have_told_nothing),
        cmocka_unit_test(is_written_again_in_the_same_room),
        cmocka_unit_test(a_long_file_has_every_other_key_frame),
        cmocka_unit_test(refuses_what_has_no_room_or_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
