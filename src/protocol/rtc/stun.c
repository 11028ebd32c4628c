#include "protocol/rtc/stun.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <zlib.h>

#include "core/rd.h"

enum { MAGIC_COOKIE = 0x2112A442, COOKIE_AT = 4, LENGTH_AT = 2, ATTRIBUTE_HEAD = 4 };

/* RFC 8489 14.5, 14.7: HMAC-SHA1, and the value that the CRC is combined with. */
enum { INTEGRITY_LEN = 20, FINGERPRINT_LEN = 4, FINGERPRINT_XOR = 0x5354554E };

/* RFC 8489 18.3, RFC 8445 16.1. A receiver that does not know a type below OPTIONAL must refuse the message. */
enum {
    MAPPED_ADDRESS = 0x0001,
    USERNAME = 0x0006,
    MESSAGE_INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    UNKNOWN_ATTRIBUTES = 0x000A,
    REALM = 0x0014,
    NONCE = 0x0015,
    XOR_MAPPED_ADDRESS = 0x0020,
    PRIORITY = 0x0024,
    USE_CANDIDATE = 0x0025,
    OPTIONAL = 0x8000,
    FINGERPRINT = 0x8028,
    ICE_CONTROLLED = 0x8029,
    ICE_CONTROLLING = 0x802A,
};

enum { FAMILY_V4 = 1, FAMILY_V6 = 2, V4_LEN = 4, V6_LEN = 16 };

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* ---- reading ---- */

bool stun_is(const uint8_t *bytes, size_t len)
{
    static const uint8_t cookie[4] = { 0x21, 0x12, 0xA4, 0x42 };
    return len >= STUN_HEAD_LEN && bytes[0] <= 3 && memcmp(bytes + COOKIE_AT, cookie, sizeof cookie) == 0;
}

/* Change an address to or from its XORed form (RFC 8489 14.2): the key is the cookie and the id behind it. */
static void xor_address(uint8_t *address, size_t n, const uint8_t *message)
{
    for (size_t i = 0; i < n; i++)
        address[i] ^= message[COOKIE_AT + i];
}

static void read_mapped(struct stun_message *m, struct rd r)
{
    rd_u8(&r);
    uint8_t        family = rd_u8(&r);
    uint16_t       port = (uint16_t)(rd_u16(&r) ^ MAGIC_COOKIE >> 16);
    size_t         n = family == FAMILY_V4 ? V4_LEN : V6_LEN;
    const uint8_t *address = rd_bytes(&r, n);
    if (!address || (family != FAMILY_V4 && family != FAMILY_V6))
        return;
    uint8_t plain[V6_LEN];
    memcpy(plain, address, n);
    xor_address(plain, n, m->bytes);
    memset(&m->mapped, 0, sizeof m->mapped);
    if (family == FAMILY_V4) {
        m->mapped.v4.sin_family = AF_INET;
        m->mapped.v4.sin_port = htons(port);
        memcpy(&m->mapped.v4.sin_addr, plain, n);
        m->mapped.len = sizeof m->mapped.v4;
    } else {
        m->mapped.v6.sin6_family = AF_INET6;
        m->mapped.v6.sin6_port = htons(port);
        memcpy(&m->mapped.v6.sin6_addr, plain, n);
        m->mapped.len = sizeof m->mapped.v6;
    }
}

static void read_error(struct stun_message *m, struct rd r)
{
    rd_u16(&r);
    unsigned class = rd_u8(&r) & 7, number = rd_u8(&r);
    if (!r.bad)
        m->error = class * 100 + number;
}

static bool read_role(struct stun_message *m, struct rd r, bool controlling)
{
    m->is_controlling |= controlling;
    m->is_controlled |= !controlling;
    m->tie_breaker = rd_u64(&r);
    return !r.bad;
}

static bool is_fingerprint_right(const uint8_t *bytes, const uint8_t *attribute, struct rd value)
{
    uint32_t crc = (uint32_t)crc32(0, bytes, (uInt)(attribute - bytes));
    return rd_left(&value) == FINGERPRINT_LEN && rd_u32(&value) == (crc ^ FINGERPRINT_XOR);
}

static void note_unknown(struct stun_message *m, unsigned type)
{
    if (m->n_unknown < STUN_UNKNOWN_MAX)
        m->unknown[m->n_unknown++] = (uint16_t)type;
}

/* Read the value of one attribute; false when it is malformed. Of several of one type the first counts (RFC 8489 14). */
static bool read_attribute(struct stun_message *m, unsigned type, struct rd value)
{
    size_t len = rd_left(&value);
    switch (type) {
    case USERNAME:
        if (m->username)
            return true;
        m->username = (const char *)value.p;
        m->username_len = len;
        return len > 0 && len < STUN_USERNAME_MAX;
    case MESSAGE_INTEGRITY: m->integrity = value.p; return len == INTEGRITY_LEN;
    case PRIORITY: m->priority = rd_u32(&value); return !value.bad;
    case USE_CANDIDATE: m->use_candidate = true; return true;
    case ICE_CONTROLLED: return read_role(m, value, false);
    case ICE_CONTROLLING: return read_role(m, value, true);
    case XOR_MAPPED_ADDRESS: read_mapped(m, value); return true;
    case ERROR_CODE: read_error(m, value); return true;
    case MAPPED_ADDRESS:
    case UNKNOWN_ATTRIBUTES:
    case REALM:
    case NONCE: return true;
    default:
        if (type < OPTIONAL)
            note_unknown(m, type);
        return true;
    }
}

static bool read_attributes(struct stun_message *m, struct rd r)
{
    for (unsigned n = 0; rd_left(&r) > 0; n++) {
        const uint8_t *attribute = r.p;
        unsigned       type = rd_u16(&r);
        size_t         len = rd_u16(&r);
        const uint8_t *value = rd_bytes(&r, padded(len));
        if (!value || n == STUN_ATTRIBUTES_MAX)
            return false;
        if (type == FINGERPRINT) /* nothing may follow it */
            return is_fingerprint_right(m->bytes, attribute, rd_over(value, len)) && rd_left(&r) == 0;
        if (!m->integrity && !read_attribute(m, type, rd_over(value, len)))
            return false;
    }
    return true;
}

bool stun_parse(struct stun_message *m, const uint8_t *bytes, size_t len)
{
    *m = (struct stun_message){ .bytes = bytes, .len = len };
    if (!stun_is(bytes, len) || len > STUN_MESSAGE_MAX || len % 4 != 0)
        return false;
    struct rd r = rd_over(bytes, len);
    unsigned  type = rd_u16(&r);
    size_t    body = rd_u16(&r);
    rd_u32(&r);
    m->id = rd_bytes(&r, STUN_ID_LEN);
    /* RFC 8489 5: two bits of the class lie between those of the method. */
    m->class = (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1));
    m->method = (uint16_t)((type & 0xF) | (type >> 1 & 0x70) | (type >> 2 & 0xF80));
    return body == rd_left(&r) && read_attributes(m, r);
}

bool stun_username(const uint8_t *bytes, size_t len, const char **ufrag, size_t *ufrag_len)
{
    struct stun_message m;
    if (!stun_parse(&m, bytes, len) || m.class != STUN_REQUEST || m.method != STUN_BINDING || !m.username)
        return false;
    const char *colon = memchr(m.username, ':', m.username_len);
    if (!colon || colon == m.username || colon + 1 == m.username + m.username_len)
        return false;
    *ufrag = m.username;
    *ufrag_len = (size_t)(colon - m.username);
    return true;
}

const uint8_t *stun_success_id(const uint8_t *bytes, size_t len)
{
    static const uint8_t success[2] = { 0x01, 0x01 }; /* the class is bit 8, the method Binding */
    return stun_is(bytes, len) && memcmp(bytes, success, sizeof success) == 0 ? bytes + STUN_HEAD_LEN - STUN_ID_LEN
                                                                              : NULL;
}

/* The HMAC over a message up to its MESSAGE-INTEGRITY, as if it ended behind that attribute. */
static bool sign(const uint8_t *bytes, size_t len, const char *password, uint8_t out[INTEGRITY_LEN])
{
    uint8_t  text[STUN_MESSAGE_MAX];
    size_t   body = len - STUN_HEAD_LEN + ATTRIBUTE_HEAD + INTEGRITY_LEN;
    unsigned n = 0;
    if (len > sizeof text)
        return false;
    memcpy(text, bytes, len);
    text[LENGTH_AT] = (uint8_t)(body >> 8);
    text[LENGTH_AT + 1] = (uint8_t)body;
    return HMAC(EVP_sha1(), password, (int)strlen(password), text, len, out, &n) && n == INTEGRITY_LEN;
}

bool stun_is_from(const struct stun_message *m, const char *password)
{
    uint8_t expected[INTEGRITY_LEN];
    return m->integrity && sign(m->bytes, (size_t)(m->integrity - m->bytes) - ATTRIBUTE_HEAD, password, expected) &&
           CRYPTO_memcmp(expected, m->integrity, INTEGRITY_LEN) == 0;
}

/* ---- writing ---- */

static void write_attribute(struct wr *w, unsigned type, const void *value, size_t len)
{
    static const uint8_t zeros[3];
    wr_u16(w, (uint16_t)type);
    wr_u16(w, (uint16_t)len);
    wr_bytes(w, value, len);
    wr_bytes(w, zeros, padded(len) - len);
}

void stun_write_begin(struct wr *w, enum stun_class class, const uint8_t id[STUN_ID_LEN])
{
    wr_u16(w, (uint16_t)(STUN_BINDING | (class & 1) << 4 | (class & 2) << 7));
    wr_u16(w, 0); /* the length comes at the end */
    wr_u32(w, MAGIC_COOKIE);
    wr_bytes(w, id, STUN_ID_LEN);
}

void stun_write_username(struct wr *w, const char *to_ufrag, const char *from_ufrag)
{
    static const uint8_t zeros[3];
    size_t               to = strlen(to_ufrag), from = strlen(from_ufrag), len = to + 1 + from;
    w->full |= len >= STUN_USERNAME_MAX;
    wr_u16(w, USERNAME);
    wr_u16(w, (uint16_t)len);
    wr_bytes(w, to_ufrag, to);
    wr_u8(w, ':');
    wr_bytes(w, from_ufrag, from);
    wr_bytes(w, zeros, padded(len) - len);
}

void stun_write_mapped(struct wr *w, const struct rtc_addr *addr)
{
    bool    v4 = addr->any.sa_family == AF_INET;
    size_t  n = v4 ? V4_LEN : V6_LEN;
    uint8_t value[4 + V6_LEN] = { 0, v4 ? FAMILY_V4 : FAMILY_V6 };
    if (wr_len(w) < STUN_HEAD_LEN) { /* there was no room for the head */
        w->full = true;
        return;
    }
    uint16_t port = (uint16_t)(ntohs(v4 ? addr->v4.sin_port : addr->v6.sin6_port) ^ MAGIC_COOKIE >> 16);
    value[2] = (uint8_t)(port >> 8);
    value[3] = (uint8_t)port;
    memcpy(value + 4, v4 ? (const void *)&addr->v4.sin_addr : (const void *)&addr->v6.sin6_addr, n);
    xor_address(value + 4, n, w->start);
    write_attribute(w, XOR_MAPPED_ADDRESS, value, 4 + n);
}

void stun_write_error(struct wr *w, unsigned code, const char *reason)
{
    uint8_t   value[128];
    struct wr v = wr_over(value, sizeof value);
    wr_u16(&v, 0);
    wr_u8(&v, (uint8_t)(code / 100));
    wr_u8(&v, (uint8_t)(code % 100));
    wr_bytes(&v, reason, strlen(reason));
    w->full |= v.full;
    write_attribute(w, ERROR_CODE, value, wr_len(&v));
}

void stun_write_unknown(struct wr *w, const uint16_t *types, unsigned n)
{
    uint8_t   value[2 * STUN_UNKNOWN_MAX];
    struct wr v = wr_over(value, sizeof value);
    for (unsigned i = 0; i < n; i++)
        wr_u16(&v, types[i]);
    w->full |= v.full;
    write_attribute(w, UNKNOWN_ATTRIBUTES, value, wr_len(&v));
}

void stun_write_priority(struct wr *w, uint32_t priority)
{
    wr_u16(w, PRIORITY);
    wr_u16(w, sizeof priority);
    wr_u32(w, priority);
}

void stun_write_use_candidate(struct wr *w)
{
    write_attribute(w, USE_CANDIDATE, NULL, 0);
}

void stun_write_role(struct wr *w, bool controlling, uint64_t tie_breaker)
{
    wr_u16(w, controlling ? ICE_CONTROLLING : ICE_CONTROLLED);
    wr_u16(w, sizeof tie_breaker);
    wr_u64(w, tie_breaker);
}

bool stun_write_end(struct wr *w, const char *password)
{
    uint8_t integrity[INTEGRITY_LEN];
    if (w->full || !sign(w->start, wr_len(w), password, integrity)) {
        w->full = true;
        return false;
    }
    write_attribute(w, MESSAGE_INTEGRITY, integrity, sizeof integrity);
    size_t    before = wr_len(w), body = before - STUN_HEAD_LEN + ATTRIBUTE_HEAD + FINGERPRINT_LEN;
    struct wr length = wr_over(w->start + LENGTH_AT, 2);
    wr_u16(&length, (uint16_t)body);
    wr_u16(w, FINGERPRINT);
    wr_u16(w, FINGERPRINT_LEN);
    if (!w->full)
        wr_u32(w, (uint32_t)crc32(0, w->start, (uInt)before) ^ FINGERPRINT_XOR);
    return !w->full;
}
