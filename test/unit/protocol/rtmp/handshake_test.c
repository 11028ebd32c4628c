#include "protocol/rtmp/handshake.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

/* ---- an independent computation: HMAC (RFC 2104) by hand over plain SHA-256, and the layouts spelled out ---- */

static void sha256(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t out[32])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL), 1);
    EVP_DigestUpdate(ctx, a, a_len);
    EVP_DigestUpdate(ctx, b, b_len);
    EVP_DigestFinal_ex(ctx, out, NULL);
    EVP_MD_CTX_free(ctx);
}

static void hmac(const void *key, size_t key_len, const uint8_t *bytes, size_t len, uint8_t out[32])
{
    uint8_t inner[64] = { 0 }, outer[64] = { 0 }, digest[32], short_key[32];
    if (key_len > 64) {
        sha256(key, key_len, NULL, 0, short_key);
        key = short_key;
        key_len = 32;
    }
    for (size_t i = 0; i < 64; i++) {
        uint8_t k = i < key_len ? ((const uint8_t *)key)[i] : 0;
        inner[i] = k ^ 0x36;
        outer[i] = k ^ 0x5c;
    }
    sha256(inner, 64, bytes, len, digest);
    sha256(outer, 64, digest, 32, out);
}

/* The constant has 32 bytes; the array also holds the literal's NUL. */
static const uint8_t tail[33] = "\xF0\xEE\xC2\x4A\x80\x68\xBE\xE8\x2E\x00\xD0\xD1\x02\x9E\x7E\x57"
                                "\x6E\xEC\x5D\x2D\x29\x80\x6F\xAB\x93\xB8\xE6\x36\xCF\xEB\x31\xAE";

static size_t full_key(const char *text, uint8_t out[68])
{
    memcpy(out, text, strlen(text));
    memcpy(out + strlen(text), tail, 32);
    return strlen(text) + 32;
}

static const char *const player = "Genuine Adobe Flash Player 001";
static const char *const server = "Genuine Adobe Flash Media Server 001";

static size_t place(const uint8_t *c1, int layout)
{
    size_t block = layout ? 8 : 772;
    return block + 4 + (size_t)(c1[block] + c1[block + 1] + c1[block + 2] + c1[block + 3]) % 728;
}

static void digest_of(const char *key, const uint8_t *c1, size_t at, uint8_t out[32])
{
    uint8_t rest[1504];
    memcpy(rest, c1, at);
    memcpy(rest + at, c1 + at + 32, 1504 - at);
    hmac(key, strlen(key), rest, sizeof rest, out);
}

static void answer_digest(const char *text, const uint8_t *peer_digest, const uint8_t *s2, uint8_t out[32])
{
    uint8_t key[68], temp[32];
    size_t  n = full_key(text, key);
    hmac(key, n, peer_digest, 32, temp);
    hmac(temp, 32, s2, 1504, out);
}

/* Make a client's C0C1 with a digest in that layout; `salt` changes the place of the digest. */
static void make_c0c1(uint8_t c0c1[RTMP_C0C1_LEN], int layout, unsigned salt)
{
    uint8_t *c1 = c0c1 + 1;
    c0c1[0] = 3;
    for (size_t i = 0; i < 1536; i++)
        c1[i] = (uint8_t)((i * 2654435761U + salt * 40503U) >> 7);
    memset(c1 + (layout ? 8 : 772), (int)(salt * 37), 4);
    size_t at = place(c1, layout);
    digest_of(player, c1, at, c1 + at);
}

static void hmac_of_the_test_is_the_one_of_the_rfc(void **state)
{
    (void)state;
    /* RFC 4231, test case 2 */
    static const uint8_t expected[] = {
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
        0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
    };
    uint8_t out[32];
    hmac("Jefe", 4, (const uint8_t *)"what do ya want for nothing?", 28, out);
    assert_memory_equal(out, expected, 32);
}

/* ---- the server's side ---- */

static void a_plain_offer_gets_a_plain_answer(void **state)
{
    (void)state;
    uint8_t                  c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN];
    enum rtmp_handshake_kind kind;
    memset(c0c1, 0x55, sizeof c0c1);
    c0c1[0] = 3;
    memcpy(c0c1 + 1, "\x01\x02\x03\x04\0\0\0\0", 8);
    assert_null(rtmp_handshake_answer(c0c1, s0s1s2, "SRS", 0x0A0B0C0D, &kind));
    assert_int_equal(kind, RTMP_HANDSHAKE_PLAIN);
    assert_int_equal(s0s1s2[0], 3);
    assert_memory_equal(s0s1s2 + 1, "\x0A\x0B\x0C\x0D\x01\x02\x03\x04", 8);
    assert_memory_equal(s0s1s2 + 1 + 1536, c0c1 + 1, 1536);
}

static void a_digest_offer_gets_a_digest_answer_in_its_layout(void **state)
{
    (void)state;
    for (int layout = 0; layout < 2; layout++) {
        for (unsigned salt = 0; salt < 300; salt += 7) {
            uint8_t                  c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN], expected[32];
            enum rtmp_handshake_kind kind;
            make_c0c1(c0c1, layout, salt);
            assert_null(rtmp_handshake_answer(c0c1, s0s1s2, "SRS(7.0.18)", 0x0A0B0C0D, &kind));
            assert_int_equal(kind, layout ? RTMP_HANDSHAKE_DIGEST_1 : RTMP_HANDSHAKE_DIGEST_0);
            const uint8_t *s1 = s0s1s2 + 1, *s2 = s1 + 1536;
            assert_int_equal(s0s1s2[0], 3);
            assert_memory_equal(s1, "\x0A\x0B\x0C\x0D\x01\x00\x05\x04", 8);
            digest_of(server, s1, place(s1, layout), expected);
            assert_memory_equal(s1 + place(s1, layout), expected, 32);
            assert_string_equal((const char *)s2, "SRS(7.0.18)");
            answer_digest(server, c0c1 + 1 + place(c0c1 + 1, layout), s2, expected);
            assert_memory_equal(s2 + 1504, expected, 32);
        }
    }
}

static void a_digest_with_one_wrong_bit_is_a_plain_offer(void **state)
{
    (void)state;
    for (int layout = 0; layout < 2; layout++) {
        uint8_t                  c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN];
        enum rtmp_handshake_kind kind;
        make_c0c1(c0c1, layout, 5);
        c0c1[1 + place(c0c1 + 1, layout) + 31] ^= 1;
        assert_null(rtmp_handshake_answer(c0c1, s0s1s2, "SRS", 0, &kind));
        assert_int_equal(kind, RTMP_HANDSHAKE_PLAIN);
    }
}

static void other_versions_are_refused(void **state)
{
    (void)state;
    static const uint8_t versions[] = { 0, 6, 8, 'G', 0xFF };
    for (size_t i = 0; i < sizeof versions; i++) {
        uint8_t                      c0c1[RTMP_C0C1_LEN] = { versions[i] }, s0s1s2[RTMP_S0S1S2_LEN] = { versions[i] };
        enum rtmp_handshake_kind     kind;
        struct rtmp_handshake_client client = { 0 };
        struct err                  *e = rtmp_handshake_answer(c0c1, s0s1s2, "", 0, &kind);
        assert_int_equal(err_code(e), E_RTMP_PLAIN_REQUIRED);
        err_free(e);
        s0s1s2[0] = versions[i];
        e = rtmp_handshake_finish(&client, s0s1s2, c0c1, &kind);
        assert_int_equal(err_code(e), E_RTMP_PLAIN_REQUIRED);
        err_free(e);
    }
}

static void a_proxy_prefix_has_a_bounded_length(void **state)
{
    (void)state;
    size_t len;
    assert_null(rtmp_handshake_proxy_len((const uint8_t[]){ 0xF3, 0x00, 0x04 }, &len));
    assert_int_equal(len, 4);
    assert_null(rtmp_handshake_proxy_len((const uint8_t[]){ 0xF3, 0x04, 0x00 }, &len));
    assert_int_equal(len, 1024);
    struct err *e = rtmp_handshake_proxy_len((const uint8_t[]){ 0xF3, 0x04, 0x01 }, &len);
    assert_int_equal(err_code(e), E_RTMP_PROXY_EXCEED);
    err_free(e);
}

/* ---- the client's side ---- */

static void our_client_offers_a_digest_in_layout_1(void **state)
{
    (void)state;
    uint8_t                      c0c1[RTMP_C0C1_LEN], expected[32];
    struct rtmp_handshake_client client;
    assert_null(rtmp_handshake_offer(&client, c0c1, false, 7));
    assert_memory_equal(c0c1, "\x03\0\0\0\x07\x80\x00\x07\x02", 9);
    digest_of(player, c0c1 + 1, place(c0c1 + 1, 1), expected);
    assert_memory_equal(c0c1 + 1 + place(c0c1 + 1, 1), expected, 32);
    assert_memory_equal(client.c1_digest, expected, 32);
}

static void our_client_and_server_agree(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        uint8_t                      c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN], c2[RTMP_C2_LEN], expected[32];
        struct rtmp_handshake_client client;
        enum rtmp_handshake_kind     kind, seen;
        assert_null(rtmp_handshake_offer(&client, c0c1, plain, 7));
        assert_null(rtmp_handshake_answer(c0c1, s0s1s2, "SRS", 8, &kind));
        assert_null(rtmp_handshake_finish(&client, s0s1s2, c2, &seen));
        assert_int_equal(kind, plain ? RTMP_HANDSHAKE_PLAIN : RTMP_HANDSHAKE_DIGEST_1);
        assert_int_equal(seen, kind);
        const uint8_t *s1 = s0s1s2 + 1;
        if (plain) {
            assert_memory_equal(c0c1, "\x03\0\0\0\x07\0\0\0\0", 9);
            assert_memory_equal(c2, s1, RTMP_C2_LEN);
        } else {
            answer_digest(player, s1 + place(s1, 1), c2, expected);
            assert_memory_equal(c2 + 1504, expected, 32);
        }
    }
}

static void our_client_falls_back_to_plain(void **state)
{
    (void)state;
    uint8_t                      c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN], c2[RTMP_C2_LEN];
    struct rtmp_handshake_client client;
    enum rtmp_handshake_kind     kind;
    /* a server that knows no digest: S2 is C1 */
    assert_null(rtmp_handshake_offer(&client, c0c1, false, 7));
    memset(s0s1s2, 0x33, sizeof s0s1s2);
    s0s1s2[0] = 3;
    memcpy(s0s1s2 + 1 + 1536, c0c1 + 1, 1536);
    assert_null(rtmp_handshake_finish(&client, s0s1s2, c2, &kind));
    assert_int_equal(kind, RTMP_HANDSHAKE_PLAIN);
    assert_memory_equal(c2, s0s1s2 + 1, RTMP_C2_LEN);
    /* a server whose S2 does not prove that it knows our digest */
    assert_null(rtmp_handshake_answer(c0c1, s0s1s2, "SRS", 8, &kind));
    s0s1s2[RTMP_S0S1S2_LEN - 1] ^= 1;
    assert_null(rtmp_handshake_finish(&client, s0s1s2, c2, &kind));
    assert_int_equal(kind, RTMP_HANDSHAKE_PLAIN);
    assert_memory_equal(c2, s0s1s2 + 1, RTMP_C2_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_of_the_test_is_the_one_of_the_rfc),
        cmocka_unit_test(a_plain_offer_gets_a_plain_answer),
        cmocka_unit_test(a_digest_offer_gets_a_digest_answer_in_its_layout),
        cmocka_unit_test(a_digest_with_one_wrong_bit_is_a_plain_offer),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(a_proxy_prefix_has_a_bounded_length),
        cmocka_unit_test(our_client_offers_a_digest_in_layout_1),
        cmocka_unit_test(our_client_and_server_agree),
        cmocka_unit_test(our_client_falls_back_to_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
