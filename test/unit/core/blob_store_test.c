/* Tests for core/blob and core/blob_store: bytes, pieces, and places that are used again. */
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

static struct blob *filled(size_t len, int byte)
{
    char *bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, byte, len);
    struct iovec pieces[] = { { bytes, len / 3 }, { bytes + len / 3, len - len / 3 } };
    struct blob *b = blob_store_copy(pieces, ARRAY_LEN(pieces));
    free(bytes);
    return b;
}

static void all_are(const struct blob *b, int byte)
{
    char from_file[8];
    for (size_t i = 0; i < b->len; i++)
        assert_int_equal(b->bytes[i], byte);
    assert_true(b->file >= 0);
    assert_int_equal(pread(b->file, from_file, sizeof from_file, b->at + (int64_t)b->len - 8), 8);
    assert_int_equal(from_file[7], byte);
}

static void a_blob_has_the_bytes_of_its_pieces(void **state)
{
    (void)state;
    struct blob *b = filled(100000, 7);
    assert_non_null(b);
    assert_int_equal(b->len, 100000);
    all_are(b, 7);
    blob_unref(&b);
    assert_int_equal(blob_store_held(), 0);
}

static void a_piece_keeps_the_whole(void **state)
{
    (void)state;
    struct blob *b = filled(50000, 9), *piece = blob_piece(b, 1000, 300);
    assert_non_null(piece);
    blob_unref(&b);
    assert_true(blob_store_held() >= 50000);
    all_are(piece, 9);
    blob_unref(&piece);
    assert_int_equal(blob_store_held(), 0);
}

/* Blobs of all lengths come and go; none ever has another's bytes, and at the end nothing is held. */
static void places_are_used_again(void **state)
{
    enum { N = 64, TURNS = 4000 };
    struct blob *blobs[N] = { 0 };
    int64_t      furthest = 0;
    (void)state;
    srand(1);
    for (int turn = 0; turn < TURNS; turn++) {
        int i = rand() % N;
        if (blobs[i])
            all_are(blobs[i], i + 1);
        blob_unref(&blobs[i]);
        blobs[i] = filled((size_t)(rand() % 60000) + 9, i + 1);
        assert_non_null(blobs[i]);
        if (blobs[i]->at > furthest)
            furthest = blobs[i]->at;
    }
    assert_true(furthest < (int64_t)N * 60000 * 4);
    for (int i = 0; i < N; i++) {
        all_are(blobs[i], i + 1);
        blob_unref(&blobs[i]);
    }
    assert_int_equal(blob_store_held(), 0);
    blob_store_finish();
    assert_int_equal(mem_held(), 0);
}

static void without_memory_nothing_is_held(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        mem_fail_after(i);
        struct blob *b = filled(20000, 3);
        mem_fail_after(-1);
        blob_unref(&b);
        assert_int_equal(blob_store_held(), 0);
    }
    blob_store_finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_has_the_bytes_of_its_pieces),
        cmocka_unit_test(a_piece_keeps_the_whole),
        cmocka_unit_test(places_are_used_again),
        cmocka_unit_test(without_memory_nothing_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
