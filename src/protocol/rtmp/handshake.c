#include "protocol/rtmp/handshake.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/ident.h"
#include "core/rd.h"
#include "core/str.h"
#include "core/wr.h"

enum {
    BLOCK_LEN = 764,
    BLOCKS_AT = 8, /* offset of the first block, after time and version */
    DIGEST_OFFSETS = BLOCK_LEN - RTMP_DIGEST_LEN - 4,
    SIGNED_LEN = RTMP_C1_LEN - RTMP_DIGEST_LEN, /* A digest covers all bytes except its own. */
};

/* The signing keys of Flash Player and Flash Media Server: a text, then 32 bytes that are the same for both.
 * C1 and S1 are signed with the text alone, C2 and S2 with the whole key. */
#define KEY_TAIL \
    0xF0, 0xEE, 0xC2, 0x4A, 0x80, 0x68, 0xBE, 0xE8, 0x2E, 0x00, 0xD0, 0xD1, 0x02, 0x9E, 0x7E, 0x57, 0x6E, 0xEC, 0x5D, \
        0x2D, 0x29, 0x80, 0x6F, 0xAB, 0x93, 0xB8, 0xE6, 0x36, 0xCF, 0xEB, 0x31, 0xAE

static const uint8_t player_key[] = {
    'G', 'e', 'n', 'u', 'i', 'n', 'e', ' ', 'A', 'd', 'o', 'b', 'e', ' ', 'F',      'l',
    'a', 's', 'h', ' ', 'P', 'l', 'a', 'y', 'e', 'r', ' ', '0', '0', '1', KEY_TAIL,
};
static const uint8_t server_key[] = {
    'G', 'e', 'n', 'u', 'i', 'n', 'e', ' ', 'A', 'd', 'o', 'b', 'e', ' ', 'F', 'l', 'a', 's',      'h',
    ' ', 'M', 'e', 'd', 'i', 'a', ' ', 'S', 'e', 'r', 'v', 'e', 'r', ' ', '0', '0', '1', KEY_TAIL,
};
enum { PLAYER_TEXT_LEN = 30, SERVER_TEXT_LEN = 36 };

/* The version fields of both sides. Zero means the plain handshake (RTMP 1.0, 5.2.3). */
static const uint8_t server_version[4] = { 0x01, 0x00, 0x05, 0x04 };
static const uint8_t client_version[4] = { 0x80, 0x00, 0x07, 0x02 };

struct key {
    const uint8_t *bytes;
    int            len;
};

static struct err *sign(struct key key, const uint8_t *bytes, size_t len, uint8_t digest[static RTMP_DIGEST_LEN])
{
    if (!HMAC(EVP_sha256(), key.bytes, key.len, bytes, len, digest, NULL))
        return err_new(E_OPEN_SSL_CREATE_HMAC, "HMAC-SHA256 of %zu bytes", len);
    return NULL;
}

/* The offset of the digest, computed from the first bytes of its block. */
static size_t digest_at(const uint8_t c1[static RTMP_C1_LEN], int layout)
{
    size_t         at = BLOCKS_AT + (layout == 0 ? BLOCK_LEN : 0);
    const uint8_t *b = c1 + at;
    return at + 4 + (size_t)(b[0] + b[1] + b[2] + b[3]) % DIGEST_OFFSETS;
}

/* Compute the digest of a C1 or S1 over all bytes except those of the digest. */
static struct err *sign_around(struct key key, const uint8_t c1[static RTMP_C1_LEN], size_t at,
                               uint8_t digest[static RTMP_DIGEST_LEN])
{
    uint8_t rest[SIGNED_LEN];
    memcpy(rest, c1, at);
    memcpy(rest + at, c1 + at + RTMP_DIGEST_LEN, SIGNED_LEN - at);
    return sign(key, rest, sizeof rest, digest);
}

/* Find the layout in which a C1 or S1 carries a valid digest, and that digest. */
static struct err *find_digest(struct key key, const uint8_t c1[static RTMP_C1_LEN], enum rtmp_handshake_kind *kind,
                               const uint8_t **digest)
{
    *kind = RTMP_HANDSHAKE_PLAIN;
    for (int layout = 0; layout < 2; layout++) {
        uint8_t     expected[RTMP_DIGEST_LEN];
        size_t      at = digest_at(c1, layout);
        struct err *e = sign_around(key, c1, at, expected);
        if (e)
            return e;
        if (memcmp(c1 + at, expected, sizeof expected) == 0) {
            *kind = layout == 0 ? RTMP_HANDSHAKE_DIGEST_0 : RTMP_HANDSHAKE_DIGEST_1;
            *digest = c1 + at;
            break;
        }
    }
    return NULL;
}

static void write_time(uint8_t *out, uint32_t now_s)
{
    struct wr w = wr_over(out, 4);
    wr_u32(&w, now_s);
}

/* Make a C1 or S1 with a digest. All other bytes except time and version are random. */
static struct err *make_signed(struct key key, int layout, const uint8_t version[4], uint32_t now_s,
                               uint8_t c1[static RTMP_C1_LEN], const uint8_t **digest)
{
    random_bytes(c1, RTMP_C1_LEN);
    write_time(c1, now_s);
    memcpy(c1 + 4, version, 4);
    size_t at = digest_at(c1, layout);
    *digest = c1 + at;
    return sign_around(key, c1, at, c1 + at);
}

/* Compute the last 32 bytes of a C2 or S2. Only a side that has seen the digest of the other side can make their key. */
static struct err *sign_answer(struct key key, const uint8_t *peer_digest, const uint8_t *s2,
                               uint8_t digest[static RTMP_DIGEST_LEN])
{
    uint8_t     answer_key[RTMP_DIGEST_LEN];
    struct err *e = sign(key, peer_digest, RTMP_DIGEST_LEN, answer_key);
    return e ? e : sign((struct key){ answer_key, sizeof answer_key }, s2, SIGNED_LEN, digest);
}

static struct err *check_version(uint8_t version)
{
    if (version == RTMP_VERSION)
        return NULL;
    return err_new(E_RTMP_PLAIN_REQUIRED, "RTMP version %u, only %d is spoken here", version, RTMP_VERSION);
}

struct err *rtmp_handshake_proxy_len(const uint8_t header[static RTMP_PROXY_HEADER_LEN], size_t *len)
{
    struct rd r = rd_over(header + 1, RTMP_PROXY_HEADER_LEN - 1);
    *len = rd_u16(&r);
    if (*len > RTMP_PROXY_DATA_MAX)
        return err_new(E_RTMP_PROXY_EXCEED, "a proxy's prefix of %zu bytes, at most %d are accepted", *len,
                       RTMP_PROXY_DATA_MAX);
    return NULL;
}

static void answer_plain(const uint8_t c1[static RTMP_C1_LEN], uint8_t *s1, uint8_t *s2, uint32_t now_s)
{
    random_bytes(s1, RTMP_C1_LEN);
    write_time(s1, now_s);
    memcpy(s1 + 4, c1, 4); /* RTMP 1.0 says zero here, but players expect the time of C1, as in S2. */
    memcpy(s2, c1, RTMP_C1_LEN);
}

struct err *rtmp_handshake_answer(const uint8_t c0c1[static RTMP_C0C1_LEN], uint8_t s0s1s2[static RTMP_S0S1S2_LEN],
                                  const char *name, uint32_t now_s, enum rtmp_handshake_kind *kind)
{
    const uint8_t *c1 = c0c1 + 1, *c1_digest, *s1_digest;
    uint8_t       *s1 = s0s1s2 + 1, *s2 = s1 + RTMP_C1_LEN;
    struct err    *e = check_version(c0c1[0]);
    if (!e)
        e = find_digest((struct key){ player_key, PLAYER_TEXT_LEN }, c1, kind, &c1_digest);
    if (e)
        return e;
    s0s1s2[0] = RTMP_VERSION;
    if (*kind == RTMP_HANDSHAKE_PLAIN) {
        answer_plain(c1, s1, s2, now_s);
        return NULL;
    }
    int layout = *kind == RTMP_HANDSHAKE_DIGEST_0 ? 0 : 1;
    if ((e = make_signed((struct key){ server_key, SERVER_TEXT_LEN }, layout, server_version, now_s, s1, &s1_digest)))
        return e;
    random_bytes(s2, SIGNED_LEN);
    if (*name)
        str_copy((char *)s2, SIGNED_LEN, name);
    return sign_answer((struct key){ server_key, sizeof server_key }, c1_digest, s2, s2 + SIGNED_LEN);
}

struct err *rtmp_handshake_offer(struct rtmp_handshake_client *c, uint8_t c0c1[static RTMP_C0C1_LEN], bool plain,
                                 uint32_t now_s)
{
    const uint8_t *digest;
    uint8_t       *c1 = c0c1 + 1;
    *c = (struct rtmp_handshake_client){ .plain = plain };
    c0c1[0] = RTMP_VERSION;
    if (plain) {
        random_bytes(c1, RTMP_C1_LEN);
        write_time(c1, now_s);
        memset(c1 + 4, 0, 4);
        return NULL;
    }
    struct err *e = make_signed((struct key){ player_key, PLAYER_TEXT_LEN }, 1, client_version, now_s, c1, &digest);
    if (!e)
        memcpy(c->c1_digest, digest, sizeof c->c1_digest);
    return e;
}

struct err *rtmp_handshake_finish(const struct rtmp_handshake_client *c, const uint8_t s0s1s2[static RTMP_S0S1S2_LEN],
                                  uint8_t c2[static RTMP_C2_LEN], enum rtmp_handshake_kind *kind)
{
    const uint8_t *s1 = s0s1s2 + 1, *s2 = s1 + RTMP_C1_LEN, *s1_digest;
    struct err    *e = check_version(s0s1s2[0]);
    *kind = RTMP_HANDSHAKE_PLAIN;
    if (!e && !c->plain)
        e = find_digest((struct key){ server_key, SERVER_TEXT_LEN }, s1, kind, &s1_digest);
    if (e)
        return e;
    if (*kind != RTMP_HANDSHAKE_PLAIN) {
        uint8_t expected[RTMP_DIGEST_LEN];
        if ((e = sign_answer((struct key){ server_key, sizeof server_key }, c->c1_digest, s2, expected)))
            return e;
        if (memcmp(expected, s2 + SIGNED_LEN, sizeof expected) != 0)
            *kind = RTMP_HANDSHAKE_PLAIN;
    }
    if (*kind == RTMP_HANDSHAKE_PLAIN) {
        memcpy(c2, s1, RTMP_C2_LEN);
        return NULL;
    }
    random_bytes(c2, SIGNED_LEN);
    return sign_answer((struct key){ player_key, sizeof player_key }, s1_digest, c2, c2 + SIGNED_LEN);
}
