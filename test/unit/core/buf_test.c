/* The growable buffer: its ceiling, and a failure that sticks. */
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

static void bytes_and_text_are_appended_and_terminated(void **state)
{
    (void)state;
    struct buf b = buf_up_to(1000);
    assert_null(b.bytes);
    buf_append(&b, "live\0x", 4);
    buf_text(&b, "/cam");
    buf_printf(&b, "%d?%s", 1, "a=b");
    buf_printf(&b, "%s", "");
    assert_int_equal(b.len, strlen("live/cam1?a=b"));
    assert_string_equal(b.bytes, "live/cam1?a=b");
    assert_null(buf_error(&b));
    buf_finish(&b);
    assert_null(b.bytes);
    assert_int_equal(b.max, 1000);
}

static void what_exceeds_the_ceiling_is_left_out_as_a_whole(void **state)
{
    (void)state;
    char       words[100];
    struct buf b = buf_up_to(8);
    buf_text(&b, "12345");
    buf_text(&b, "6789"); /* one too many */
    assert_string_equal(b.bytes, "12345");
    assert_int_equal(b.fault, BUF_FULL);
    buf_text(&b, "6"); /* it would fit, but it would follow a gap */
    buf_printf(&b, "%d", 7);
    assert_string_equal(b.bytes, "12345");
    struct err *e = buf_error(&b);
    assert_int_equal(err_code(e), E_LIMIT);
    assert_string_equal(err_text(e, words, sizeof words), "longer than 8 bytes");
    err_free(e);
    buf_finish(&b);
    assert_int_equal(b.fault, BUF_SOUND);
}

static void the_ceiling_itself_is_reached(void **state)
{
    (void)state;
    for (size_t step = 1; step < 700; step += 23) {
        struct buf b = buf_up_to(1000);
        char       part[700];
        memset(part, 'x', sizeof part);
        while (b.len + step <= b.max)
            buf_append(&b, part, step);
        buf_append(&b, part, b.max - b.len);
        assert_int_equal(b.len, 1000);
        assert_int_equal(strlen(b.bytes), 1000);
        assert_true(b.cap <= 1001);
        buf_append(&b, "x", 1);
        assert_int_equal(b.fault, BUF_FULL);
        buf_finish(&b);
    }
}

static void without_a_ceiling_nothing_is_taken(void **state)
{
    (void)state;
    struct buf b = { 0 };
    buf_text(&b, "x");
    assert_int_equal(b.fault, BUF_FULL);
    assert_null(b.bytes);
    buf_finish(&b);
}

static void room_is_filled_by_the_caller(void **state)
{
    (void)state;
    struct buf b = buf_up_to(300);
    size_t     room;
    char      *to = buf_room(&b, 1, &room);
    assert_non_null(to);
    assert_true(room >= 1);
    memset(to, 'a', room);
    buf_added(&b, room);
    to = buf_room(&b, b.max - b.len, &room);
    assert_int_equal(room, b.max - b.len);
    memset(to, 'b', room);
    buf_added(&b, room);
    assert_int_equal(strlen(b.bytes), 300);
    assert_null(buf_room(&b, 1, &room));
    assert_int_equal(room, 0);
    buf_finish(&b);
}

static void a_known_length_takes_no_more_memory_than_that(void **state)
{
    (void)state;
    struct buf b = buf_up_to(1 << 20);
    buf_reserve(&b, 5000);
    assert_int_equal(b.cap, 5001);
    char *before = b.bytes;
    for (int i = 0; i < 5000; i++)
        buf_append(&b, "y", 1);
    assert_ptr_equal(b.bytes, before);
    buf_reserve(&b, b.max - b.len + 1);
    assert_int_equal(b.fault, BUF_FULL);
    buf_finish(&b);
}

static void a_caller_may_try_and_go_on_without(void **state)
{
    (void)state;
    struct buf b = buf_up_to(16);
    buf_clear(&b);
    buf_text(&b, "456789");
    size_t sound = b.len;
    buf_text(&b, "and much more");
    assert_int_equal(b.fault, BUF_FULL);
    buf_rewind(&b, sound);
    buf_text(&b, "!");
    assert_string_equal(b.bytes, "456789!");
    buf_clear(&b);
    assert_string_equal(b.bytes, "");
    assert_int_equal(b.len, 0);
    buf_finish(&b);
}

static void taken_bytes_belong_to_the_caller(void **state)
{
    (void)state;
    struct buf b = buf_up_to(16);
    assert_null(buf_take(&b));
    buf_text(&b, "mine");
    char *mine = buf_take(&b);
    assert_string_equal(mine, "mine");
    assert_null(b.bytes);
    buf_text(&b, "next");
    assert_string_equal(b.bytes, "next");
    mem_free(mine);
    buf_finish(&b);
}

static void taken_bytes_have_memory_of_their_size(void **state)
{
    (void)state;
    struct buf b = buf_up_to(4096);
    size_t     before = mem_held();
    buf_text(&b, "a short text in a long block");
    char *mine = buf_take(&b);
    assert_true(mem_held() - before < 64);
    mem_free(mine);

    buf_text(&b, "handing over asks for no memory");
    mem_fail_after(0);
    mine = buf_take(&b);
    assert_false(mem_failed());
    mem_fail_after(-1);
    assert_string_equal(mine, "handing over asks for no memory");
    mem_free(mine);
    assert_int_equal(mem_held(), before);
}

/* A pipe that holds `len` bytes and then ends. */
static int full_pipe(size_t len)
{
    int   ends[2];
    char *bytes = calloc(1, len + 1);
    memset(bytes, 'z', len);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, len), len);
    close(ends[1]);
    free(bytes);
    return ends[0];
}

static void a_file_is_read_up_to_the_ceiling(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 40000; len = 3 * len + 1) {
        int        fd = full_pipe(len);
        struct buf b = buf_up_to(len);
        assert_true(buf_read_all(&b, fd));
        assert_int_equal(b.len, len);
        close(fd);
        buf_finish(&b);
        if (!len)
            continue;
        fd = full_pipe(len);
        b = buf_up_to(len - 1);
        assert_false(buf_read_all(&b, fd));
        assert_int_equal(b.fault, BUF_FULL);
        close(fd);
        buf_finish(&b);
    }
    struct buf b = buf_up_to(10);
    assert_false(buf_read_all(&b, -1));
    assert_int_equal(b.fault, BUF_SOUND); /* errno says why */
    buf_finish(&b);
}

/* Grow the buffer in every way while allocation `n` fails. True when there was no such allocation. */
static bool survives(int n)
{
    struct buf b = buf_up_to(1 << 20);
    size_t     room, before;
    int        fd = full_pipe(20000);
    mem_fail_after(n);
    buf_text(&b, "text");
    for (int i = 0; i < 100; i++)
        buf_printf(&b, "%08d", i);
    buf_reserve(&b, 3000);
    before = b.len;
    char *to = buf_room(&b, 9000, &room);
    assert_true(to ? room >= 9000 : b.fault == BUF_NO_MEMORY);
    bool read = buf_read_all(&b, fd);
    bool failed = mem_failed();
    mem_fail_after(-1);
    close(fd);
    assert_int_equal(b.fault, failed ? BUF_NO_MEMORY : BUF_SOUND);
    assert_int_equal(read, !failed);
    if (!failed)
        assert_int_equal(b.len, before + 20000);
    if (failed)
        assert_ptr_equal(buf_error(&b), err_no_memory());
    if (b.bytes)
        assert_int_equal(b.bytes[b.len], '\0');
    buf_finish(&b);
    return !failed;
}

static void memory_may_run_out_at_every_allocation(void **state)
{
    (void)state;
    int n = 0;
    while (!survives(n))
        n++;
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_text_are_appended_and_terminated),
        cmocka_unit_test(what_exceeds_the_ceiling_is_left_out_as_a_whole),
        cmocka_unit_test(the_ceiling_itself_is_reached),
        cmocka_unit_test(without_a_ceiling_nothing_is_taken),
        cmocka_unit_test(room_is_filled_by_the_caller),
        cmocka_unit_test(a_known_length_takes_no_more_memory_than_that),
        cmocka_unit_test(a_caller_may_try_and_go_on_without),
        cmocka_unit_test(taken_bytes_belong_to_the_caller),
        cmocka_unit_test(taken_bytes_have_memory_of_their_size),
        cmocka_unit_test(a_file_is_read_up_to_the_ceiling),
        cmocka_unit_test(memory_may_run_out_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
