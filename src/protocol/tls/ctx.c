#include "protocol/tls/ctx.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/tls/internal.h"

enum { CHAIN_MAX = 16, ULP_LIST_MAX = 256 };

/* AES of 128 bits is the cheapest with hardware for it. A client without such hardware asks for ChaCha20 first, and gets it. */
static const char ciphers_1_3[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char ciphers_1_2[] = "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES128:ECDHE+AES256";

const char *tls_reason(char *buf, size_t cap)
{
    unsigned long code = ERR_get_error(); /* the first error is the cause */
    const char   *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason)
        str_copy(buf, cap, reason);
    else
        snprintf(buf, cap, "OpenSSL error %#lx", code);
    ERR_clear_error();
    return buf;
}

/* True if the module is loaded already: to load it here would block the loop. */
static bool kernel_has_tls(void)
{
    char  list[ULP_LIST_MAX];
    FILE *f = fopen("/proc/sys/net/ipv4/tcp_available_ulp", "re");
    if (!f)
        return false;
    bool has = false;
    if (fgets(list, sizeof list, f))
        for (char *rest = NULL, *word = strtok_r(list, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
            has |= strcmp(word, "tls") == 0;
    fclose(f);
    return has;
}

static void note_secret(const SSL *ssl, const char *line)
{
    struct tls *t = SSL_get_app_data(ssl);
    seal_note(&t->seal, ssl, line);
}

static struct err *ctx_new(struct tls_ctx **out, const SSL_METHOD *method)
{
    struct tls_ctx *ctx = mem_calloc(1, sizeof *ctx);
    *out = NULL;
    if (!ctx)
        return err_no_memory();
    *ctx = (struct tls_ctx){ .refs = 1, .ssl = SSL_CTX_new(method) };
    if (!ctx->ssl || !SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION) ||
        !SSL_CTX_set_ciphersuites(ctx->ssl, ciphers_1_3) || !SSL_CTX_set_cipher_list(ctx->ssl, ciphers_1_2)) {
        tls_ctx_unref(&ctx);
        ERR_clear_error();
        return err_no_memory();
    }
    SSL_CTX_set_options(ctx->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                      SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(ctx->ssl, SSL_MODE_AUTO_RETRY); /* otherwise a peer could keep one call busy without end */
    SSL_CTX_set_read_ahead(ctx->ssl, 1);
    SSL_CTX_set_session_cache_mode(ctx->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx->ssl, SSL_OP_ENABLE_KTLS); /* records are made by the kernel, or by seal.h */
    SSL_CTX_set_keylog_callback(ctx->ssl, note_secret);
    ctx->kernel_may_send = kernel_has_tls();
    *out = ctx;
    return NULL;
}

struct tls_ctx *tls_ctx_ref(struct tls_ctx *ctx)
{
    ctx->refs++;
    return ctx;
}

void tls_ctx_unref(struct tls_ctx **ctx)
{
    struct tls_ctx *c = *ctx;
    *ctx = NULL;
    if (!c || --c->refs > 0)
        return;
    SSL_CTX_free(c->ssl);
    mem_free(c);
}

/* ---- contexts of servers */

/* No passphrase is asked for: there is no terminal. */
static int no_passphrase(char *buf, int cap, int writing, void *unused)
{
    (void)buf;
    (void)cap;
    (void)writing;
    (void)unused;
    return 0;
}

static BIO *text_of(const struct tls_pem *pem)
{
    return BIO_new_mem_buf(pem->text, (int)pem->len);
}

static struct err *bad(const char *what)
{
    char reason[128];
    return err_new(E_HTTPS_KEY_CRT, "%s: %s", what, tls_reason(reason, sizeof reason));
}

/* Add the certificates that follow the server's own. */
static struct err *add_chain(SSL_CTX *ssl, BIO *in)
{
    for (int n = 1;; n++) {
        X509 *next = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
        if (!next && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
            ERR_clear_error();
            return NULL;
        }
        if (!next)
            return bad("a certificate of the chain");
        if (n >= CHAIN_MAX || !SSL_CTX_add0_chain_cert(ssl, next)) {
            X509_free(next);
            return n >= CHAIN_MAX ? err_new(E_HTTPS_KEY_CRT, "more than %d certificates", CHAIN_MAX)
                                  : bad("a certificate of the chain");
        }
    }
}

static struct err *use_chain(SSL_CTX *ssl, const struct tls_pem *pem)
{
    BIO  *in = text_of(pem);
    X509 *own = in ? PEM_read_bio_X509_AUX(in, NULL, no_passphrase, NULL) : NULL;

    struct err *e = own && SSL_CTX_use_certificate(ssl, own) ? NULL : bad("the certificate");
    if (!e)
        e = add_chain(ssl, in);
    X509_free(own);
    BIO_free(in);
    return e;
}

static struct err *use_key(SSL_CTX *ssl, const struct tls_pem *pem)
{
    BIO        *in = text_of(pem);
    EVP_PKEY   *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;
    struct err *e = key ? NULL : bad("the key");
    if (!e && !SSL_CTX_use_PrivateKey(ssl, key))
        e = bad("the key does not belong to the certificate");
    if (!e && !SSL_CTX_check_private_key(ssl))
        e = bad("the key does not belong to the certificate");
    EVP_PKEY_free(key);
    BIO_free(in);
    return e;
}

struct err *tls_ctx_new_server(struct tls_ctx **out, const struct tls_pem *chain, const struct tls_pem *key)
{
    ERR_clear_error();
    struct err *e = ctx_new(out, TLS_server_method());
    if (e)
        return e;
    SSL_CTX_set_tlsext_servername_callback((*out)->ssl, tls_choose_name);
    SSL_CTX_set_alpn_select_cb((*out)->ssl, tls_choose_protocol, NULL);
    e = use_chain((*out)->ssl, chain);
    if (!e)
        e = use_key((*out)->ssl, key);
    if (e)
        tls_ctx_unref(out);
    return e;
}

int64_t tls_ctx_wall_expiry_s(const struct tls_ctx *ctx)
{
    struct tm   at = { 0 };
    const X509 *own = SSL_CTX_get0_certificate(ctx->ssl);
    return own && ASN1_TIME_to_tm(X509_get0_notAfter(own), &at) ? timegm(&at) : 0;
}

bool tls_ctx_has_name(const struct tls_ctx *ctx, const char *host)
{
    X509 *own = SSL_CTX_get0_certificate(ctx->ssl);
    return own && X509_check_host(own, host, 0, 0, NULL) == 1;
}

/* ---- contexts of clients */

/* The files in which systems keep trusted certificates. Directories are not used: they would be searched during a handshake. */
static const char *system_trust(void)
{
    const char *const usual[] = {
        getenv(X509_get_default_cert_file_env()),
        X509_get_default_cert_file(),
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
    };
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        if (usual[i] && access(usual[i], R_OK) == 0)
            return usual[i];
    return NULL;
}

static struct err *trust_system(SSL_CTX *ssl)
{
    const char *file = system_trust();
    if (!file)
        return err_new(E_HTTPS_KEY_CRT, "no file with the certificates that this system trusts");
    return SSL_CTX_load_verify_file(ssl, file) ? NULL : bad(file);
}

static struct err *trust_these(SSL_CTX *ssl, const struct tls_pem *pem)
{
    BIO   *in = text_of(pem);
    size_t count = 0;
    X509  *next;
    while (in && (next = PEM_read_bio_X509(in, NULL, no_passphrase, NULL))) {
        count += X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), next) == 1;
        X509_free(next);
    }
    BIO_free(in);
    if (!count)
        return bad("the trusted certificates");
    ERR_clear_error();
    return NULL;
}

struct err *tls_ctx_new_client(struct tls_ctx **out, const struct tls_pem *trust)
{
    ERR_clear_error();
    struct err *e = ctx_new(out, TLS_client_method());
    if (e)
        return e;
    SSL_CTX_set_verify((*out)->ssl, SSL_VERIFY_PEER, NULL);
    e = trust ? trust_these((*out)->ssl, trust) : trust_system((*out)->ssl);
    if (e)
        tls_ctx_unref(out);
    return e;
}

struct err *tls_ctx_new_credulous_client(struct tls_ctx **out)
{
    return ctx_new(out, TLS_client_method());
}
