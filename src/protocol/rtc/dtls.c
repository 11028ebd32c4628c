#include "protocol/rtc/dtls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/rtc/dtls_tail.h"

/* RFC 5764 4.2. */
static const char exporter_label[] = "EXTRACTOR-dtls_srtp";

enum { READ_BYTES = 512, READS_MAX = 64 }; /* application data of one datagram; it is dropped */

/*
 * A record (RFC 6347 4.3.1): its epoch and length are at these bytes of its head. OpenSSL keeps 100 of the next epoch, each in 17 KiB;
 * a client needs one for each time that it sends its last flight.
 */
enum { RECORD_HEAD = 13, EPOCH_AT = 3, LENGTH_AT = 11, EARLY_MAX = 8 };

struct dtls {
    SSL                  *ssl;
    struct dtls_identity *identity;
    struct dtls_setup     setup;
    const uint8_t        *in; /* the datagram that OpenSSL has not read yet; NULL: none */
    size_t                in_len;
    unsigned              n_early; /* records of the next epoch that came in the handshake */
    enum dtls_state       state;
    enum dtls_failure     why;
    struct dtls_flight    flight;                     /* what was sent last in the handshake */
    struct dtls_tail      tail;                       /* when `ssl` is NULL */
    const char           *version, *cipher, *profile; /* of OpenSSL's tables, when connected */
    struct buf            out;                        /* datagrams to send, each behind its length (size_t) */
    size_t                out_at;                     /* the first one that has not been given out */
};

/* ---- out ---- */

static void put_out(struct dtls *d, const uint8_t *bytes, size_t len)
{
    size_t before = d->out.len;
    buf_append(&d->out, &len, sizeof len);
    buf_append(&d->out, bytes, len);
    if (d->out.fault)
        buf_rewind(&d->out, before);
}

bool dtls_next_out(struct dtls *d, const uint8_t **bytes, size_t *len)
{
    if (d->out_at == d->out.len) {
        buf_finish(&d->out);
        d->out_at = 0;
        return false;
    }
    memcpy(len, d->out.bytes + d->out_at, sizeof *len);
    *bytes = (const uint8_t *)d->out.bytes + d->out_at + sizeof *len;
    d->out_at += sizeof *len + *len;
    return true;
}

/* ---- the BIO: datagrams keep their ends ---- */

static int bio_read(BIO *bio, char *out, int cap)
{
    struct dtls *d = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!d->in) {
        BIO_set_retry_read(bio);
        return -1;
    }
    int len = d->in_len < (size_t)cap ? (int)d->in_len : cap;
    memcpy(out, d->in, (size_t)len);
    d->in = NULL;
    return len;
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
    struct dtls *d = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    dtls_flight_note(&d->flight, (const uint8_t *)bytes, (size_t)len);
    put_out(d, (const uint8_t *)bytes, (size_t)len);
    return len;
}

static long bio_ctrl(BIO *bio, int what, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return what == BIO_CTRL_FLUSH || what == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT;
}

/* Made once for the process. */
static BIO_METHOD    *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (m && BIO_meth_set_read(m, bio_read) && BIO_meth_set_write(m, bio_write) && BIO_meth_set_ctrl(m, bio_ctrl))
        method = m;
    else
        BIO_meth_free(m);
}

static bool attach_bio(struct dtls *d)
{
    pthread_once(&method_once, make_method);
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio)
        return false;
    BIO_set_data(bio, d);
    BIO_set_init(bio, 1);
    SSL_set_bio(d->ssl, bio, bio);
    return true;
}

/* ---- the connection ---- */

/* Accept exactly the certificate of the offer, whoever signed it. Called for each certificate, and for what is wrong with one. */
static int is_expected(int ok, X509_STORE_CTX *x)
{
    (void)ok;
    SSL         *ssl = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct dtls *d = SSL_get_app_data(ssl);
    if (dtls_fingerprint_is_of(&d->setup.fingerprint, X509_STORE_CTX_get0_cert(x)))
        return 1;
    d->why = DTLS_FAILURE_FINGERPRINT;
    X509_STORE_CTX_set_error(x, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static unsigned next_timeout(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    return last_us == 0 ? DTLS_TIMEOUT_FIRST_US : last_us < DTLS_TIMEOUT_MAX_US ? 2 * last_us : last_us;
}

static bool begin(struct dtls *d)
{
    bool old = d->setup.version == RTC_DTLS_1_0;
    d->ssl = SSL_new(dtls_identity_ctx(d->identity));
    if (!d->ssl || !attach_bio(d) || !SSL_set_min_proto_version(d->ssl, old ? DTLS1_VERSION : DTLS1_2_VERSION) ||
        !SSL_set_max_proto_version(d->ssl, old ? DTLS1_VERSION : DTLS1_2_VERSION))
        return false;
    if (old)
        SSL_set_security_level(d->ssl, 0); /* DTLS 1.0 signs MD5 and SHA-1 */
    SSL_set_app_data(d->ssl, d);
    SSL_set_mtu(d->ssl, DTLS_MTU);
    SSL_set_verify(d->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, is_expected);
    DTLS_set_timer_cb(d->ssl, next_timeout);
    if (d->setup.is_client)
        SSL_set_connect_state(d->ssl);
    else
        SSL_set_accept_state(d->ssl);
    return true;
}

struct err *dtls_new(struct dtls **out, const struct dtls_setup *setup)
{
    struct dtls *d = mem_calloc(1, sizeof *d);
    *out = NULL;
    if (!d)
        return err_no_memory();
    d->setup = *setup;
    d->out = buf_up_to(DTLS_OUT_MAX);
    d->identity = dtls_identity_ref(setup->identity);
    if (!begin(d)) {
        ERR_clear_error();
        dtls_free(&d);
        return err_no_memory();
    }
    *out = d;
    return NULL;
}

void dtls_free(struct dtls **dp)
{
    struct dtls *d = *dp;
    *dp = NULL;
    if (!d)
        return;
    SSL_free(d->ssl);
    buf_finish(&d->out);
    OPENSSL_cleanse(&d->tail, sizeof d->tail);
    dtls_identity_unref(&d->identity);
    mem_free(d);
}

/* OpenSSL cannot go on: what it says besides "more datagrams, please" is the end. */
static void note_end(struct dtls *d, int result)
{
    int reason = SSL_get_error(d->ssl, result);
    if (reason == SSL_ERROR_WANT_READ)
        return;
    d->state = reason == SSL_ERROR_ZERO_RETURN ? DTLS_CLOSED : DTLS_FAILED;
}

static void note_connected(struct dtls *d)
{
    const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(d->ssl);
    d->state = DTLS_CONNECTED;
    d->version = SSL_get_version(d->ssl);
    d->cipher = SSL_get_cipher(d->ssl);
    d->profile = p ? p->name : "no SRTP";
    if (!d->setup.no_srtp && !rtc_srtp_secret_len(dtls_profile(d))) {
        d->state = DTLS_FAILED;
        d->why = DTLS_FAILURE_PROFILE;
    }
}

/*
 * OpenSSL's two buffers, of 17 KiB and of FRAGMENT_MAX, exist only between these two. For DTLS it does not make one that is missing.
 * False when memory is out.
 */
static bool wake(struct dtls *d)
{
    ERR_clear_error();
    return SSL_alloc_buffers(d->ssl);
}

static void rest(struct dtls *d)
{
    SSL_free_buffers(d->ssl);
    ERR_clear_error();
}

/* Let OpenSSL go on with what has come. */
static enum dtls_state work(struct dtls *d)
{
    char scratch[READ_BYTES];
    int  n = 1;
    d->flight = (struct dtls_flight){ 0 };
    if (!wake(d))
        return d->state = DTLS_FAILED;
    if (d->state == DTLS_HANDSHAKE && (n = SSL_do_handshake(d->ssl)) == 1)
        note_connected(d);
    for (int i = 0; d->state == DTLS_CONNECTED && n > 0 && i < READS_MAX; i++)
        n = SSL_read(d->ssl, scratch, sizeof scratch);
    if (n <= 0)
        note_end(d, n);
    d->in = NULL;
    rest(d);
    return d->state;
}

void dtls_start(struct dtls *d)
{
    work(d);
}

/* The same without OpenSSL. The server's last flight answers a peer that repeats its own (RFC 6347 4.2.4). */
static enum dtls_state take_tail(struct dtls *d, const uint8_t *bytes, size_t len)
{
    enum dtls_tail_said said = dtls_tail_read(&d->tail, bytes, len);
    struct dtls_flight *f = &d->flight;
    if (said == DTLS_SAID_GOODBYE)
        d->state = DTLS_CLOSED;
    if (said != DTLS_SAID_HANDSHAKE || d->setup.is_client || f->n_repeats == DTLS_FLIGHT_REPEATS)
        return d->state;
    f->n_repeats++;
    for (size_t i = 0, at = 0; i < f->n_parts; at += f->len[i], i++)
        put_out(d, f->bytes + at, f->len[i]);
    return d->state;
}

void dtls_settle(struct dtls *d)
{
    if (d->state != DTLS_CONNECTED || !d->ssl || d->flight.is_cut ||
        !dtls_tail_take(&d->tail, d->ssl, d->setup.is_client))
        return;
    SSL_free(d->ssl);
    d->ssl = NULL;
}

/* How much of a datagram OpenSSL may see: in a handshake, up to the first record of another epoch that is one too many. */
static size_t without_excess(struct dtls *d, const uint8_t *bytes, size_t len)
{
    if (d->state != DTLS_HANDSHAKE)
        return len;
    for (size_t at = 0; len - at >= RECORD_HEAD;) {
        const uint8_t *head = bytes + at;
        size_t         record = RECORD_HEAD + (size_t)(head[LENGTH_AT] << 8 | head[LENGTH_AT + 1]);
        bool           is_early = head[EPOCH_AT] | head[EPOCH_AT + 1];
        if (is_early && d->n_early == EARLY_MAX)
            return at;
        d->n_early += is_early;
        if (record > len - at)
            break;
        at += record;
    }
    return len;
}

enum dtls_state dtls_take(struct dtls *d, const uint8_t *bytes, size_t len)
{
    if (d->state == DTLS_CLOSED || d->state == DTLS_FAILED)
        return d->state;
    if (!d->ssl)
        return take_tail(d, bytes, len);
    if (!(len = without_excess(d, bytes, len)))
        return d->state;
    d->in = bytes;
    d->in_len = len;
    return work(d);
}

int64_t dtls_due_us(const struct dtls *d, int64_t now_us)
{
    struct timeval left;
    if (d->state != DTLS_HANDSHAKE || !DTLSv1_get_timeout(d->ssl, &left))
        return INT64_MAX;
    return now_us + (int64_t)left.tv_sec * US_PER_SECOND + left.tv_usec;
}

enum dtls_state dtls_tick(struct dtls *d)
{
    if (d->state == DTLS_HANDSHAKE && (!wake(d) || DTLSv1_handle_timeout(d->ssl) < 0))
        d->state = DTLS_FAILED;
    rest(d);
    return d->state;
}

enum dtls_state dtls_state(const struct dtls *d)
{
    return d->state;
}

enum dtls_failure dtls_why(const struct dtls *d)
{
    return d->why;
}

enum rtc_srtp_profile dtls_profile(const struct dtls *d)
{
    const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(d->ssl);
    return p ? (enum rtc_srtp_profile)p->id : RTC_SRTP_NONE;
}

bool dtls_secret(const struct dtls *d, uint8_t secret[static RTC_SRTP_SECRET_MAX])
{
    size_t len = rtc_srtp_secret_len(dtls_profile(d));
    bool ok = len && SSL_export_keying_material(d->ssl, secret, len, exporter_label, sizeof exporter_label - 1, NULL, 0,
                                                0) == 1;
    ERR_clear_error();
    return ok;
}

void dtls_close(struct dtls *d)
{
    uint8_t goodbye[DTLS_GOODBYE_LEN];
    if (d->state == DTLS_CONNECTED && !d->ssl) {
        if (dtls_tail_goodbye(&d->tail, goodbye))
            put_out(d, goodbye, sizeof goodbye);
    } else if (d->state == DTLS_CONNECTED) {
        if (wake(d))
            SSL_shutdown(d->ssl);
        rest(d);
    }
    d->state = DTLS_CLOSED;
}

bool dtls_was_connected(const struct dtls *d)
{
    return d->version;
}

const char *dtls_describe(const struct dtls *d, char *text, size_t cap)
{
    snprintf(text, cap, "%s, %s, %s", d->version, d->cipher, d->profile);
    return text;
}
