#include "protocol/rtc/srtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hex.h"
#include "core/mem.h"
#include "core/wr.h"
#include "protocol/rtc/srtp_key.h"

#if __has_include(<srtp2/srtp.h>)
#include <srtp2/srtp.h>
#define HAS_SECOND_SRTP 1
#endif

static const enum rtc_srtp_profile every_profile[] = { RTC_SRTP_AES128_CM_SHA1_80, RTC_SRTP_AEAD_AES_128_GCM,
                                                       RTC_SRTP_AEAD_AES_256_GCM };

static void unhex(uint8_t *out, const char *text)
{
    assert_true(hex_decode(text, out, strlen(text) / 2));
}

static void is_hex(const uint8_t *bytes, const char *text)
{
    uint8_t expected[256];
    unhex(expected, text);
    assert_memory_equal(bytes, expected, strlen(text) / 2);
}

static void derives_the_keys_of_the_rfc(void **state)
{
    (void)state;
    uint8_t         key[16], salt[14];
    struct srtp_key k;
    unhex(key, "E1F97A0D3E018BE0D64FA32C06DE4139"); /* RFC 3711 B.3 */
    unhex(salt, "0EC675AD498AFEEBB6960B3AABE6");
    assert_true(srtp_key_derive(&k, RTC_SRTP_AES128_CM_SHA1_80, SRTP_FOR_RTP, key, salt));
    is_hex(k.key, "C61E7A93744F39EE10734AFE3FF7A087");
    is_hex(k.salt, "30CBBC08863D8C85D49DB34A9AE1");
    is_hex(k.auth, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
}

static void encrypts_the_packet_of_the_rfc(void **state)
{
    (void)state;
    struct srtp_key k = { .number = UINT64_MAX, .profile = RTC_SRTP_AEAD_AES_128_GCM };
    uint8_t         packet[128], iv[SRTP_IV_GCM], salt[12];
    const size_t    head = 12, len = 50;
    unhex(k.key, "000102030405060708090a0b0c0d0e0f"); /* RFC 7714 16.1.1 */
    unhex(salt, "517569642070726f2071756f");
    unhex(packet,
          "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
    unhex(iv, "00005501a0b200000000f17b");
    for (int i = 0; i < SRTP_IV_GCM; i++)
        iv[i] ^= salt[i];
    const struct srtp_aad aad = { packet, NULL, head, 0 };
    assert_true(srtp_key_gcm_seal(&k, iv, &aad, packet + head, len - head, packet + len));
    is_hex(packet,
           "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
           "899d7f27beb16a9152cf765ee4390cce");
}

struct pair {
    struct rtc_srtp *client, *server;
};

static void fill_secret(uint8_t secret[RTC_SRTP_SECRET_MAX])
{
    for (uint8_t i = 0; i < RTC_SRTP_SECRET_MAX; i++)
        secret[i] = (uint8_t)(i * 7 + 1);
}

static struct pair open_pair(enum rtc_srtp_profile profile)
{
    uint8_t     secret[RTC_SRTP_SECRET_MAX];
    struct pair p = { 0 };
    fill_secret(secret);
    assert_null(rtc_srtp_new(&p.client, profile, secret, true));
    assert_null(rtc_srtp_new(&p.server, profile, secret, false));
    return p;
}

static void close_pair(struct pair *p)
{
    rtc_srtp_free(p->client);
    rtc_srtp_free(p->server);
}

/* A packet with two CSRCs, an extension of one word and `n` bytes of payload. */
static size_t write_rtp(uint8_t *bytes, uint16_t seq, uint32_t ssrc, size_t n)
{
    struct wr w = wr_over(bytes, 1400);
    wr_u16(&w, 0x9260);
    wr_u16(&w, seq);
    wr_u32(&w, 90000U + seq);
    wr_u32(&w, ssrc);
    wr_u64(&w, 0x0000000100000002);
    wr_u32(&w, 0xBEDE0001);
    wr_u32(&w, 0x10AA0000);
    for (size_t i = 0; i < n; i++)
        wr_u8(&w, (uint8_t)(seq * 3 + i));
    return wr_len(&w);
}

static size_t write_rr(uint8_t *bytes, uint32_t ssrc, size_t words)
{
    struct wr w = wr_over(bytes, 1400);
    wr_u16(&w, 0x80C9);
    wr_u16(&w, (uint16_t)(1 + words));
    wr_u32(&w, ssrc);
    for (size_t i = 0; i < words; i++)
        wr_u32(&w, (uint32_t)i);
    return wr_len(&w);
}

static bool passes(struct pair *p, uint16_t seq)
{
    uint8_t plain[1500], bytes[1500];
    size_t  n = write_rtp(plain, seq, 5, 100), len = write_rtp(bytes, seq, 5, 100);
    assert_true(rtc_srtp_seal_rtp(p->client, bytes, &len, sizeof bytes));
    if (!rtc_srtp_open_rtp(p->server, bytes, &len))
        return false;
    assert_int_equal(len, n);
    assert_memory_equal(bytes, plain, n);
    return true;
}

static void packets_may_come_late_but_not_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(every_profile); i++) {
        struct pair p = open_pair(every_profile[i]);
        assert_true(passes(&p, 65000));
        assert_true(passes(&p, 65000 - RTC_REPLAY_WINDOW + 1));
        assert_false(passes(&p, 65000 - RTC_REPLAY_WINDOW + 1));
        assert_false(passes(&p, 65000 - RTC_REPLAY_WINDOW));
        assert_true(passes(&p, 100)); /* after a wrap */
        assert_false(passes(&p, 100));
        assert_true(passes(&p, 65500)); /* before it */
        assert_false(passes(&p, 65500));
        assert_true(passes(&p, 163));
        assert_false(passes(&p, 100));
        assert_true(passes(&p, 101));
        assert_true(passes(&p, 20000));
        assert_false(passes(&p, 163)); /* out of the window */
        close_pair(&p);
    }
}

static void feedback_may_come_late_but_not_twice(void **state)
{
    (void)state;
    enum { N = 140, LEN = 1500 };
    for (size_t i = 0; i < ARRAY_LEN(every_profile); i++) {
        struct pair p = open_pair(every_profile[i]);
        uint8_t(*packets)[LEN] = calloc(N, LEN), copy[LEN];
        size_t len = 0, n = 0;
        for (int k = 0; k < N; k++) {
            len = write_rr(packets[k], 9, 6);
            assert_true(rtc_srtp_seal_rtcp(p.server, packets[k], &len, LEN));
        }
        static const struct {
            int  packet;
            bool opens;
        } order[] = { { 0, true },       { 0, false },       { N - 1, true },
                      { N - 128, true }, { N - 129, false }, { N - 128, false } };
        for (size_t k = 0; k < ARRAY_LEN(order); k++) {
            memcpy(copy, packets[order[k].packet], len);
            n = len;
            assert_int_equal(rtc_srtp_open_rtcp(p.client, copy, &n), order[k].opens);
        }
        free(packets);
        close_pair(&p);
    }
}

static void every_cut_and_every_changed_bit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(every_profile); i++)
        for (int rtcp = 0; rtcp < 2; rtcp++) {
            struct pair p = open_pair(every_profile[i]);
            uint8_t     sealed[256];
            size_t      len = rtcp ? write_rr(sealed, 9, 6) : write_rtp(sealed, 7, 9, 20), n = 0;
            bool (*open_it)(struct rtc_srtp *, uint8_t *, size_t *) = rtcp ? rtc_srtp_open_rtcp : rtc_srtp_open_rtp;
            assert_true((rtcp ? rtc_srtp_seal_rtcp : rtc_srtp_seal_rtp)(p.client, sealed, &len, sizeof sealed));
            for (size_t cut = 0; cut < len; cut++) {
                uint8_t *bytes = malloc(cut + 1);
                memcpy(bytes, sealed, cut);
                n = cut;
                assert_false(open_it(p.server, bytes, &n));
                free(bytes);
            }
            for (size_t bit = 0; bit < 8 * len; bit++) {
                uint8_t bytes[256];
                memcpy(bytes, sealed, len);
                bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
                n = len;
                assert_false(open_it(p.server, bytes, &n));
            }
            assert_true(open_it(p.server, sealed, &len));
            close_pair(&p);
        }
}

static void a_packet_without_room_behind_it_is_not_sealed(void **state)
{
    (void)state;
    struct pair p = open_pair(RTC_SRTP_AEAD_AES_128_GCM);
    uint8_t     bytes[256];
    size_t      len = write_rtp(bytes, 1, 1, 10), before = len;
    assert_false(rtc_srtp_seal_rtp(p.client, bytes, &len, len + RTC_SEAL_MAX - 1));
    assert_int_equal(len, before);
    assert_true(rtc_srtp_seal_rtp(p.client, bytes, &len, len + RTC_SEAL_MAX));
    len = write_rr(bytes, 1, 0);
    assert_false(rtc_srtp_seal_rtcp(p.client, bytes, &len, len + RTC_SEAL_MAX - 1));
    assert_true(rtc_srtp_seal_rtcp(p.client, bytes, &len, len + RTC_SEAL_MAX));
    close_pair(&p);
}

static void ssrcs_are_bounded_in_both_directions(void **state)
{
    (void)state;
    struct pair p = open_pair(RTC_SRTP_AEAD_AES_128_GCM), more = open_pair(RTC_SRTP_AEAD_AES_128_GCM);
    for (uint32_t ssrc = 0; ssrc < 2 * RTC_SSRCS_MAX; ssrc++) {
        uint8_t          bytes[256];
        size_t           len = write_rtp(bytes, 1, ssrc, 10), before = len;
        bool             is_in = ssrc < RTC_SSRCS_MAX;
        struct rtc_srtp *from = is_in ? p.client : more.client;
        assert_true(rtc_srtp_seal_rtp(from, bytes, &len, sizeof bytes));
        assert_int_equal(rtc_srtp_open_rtp(p.server, bytes, &len), is_in);
        assert_int_equal(rtc_srtp_has_too_many(p.server), !is_in);
        len = before;
        assert_int_equal(rtc_srtp_seal_rtp(p.client, bytes, &len, sizeof bytes), is_in);
        len = write_rr(bytes, ssrc, 1);
        assert_true(rtc_srtp_seal_rtcp(from, bytes, &len, sizeof bytes));
        assert_int_equal(rtc_srtp_open_rtcp(more.server, bytes, &len), is_in);
        assert_int_equal(rtc_srtp_has_too_many(more.server), !is_in);
    }
    close_pair(&p);
    close_pair(&more);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        uint8_t          secret[RTC_SRTP_SECRET_MAX], bytes[256], copy[256];
        struct rtc_srtp *s = NULL, *c = NULL;
        bool             ok = false;
        fill_secret(secret);
        mem_fail_after(n);
        struct err *e = rtc_srtp_new(&s, RTC_SRTP_AEAD_AES_128_GCM, secret, true);
        if (!e)
            e = rtc_srtp_new(&c, RTC_SRTP_AEAD_AES_128_GCM, secret, false);
        size_t len = write_rtp(bytes, 1, 1, 10);
        if (!e && rtc_srtp_seal_rtp(s, bytes, &len, sizeof bytes)) {
            memcpy(copy, bytes, len);
            ok = rtc_srtp_open_rtp(c, copy, &len);
        }
        bool failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(ok, !failed);
        err_free(e);
        rtc_srtp_free(s);
        rtc_srtp_free(c);
        if (!failed)
            break;
    }
}

#ifdef HAS_SECOND_SRTP

/* The other implementation, with the keys of one side. */
static srtp_t second(enum rtc_srtp_profile profile, bool client_sends, srtp_ssrc_type_t direction)
{
    uint8_t secret[RTC_SRTP_SECRET_MAX], master[64];
    size_t  key_len = profile == RTC_SRTP_AEAD_AES_256_GCM ? 32 : 16,
           salt_len = rtc_srtp_secret_len(profile) / 2 - key_len;
    srtp_policy_t policy = { .ssrc.type = direction, .key = master, .window_size = 128 };
    srtp_t        s = NULL;
    fill_secret(secret);
    memcpy(master, secret + (client_sends ? 0 : key_len), key_len);
    memcpy(master + key_len, secret + 2 * key_len + (client_sends ? 0 : salt_len), salt_len);
    assert_int_equal(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, (srtp_profile_t)profile), 0);
    assert_int_equal(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, (srtp_profile_t)profile), 0);
    assert_int_equal(srtp_create(&s, &policy), 0);
    return s;
}

/* One packet is sealed by both: the bytes are the same. Then each opens what the other made. */
static void compare(struct rtc_srtp *ours, struct rtc_srtp *ours_opens, srtp_t theirs, srtp_t theirs_opens, bool rtcp,
                    uint16_t seq)
{
    uint8_t plain[1500], a[1500], b[1500];
    size_t  n = rtcp ? write_rr(plain, 77, seq % 20) : write_rtp(plain, seq, 77, seq % 1100), len = n;
    int     other = (int)n;
    memcpy(a, plain, n);
    memcpy(b, plain, n);
    assert_true((rtcp ? rtc_srtp_seal_rtcp : rtc_srtp_seal_rtp)(ours, a, &len, sizeof a));
    assert_int_equal((rtcp ? srtp_protect_rtcp : srtp_protect)(theirs, b, &other), 0);
    assert_int_equal(len, other);
    assert_memory_equal(a, b, len);
    assert_int_equal((rtcp ? srtp_unprotect_rtcp : srtp_unprotect)(theirs_opens, a, &other), 0);
    assert_memory_equal(a, plain, n);
    assert_true((rtcp ? rtc_srtp_open_rtcp : rtc_srtp_open_rtp)(ours_opens, b, &len));
    assert_int_equal(len, n);
    assert_memory_equal(b, plain, n);
}

static void another_implementation_makes_the_same_bytes(void **state)
{
    (void)state;
    assert_int_equal(srtp_init(), 0);
    for (size_t i = 0; i < ARRAY_LEN(every_profile); i++) {
        struct pair p = open_pair(every_profile[i]);
        srtp_t      out[2], in[2]; /* of the client, of the server */
        for (int server = 0; server < 2; server++) {
            out[server] = second(every_profile[i], !server, ssrc_any_outbound);
            in[server] = second(every_profile[i], server, ssrc_any_inbound);
        }
        for (uint32_t seq = 60000; seq < 3 * 65536; seq += 331) {
            compare(p.client, p.server, out[0], in[1], false, (uint16_t)seq);
            compare(p.server, p.client, out[1], in[0], false, (uint16_t)seq);
            compare(p.client, p.server, out[0], in[1], true, (uint16_t)seq);
            compare(p.server, p.client, out[1], in[0], true, (uint16_t)seq);
        }
        for (int server = 0; server < 2; server++) {
            srtp_dealloc(out[server]);
            srtp_dealloc(in[server]);
        }
        close_pair(&p);
    }
    srtp_shutdown();
}

#else

static void another_implementation_makes_the_same_bytes(void **state)
{
    (void)state;
    skip(); /* libsrtp2-dev is not installed */
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derives_the_keys_of_the_rfc),
        cmocka_unit_test(encrypts_the_packet_of_the_rfc),
        cmocka_unit_test(packets_may_come_late_but_not_twice),
        cmocka_unit_test(feedback_may_come_late_but_not_twice),
        cmocka_unit_test(every_cut_and_every_changed_bit_is_refused),
        cmocka_unit_test(a_packet_without_room_behind_it_is_not_sealed),
        cmocka_unit_test(ssrcs_are_bounded_in_both_directions),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(another_implementation_makes_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
