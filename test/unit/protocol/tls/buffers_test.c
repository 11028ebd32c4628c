/* The pool of OpenSSL's large buffers: the blocks that it takes, those that it does not, and that none stays in use. */
#include <cmocka.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/tls/buffers.h"
#include "protocol/tls/certs.h"
#include "protocol/tls/ctx.h"

enum { RECORD = 17000, MANY = 20000 };

static void buffers_for_records_and_flights_have_their_place(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        bool   is_buffer;
    } rows[] = { { 1, false },    { 4095, false },  { 4096, true },  { 4097, false }, { 12287, false },
                 { 12288, true }, { RECORD, true }, { 24576, true }, { 24577, false } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *block = OPENSSL_malloc(rows[i].len);
        memset(block, 'x', rows[i].len);
        assert_int_equal(tls_buffers_has(block), rows[i].is_buffer);
        OPENSSL_free(block);
    }
    assert_int_equal(tls_buffers_in_use(), 0);
    assert_false(tls_buffers_has(NULL));
    OPENSSL_free(NULL);
}

static void what_grows_keeps_its_bytes(void **state)
{
    (void)state;
    char *block = OPENSSL_realloc(NULL, RECORD);
    assert_true(tls_buffers_has(block));
    memset(block, 'x', RECORD);
    char *same = OPENSSL_realloc(block, RECORD + 5000);
    assert_ptr_equal(same, block);
    char *larger = OPENSSL_realloc(block, 100000);
    assert_false(tls_buffers_has(larger));
    for (int i = 0; i < RECORD; i++)
        assert_int_equal(larger[i], 'x');
    larger = OPENSSL_realloc(larger, 200000);
    assert_int_equal(larger[RECORD - 1], 'x');
    OPENSSL_free(larger);
    block = OPENSSL_malloc(RECORD);
    assert_null(OPENSSL_realloc(block, 0));
    assert_int_equal(tls_buffers_in_use(), 0);
}

static void more_than_there_is_room_for_comes_from_elsewhere(void **state)
{
    (void)state;
    static char *blocks[MANY];
    size_t       n_ours = 0;
    for (int i = 0; i < MANY; i++) {
        blocks[i] = OPENSSL_malloc(RECORD);
        assert_non_null(blocks[i]);
        memcpy(blocks[i], &i, sizeof i);
        n_ours += tls_buffers_has(blocks[i]);
    }
    assert_in_range(n_ours, 1000, MANY - 1);
    assert_int_equal(tls_buffers_in_use(), n_ours);
    for (int i = 0; i < MANY; i++) {
        assert_memory_equal(blocks[i], &i, sizeof i);
        OPENSSL_free(blocks[i]);
    }
    assert_int_equal(tls_buffers_in_use(), 0);
}

static void certificates_leave_nothing_behind(void **state)
{
    (void)state;
    struct cert     c = cert_make("one.example", -1, 1000);
    struct tls_ctx *ctx = cert_server(&c);
    assert_non_null(ctx);
    tls_ctx_unref(&ctx);
    cert_free(&c);
    assert_int_equal(tls_buffers_in_use(), 0);
}

static int setup(void **state)
{
    (void)state;
    return tls_buffers_install() && tls_buffers_install() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_for_records_and_flights_have_their_place),
        cmocka_unit_test(what_grows_keeps_its_bytes),
        cmocka_unit_test(more_than_there_is_room_for_comes_from_elsewhere),
        cmocka_unit_test(certificates_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("tls buffers", tests, setup, NULL);
}
