#include "protocol/rtc/srtp.h"

#include <string.h>

#include "core/mem.h"

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

#ifdef WITH_SRTP

#include <openssl/crypto.h>
#include <pthread.h>
#include <srtp2/srtp.h>

/* The SSRC is at 8 in RTP, and at 4 in RTCP (RFC 3550 5.1, 6.4.1). */
enum { RTP_HEAD = 12, RTP_SSRC_AT = 8, RTCP_HEAD = 8, RTCP_SSRC_AT = 4 };

struct rtc_srtp {
    srtp_t   in, out;
    uint32_t ssrcs[RTC_SSRCS_MAX]; /* of the peer; libsrtp keeps keys and a window for each */
    unsigned n_ssrcs;
};

static bool           is_begun;
static pthread_once_t begin_once = PTHREAD_ONCE_INIT;

static void begin(void)
{
    is_begun = srtp_init() == srtp_err_status_ok;
}

bool rtc_srtp_is_built(void)
{
    return true;
}

/* Make one direction: a key and its salt behind it, for all SSRCs. */
static bool make(srtp_t *out, enum rtc_srtp_profile profile, const uint8_t *key, const uint8_t *salt,
                 srtp_ssrc_type_t ssrcs)
{
    uint8_t       master[SRTP_MAX_KEY_LEN];
    srtp_policy_t policy = {
        .ssrc.type = ssrcs, .key = master, .window_size = RTC_REPLAY_WINDOW, .allow_repeat_tx = 1
    };
    srtp_profile_t number = (srtp_profile_t)profile; /* libsrtp has the numbers of the RFCs */
    memcpy(master, key, profiles[profile].key_len);
    memcpy(master + profiles[profile].key_len, salt, profiles[profile].salt_len);
    bool ok = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, number) == srtp_err_status_ok &&
              srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, number) == srtp_err_status_ok &&
              srtp_create(out, &policy) == srtp_err_status_ok;
    OPENSSL_cleanse(master, sizeof master);
    return ok;
}

struct err *rtc_srtp_new(struct rtc_srtp **out, enum rtc_srtp_profile profile, const uint8_t *secret,
                         bool we_are_client)
{
    *out = NULL;
    pthread_once(&begin_once, begin);
    if (!is_begun || !rtc_srtp_secret_len(profile))
        return err_new(E_RTC_SRTP_INIT, is_begun ? "profile %d of SRTP is unknown" : "libsrtp does not begin",
                       (int)profile);
    struct rtc_srtp *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_no_memory();
    size_t         key_len = profiles[profile].key_len, salt_len = profiles[profile].salt_len;
    const uint8_t *client_key = secret, *server_key = secret + key_len;
    const uint8_t *client_salt = server_key + key_len, *server_salt = client_salt + salt_len;
    if (!make(&s->out, profile, we_are_client ? client_key : server_key, we_are_client ? client_salt : server_salt,
              ssrc_any_outbound) ||
        !make(&s->in, profile, we_are_client ? server_key : client_key, we_are_client ? server_salt : client_salt,
              ssrc_any_inbound)) {
        rtc_srtp_free(s);
        return err_new(E_RTC_SRTP_INIT, "libsrtp refuses the keys");
    }
    *out = s;
    return NULL;
}

void rtc_srtp_free(struct rtc_srtp *s)
{
    if (!s)
        return;
    if (s->in)
        srtp_dealloc(s->in);
    if (s->out)
        srtp_dealloc(s->out);
    mem_free(s);
}

bool rtc_srtp_seal_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
    int n = (int)*len;
    if (*len < RTP_HEAD || *len > cap || cap - *len < RTC_SEAL_MAX ||
        srtp_protect(s->out, bytes, &n) != srtp_err_status_ok)
        return false;
    *len = (size_t)n;
    return true;
}

bool rtc_srtp_seal_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
    int n = (int)*len;
    if (*len < RTCP_HEAD || *len > cap || cap - *len < RTC_SEAL_MAX ||
        srtp_protect_rtcp(s->out, bytes, &n) != srtp_err_status_ok)
        return false;
    *len = (size_t)n;
    return true;
}

/* True if the SSRC is known; else `*is_new`, if one more is allowed. */
static bool may_open(const struct rtc_srtp *s, uint32_t ssrc, bool *is_new)
{
    for (unsigned i = 0; i < s->n_ssrcs; i++)
        if (s->ssrcs[i] == ssrc)
            return true;
    *is_new = true;
    return s->n_ssrcs < RTC_SSRCS_MAX;
}

/* Open a packet of an SSRC that is known, or that one more may be added. Only what is authenticated adds one. */
static bool open_packet(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t ssrc_at,
                        srtp_err_status_t (*unprotect)(srtp_t, void *, int *))
{
    uint32_t ssrc;
    bool     is_new = false;
    int      n = (int)*len;
    memcpy(&ssrc, bytes + ssrc_at, sizeof ssrc);
    if (!may_open(s, ssrc, &is_new) || unprotect(s->in, bytes, &n) != srtp_err_status_ok)
        return false;
    if (is_new)
        s->ssrcs[s->n_ssrcs++] = ssrc;
    *len = (size_t)n;
    return true;
}

bool rtc_srtp_open_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len)
{
    return *len >= RTP_HEAD && *len <= RTC_DATAGRAM_MAX && open_packet(s, bytes, len, RTP_SSRC_AT, srtp_unprotect);
}

bool rtc_srtp_open_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len)
{
    return *len >= RTCP_HEAD && *len <= RTC_DATAGRAM_MAX &&
           open_packet(s, bytes, len, RTCP_SSRC_AT, srtp_unprotect_rtcp);
}

#else

bool rtc_srtp_is_built(void)
{
    return false;
}

struct err *rtc_srtp_new(struct rtc_srtp **out, enum rtc_srtp_profile profile, const uint8_t *secret,
                         bool we_are_client)
{
    (void)profile;
    (void)secret;
    (void)we_are_client;
    *out = NULL;
    return err_new(E_RTC_SRTP_INIT, "this server was built without libsrtp2");
}

void rtc_srtp_free(struct rtc_srtp *s)
{
    (void)s;
}

bool rtc_srtp_seal_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
    (void)s, (void)bytes, (void)len, (void)cap;
    return false;
}

bool rtc_srtp_seal_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
    return rtc_srtp_seal_rtp(s, bytes, len, cap);
}

bool rtc_srtp_open_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len)
{
    (void)s, (void)bytes, (void)len;
    return false;
}

bool rtc_srtp_open_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len)
{
    return rtc_srtp_open_rtp(s, bytes, len);
}

#endif
