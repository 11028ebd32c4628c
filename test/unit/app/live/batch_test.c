/* The batch of frames that is about to be written to a player. */
#include "app/live/batch.h"

#include "app/live/flv_wire.h"
#include "app/live/media.h"
#include "app/rtmp/rtmp_wire.h"

static struct batch  b;
static struct jitter j;

static void a_frame_goes_on_at_the_byte_where_it_was_cut(void **state)
{
    (void)state;
    struct wire   w = { .format = &flv_wire, .framing = FRAMING_CHUNK };
    struct frame *f = media_frame(INTER, 200, 40);
    size_t        len = wire_size_sum(wire_size(&w, f, 40000));
    for (size_t sent = 0; sent < len; sent += 7) {
        assert_true(batch_clear(&b, 0));
        assert_true(batch_add(&b, &w, f, 40000, sent, &j));
        assert_int_equal(b.items[0].wire_len, len - sent);
        assert_int_equal(b.out.bytes, len - sent);
    }
    frame_unref(&f);
}

/* A frame may be cut at or after its end, when the bytes that went out were muxed for another wire. Its rest is empty; the
 * difference of the lengths must not wrap. */
static void a_frame_cut_at_or_after_its_end_has_no_rest(void **state)
{
    (void)state;
    struct wire   w = { .format = &rtmp_wire, .chunk_size = 128, .msid = 1 };
    struct frame *f = media_frame(INTER, 200, 40), *next = media_frame(INTER, 30, 80);
    size_t        len = wire_size_sum(wire_size(&w, f, 40000));
    for (size_t behind = 0; behind < 300; behind += 60) {
        assert_true(batch_clear(&b, 0));
        assert_true(batch_add(&b, &w, f, 40000, len + behind, &j));
        assert_int_equal(b.items[0].wire_len, 0);
        assert_int_equal(b.out.bytes, 0);
        assert_true(batch_add(&b, &w, next, 80000, 0, &j));
        assert_int_equal(b.items[1].wire_len, wire_size_sum(wire_size(&w, next, 80000)));
        assert_int_equal(b.out.bytes, b.items[1].wire_len);
    }
    frame_unref(&f);
    frame_unref(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_goes_on_at_the_byte_where_it_was_cut),
        cmocka_unit_test(a_frame_cut_at_or_after_its_end_has_no_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
