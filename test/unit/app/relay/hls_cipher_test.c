/* Encrypted segments: vectors of their numbers, and paddings. */
#include "app/relay/hls_cipher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "loop.h"

static const uint8_t key[AES_CBC_BLOCK] = "0123456789abcdef", iv[AES_CBC_BLOCK] = "fedcba9876543210";

/* Encrypt blocks whose last bytes are given, and decrypt them. */
static struct err *decrypt(const uint8_t *tail, size_t tail_len, size_t blocks, size_t *len)
{
    uint8_t         bytes[8 * AES_CBC_BLOCK];
    struct aes_cbc *c;
    *len = blocks * AES_CBC_BLOCK;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + *len - tail_len, tail, tail_len);
    assert_null(aes_cbc_create(&c));
    assert_true(aes_cbc_begin(c, key, iv));
    assert_true(aes_cbc_encrypt(c, bytes, bytes, *len));
    aes_cbc_destroy(&c);
    struct err *e = hls_cipher_decrypt(bytes, len, key, iv);
    for (size_t i = 0; !e && i < *len; i++)
        assert_int_equal(bytes[i], 'x');
    return e;
}

static void a_padding_of_one_to_sixteen_bytes_is_taken_off(void **state)
{
    (void)state;
    for (size_t n = 1; n <= AES_CBC_BLOCK; n++) {
        uint8_t tail[AES_CBC_BLOCK];
        size_t  len;
        memset(tail, (int)n, n);
        assert_null(decrypt(tail, n, 3, &len));
        assert_int_equal(len, 3 * AES_CBC_BLOCK - n);
    }
}

static void assert_invalid(struct err *e)
{
    assert_int_equal(err_code(e), E_HTTP_DATA_INVALID);
    err_free(e);
}

static void another_end_is_no_padding(void **state)
{
    (void)state;
    static const uint8_t bad[][3] = { { 1, 1, 0 }, { 1, 1, 17 }, { 3, 2, 3 }, { 0xFF, 0xFF, 0xFF } };
    uint8_t              bytes[AES_CBC_BLOCK] = { 0 };
    size_t               len;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_invalid(decrypt(bad[i], 3, 2, &len));
    for (len = 0; len < AES_CBC_BLOCK; len++)
        assert_invalid(hls_cipher_decrypt(bytes, &len, key, iv));
}

static void without_a_vector_the_number_of_the_segment_is_it(void **state)
{
    (void)state;
    struct hls_key       without = { .method = HLS_KEY_AES_128 }, with = { .has_iv = true, .iv = "fedcba987654321" };
    uint8_t              got[AES_CBC_BLOCK];
    static const uint8_t number[AES_CBC_BLOCK] = { [13] = 1, [14] = 2, [15] = 3 };
    hls_cipher_iv(&without, 0x010203, got);
    assert_memory_equal(got, number, sizeof got);
    hls_cipher_iv(&with, 0x010203, got);
    assert_memory_equal(got, with.iv, sizeof got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_padding_of_one_to_sixteen_bytes_is_taken_off),
        cmocka_unit_test(another_end_is_no_padding),
        cmocka_unit_test(without_a_vector_the_number_of_the_segment_is_it),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
