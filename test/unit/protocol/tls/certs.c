#include "protocol/tls/certs.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(BIO *out)
{
    char *data;
    long  len = BIO_get_mem_data(out, &data);
    char *text = malloc((size_t)len + 1);
    if (text) {
        memcpy(text, data, (size_t)len);
        text[len] = '\0';
    }
    BIO_free(out);
    return text;
}

static void add(X509 *x, int nid, const char *value)
{
    X509V3_CTX c;
    X509V3_set_ctx(&c, x, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &c, nid, value);
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
}

struct cert cert_make(const char *host, long from_s, long until_s)
{
    char           alt[300];
    struct in_addr ip;
    EVP_PKEY      *key = EVP_EC_gen("P-256");
    X509          *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), rand());
    X509_gmtime_adj(X509_getm_notBefore(x), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), until_s);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)host, -1, -1, 0);
    X509_set_issuer_name(x, name);
    snprintf(alt, sizeof alt, "%s:%s", inet_pton(AF_INET, host, &ip) == 1 ? "IP" : "DNS", host);
    add(x, NID_basic_constraints, "critical,CA:TRUE");
    add(x, NID_subject_alt_name, alt);
    X509_sign(x, key, EVP_sha256());

    BIO *chain_out = BIO_new(BIO_s_mem()), *key_out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(chain_out, x);
    PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL);
    X509_free(x);
    EVP_PKEY_free(key);
    return (struct cert){ .chain = text_of(chain_out), .key = text_of(key_out) };
}

void cert_free(struct cert *c)
{
    free(c->chain);
    free(c->key);
    *c = (struct cert){ 0 };
}

struct tls_pem cert_pem(const char *text)
{
    return (struct tls_pem){ text, strlen(text) };
}

struct tls_ctx *cert_server(const struct cert *c)
{
    struct tls_pem  chain = cert_pem(c->chain), key = cert_pem(c->key);
    struct tls_ctx *ctx = NULL;
    err_free(tls_ctx_new_server(&ctx, &chain, &key));
    return ctx;
}

struct tls_ctx *cert_client(const struct cert *c)
{
    struct tls_pem  trust = cert_pem(c->chain);
    struct tls_ctx *ctx = NULL;
    err_free(tls_ctx_new_client(&ctx, &trust));
    return ctx;
}
