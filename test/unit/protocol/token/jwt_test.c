/* JSON Web Tokens, and the keys that verify them. */
#include "protocol/token/jwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/err.h"
#include "jwt_maker.h"

enum { NOW_S = 1000000 };

#define STREAM "\"actions\":\"play\",\"streams\":\"live/s\""
#define CLAIMS "{\"exp\":1000060," STREAM "}"

static char               token[JWT_MAKER_CAP];
static EVP_PKEY          *rsa, *ec, *weak, *other_curve;
static struct key_set    *pem_keys, *json_keys;
static bool               knows_key;
static struct token_grant grant;

static int make_keys(void **state)
{
    char text[JWT_MAKER_CAP] = "";
    (void)state;
    rsa = EVP_RSA_gen(2048);
    weak = EVP_RSA_gen(1024);
    ec = EVP_EC_gen("P-256");
    other_curve = EVP_EC_gen("P-384");
    jwt_maker_put_pem(text, rsa);
    jwt_maker_put_pem(text, ec);
    struct err *e = key_set_read_pem(&pem_keys, text, strlen(text));
    assert_null(e);
    strcpy(text,
           "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"},{\"kty\":\"RSA\",\"kid\":\"r1\",\"use\":\"sig\",\"n\":\"");
    jwt_maker_put_number(text, rsa, "n");
    strcat(text, "\",\"e\":\"AQAB\"},{\"kty\":\"EC\",\"kid\":\"e1\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"x\":\"");
    jwt_maker_put_number(text, ec, "qx");
    strcat(text, "\",\"y\":\"");
    jwt_maker_put_number(text, ec, "qy");
    strcat(text, "\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}, 7, "
                 "{\"kty\":\"RSA\",\"use\":\"enc\",\"n\":\"");
    jwt_maker_put_number(text, rsa, "n");
    strcat(text, "\",\"e\":\"AQAB\"}]}");
    e = key_set_read_json(&json_keys, text, strlen(text));
    assert_null(e);
    assert_int_equal(pem_keys->n, 2);
    assert_int_equal(json_keys->n, 2);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(weak);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(other_curve);
    key_set_free(pem_keys);
    key_set_free(json_keys);
    return 0;
}

static enum token_verdict judge_for(bool publish, const char *stream, const char *issuer, const char *audience)
{
    static char *const     secrets[] = { "old secret", "secret" };
    const struct key_set  *sets[] = { NULL, pem_keys, json_keys };
    const struct token_ask ask = {
        .publish = publish, .app = "live", .stream = stream, .name = stream, .ip = "::1", .query = "", .now_s = NOW_S
    };
    const struct jwt_rules rules = { secrets, ARRAY_LEN(secrets), sets, ARRAY_LEN(sets), issuer, audience };
    return jwt_check(&ask, token, &rules, &grant, &knows_key);
}

static enum token_verdict judge(void)
{
    return judge_for(false, "s", "", "");
}

static enum token_verdict judge_hmac(const char *header, const char *claims)
{
    jwt_maker_begin(token, header, claims);
    jwt_maker_sign_hmac(token, "secret", 6);
    return judge();
}

static enum token_verdict judge_claims(const char *claims)
{
    return judge_hmac("{\"alg\":\"HS256\"}", claims);
}

static enum token_verdict judge_signed(const char *header, EVP_PKEY *by)
{
    jwt_maker_begin(token, header, CLAIMS);
    jwt_maker_sign(token, by);
    return judge();
}

static void each_algorithm_has_its_keys(void **state)
{
    (void)state;
    assert_int_equal(judge_hmac("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", CLAIMS), TOKEN_GOOD);
    assert_int_equal(grant.expires_s, 1000060);
    assert_int_equal(judge_signed("{\"alg\":\"RS256\"}", rsa), TOKEN_GOOD);
    assert_int_equal(judge_signed("{\"alg\":\"ES256\"}", ec), TOKEN_GOOD);
    assert_int_equal(judge_signed("{\"alg\":\"RS256\",\"kid\":\"r1\"}", rsa), TOKEN_GOOD);
    assert_int_equal(judge_signed("{\"alg\":\"ES256\",\"kid\":\"e1\"}", ec), TOKEN_GOOD);
    assert_int_equal(judge_signed("{\"alg\":\"ES256\",\"kid\":\"any\"}", ec), TOKEN_GOOD); /* a PEM key has no id */
    jwt_maker_begin(token, "{\"alg\":\"HS256\"}", CLAIMS);
    jwt_maker_sign_hmac(token, "another", 7);
    assert_int_equal(judge(), TOKEN_FORGED);
}

static void the_algorithm_is_that_of_the_key(void **state)
{
    static const char *const names[] = { "none", "None", "NONE", "", "hs256", "HS384", "RS512", "PS256", "ES384" };
    char                     pem[JWT_MAKER_CAP] = "", header[64];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[i]);
        jwt_maker_begin(token, header, CLAIMS);
        strcat(token, ".");
        assert_int_equal(judge(), TOKEN_FORGED);
        assert_int_equal(judge_hmac(header, CLAIMS), TOKEN_FORGED);
        assert_int_equal(judge_signed(header, rsa), TOKEN_FORGED);
    }
    /* A public key, which everybody has, as the secret of HS256. */
    jwt_maker_put_pem(pem, rsa);
    jwt_maker_begin(token, "{\"alg\":\"HS256\"}", CLAIMS);
    jwt_maker_sign_hmac(token, pem, strlen(pem));
    assert_int_equal(judge(), TOKEN_FORGED);
    /* The algorithm of another key. */
    assert_int_equal(judge_signed("{\"alg\":\"ES256\"}", rsa), TOKEN_FORGED);
    assert_int_equal(judge_signed("{\"alg\":\"RS256\"}", ec), TOKEN_FORGED);
    assert_int_equal(judge_signed("{\"alg\":\"HS256\"}", rsa), TOKEN_FORGED);
    /* An empty signature. */
    jwt_maker_begin(token, "{\"alg\":\"HS256\"}", CLAIMS);
    strcat(token, ".");
    assert_int_equal(judge(), TOKEN_FORGED);
}

static void a_symmetric_key_of_a_set_is_no_key(void **state)
{
    char            text[] = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"alg\":\"RS256\"}]}";
    struct key_set *set;
    (void)state;
    struct err *e = key_set_read_json(&set, text, strlen(text));
    assert_int_equal(err_code(e), E_HTTPS_KEY_CRT);
    err_free(e);
}

static void unusable_keys_are_refused(void **state)
{
    EVP_PKEY *const keys[] = { weak, other_curve };
    struct key_set *set;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char text[JWT_MAKER_CAP] = "";
        jwt_maker_put_pem(text, keys[i]);
        struct err *e = key_set_read_pem(&set, text, strlen(text));
        assert_int_equal(err_code(e), E_HTTPS_KEY_CRT);
        err_free(e);
    }
    struct err *e = key_set_read_pem(&set, "nonsense", 8);
    assert_int_equal(err_code(e), E_HTTPS_KEY_CRT);
    err_free(e);
}

static void a_key_that_no_set_has_is_told(void **state)
{
    struct key_set *pem = pem_keys;
    (void)state;
    assert_int_equal(judge_signed("{\"alg\":\"RS256\",\"kid\":\"new\"}", rsa), TOKEN_GOOD);
    pem_keys = NULL;
    assert_int_equal(judge_signed("{\"alg\":\"RS256\",\"kid\":\"new\"}", rsa), TOKEN_FORGED);
    assert_false(knows_key);
    assert_int_equal(judge_signed("{\"alg\":\"RS256\",\"kid\":\"e1\"}", rsa), TOKEN_FORGED);
    assert_int_equal(judge_signed("{\"alg\":\"RS256\",\"kid\":\"r1\"}", rsa), TOKEN_GOOD);
    assert_true(knows_key);
    pem_keys = pem;
}

struct row {
    const char        *claims;
    enum token_verdict verdict;
};

static void claims_say_what_who_and_when(void **state)
{
    static const struct row rows[] = {
        { "{\"exp\":1000001," STREAM "}", TOKEN_GOOD },
        { "{\"exp\":1000001.5," STREAM "}", TOKEN_GOOD },
        { "{\"exp\":1.000001e6," STREAM "}", TOKEN_GOOD },
        { "{\"exp\":1000000," STREAM "}", TOKEN_EXPIRED },
        { "{\"exp\":0," STREAM "}", TOKEN_EXPIRED },
        { "{" STREAM "}", TOKEN_MALFORMED },
        { "{\"exp\":\"1000060\"," STREAM "}", TOKEN_MALFORMED },
        { "{\"exp\":-1," STREAM "}", TOKEN_MALFORMED },
        { "{\"exp\":1e300," STREAM "}", TOKEN_MALFORMED },
        { "{\"exp\":1000060,\"exp\":2000000," STREAM "}", TOKEN_MALFORMED },
        { "{\"exp\":1000060,\"e\\u0078p\":2000000," STREAM "}", TOKEN_MALFORMED },
        { "{\"exp\":1000060,\"nbf\":1000010," STREAM "}", TOKEN_GOOD },
        { "{\"exp\":1000060,\"nbf\":1000011," STREAM "}", TOKEN_EARLY },
        { "{\"exp\":1000060,\"nbf\":\"now\"," STREAM "}", TOKEN_MALFORMED },
        { "{\"exp\":1000060,\"actions\":[\"publish\",\"play\"],\"streams\":[\"a/b\",\"live/s\"]}", TOKEN_GOOD },
        { "{\"exp\":1000060,\"actions\":[],\"streams\":\"live/s\"}", TOKEN_FORGED },
        { "{\"exp\":1000060,\"actions\":[\"publish\"],\"streams\":\"live/s\"}", TOKEN_FORGED },
        { "{\"exp\":1000060,\"actions\":\"play\"}", TOKEN_FORGED },
        { "{\"exp\":1000060,\"streams\":\"live/s\"}", TOKEN_FORGED },
        { "{\"exp\":1000060,\"actions\":\"play\",\"streams\":\"live/*\"}", TOKEN_GOOD },
        { "{\"exp\":1000060,\"actions\":\"play\",\"streams\":\"*/s\"}", TOKEN_GOOD },
        { "{\"exp\":1000060,\"actions\":\"play\",\"streams\":\"*\"}", TOKEN_FORGED },
        { "{\"exp\":1000060,\"actions\":\"play\",\"streams\":\"live/s2\"}", TOKEN_FORGED },
        { "{\"exp\":1000060,\"actions\":\"play\",\"streams\":{\"0\":\"live/s\"}}", TOKEN_FORGED },
        { "{\"exp\":1000060,\"actions\":{\"play\":\"play\"},\"streams\":\"live/s\"}", TOKEN_FORGED },
        { "[]", TOKEN_MALFORMED },
        { "", TOKEN_MALFORMED },
        { "{\"exp\":1000060," STREAM "} ", TOKEN_GOOD },
        { "{\"exp\":1000060," STREAM "}}", TOKEN_MALFORMED },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum token_verdict verdict = judge_claims(rows[i].claims);
        if (verdict != rows[i].verdict)
            fail_msg("%s: %s", rows[i].claims, token_verdict_text(verdict));
    }
}

static void issuer_and_audience_are_compared_if_they_are_configured(void **state)
{
    (void)state;
    judge_claims("{\"exp\":1000060,\"iss\":\"id\",\"aud\":[\"x\",\"live\"]," STREAM "}");
    assert_int_equal(judge_for(false, "s", "id", "live"), TOKEN_GOOD);
    assert_int_equal(judge_for(false, "s", "", "x"), TOKEN_GOOD);
    assert_int_equal(judge_for(false, "s", "di", ""), TOKEN_FORGED);
    assert_int_equal(judge_for(false, "s", "", "liv"), TOKEN_FORGED);
    assert_int_equal(judge_for(true, "s", "", ""), TOKEN_FORGED);
    assert_int_equal(judge_for(false, "t", "", ""), TOKEN_FORGED);
    judge_claims(CLAIMS);
    assert_int_equal(judge_for(false, "s", "id", ""), TOKEN_FORGED);
    assert_int_equal(judge_for(false, "s", "", "live"), TOKEN_FORGED);
}

static void what_is_not_understood_is_refused(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
        "{\"alg\":[\"HS256\"]}",
        "{\"alg\":null}",
        "{}",
        "[\"HS256\"]",
        "{\"alg\":\"HS256\",\"kid\":7}",
        "{\"alg\":\"HS256\"",
    };
    static const char *const texts[] = { "",     ".",       "..",       "...",      "a.b.c",
                                         "eyJ9", "e30.e30", "e30.e30.", "e30..e30", "=.=.=" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        assert_int_equal(judge_hmac(headers[i], CLAIMS), TOKEN_MALFORMED);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        strcpy(token, texts[i]);
        assert_int_equal(judge(), TOKEN_MALFORMED);
    }
}

static void each_changed_character_is_seen(void **state)
{
    (void)state;
    assert_int_equal(judge_hmac("{\"alg\":\"HS256\"}", CLAIMS), TOKEN_GOOD);
    size_t len = strlen(token);
    for (size_t i = 0; i + 1 < len; i++) { /* the last character has bits of no byte */
        char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(judge(), TOKEN_GOOD);
        token[i] = was;
    }
    for (; len > 0; len--) {
        token[len - 1] = '\0';
        assert_int_not_equal(judge(), TOKEN_GOOD);
    }
}

static void a_token_has_a_bound(void **state)
{
    char header[JWT_HEADER_MAX + 64], claims[JWT_MAX];
    (void)state;
    snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"x\":\"%0*d\"}", JWT_HEADER_MAX, 0);
    assert_int_equal(judge_hmac(header, CLAIMS), TOKEN_MALFORMED);
    snprintf(claims, sizeof claims, "{\"exp\":1000060,\"x\":\"%0*d\"," STREAM "}", JWT_MAX * 3 / 4, 0);
    assert_int_equal(judge_claims(claims), TOKEN_MALFORMED);
    size_t n = (size_t)snprintf(claims, sizeof claims, "{\"exp\":1000060," STREAM);
    for (int i = 0; i < JWT_MEMBERS_MAX; i++)
        n += (size_t)snprintf(claims + n, sizeof claims - n, ",\"x%d\":0", i);
    strcat(claims, "}");
    assert_int_equal(judge_claims(claims), TOKEN_MALFORMED);
}

/* ---- what a check costs -------------------------------------------------------------------------------------------- */

static double us_of(void)
{
    enum { TIMES = 200 };
    struct timespec a, b;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    for (int i = 0; i < TIMES; i++)
        assert_int_equal(judge(), TOKEN_GOOD);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    return ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / TIMES;
}

/* The figures are for people: nothing is asserted of a time. */
static void the_cost_is_told(void **state)
{
    (void)state;
    assert_int_equal(judge_hmac("{\"alg\":\"HS256\"}", CLAIMS), TOKEN_GOOD);
    double hmac = us_of();
    assert_int_equal(judge_signed("{\"alg\":\"RS256\",\"kid\":\"r1\"}", rsa), TOKEN_GOOD);
    double by_rsa = us_of();
    assert_int_equal(judge_signed("{\"alg\":\"ES256\",\"kid\":\"e1\"}", ec), TOKEN_GOOD);
    double by_ec = us_of();
    print_message("a check: HS256 %.1f us, RS256 %.1f us (x%.1f), ES256 %.1f us (x%.1f)\n", hmac, by_rsa, by_rsa / hmac,
                  by_ec, by_ec / hmac);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_has_its_keys),
        cmocka_unit_test(the_algorithm_is_that_of_the_key),
        cmocka_unit_test(a_symmetric_key_of_a_set_is_no_key),
        cmocka_unit_test(unusable_keys_are_refused),
        cmocka_unit_test(a_key_that_no_set_has_is_told),
        cmocka_unit_test(claims_say_what_who_and_when),
        cmocka_unit_test(issuer_and_audience_are_compared_if_they_are_configured),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(each_changed_character_is_seen),
        cmocka_unit_test(a_token_has_a_bound),
        cmocka_unit_test(the_cost_is_told),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
