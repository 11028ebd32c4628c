/* Checks of the kafka block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"

#define LOGIN "user u; password p; "

static void refuses(const char *directives, const char *why)
{
    struct loaded l = load_more(directives);
    assert_null(l.conf);
    if (!strstr(l.error, why))
        fail_msg("%s: %s", directives, l.error);
    unload(&l);
}

static void a_login_has_a_known_mechanism_user_and_password(void **state)
{
    (void)state;
    refuses("kafka { sasl GSSAPI; " LOGIN "}",
            "kafka.sasl: GSSAPI is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, at t.conf:2");
    refuses("kafka { sasl scram-sha-256; " LOGIN "}", "is not one of");
    refuses("kafka { sasl SCRAM-SHA-256; user u; }", "kafka.sasl needs kafka.user and kafka.password");
    refuses("kafka { sasl PLAIN; password p; }", "kafka.sasl needs kafka.user and kafka.password");
}

static void a_certificate_has_a_key(void **state)
{
    (void)state;
    refuses("kafka { tls on; tls_cert c; }", "kafka.tls_cert and kafka.tls_key need each other");
    refuses("kafka { tls on; tls_key k; }", "kafka.tls_cert and kafka.tls_key need each other");
}

static void a_password_in_plain_text_is_told(void **state)
{
    (void)state;
    struct loaded l = load_more("kafka { sasl PLAIN; " LOGIN "}");
    must_load(&l, "sasl");
    must_tell(&l, "the password goes to the brokers as plain text: kafka { tls on; }");
    unload(&l);
}

static void values_are_kept(void **state)
{
    (void)state;
    struct conf *c = conf_of("kafka { tls on; tls_ca a; tls_cert c; tls_key k; sasl SCRAM-SHA-512; " LOGIN "}");
    assert_true(c->kafka.tls && c->kafka.tls_verify);
    assert_string_equal(c->kafka.tls_ca, "a");
    assert_string_equal(c->kafka.tls_cert, "c");
    assert_string_equal(c->kafka.tls_key, "k");
    assert_string_equal(c->kafka.sasl, "SCRAM-SHA-512");
    assert_string_equal(c->kafka.user, "u");
    assert_string_equal(c->kafka.password, "p");
    conf_unref(&c);
    c = conf_of("kafka { enabled on; }");
    assert_false(c->kafka.tls);
    conf_unref(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_has_a_known_mechanism_user_and_password),
        cmocka_unit_test(a_certificate_has_a_key),
        cmocka_unit_test(a_password_in_plain_text_is_told),
        cmocka_unit_test(values_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
