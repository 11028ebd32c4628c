/* Tests for protocol/aes_cbc: the vectors of NIST SP 800-38A F.2.1, whole and in pieces. */
#include "protocol/aes_cbc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t key[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
static const uint8_t iv[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static const uint8_t plain[32] = { 0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e,
                                   0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03,
                                   0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51 };
static const uint8_t hidden[32] = { 0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e,
                                    0x9b, 0x12, 0xe9, 0x19, 0x7d, 0x50, 0x86, 0xcb, 0x9b, 0x50, 0x72,
                                    0x19, 0xee, 0x95, 0xdb, 0x11, 0x3a, 0x91, 0x76, 0x78, 0xb2 };

static void encrypts_the_vectors(void **state)
{
    struct aes_cbc *c;
    uint8_t         out[32];
    (void)state;
    assert_null(aes_cbc_create(&c));
    assert_true(aes_cbc_begin(c, key, iv));
    assert_true(aes_cbc_encrypt(c, plain, out, sizeof out));
    assert_memory_equal(out, hidden, sizeof out);
    aes_cbc_destroy(&c);
}

static void a_chain_goes_on_from_piece_to_piece_and_begins_anew(void **state)
{
    struct aes_cbc *c;
    uint8_t         bytes[32];
    (void)state;
    assert_null(aes_cbc_create(&c));
    for (int i = 0; i < 2; i++) {
        memcpy(bytes, plain, sizeof bytes);
        assert_true(aes_cbc_begin(c, key, iv));
        assert_true(aes_cbc_encrypt(c, bytes, bytes, 16));
        assert_true(aes_cbc_encrypt(c, bytes + 16, bytes + 16, 16));
        assert_memory_equal(bytes, hidden, sizeof bytes);
    }
    aes_cbc_destroy(&c);
    assert_null(c);
}

static void decrypts_in_pieces_and_in_place(void **state)
{
    struct aes_cbc *c;
    uint8_t         bytes[32];
    (void)state;
    assert_null(aes_cbc_create(&c));
    for (int i = 0; i < 2; i++) {
        memcpy(bytes, hidden, sizeof bytes);
        assert_true(aes_cbc_begin_decrypt(c, key, iv));
        assert_true(aes_cbc_decrypt(c, bytes, bytes, 16));
        assert_true(aes_cbc_decrypt(c, bytes + 16, bytes + 16, 16));
        assert_memory_equal(bytes, plain, sizeof bytes);
    }
    aes_cbc_destroy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encrypts_the_vectors),
        cmocka_unit_test(a_chain_goes_on_from_piece_to_piece_and_begins_anew),
        cmocka_unit_test(decrypts_in_pieces_and_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
