#include "protocol/rtc/srtp.h"

#include <openssl/crypto.h>
#include <string.h>

#include "core/mem.h"
#include "core/rd.h"
#include "core/wr.h"

/* RFC 3550 5.1, 6.4.1; RFC 3711 3.4: SRTCP ends with a word of the flag E and the index. */
enum { RTP_HEAD = 12, RTP_SSRC_AT = 8, RTCP_HEAD = 8, RTCP_SSRC_AT = 4, INDEX_LEN = 4 };
enum { SRTCP_INDEX_MAX = 0x7FFFFFFF, WINDOW_WORDS = RTC_REPLAY_WINDOW / 64, RTCP_WINDOW_WORDS = 2 };
#define SRTCP_E UINT32_C(0x80000000)

/* What is known of the packets of one SSRC. `highest` is the index: sequence number and rollovers (RFC 3711 3.3.1). */
struct out_stream {
    uint32_t ssrc;
    uint64_t highest;
};

struct in_stream {
    uint32_t ssrc;
    uint64_t highest;
    uint64_t window[WINDOW_WORDS]; /* bit 0: `highest`; the packets before it follow */
};

struct in_reports {
    uint32_t ssrc;
    uint64_t highest;
    uint64_t window[RTCP_WINDOW_WORDS];
};

struct rtc_srtp {
    struct srtp_key    out_rtp, out_rtcp, in_rtp, in_rtcp;
    struct out_stream *outs;
    struct in_stream  *ins;
    struct in_reports *reports;
    size_t             n_outs, outs_cap, n_ins, ins_cap, n_reports, reports_cap;
    uint32_t           next_index; /* of the SRTCP packets that we send */
    bool               has_too_many;
};

static const struct {
    uint8_t key_len, salt_len;
} profiles[] = {
    [RTC_SRTP_AES128_CM_SHA1_80] = { 16, 14 },
    [RTC_SRTP_AEAD_AES_128_GCM] = { 16, 12 },
    [RTC_SRTP_AEAD_AES_256_GCM] = { 32, 12 },
};

size_t rtc_srtp_secret_len(enum rtc_srtp_profile profile)
{
    return (size_t)profile < ARRAY_LEN(profiles) ? 2U * (profiles[profile].key_len + profiles[profile].salt_len) : 0;
}

/* Derive the keys of one direction. */
static bool derive(struct srtp_key *rtp, struct srtp_key *rtcp, enum rtc_srtp_profile p, const uint8_t *key,
                   const uint8_t *salt)
{
    return srtp_key_derive(rtp, p, SRTP_FOR_RTP, key, salt) && srtp_key_derive(rtcp, p, SRTP_FOR_RTCP, key, salt);
}

struct err *rtc_srtp_new(struct rtc_srtp **out, enum rtc_srtp_profile profile, const uint8_t *secret,
                         bool we_are_client)
{
    *out = NULL;
    if (!rtc_srtp_secret_len(profile))
        return err_new(E_RTC_SRTP_INIT, "profile %d of SRTP is unknown", (int)profile);
    struct rtc_srtp *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_no_memory();
    size_t         key_len = profiles[profile].key_len, salt_len = profiles[profile].salt_len;
    const uint8_t *key[2] = { secret, secret + key_len }; /* of the client, of the server */
    const uint8_t *salt[2] = { secret + 2 * key_len, secret + 2 * key_len + salt_len };
    if (!derive(&s->out_rtp, &s->out_rtcp, profile, key[!we_are_client], salt[!we_are_client]) ||
        !derive(&s->in_rtp, &s->in_rtcp, profile, key[we_are_client], salt[we_are_client])) {
        rtc_srtp_free(s);
        return err_no_memory();
    }
    *out = s;
    return NULL;
}

void rtc_srtp_free(struct rtc_srtp *s)
{
    if (!s)
        return;
    OPENSSL_cleanse(&s->out_rtp, sizeof s->out_rtp);
    OPENSSL_cleanse(&s->out_rtcp, sizeof s->out_rtcp);
    OPENSSL_cleanse(&s->in_rtp, sizeof s->in_rtp);
    OPENSSL_cleanse(&s->in_rtcp, sizeof s->in_rtcp);
    mem_free(s->outs);
    mem_free(s->ins);
    mem_free(s->reports);
    mem_free(s);
}

/* ---- indices and replays ---- */

/* The index that a sequence number stands for: the nearest to the highest so far. Below 0 there is none. */
static int64_t index_of(uint64_t highest, uint16_t seq)
{
    return (int64_t)highest + (int16_t)(uint16_t)(seq - (uint16_t)highest);
}

/* True if the index may come: it is above the highest, or in the window and not there yet. */
static bool is_fresh(uint64_t highest, const uint64_t *window, unsigned words, uint64_t index)
{
    uint64_t back = highest - index;
    return index > highest || (back < 64U * words && !(window[back / 64] >> back % 64 & 1));
}

static void shift(uint64_t *window, unsigned words, uint64_t by)
{
    unsigned whole = by / 64 < words ? (unsigned)(by / 64) : words, part = by % 64;
    memmove(window + whole, window, (words - whole) * sizeof *window);
    memset(window, 0, whole * sizeof *window);
    for (unsigned i = words; part && i-- > 0;)
        window[i] = window[i] << part | (i ? window[i - 1] >> (64 - part) : 0);
}

/* Note that the index has come. */
static void note(uint64_t *highest, uint64_t *window, unsigned words, uint64_t index)
{
    if (index > *highest) {
        shift(window, words, index - *highest);
        *highest = index;
    }
    uint64_t back = *highest - index;
    window[back / 64] |= UINT64_C(1) << back % 64;
}

/* The place of an SSRC in an array of structs that begin with it; NULL: it is not there. */
static void *find(void *items, size_t n, size_t size, uint32_t ssrc)
{
    for (char *item = items; n; n--, item += size)
        if (memcmp(item, &ssrc, sizeof ssrc) == 0)
            return item;
    return NULL;
}

/* Make room for one more; false when memory is out or there are RTC_SSRCS_MAX. */
static bool grow(void *items, size_t n, size_t *cap, size_t size)
{
    void *larger = NULL;
    if (n < *cap)
        return true;
    memcpy(&larger, items, sizeof larger);
    if (!(larger = mem_grow(larger, cap, size, RTC_SSRCS_MAX)))
        return false;
    memcpy(items, &larger, sizeof larger);
    return true;
}

/* Likewise for what the peer sends, which is authentic. */
static bool grow_in(struct rtc_srtp *s, void *items, size_t n, size_t *cap, size_t size)
{
    s->has_too_many |= n == RTC_SSRCS_MAX;
    return grow(items, n, cap, size);
}

bool rtc_srtp_has_too_many(const struct rtc_srtp *s)
{
    return s->has_too_many;
}

/* ---- IVs ---- */

static void put32(uint8_t *at, uint32_t v)
{
    struct wr w = wr_over(at, 4);
    wr_u32(&w, v);
}

static uint32_t get32(const uint8_t *at)
{
    struct rd r = rd_over(at, 4);
    return rd_u32(&r);
}

/* RFC 7714 8.1 and 9.1: two zero bytes, SSRC, index of 48 bits, XOR the salt. */
static void gcm_iv(const struct srtp_key *k, uint8_t iv[SRTP_IV_GCM], uint32_t ssrc, uint64_t index)
{
    struct wr w = wr_over(iv, SRTP_IV_GCM);
    wr_u16(&w, 0);
    wr_u32(&w, ssrc);
    wr_u16(&w, (uint16_t)(index >> 32));
    wr_u32(&w, (uint32_t)index);
    for (int i = 0; i < SRTP_IV_GCM; i++)
        iv[i] ^= k->salt[i];
}

/* RFC 3711 4.1.1: the salt, XOR the SSRC at bit 64, XOR the index at bit 16. */
static void cm_iv(const struct srtp_key *k, uint8_t iv[SRTP_IV_CM], uint32_t ssrc, uint64_t index)
{
    struct wr w = wr_over(iv, SRTP_IV_CM);
    wr_u32(&w, 0);
    wr_u32(&w, ssrc);
    wr_u16(&w, (uint16_t)(index >> 32));
    wr_u32(&w, (uint32_t)index);
    wr_u16(&w, 0);
    for (int i = 0; i < SRTP_SALT_MAX; i++)
        iv[i] ^= k->salt[i];
}

/* ---- RTP ---- */

/* The length of the head with its CSRCs and extension; 0 if the packet is malformed. */
static size_t head_len(const uint8_t *bytes, size_t len)
{
    struct rd r = rd_over(bytes, len);
    uint8_t   first = rd_u8(&r);
    rd_bytes(&r, RTP_HEAD - 1 + 4 * (size_t)(first & 0xF));
    if (first & 0x10) {
        rd_u16(&r);
        rd_bytes(&r, 4 * (size_t)rd_u16(&r));
    }
    return r.bad || first >> 6 != 2 ? 0 : len - rd_left(&r);
}

static uint16_t seq_of(const uint8_t *bytes)
{
    return (uint16_t)(bytes[2] << 8 | bytes[3]);
}

static bool seal_payload(const struct srtp_key *k, uint8_t *bytes, size_t head, size_t len, uint32_t ssrc,
                         uint64_t index)
{
    uint8_t iv[SRTP_IV_CM], roc[4];
    if (k->profile != RTC_SRTP_AES128_CM_SHA1_80) {
        gcm_iv(k, iv, ssrc, index);
        return srtp_key_gcm_seal(k, iv, &(struct srtp_aad){ bytes, NULL, head, 0 }, bytes + head, len - head,
                                 bytes + len);
    }
    cm_iv(k, iv, ssrc, index);
    put32(roc, (uint32_t)(index >> 16));
    return srtp_key_cm(k, iv, bytes + head, len - head) && srtp_key_mac(k, bytes, len, roc, bytes + len);
}

static bool open_payload(const struct srtp_key *k, uint8_t *bytes, size_t head, size_t len, uint32_t ssrc,
                         uint64_t index)
{
    uint8_t iv[SRTP_IV_CM], roc[4], tag[SRTP_AUTH_LEN];
    if (k->profile != RTC_SRTP_AES128_CM_SHA1_80) {
        gcm_iv(k, iv, ssrc, index);
        return srtp_key_gcm_open(k, iv, &(struct srtp_aad){ bytes, NULL, head, 0 }, bytes + head, len - head,
                                 bytes + len);
    }
    cm_iv(k, iv, ssrc, index);
    put32(roc, (uint32_t)(index >> 16));
    return srtp_key_mac(k, bytes, len, roc, tag) && CRYPTO_memcmp(tag, bytes + len, srtp_key_tag_len(k)) == 0 &&
           srtp_key_cm(k, iv, bytes + head, len - head);
}

bool rtc_srtp_seal_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
    size_t head = head_len(bytes, *len);
    if (!head || *len > cap || cap - *len < RTC_SEAL_MAX)
        return false;
    uint32_t           ssrc = get32(bytes + RTP_SSRC_AT);
    uint16_t           seq = seq_of(bytes);
    struct out_stream *o = find(s->outs, s->n_outs, sizeof *o, ssrc);
    if (!o) {
        if (!grow(&s->outs, s->n_outs, &s->outs_cap, sizeof *o))
            return false;
        o = &s->outs[s->n_outs++];
        *o = (struct out_stream){ ssrc, seq };
    }
    int64_t index = index_of(o->highest, seq);
    if (index < 0 || !seal_payload(&s->out_rtp, bytes, head, *len, ssrc, (uint64_t)index))
        return false;
    if ((uint64_t)index > o->highest)
        o->highest = (uint64_t)index;
    *len += srtp_key_tag_len(&s->out_rtp);
    return true;
}

bool rtc_srtp_open_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len)
{
    size_t tag = srtp_key_tag_len(&s->in_rtp), n = *len - tag, head = *len > tag ? head_len(bytes, n) : 0;
    if (!head || *len > RTC_DATAGRAM_MAX)
        return false;
    uint32_t          ssrc = get32(bytes + RTP_SSRC_AT);
    uint16_t          seq = seq_of(bytes);
    struct in_stream *known = find(s->ins, s->n_ins, sizeof *known, ssrc);
    int64_t           index = known ? index_of(known->highest, seq) : seq;
    if (index < 0 || (known && !is_fresh(known->highest, known->window, WINDOW_WORDS, (uint64_t)index)) ||
        !open_payload(&s->in_rtp, bytes, head, n, ssrc, (uint64_t)index))
        return false;
    if (!known) {
        if (!grow_in(s, &s->ins, s->n_ins, &s->ins_cap, sizeof *known))
            return false;
        known = &s->ins[s->n_ins++];
        *known = (struct in_stream){ .ssrc = ssrc, .highest = (uint64_t)index };
    }
    note(&known->highest, known->window, WINDOW_WORDS, (uint64_t)index);
    *len = n;
    return true;
}

/* ---- RTCP ---- */

bool rtc_srtp_seal_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
    const struct srtp_key *k = &s->out_rtcp;
    uint8_t                iv[SRTP_IV_CM], word[INDEX_LEN];
    if (*len < RTCP_HEAD || *len > cap || cap - *len < RTC_SEAL_MAX || s->next_index == SRTCP_INDEX_MAX)
        return false;
    uint32_t index = ++s->next_index, ssrc = get32(bytes + RTCP_SSRC_AT);
    size_t   body = *len - RTCP_HEAD, tag = srtp_key_tag_len(k);
    put32(word, SRTCP_E | index);
    if (k->profile != RTC_SRTP_AES128_CM_SHA1_80) { /* tag, then the word */
        gcm_iv(k, iv, ssrc, index);
        if (!srtp_key_gcm_seal(k, iv, &(struct srtp_aad){ bytes, word, RTCP_HEAD, INDEX_LEN }, bytes + RTCP_HEAD, body,
                               bytes + *len))
            return false;
        memcpy(bytes + *len + tag, word, INDEX_LEN);
    } else { /* the word, then the tag over all */
        cm_iv(k, iv, ssrc, index);
        memcpy(bytes + *len, word, INDEX_LEN);
        if (!srtp_key_cm(k, iv, bytes + RTCP_HEAD, body) ||
            !srtp_key_mac(k, bytes, *len + INDEX_LEN, NULL, bytes + *len + INDEX_LEN))
            return false;
    }
    *len += tag + INDEX_LEN;
    return true;
}

/* Authenticate and decrypt a packet whose index is in `word`; `n` is its length without word and tag. */
static bool open_report(const struct srtp_key *k, uint8_t *bytes, size_t n, const uint8_t word[INDEX_LEN],
                        uint32_t index)
{
    uint8_t  iv[SRTP_IV_CM], tag[SRTP_AUTH_LEN];
    uint32_t ssrc = get32(bytes + RTCP_SSRC_AT);
    if (k->profile != RTC_SRTP_AES128_CM_SHA1_80) {
        gcm_iv(k, iv, ssrc, index);
        return srtp_key_gcm_open(k, iv, &(struct srtp_aad){ bytes, word, RTCP_HEAD, INDEX_LEN }, bytes + RTCP_HEAD,
                                 n - RTCP_HEAD, bytes + n);
    }
    cm_iv(k, iv, ssrc, index);
    return srtp_key_mac(k, bytes, n + INDEX_LEN, NULL, tag) &&
           CRYPTO_memcmp(tag, bytes + n + INDEX_LEN, srtp_key_tag_len(k)) == 0 &&
           srtp_key_cm(k, iv, bytes + RTCP_HEAD, n - RTCP_HEAD);
}

bool rtc_srtp_open_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len)
{
    const struct srtp_key *k = &s->in_rtcp;
    size_t                 tag = srtp_key_tag_len(k), n = *len - tag - INDEX_LEN;
    if (*len < RTCP_HEAD + tag + INDEX_LEN || *len > RTC_DATAGRAM_MAX)
        return false;
    const uint8_t     *word = bytes + n + (k->profile != RTC_SRTP_AES128_CM_SHA1_80 ? tag : 0);
    uint32_t           value = get32(word), index = value & SRTCP_INDEX_MAX, ssrc = get32(bytes + RTCP_SSRC_AT);
    struct in_reports *known = find(s->reports, s->n_reports, sizeof *known, ssrc);
    if (!(value & SRTCP_E) || (known && !is_fresh(known->highest, known->window, RTCP_WINDOW_WORDS, index)) ||
        !open_report(k, bytes, n, word, index))
        return false;
    if (!known) {
        if (!grow_in(s, &s->reports, s->n_reports, &s->reports_cap, sizeof *known))
            return false;
        known = &s->reports[s->n_reports++];
        *known = (struct in_reports){ .ssrc = ssrc, .highest = index };
    }
    note(&known->highest, known->window, RTCP_WINDOW_WORDS, index);
    *len = n;
    return true;
}
