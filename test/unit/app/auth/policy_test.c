/* What `auth` of a vhost says about a client. */
#include "app/auth/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/auth/schemes.h"
#include "app/conf/auth.h"
#include "app/conf/conf_testing.h"
#include "core/attr.h"
#include "core/str.h"
#include "loop.h"
#include "sign_maker.h"

enum { NOW_S = 1000000, EXPIRES_S = NOW_S + 60 };

static struct auth_answer answer;

/* The text of the refusal; "" if the client is let in. */
static const char *judge(const char *rules, bool publish, const char *query)
{
    static char            text[ERR_TEXT_MAX];
    char                   file[512];
    const struct token_ask ask = {
        .publish = publish, .app = "live", .stream = "s", .name = "s.flv", .ip = "::1", .query = query, .now_s = NOW_S
    };
    snprintf(file, sizeof file, "vhost v { auth { %s } }", rules);
    struct conf *c = conf_of(file);
    struct err  *e = auth_policy_check(&c->vhosts[0].auth, &ask, &answer);
    text[0] = '\0';
    if (e) {
        err_text(e, text, sizeof text);
        assert_int_equal(code_of(e), E_AUTH_DENIED);
    }
    conf_unref(&c);
    return text;
}

static void without_rules_everybody_is_let_in(void **state)
{
    (void)state;
    assert_string_equal(judge("", true, ""), "");
    assert_string_equal(judge("enabled off; publish sign; secret k;", true, ""), "");
    assert_string_equal(judge("enabled on; publish all;", true, ""), "");
    assert_true(answer.expires_s == INT64_MAX);
}

static void an_action_without_scheme_is_for_nobody(void **state)
{
    (void)state;
    assert_non_null(strstr(judge("enabled on; publish all;", false, ""), "no scheme"));
    assert_non_null(strstr(judge("enabled on;", true, ""), "no scheme"));
}

static void any_of_the_secrets_is_good(void **state)
{
    char query[SIGN_QUERY_CAP];
    (void)state;
    sign_make(query, "play:live/s", EXPIRES_S, "two");
    assert_string_equal(judge("enabled on; play sign; secret one two three;", false, query), "");
    assert_int_equal(answer.expires_s, EXPIRES_S);
    assert_non_null(strstr(judge("enabled on; play sign; secret one three;", false, query), "not made with a key"));
    assert_non_null(strstr(judge("enabled on; publish sign; secret two;", true, query), "not made with a key"));
}

static void the_verdict_that_says_most_is_told(void **state)
{
    char query[SIGN_QUERY_CAP];
    (void)state;
    sign_make(query, "play:live/s", NOW_S, "one");
    assert_non_null(strstr(judge("enabled on; play sign; secret two one three;", false, query), "has expired"));
    assert_non_null(strstr(judge("enabled on; play sign; secret one;", false, ""), "there is no token"));
}

static void every_scheme_of_the_configuration_is_built(void **state)
{
    (void)state;
    for (const struct conf_auth_scheme *s = conf_auth_schemes; s->name; s++) {
        const struct auth_scheme *found = auth_scheme_find(s->name);
        assert_non_null(found);
        assert_non_null(found->check);
    }
    assert_null(auth_scheme_find("none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_everybody_is_let_in),
        cmocka_unit_test(an_action_without_scheme_is_for_nobody),
        cmocka_unit_test(any_of_the_secrets_is_good),
        cmocka_unit_test(the_verdict_that_says_most_is_told),
        cmocka_unit_test(every_scheme_of_the_configuration_is_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
