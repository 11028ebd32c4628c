/* Certificates and keys: accepted ones, refused ones, and the reasons. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "protocol/tls/certs.h"
#include "protocol/tls/ctx.h"

enum { A_DAY_S = 86400 };

static struct cert one, other;

static int setup(void **state)
{
    (void)state;
    one = cert_make("one.example", -A_DAY_S, A_DAY_S);
    other = cert_make("other.example", -A_DAY_S, A_DAY_S);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cert_free(&one);
    cert_free(&other);
    return 0;
}

/* Assert that the pair is refused with these words. */
static void assert_refused(const char *chain, const char *key, const char *words)
{
    struct tls_pem  c = cert_pem(chain), k = cert_pem(key);
    struct tls_ctx *ctx = (struct tls_ctx *)&c;
    char            text[ERR_TEXT_MAX];
    struct err     *e = tls_ctx_new_server(&ctx, &c, &k);
    assert_int_equal(err_code(e), E_HTTPS_KEY_CRT);
    assert_null(ctx);
    err_text(e, text, sizeof text);
    if (!strstr(text, words))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
    err_free(e);
}

static void a_pair_is_taken_and_tells_when_it_ends(void **state)
{
    (void)state;
    struct tls_ctx *ctx = cert_server(&one);
    assert_non_null(ctx);
    int64_t left_s = tls_ctx_wall_expiry_s(ctx) - time(NULL);
    assert_in_range(left_s, A_DAY_S - 60, A_DAY_S);
    struct tls_ctx *again = tls_ctx_ref(ctx);
    tls_ctx_unref(&ctx);
    assert_null(ctx);
    assert_true(tls_ctx_wall_expiry_s(again) > 0);
    tls_ctx_unref(&again);
    tls_ctx_unref(&again);
}

static void a_chain_may_follow_the_certificate(void **state)
{
    (void)state;
    char *both = malloc(strlen(one.chain) + strlen(other.chain) + 1);
    strcpy(both, one.chain);
    strcat(both, other.chain);
    struct tls_pem  chain = cert_pem(both), key = cert_pem(one.key);
    struct tls_ctx *ctx = NULL;
    assert_null(tls_ctx_new_server(&ctx, &chain, &key));
    tls_ctx_unref(&ctx);
    free(both);
}

static void an_endless_chain_is_refused(void **state)
{
    (void)state;
    char *many = calloc(20, strlen(one.chain) + 1);
    for (int i = 0; i < 20; i++)
        strcat(many, one.chain);
    assert_refused(many, one.key, "more than 16 certificates");
    free(many);
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    assert_refused(one.chain, other.key, "the key does not belong to the certificate");
}

static void what_is_no_pem_is_refused(void **state)
{
    (void)state;
    assert_refused("", one.key, "the certificate: no start line");
    assert_refused("hello", one.key, "the certificate: no start line");
    assert_refused(one.chain, "", "the key: ");
    assert_refused(one.chain, one.chain, "the key: ");
    assert_refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", one.key, "the certificate: ");
}

static void a_damaged_chain_is_refused(void **state)
{
    (void)state;
    char *both = malloc(strlen(one.chain) + 100);
    strcpy(both, one.chain);
    strcat(both, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_refused(both, one.key, "a certificate of the chain: ");
    free(both);
}

static void a_key_with_a_passphrase_is_refused_without_a_question(void **state)
{
    (void)state;
    static const char locked[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                 "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhWJB6nsqy5pgICCAAw\n"
                                 "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEL3TT0iDBPEx6o9Q5Z0ZDDUEQIyW\n"
                                 "-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_refused(one.chain, locked, "the key: ");
}

static void a_client_trusts_what_it_is_given_or_the_system(void **state)
{
    (void)state;
    struct tls_ctx *ctx = cert_client(&one);
    assert_non_null(ctx);
    tls_ctx_unref(&ctx);
    struct tls_pem none = cert_pem("nothing");
    struct err    *e = tls_ctx_new_client(&ctx, &none);
    assert_int_equal(err_code(e), E_HTTPS_KEY_CRT);
    err_free(e);
    e = tls_ctx_new_client(&ctx, NULL);
    assert_true(ctx || err_code(e) == E_HTTPS_KEY_CRT); /* a system may have no trusted certificates */
    err_free(e);
    tls_ctx_unref(&ctx);
    assert_null(tls_ctx_new_credulous_client(&ctx));
    tls_ctx_unref(&ctx);
}

static void without_memory_there_is_an_error_and_no_context(void **state)
{
    (void)state;
    struct tls_pem  chain = cert_pem(one.chain), key = cert_pem(one.key);
    struct tls_ctx *ctx = NULL;
    struct err     *e = NULL;
    for (int64_t n = 0;; n++) {
        mem_fail_after(n);
        e = tls_ctx_new_server(&ctx, &chain, &key);
        if (!mem_failed())
            break;
        assert_non_null(e);
        assert_null(ctx);
        err_free(e);
    }
    mem_fail_after(-1);
    assert_null(e);
    tls_ctx_unref(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_taken_and_tells_when_it_ends),
        cmocka_unit_test(a_chain_may_follow_the_certificate),
        cmocka_unit_test(an_endless_chain_is_refused),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(what_is_no_pem_is_refused),
        cmocka_unit_test(a_damaged_chain_is_refused),
        cmocka_unit_test(a_key_with_a_passphrase_is_refused_without_a_question),
        cmocka_unit_test(a_client_trusts_what_it_is_given_or_the_system),
        cmocka_unit_test(without_memory_there_is_an_error_and_no_context),
    };
    return cmocka_run_group_tests_name("tls ctx", tests, setup, teardown);
}
