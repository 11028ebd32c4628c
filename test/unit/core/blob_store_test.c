/* Tests for core/blob and core/blob_store: bytes, pieces, blobs behind each other, and places that are used again. */
#include "core/blob_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/mem.h"

enum { PAGE_BYTES = 4096 };

static struct blob *append(struct blob_row *row, size_t len, int byte)
{
    char *bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, byte, len);
    struct iovec pieces[] = { { bytes, len / 3 }, { bytes + len / 3, len - len / 3 } };
    struct blob *b = blob_store_append(row, pieces, ARRAY_LEN(pieces));
    free(bytes);
    return b;
}

/* A blob that shares no page. */
static struct blob *alone(size_t len, int byte)
{
    struct blob_row row = { 0 };
    struct blob    *b = append(&row, len, byte);
    blob_row_finish(&row);
    return b;
}

static void all_are(const struct blob *b, uint8_t byte)
{
    char from_file[8] = { 0 };
    for (size_t i = 0; i < b->len; i++)
        assert_int_equal(b->bytes[i], byte);
    assert_true(b->file >= 0);
    assert_int_equal(pread(b->file, from_file, sizeof from_file, b->at + (int64_t)b->len - 8), 8);
    assert_int_equal((uint8_t)from_file[7], byte);
}

static void a_blob_has_the_bytes_of_its_pieces(void **state)
{
    (void)state;
    struct blob *b = alone(100000, 7);
    assert_non_null(b);
    assert_int_equal(b->len, 100000);
    all_are(b, 7);
    blob_unref(&b);
    assert_int_equal(blob_store_held(), 0);
}

static void a_piece_keeps_the_whole(void **state)
{
    (void)state;
    struct blob *b = alone(50000, 9), *piece = blob_piece(b, 1000, 300);
    assert_non_null(piece);
    blob_unref(&b);
    assert_true(blob_store_held() >= 50000);
    all_are(piece, 9);
    blob_unref(&piece);
    assert_int_equal(blob_store_held(), 0);
}

/* Blobs of all lengths come and go; none ever has another's bytes, and at the end nothing is held. */
static void any_order_of_going_is_possible(void **state)
{
    enum { N = 64, ROWS = 5, TURNS = 4000 };
    struct blob    *blobs[N] = { 0 };
    struct blob_row rows[ROWS] = { { 0 } };
    (void)state;
    srand(1);
    for (int turn = 0; turn < TURNS; turn++) {
        int i = rand() % N;
        if (blobs[i])
            all_are(blobs[i], i + 1);
        blob_unref(&blobs[i]);
        blobs[i] = append(&rows[rand() % ROWS], (size_t)(rand() % 60000) + 9, i + 1);
        assert_non_null(blobs[i]);
    }
    for (int i = 0; i < N; i++) {
        all_are(blobs[i], i + 1);
        blob_unref(&blobs[i]);
    }
    for (int i = 0; i < ROWS; i++)
        blob_row_finish(&rows[i]);
    assert_int_equal(blob_store_held(), 0);
    blob_store_finish();
    assert_int_equal(mem_held(), 0);
}

/* Rows whose blobs go in the order in which they came stay in the same part of the file. */
static void places_are_used_again(void **state)
{
    enum { ROWS = 5, N = 40, TURNS = 4000 };
    struct blob    *blobs[ROWS][N] = { { 0 } };
    struct blob_row rows[ROWS] = { { 0 } };
    int64_t         furthest = 0;
    (void)state;
    for (int turn = 0; turn < TURNS; turn++)
        for (int k = 0; k < ROWS; k++) {
            struct blob **b = &blobs[k][turn % N];
            blob_unref(b);
            *b = append(&rows[k], (size_t)(rand() % 60000) + 9, turn);
            assert_non_null(*b);
            if ((*b)->at > furthest)
                furthest = (*b)->at;
        }
    assert_true(furthest < (int64_t)ROWS * 4 * (4 << 20));
    for (int i = 0; i < ROWS * N; i++)
        blob_unref(&blobs[i / N][i % N]);
    for (int k = 0; k < ROWS; k++)
        blob_row_finish(&rows[k]);
    assert_int_equal(blob_store_held(), 0);
}

/* What a row of short blobs holds is their bytes, and at most a page at either end. */
static void blobs_of_a_row_share_pages(void **state)
{
    enum { N = 200, LEN = 1111 };
    struct blob    *blobs[N] = { 0 };
    struct blob_row row = { 0 };
    (void)state;
    for (int i = 0; i < N; i++) {
        blobs[i] = append(&row, LEN, i);
        assert_int_equal(blob_store_bytes(), (i + 1) * LEN);
        assert_true(blob_store_held() < blob_store_bytes() + PAGE_BYTES);
    }
    for (int i = 0; i < N; i++)
        all_are(blobs[i], i);
    for (int i = 0; i < N; i++) {
        blob_unref(&blobs[i]);
        assert_int_equal(blob_store_bytes(), (N - i - 1) * LEN);
        assert_true(blob_store_held() < blob_store_bytes() + 2 * PAGE_BYTES);
        if (i + 1 < N)
            all_are(blobs[i + 1], i + 1);
    }
    assert_int_equal(blob_store_held(), PAGE_BYTES); /* The row may go on in its last page. */
    blob_row_finish(&row);
    assert_int_equal(blob_store_held(), 0);
    assert_int_equal(blob_store_bytes(), 0);
}

static void a_page_takes_many_tiny_blobs(void **state)
{
    enum { N = 3000 };
    struct blob    *blobs[N] = { 0 };
    struct blob_row row = { 0 };
    (void)state;
    for (int i = 0; i < N; i++) {
        blobs[i] = append(&row, 9, i);
        assert_non_null(blobs[i]);
    }
    assert_true(blob_store_held() < 3 * N * 9 / 2 + (size_t)8 * PAGE_BYTES);
    for (int i = 0; i < N; i++) {
        all_are(blobs[i], (uint8_t)i);
        blob_unref(&blobs[i]);
    }
    blob_row_finish(&row);
    assert_int_equal(blob_store_held(), 0);
}

/* A row that has company goes on elsewhere, and loses no more than the rest of a page each time. */
static void rows_do_not_meet(void **state)
{
    enum { N = 400, LEN = 30000 };
    struct blob    *blobs[2][N] = { { 0 } };
    struct blob_row rows[2] = { { 0 } };
    (void)state;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++)
            blobs[k][i] = append(&rows[k], LEN, i + k);
    assert_true(blob_store_held() < 2 * N * LEN + 2 * N * LEN / 50);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++) {
            all_are(blobs[k][i], (uint8_t)(i + k));
            blob_unref(&blobs[k][i]);
        }
    blob_row_finish(&rows[0]);
    blob_row_finish(&rows[1]);
    assert_int_equal(blob_store_held(), 0);
}

static void neighbours_can_be_joined(void **state)
{
    struct blob_row row = { 0 };
    (void)state;
    struct blob *a = append(&row, 5000, 1), *b = append(&row, 3192, 1), *c = append(&row, 9000, 1);
    assert_false(blob_store_join(a, &c)); /* b lies between them */
    struct blob *held = blob_ref(b);
    assert_false(blob_store_join(a, &b));
    blob_unref(&held);
    assert_true(blob_store_join(a, &b));
    assert_null(b);
    assert_true(blob_store_join(a, &c));
    assert_int_equal(a->len, 5000 + 3192 + 9000);
    all_are(a, 1);
    blob_row_finish(&row);
    struct blob *other = alone(100, 2), *on_heap = blob_copy("x", 1);
    assert_false(blob_store_join(a, &other));
    assert_false(blob_store_join(a, &on_heap));
    assert_false(blob_store_join(on_heap, &other));
    blob_unref(&other);
    blob_unref(&on_heap);
    blob_unref(&a);
    assert_int_equal(blob_store_held(), 0);
}

/* What a socket may still be sending has its page for itself until the page is given back to the system. */
static void bytes_are_never_written_over(void **state)
{
    struct blob_row row = { 0 };
    (void)state;
    struct blob *a = append(&row, 100, 1), *b = append(&row, 100, 2);
    int64_t      at = a->at;
    blob_unref(&a);
    struct blob *c = append(&row, 100, 3), *d = alone(100, 4);
    char         first = 0;
    assert_int_equal(pread(b->file, &first, 1, at), 1);
    assert_int_equal(first, 1);
    blob_unref(&b);
    blob_unref(&c);
    blob_unref(&d);
    blob_row_finish(&row);
    assert_int_equal(blob_store_held(), 0);
}

static void without_memory_nothing_is_held(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        mem_fail_after(i);
        struct blob *b = alone(20000, 3);
        mem_fail_after(-1);
        blob_unref(&b);
        assert_int_equal(blob_store_held(), 0);
    }
    blob_store_finish();
    assert_int_equal(mem_held(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_has_the_bytes_of_its_pieces),
        cmocka_unit_test(a_piece_keeps_the_whole),
        cmocka_unit_test(any_order_of_going_is_possible),
        cmocka_unit_test(places_are_used_again),
        cmocka_unit_test(blobs_of_a_row_share_pages),
        cmocka_unit_test(a_page_takes_many_tiny_blobs),
        cmocka_unit_test(rows_do_not_meet),
        cmocka_unit_test(neighbours_can_be_joined),
        cmocka_unit_test(bytes_are_never_written_over),
        cmocka_unit_test(without_memory_nothing_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
