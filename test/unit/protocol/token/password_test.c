/* Passwords as they are kept, and as HTTP brings them. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/attr.h"
#include "loop.h"
#include "protocol/token/password.h"

static void a_text_is_compared_as_it_is(void **state)
{
    char longest[PASSWORD_MAX + 2];
    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[PASSWORD_MAX + 1] = '\0';
    assert_true(password_is("secret", "secret"));
    assert_false(password_is("secret", "secret "));
    assert_false(password_is("secret", "secre"));
    assert_false(password_is("secret", ""));
    assert_true(password_can_be_kept("secret"));
    assert_false(password_can_be_kept(""));
    assert_false(password_can_be_kept(longest));
    assert_true(password_can_be_kept(longest + 1));
    assert_true(password_is(longest + 1, longest + 1));
}

static void a_digest_is_that_of_salt_and_password(void **state)
{
    /* SHA-256 of "abc", FIPS 180-4: the salt is "a", the password "bc" */
    static const char kept[] = "sha256:a:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    (void)state;
    assert_true(password_can_be_kept(kept) && !password_is_plain(kept));
    assert_true(password_is(kept, "bc"));
    assert_false(password_is(kept, "abc"));
    assert_false(password_is(kept, kept));
    assert_false(password_can_be_kept("sha256:"));
    assert_false(password_can_be_kept("sha256:a:00"));
    assert_false(password_can_be_kept("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    assert_false(password_is("sha256:a:00", ""));
}

struct basic_row {
    const char *field, *user, *password; /* user NULL: there is none */
};

static void basic_has_a_user_and_a_password(void **state)
{
    static const struct basic_row rows[] = {
        { "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame" }, /* RFC 7617, 2 */
        { "basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ", "Aladdin", "open sesame" },
        { "Basic YTpiOmM=", "a", "b:c" },
        { "Basic YTo=", "a", "" },
        { "Basic OmI=", NULL, NULL },     /* ":b" */
        { "Basic YWI=", NULL, NULL },     /* "ab" */
        { "Basic YTpiAGM=", NULL, NULL }, /* "a:b\0c" */
        { "Basic !!!!", NULL, NULL },
        { "Basic", NULL, NULL },
        { "Bearer YTpi", NULL, NULL },
        { "", NULL, NULL },
        { NULL, NULL, NULL },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char user[PASSWORD_USER_MAX + 1] = "", password[PASSWORD_MAX + 1] = "";
        bool found = password_from_basic(rows[i].field, user, password);
        if (found != (rows[i].user != NULL))
            fail_msg("%s", rows[i].field ? rows[i].field : "NULL");
        if (found) {
            assert_string_equal(user, rows[i].user);
            assert_string_equal(password, rows[i].password);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_compared_as_it_is),
        cmocka_unit_test(a_digest_is_that_of_salt_and_password),
        cmocka_unit_test(basic_has_a_user_and_a_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
