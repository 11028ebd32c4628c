/* The log of frames by sequence number. */
#include <cmocka.h>

#include "app/source/ring.h"
#include "core/mem.h"

enum { FRAME_BYTES = 100 };

static struct ring ring;

/* Frames are told apart by their dts, which is their sequence number. */
static void push(int n)
{
    for (int i = 0; i < n; i++) {
        struct frame *f = frame_new(FRAME_BYTES);
        assert_non_null(f);
        f->dts_us = (int64_t)ring.head;
        assert_true(ring_push(&ring, f));
        frame_unref(&f);
    }
}

static void assert_holds(uint64_t tail, uint64_t head)
{
    assert_int_equal(ring.tail, tail);
    assert_int_equal(ring.head, head);
    for (uint64_t seq = tail; seq < head; seq++)
        assert_int_equal(ring_at(&ring, seq)->dts_us, seq);
    assert_int_equal(ring.bytes, (head - tail) * (sizeof(struct frame) + FRAME_BYTES));
}

static int teardown(void **state)
{
    (void)state;
    ring_finish(&ring);
    return ring.n_slots || ring.head || ring.bytes ? -1 : 0;
}

static void an_empty_ring_is_full_and_may_be_trimmed(void **state)
{
    (void)state;
    assert_true(ring_is_full(&ring)); /* it has no slot yet */
    ring_trim(&ring, 0);
    ring_trim(&ring, 100);
    assert_holds(0, 0);
}

static void frames_keep_their_numbers_while_it_grows_and_shrinks(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        uint64_t from = ring.head;
        push(3000);
        assert_holds(from, from + 3000);
        ring_trim(&ring, from + 2990);
        assert_holds(from + 2990, from + 3000);
        ring_trim(&ring, ring.head);
        assert_holds(ring.head, ring.head);
    }
}

static void trimming_never_goes_beyond_what_is_there(void **state)
{
    (void)state;
    push(10);
    ring_trim(&ring, 4);
    assert_holds(4, 10);
    ring_trim(&ring, 2); /* these frames are gone already */
    assert_holds(4, 10);
    ring_trim(&ring, 1000);
    assert_holds(10, 10);
    push(1); /* numbers never repeat */
    assert_holds(10, 11);
}

static void a_burst_gives_its_slots_back(void **state)
{
    (void)state;
    push(10000);
    size_t most = ring.n_slots;
    ring_trim(&ring, ring.head - 10);
    for (int i = 0; i < 20; i++) {
        push(1);
        ring_trim(&ring, ring.head - 10);
    }
    assert_true(ring.n_slots < most / 64);
    assert_true(ring.n_slots >= 10);
    assert_holds(ring.head - 10, ring.head);
}

static void a_steady_stream_keeps_its_slots(void **state)
{
    (void)state;
    push(60);
    size_t n = ring.n_slots;
    for (int i = 0; i < 10000; i++) {
        push(1);
        ring_trim(&ring, ring.tail + 1);
        assert_int_equal(ring.n_slots, n);
    }
}

static void it_holds_references_of_its_own(void **state)
{
    (void)state;
    struct frame *f = frame_new(FRAME_BYTES);
    assert_true(ring_push(&ring, f));
    assert_true(ring_push(&ring, f));
    assert_int_equal(f->refs, 3);
    ring_trim(&ring, 1);
    assert_int_equal(f->refs, 2);
    ring_finish(&ring);
    assert_int_equal(f->refs, 1);
    frame_unref(&f);
}

static void without_memory_it_is_as_it_was(void **state)
{
    (void)state;
    struct frame *f = frame_new(FRAME_BYTES);
    mem_fail_after(0);
    assert_false(ring_push(&ring, f));
    assert_holds(0, 0);
    while (ring.head == 0 || !ring_is_full(&ring))
        push(1);
    uint64_t n = ring.head;
    mem_fail_after(0);
    assert_false(ring_push(&ring, f));
    assert_int_equal(f->refs, 1);
    assert_holds(0, n);
    mem_fail_after(0);
    ring_trim(&ring, n - 1); /* fewer slots would be enough */
    mem_fail_after(-1);
    assert_holds(n - 1, n);
    frame_unref(&f);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_ring_is_full_and_may_be_trimmed), TEST(frames_keep_their_numbers_while_it_grows_and_shrinks),
        TEST(trimming_never_goes_beyond_what_is_there), TEST(a_burst_gives_its_slots_back),
        TEST(a_steady_stream_keeps_its_slots),          TEST(it_holds_references_of_its_own),
        TEST(without_memory_it_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
