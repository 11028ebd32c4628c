/* authmod=adobe: what a client says, what it is told, and its response. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "loop.h"
#include "protocol/rtmp/authmod.h"

struct read_row {
    const char       *tc_url;
    enum authmod_step step;
    size_t            cut;
};

static void each_step_is_read(void **state)
{
    static const struct read_row rows[] = {
        { "rtmp://h/live", AUTHMOD_NOTHING, 13 },
        { "rtmp://h/live?user=ann", AUTHMOD_NOTHING, 22 },
        { "rtmp://h/live?xauthmod=adobe&user=ann", AUTHMOD_NOTHING, 37 },
        { "rtmp://h/live?authmod=adobe&user=ann", AUTHMOD_USER, 13 },
        { "rtmp://h/live?xauthmod=1&authmod=adobe&user=ann", AUTHMOD_USER, 24 },
        { "rtmp://h/live?vhost=v&authmod=adobe&user=ann", AUTHMOD_USER, 21 },
        { "rtmp://h/live?authmod=adobe&user=ann&challenge=1&response=ab/+==&opaque=2", AUTHMOD_RESPONSE, 13 },
        { "rtmp://h/live?authmod=adobe&user=ann&challenge=1&response=ab", AUTHMOD_BAD, 13 },
        { "rtmp://h/live?authmod=adobe", AUTHMOD_BAD, 13 },
        { "rtmp://h/live?authmod=llnw&user=ann", AUTHMOD_BAD, 13 },
        { "rtmp://h/live?authmod=adobe&user=0123456789012345678901234567890123456789012345678901234567890123",
          AUTHMOD_BAD, 13 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct authmod    a;
        size_t            cut;
        enum authmod_step step = authmod_read(rows[i].tc_url, &a, &cut);
        if (step != rows[i].step || cut != rows[i].cut)
            fail_msg("%s: step %d, cut %zu", rows[i].tc_url, (int)step, cut);
    }
}

static void what_librtmp_writes_behind_base64_is_taken_out(void **state)
{
    static const char *const rows[][2] = {
        { "rtmp://h/live?authmod=adobe&user=ann&challenge=rOH4Qw==\xac\xbf\x07 "
          "34oj&x=1==\x01&response=34ojAp2uUg==\xc1\x13&opaque=2",
          "rtmp://h/live?authmod=adobe&user=ann&challenge=rOH4Qw==&response=34ojAp2uUg==&opaque=2" },
        { "rtmp://h/live?authmod=adobe&user=ann&challenge=1&response=ab/+==&opaque=2",
          "rtmp://h/live?authmod=adobe&user=ann&challenge=1&response=ab/+==&opaque=2" },
        { "rtmp://h/live?authmod=adobe&user=ann&challenge=ab==x&opaque=2",
          "rtmp://h/live?authmod=adobe&user=ann&challenge=ab==x&opaque=2" },
        { "rtmp://h/live?authmod=adobe&challenge=ab\x01&response=c&opaque=2",
          "rtmp://h/live?authmod=adobe&challenge=ab\x01&response=c&opaque=2" },
        { "rtmp://h/live?x&challenge=ab==x&response=c==x&opaque=2",
          "rtmp://h/live?x&challenge=ab==x&response=c==x&opaque=2" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        strcpy(text, rows[i][0]);
        authmod_tidy(text);
        assert_string_equal(text, rows[i][1]);
    }
}

static void values_are_taken_as_they_are(void **state)
{
    struct authmod a;
    size_t         cut;
    (void)state;
    authmod_read("rtmp://h/live?authmod=adobe&user=a%20b&challenge=1&response=ab/+==&opaque=2", &a, &cut);
    assert_string_equal(a.user, "a%20b");
    assert_string_equal(a.challenge, "1");
    assert_string_equal(a.response, "ab/+==");
    assert_string_equal(a.opaque, "2");
}

static void the_response_is_the_one_that_clients_make(void **state)
{
    char response[AUTHMOD_RESPONSE_CAP], longest[1100];
    (void)state;
    assert_true(authmod_response(response, "ann", "5f3a", "secret", "0badcafe", "1234abcd"));
    assert_string_equal(response, "wb4oc01IeEAwc6B/sH01Ew=="); /* made by Python's hashlib */
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(authmod_response(response, "ann", "5f3a", longest, "0badcafe", "1234abcd"));
}

static void clients_are_told_in_the_words_that_they_look_for(void **state)
{
    char text[AUTHMOD_DESCRIPTION_CAP];
    (void)state;
    assert_string_equal(authmod_ask_user(text), "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ");
    assert_string_equal(authmod_ask_response(text, "ann", "5f3a", "0badcafe"),
                        "[ AccessManager.Reject ] : [ authmod=adobe ] : "
                        "?reason=needauth&user=ann&salt=5f3a&challenge=0badcafe&opaque=0badcafe");
    assert_string_equal(authmod_refuse(text, "0badcafe"),
                        "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=0badcafe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_is_read),
        cmocka_unit_test(what_librtmp_writes_behind_base64_is_taken_out),
        cmocka_unit_test(values_are_taken_as_they_are),
        cmocka_unit_test(the_response_is_the_one_that_clients_make),
        cmocka_unit_test(clients_are_told_in_the_words_that_they_look_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
