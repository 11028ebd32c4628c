#include "rtc_viewer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/wr.h"
#include "protocol/rtc/stun.h"
#include "stamp.h"
#include "tool.h"

enum { VIDEO_PT = 102, AUDIO_PT = 111, DATAGRAM_MAX = 2048, ANSWER_MAX = 16 << 10, READS_A_TURN = 64 };
enum { CHECK_AGAIN_US = 100 * US_PER_MS, CONSENT_US = 5 * US_PER_SECOND };
enum { KEYS_MAX = 128 };

static const char own_ufrag[] = "benchfrag", own_pwd[] = "bench-password-of-22-or-more";

static SSL_CTX *ctx;
static char     fingerprint[3 * SHA256_DIGEST_LENGTH];

static void set_fingerprint(X509 *x)
{
    uint8_t  digest[SHA256_DIGEST_LENGTH];
    unsigned len = sizeof digest;
    if (!X509_digest(x, EVP_sha256(), digest, &len))
        die("no digest of a certificate");
    for (unsigned i = 0; i < len; i++)
        snprintf(fingerprint + 3 * i, 4, "%02X%s", digest[i], i + 1 < len ? ":" : "");
}

void rtc_viewers_begin(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509     *x = X509_new();
    ctx = SSL_CTX_new(DTLS_client_method());
    if (!key || !x || !ctx || srtp_init() != srtp_err_status_ok)
        die("no certificate, or no SRTP");
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600L);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)"bench", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    if (!X509_sign(x, key, EVP_sha256()) || !SSL_CTX_use_certificate(ctx, x) || !SSL_CTX_use_PrivateKey(ctx, key) ||
        SSL_CTX_set_tlsext_use_srtp(ctx, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"))
        die("DTLS does not take the certificate");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    set_fingerprint(x);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void fail(struct rtc_viewer *v, struct rtc_tally *tally, const char *why)
{
    rtc_viewer_close(v);
    v->failure = why;
    tally->failed++;
    if (!tally->why)
        tally->why = why;
}

/* ---- WHEP: one request, answered at once, so the tool waits for it ---- */

static int write_offer(char *out, size_t cap)
{
    return snprintf(out, cap,
                    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
                    "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
                    "a=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\n"
                    "a=rtpmap:%d opus/48000/2\r\n"
                    "m=video 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
                    "a=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r\n"
                    "a=rtpmap:%d H264/90000\r\n"
                    "a=fmtp:%d level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
                    "a=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n",
                    AUDIO_PT, own_ufrag, own_pwd, fingerprint, AUDIO_PT, VIDEO_PT, own_ufrag, own_pwd, fingerprint,
                    VIDEO_PT, VIDEO_PT, VIDEO_PT, VIDEO_PT);
}

/* The whole answer, ended by a NUL; false: no 201. */
static bool ask(const struct rtc_target *t, char *answer)
{
    char offer[4096], head[1024];
    int  len = write_offer(offer, sizeof offer);
    int  n = snprintf(head, sizeof head,
                      "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/sdp\r\nConnection: close\r\n"
                       "Content-Length: %d\r\n\r\n",
                      t->path, inet_ntoa(t->addr.sin_addr), ntohs(t->addr.sin_port), len);
    int  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (const struct sockaddr *)&t->addr, sizeof t->addr) == 0 &&
              send(fd, head, (size_t)n, MSG_MORE) == n && send(fd, offer, (size_t)len, 0) == len;
    size_t have = 0;
    for (ssize_t got = 1; ok && got > 0 && have < ANSWER_MAX - 1; have += (size_t)(got > 0 ? got : 0))
        got = recv(fd, answer + have, ANSWER_MAX - 1 - have, 0);
    answer[have] = 0;
    if (fd >= 0)
        close(fd);
    return ok && strncmp(answer, "HTTP/1.1 201", 12) == 0;
}

static bool find_text(const char *answer, const char *name, char *out, size_t cap)
{
    const char *p = strstr(answer, name);
    if (!p)
        return false;
    p += strlen(name);
    size_t len = strcspn(p, "\r\n");
    return len < cap && snprintf(out, cap, "%.*s", (int)len, p) > 0;
}

/* The first candidate of that transport. */
static bool find_candidate(const char *answer, bool is_tcp, struct sockaddr_in *to)
{
    char     ip[INET_ADDRSTRLEN], transport[8];
    unsigned port;
    for (const char *p = answer; (p = strstr(p, "a=candidate:")); p++) {
        if (sscanf(p, "a=candidate:%*s %*d %7s %*u %15s %u typ host", transport, ip, &port) != 3 ||
            strcmp(transport, is_tcp ? "tcp" : "udp") != 0)
            continue;
        *to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        return inet_pton(AF_INET, ip, &to->sin_addr) == 1;
    }
    return false;
}

/* ---- ICE: checks of a controlling agent that knows one address ---- */

static void send_check(struct rtc_viewer *v, int64_t now)
{
    uint8_t   bytes[512];
    struct wr w = wr_over(bytes, sizeof bytes);
    if (RAND_bytes(v->id, sizeof v->id) != 1)
        die("no random bytes");
    stun_write_begin(&w, STUN_REQUEST, v->id);
    stun_write_username(&w, v->remote_ufrag, own_ufrag);
    stun_write_priority(&w, 0x7effffff);
    stun_write_role(&w, true, 1);
    stun_write_use_candidate(&w);
    v->checked_us = now;
    if (stun_write_end(&w, v->remote_pwd))
        (void)rtc_way_send(&v->way, bytes, wr_len(&w));
}

void rtc_viewer_open(struct rtc_viewer *v, const struct rtc_target *target, struct rtc_tally *tally)
{
    static char        answer[ANSWER_MAX];
    struct sockaddr_in to;
    *v = (struct rtc_viewer){ .way.fd = -1, .sampled = v->sampled, .leaves = v->leaves, .opened_us = now_us() };
    if (!ask(target, answer)) {
        fail(v, tally, "the server has refused");
        return;
    }
    if (!find_text(answer, "a=ice-ufrag:", v->remote_ufrag, sizeof v->remote_ufrag) ||
        !find_text(answer, "a=ice-pwd:", v->remote_pwd, sizeof v->remote_pwd) ||
        !find_candidate(answer, target->is_tcp, &to)) {
        fail(v, tally, "the answer lacks credentials or a candidate");
        return;
    }
    if (!rtc_way_open(&v->way, &to, target->is_tcp)) {
        fail(v, tally, "no socket, or no connection");
        return;
    }
    send_check(v, now_us());
}

/* ---- DTLS, and the keys that it gives ---- */

static void set_policy(srtp_policy_t *p, const char *profile)
{
    if (strcmp(profile, "SRTP_AEAD_AES_128_GCM") == 0) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
    } else {
        srtp_crypto_policy_set_rtp_default(&p->rtp);
        srtp_crypto_policy_set_rtcp_default(&p->rtcp);
    }
}

/* RFC 5764 4.2: the client's key, the server's key, then the salts. The server's are those of what comes. */
static bool open_srtp(struct rtc_viewer *v)
{
    enum { KEY_LEN = 16 };
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(v->ssl);
    uint8_t                        keys[KEYS_MAX], server[KEYS_MAX];
    if (!profile)
        return false;
    size_t        salt = strcmp(profile->name, "SRTP_AEAD_AES_128_GCM") == 0 ? 12 : 14;
    srtp_policy_t policy = { .ssrc = { ssrc_any_inbound, 0 }, .key = server };
    set_policy(&policy, profile->name);
    if (SSL_export_keying_material(v->ssl, keys, 2 * (KEY_LEN + salt), "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0) != 1)
        return false;
    memcpy(server, keys + KEY_LEN, KEY_LEN);
    memcpy(server + KEY_LEN, keys + 2 * KEY_LEN + salt, salt);
    return srtp_create(&v->srtp, &policy) == srtp_err_status_ok;
}

static void note_joined(struct rtc_viewer *v, struct rtc_tally *tally)
{
    v->joined_us = now_us();
    tally->joined++;
    histogram_add(&tally->join, v->joined_us - v->opened_us);
}

static void shake_hands(struct rtc_viewer *v, struct rtc_tally *tally)
{
    int got = SSL_do_handshake(v->ssl);
    if (got != 1) {
        int why = SSL_get_error(v->ssl, got);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
            fail(v, tally, "DTLS has failed");
        return;
    }
    if (v->sampled && !open_srtp(v)) {
        fail(v, tally, "no keys for SRTP");
        return;
    }
    v->phase = RTC_PLAYING;
    if (v->leaves) {
        note_joined(v, tally);
        rtc_viewer_close(v);
    }
}

static void begin_handshake(struct rtc_viewer *v, struct rtc_tally *tally)
{
    BIO *bio = rtc_way_bio(&v->way);
    v->ssl = SSL_new(ctx);
    if (!v->ssl)
        die("out of memory");
    SSL_set_bio(v->ssl, bio, bio);
    SSL_set_options(v->ssl, SSL_OP_NO_QUERY_MTU);
    DTLS_set_link_mtu(v->ssl, 1200);
    SSL_set_connect_state(v->ssl);
    v->phase = RTC_HANDSHAKE;
    shake_hands(v, tally);
}

/* ---- what comes ---- */

static void take_stamp(struct rtc_viewer *v, struct rtc_tally *tally, uint8_t *bytes, int len)
{
    struct stamp stamp;
    if (srtp_unprotect(v->srtp, bytes, &len) == srtp_err_status_ok && stamp_search(bytes, (size_t)len, &stamp))
        histogram_add(&tally->latency, now_us() - stamp.sent_us);
}

static void take_media(struct rtc_viewer *v, struct rtc_tally *tally, uint8_t *bytes, size_t len)
{
    bool is_rtp = len >= 12 && bytes[0] >> 6 == 2 && (bytes[1] < 192 || bytes[1] > 223);
    if (!is_rtp)
        return;
    tally->packets++;
    tally->bytes += len;
    if ((bytes[1] & 0x7f) != VIDEO_PT)
        return;
    uint16_t seq = (uint16_t)(bytes[2] << 8 | bytes[3]);
    int16_t  step = (int16_t)(uint16_t)(seq - v->seq);
    if (v->has_seq && step > 1)
        tally->lost += (uint64_t)step - 1;
    if (!v->has_seq || step > 0)
        v->seq = seq;
    v->has_seq = true;
    if (!v->joined_us)
        note_joined(v, tally);
    if (v->sampled)
        take_stamp(v, tally, bytes, (int)len);
}

/* Answer the check by which the server finds out whether we are reached; false if it is none. */
static bool answer_check(struct rtc_viewer *v, const uint8_t *bytes, size_t len)
{
    struct stun_message m;
    struct sockaddr_in  from;
    socklen_t           from_len = sizeof from;
    uint8_t             answer[128];
    struct wr           w = wr_over(answer, sizeof answer);
    if (!stun_is(bytes, len) || !stun_parse(&m, bytes, len) || m.class != STUN_REQUEST)
        return false;
    if (getpeername(v->way.fd, (struct sockaddr *)&from, &from_len) < 0)
        return true;
    stun_write_begin(&w, STUN_SUCCESS, m.id);
    stun_write_mapped(&w, &(struct rtc_addr){ .v4 = from, .len = sizeof from });
    if (stun_is_from(&m, own_pwd) && stun_write_end(&w, own_pwd))
        (void)rtc_way_send(&v->way, answer, wr_len(&w));
    return true;
}

static bool is_answer(const struct rtc_viewer *v, const uint8_t *bytes, size_t len)
{
    struct stun_message m;
    return stun_is(bytes, len) && stun_parse(&m, bytes, len) && m.class == STUN_SUCCESS &&
           memcmp(m.id, v->id, sizeof v->id) == 0;
}

void rtc_viewer_read(struct rtc_viewer *v, struct rtc_tally *tally)
{
    uint8_t bytes[DATAGRAM_MAX];
    for (int i = 0; i < READS_A_TURN && v->way.fd >= 0; i++) {
        if (v->phase == RTC_HANDSHAKE) {
            shake_hands(v, tally);
            if (v->phase != RTC_PLAYING || v->way.fd < 0)
                return;
        }
        ssize_t n = rtc_way_receive(&v->way, bytes, sizeof bytes);
        if (n < 0)
            fail(v, tally, strerror(errno));
        if (n <= 0)
            return;
        if (answer_check(v, bytes, (size_t)n))
            continue;
        if (v->phase == RTC_CHECKING && is_answer(v, bytes, (size_t)n))
            begin_handshake(v, tally);
        else if (v->phase == RTC_PLAYING)
            take_media(v, tally, bytes, (size_t)n);
    }
}

void rtc_viewer_tick(struct rtc_viewer *v, struct rtc_tally *tally, int64_t now)
{
    if (v->way.fd < 0)
        return;
    if (v->phase == RTC_HANDSHAKE && DTLSv1_handle_timeout(v->ssl) < 0)
        fail(v, tally, "DTLS has been given up");
    else if (now - v->checked_us > (v->phase == RTC_CHECKING ? CHECK_AGAIN_US : CONSENT_US))
        send_check(v, now);
}

void rtc_viewer_close(struct rtc_viewer *v)
{
    if (v->ssl && v->phase == RTC_PLAYING)
        (void)SSL_shutdown(v->ssl); /* the server forgets the session at once */
    SSL_free(v->ssl);
    v->ssl = NULL;
    if (v->srtp)
        srtp_dealloc(v->srtp);
    v->srtp = NULL;
    rtc_way_close(&v->way);
}
