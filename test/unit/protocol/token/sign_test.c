/* Signed URLs in the form of this server. */
#include "protocol/token/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sign_maker.h"

/* printf 'play:live/livestream:1790000000' | openssl dgst -sha256 -hmac secret -r */
#define SIGNATURE "854d7b9382e92c08bf01789db6bd582932e7d32a2525791e504c60e5abf13dd7"
#define QUERY "expires=1790000000&sign=" SIGNATURE

static struct token_grant grant;

static enum token_verdict check(const char *query, bool publish, const char *stream, const char *secret, int64_t now_s)
{
    const struct token_ask ask = {
        .publish = publish,
        .app = "live",
        .stream = stream,
        .name = stream,
        .ip = "192.0.2.7",
        .query = query,
        .now_s = now_s,
    };
    return sign_check(&ask, secret, &grant);
}

static void a_signature_that_openssl_makes_is_good_until_its_second(void **state)
{
    (void)state;
    assert_int_equal(check("?" QUERY, false, "livestream", "secret", 1789999999), TOKEN_GOOD);
    assert_int_equal(grant.expires_s, 1790000000);
    assert_int_equal(check("?a=b&" QUERY "#x", false, "livestream", "secret", 0), TOKEN_GOOD);
    assert_int_equal(check(QUERY, false, "livestream", "secret", 1790000000), TOKEN_EXPIRED);
    assert_int_equal(check(QUERY, false, "livestream", "secret", INT64_MAX), TOKEN_EXPIRED);
}

static void digits_may_be_large(void **state)
{
    char query[] = "expires=1790000000&sign=" SIGNATURE;
    (void)state;
    for (char *c = strstr(query, "sign=") + 5; *c; c++)
        *c = *c >= 'a' ? (char)(*c - 0x20) : *c;
    assert_int_equal(check(query, false, "livestream", "secret", 0), TOKEN_GOOD);
}

static void it_is_for_one_stream_one_action_and_one_key(void **state)
{
    (void)state;
    assert_int_equal(check(QUERY, true, "livestream", "secret", 0), TOKEN_FORGED);
    assert_int_equal(check(QUERY, false, "livestream2", "secret", 0), TOKEN_FORGED);
    assert_int_equal(check(QUERY, false, "livestream", "Secret", 0), TOKEN_FORGED);
    assert_int_equal(check(QUERY, false, "livestream", "", 0), TOKEN_FORGED);
    assert_int_equal(check("expires=01790000000&sign=" SIGNATURE, false, "livestream", "secret", 0), TOKEN_FORGED);
    assert_int_equal(check("expires=1790000001&sign=" SIGNATURE, false, "livestream", "secret", 0), TOKEN_FORGED);
}

static void a_forged_token_is_forged_even_if_it_has_expired(void **state)
{
    (void)state;
    assert_int_equal(check(QUERY, false, "livestream", "another", 1790000000), TOKEN_FORGED);
}

static void each_changed_digit_is_seen(void **state)
{
    char query[] = QUERY;
    (void)state;
    for (char *c = strstr(query, "sign=") + 5; *c; c++) {
        char was = *c;
        *c = was == '0' ? '1' : '0';
        assert_int_equal(check(query, false, "livestream", "secret", 0), TOKEN_FORGED);
        *c = was;
    }
    for (size_t n = strlen(query) - 1; n > sizeof "expires=1790000000&sign=" - 1; n--) {
        query[n] = '\0';
        assert_int_equal(check(query, false, "livestream", "secret", 0), TOKEN_FORGED);
    }
}

static void what_is_no_token_is_told_from_a_broken_one(void **state)
{
    (void)state;
    assert_int_equal(check("", false, "livestream", "secret", 0), TOKEN_ABSENT);
    assert_int_equal(check("?expires=1790000000", false, "livestream", "secret", 0), TOKEN_ABSENT);
    assert_int_equal(check("?sign=" SIGNATURE, false, "livestream", "secret", 0), TOKEN_MALFORMED);
    assert_int_equal(check("?" QUERY "&sign=" SIGNATURE, false, "livestream", "secret", 0), TOKEN_MALFORMED);
    assert_int_equal(check("?" QUERY "&expires=1", false, "livestream", "secret", 0), TOKEN_MALFORMED);
    assert_int_equal(check("?" QUERY "0", false, "livestream", "secret", 0), TOKEN_MALFORMED);
    assert_int_equal(check("?expires=soon&sign=" SIGNATURE, false, "livestream", "secret", 0), TOKEN_MALFORMED);
}

static void the_latest_time_is_good(void **state)
{
    char made[SIGN_QUERY_CAP];
    (void)state;
    sign_make(made, "play:live/livestream", 1790000000, "secret");
    assert_string_equal(made, QUERY);
    sign_make(made, "publish:live/b", 999999999999999999, "k");
    assert_int_equal(check(made, true, "b", "k", 0), TOKEN_GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_that_openssl_makes_is_good_until_its_second),
        cmocka_unit_test(digits_may_be_large),
        cmocka_unit_test(it_is_for_one_stream_one_action_and_one_key),
        cmocka_unit_test(a_forged_token_is_forged_even_if_it_has_expired),
        cmocka_unit_test(each_changed_digit_is_seen),
        cmocka_unit_test(what_is_no_token_is_told_from_a_broken_one),
        cmocka_unit_test(the_latest_time_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
