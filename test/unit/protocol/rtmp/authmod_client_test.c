/* authmod=adobe: what a client is told, and what it answers. */
#include "protocol/rtmp/authmod_client.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"

#define REJECT "[ AccessManager.Reject ] : [ "

static struct authmod_demand demand_of(const char *description)
{
    /* exactly its bytes, without a terminator, so that a sanitizer sees what is read behind them */
    struct authmod_demand d;
    size_t                len = strlen(description);
    char                 *bytes = malloc(len + 1);
    assert_non_null(bytes);
    memcpy(bytes, description, len);
    char *exact = realloc(bytes, len ? len : 1);
    authmod_demand_read(&d, exact ? exact : bytes, len);
    free(exact ? exact : bytes);
    return d;
}

static void each_demand_is_read(void **state)
{
    static const struct {
        const char              *description;
        enum authmod_demand_kind kind;
        const char              *salt, *challenge, *opaque;
    } rows[] = {
        { REJECT "code=403 need auth; authmod=adobe ] : ", AUTHMOD_DEMANDS_USER, "", "", "" },
        { REJECT "authmod=adobe ] : ?reason=needauth&user=ann&salt=5f3a&challenge=c1&opaque=o1",
          AUTHMOD_DEMANDS_RESPONSE, "5f3a", "c1", "o1" },
        { REJECT "authmod=adobe ] : ?reason=needauth&user=ann&salt=ab+/==&challenge=c1 ]", AUTHMOD_DEMANDS_RESPONSE,
          "ab+/==", "c1", "" },
        { REJECT "authmod=adobe ] : ?reason=authfailed&opaque=o1", AUTHMOD_DENIES, "", "", "o1" },
        { REJECT "authmod=adobe ] : ?reason=nosuchuser&opaque=o1", AUTHMOD_DENIES, "", "", "o1" },
        { REJECT "authmod=adobe ] : ?reason=needauth&salt=1", AUTHMOD_DEMANDS_NOTHING, "1", "", "" },
        { REJECT "authmod=adobe ] : ?reason=", AUTHMOD_DEMANDS_NOTHING, "", "", "" },
        { REJECT "authmod=adobe ] : ?reason=needauth&challenge="
                 "0123456789012345678901234567890123456789012345678901234567890123",
          AUTHMOD_DEMANDS_NOTHING, "", "", "" },
        { REJECT "code=403 need auth; authmod=llnw ] : ", AUTHMOD_DEMANDS_NOTHING, "", "", "" },
        { "no such app", AUTHMOD_DEMANDS_NOTHING, "", "", "" },
        { "", AUTHMOD_DEMANDS_NOTHING, "", "", "" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct authmod_demand d = demand_of(rows[i].description);
        if (d.kind != rows[i].kind)
            fail_msg("%s: %d", rows[i].description, (int)d.kind);
        assert_string_equal(d.salt, rows[i].salt);
        assert_string_equal(d.challenge, rows[i].challenge);
        assert_string_equal(d.opaque, rows[i].opaque);
    }
}

static void any_part_of_a_description_is_read_without_harm(void **state)
{
    static const char whole[] = REJECT "authmod=adobe ] : ?reason=needauth&user=ann&salt=5f3a&challenge=c1&opaque=o1";
    char              part[sizeof whole];
    (void)state;
    for (size_t len = 0; len < sizeof whole; len++) {
        memcpy(part, whole, len);
        part[len] = '\0';
        demand_of(part);
    }
}

static void the_server_understands_each_answer(void **state)
{
    struct authmod_demand d = demand_of(REJECT "code=403 need auth; authmod=adobe ] : ");
    struct authmod        a;
    char   query[AUTHMOD_QUERY_CAP], tc_url[600], description[AUTHMOD_DESCRIPTION_CAP], expected[AUTHMOD_RESPONSE_CAP];
    size_t cut;
    (void)state;
    assert_true(authmod_answer(query, &d, "ann", "secret", "1234abcd"));
    assert_string_equal(query, "authmod=adobe&user=ann");
    d = demand_of(authmod_ask_response(description, "ann", "5f3a", "0badcafe"));
    assert_true(authmod_answer(query, &d, "ann", "secret", "1234abcd"));
    strcpy(tc_url, "rtmp://h/live?");
    strcat(tc_url, query);
    assert_int_equal(authmod_read(tc_url, &a, &cut), AUTHMOD_RESPONSE);
    assert_true(authmod_response(expected, "ann", "5f3a", "secret", "0badcafe", "1234abcd"));
    assert_string_equal(a.response, expected);
    assert_string_equal(a.opaque, "0badcafe");
    assert_string_equal(a.challenge, "1234abcd");
}

static void a_challenge_takes_the_place_of_the_opaque(void **state)
{
    struct authmod_demand d =
        demand_of(REJECT "authmod=adobe ] : ?reason=needauth&user=ann&salt=5f3a&challenge=0badcafe");
    char query[AUTHMOD_QUERY_CAP];
    (void)state;
    assert_true(authmod_answer(query, &d, "ann", "secret", "1234abcd"));
    assert_string_equal(
        query,
        "authmod=adobe&user=ann&challenge=1234abcd&response=wb4oc01IeEAwc6B/sH01Ew=="); /* as in authmod_test.c */
}

static void what_cannot_be_answered_is_not(void **state)
{
    struct authmod_demand user = { .kind = AUTHMOD_DEMANDS_USER }, denies = { .kind = AUTHMOD_DENIES };
    char                  query[AUTHMOD_QUERY_CAP], longest[600];
    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(authmod_answer(query, &denies, "ann", "secret", "1"));
    assert_false(authmod_answer(query, &user, "", "secret", "1"));
    assert_false(authmod_answer(query, &user, "a&response=1", "secret", "1"));
    assert_false(authmod_answer(query, &user, longest, "secret", "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_demand_is_read),
        cmocka_unit_test(any_part_of_a_description_is_read_without_harm),
        cmocka_unit_test(the_server_understands_each_answer),
        cmocka_unit_test(a_challenge_takes_the_place_of_the_opaque),
        cmocka_unit_test(what_cannot_be_answered_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
