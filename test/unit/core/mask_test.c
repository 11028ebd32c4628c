/* Secrets in lines and answers: what is masked, what is not, and where a value ends. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/mask.h"

enum { CAP = 512 };

#define MD5 "0123456789abcdef0123456789ABCDEF"

struct row {
    const char *text, *masked;
};

static const char *mask(const char *text, char buf[static CAP])
{
    struct str out = str_over(buf, CAP);
    mask_append(&out, text, strlen(text));
    return buf;
}

static void check(const struct row *rows, size_t n)
{
    char buf[CAP];
    for (size_t i = 0; i < n; i++)
        assert_string_equal(mask(rows[i].text, buf), rows[i].masked);
}

static void values_of_telling_names_are_masked(void **state)
{
    static const struct row rows[] = {
        { "?token=x", "?token=***" },
        { "?a=1&TOKEN=xyz&b=2", "?a=1&TOKEN=***&b=2" },
        { "?expires=9&sign=abc#f", "?expires=9&sign=***#f" },
        { "?auth_key=9-0-0-a&secret=b&pwd=c&jwt=d", "?auth_key=***&secret=***&pwd=***&jwt=***" },
        { "?txSecret=a&txTime=b", "?txSecret=***&txTime=b" },
        { "?wsSecret=a&wsTime=b", "?wsSecret=***&wsTime=b" },
        { "?md5=a&hdnts=exp=1~acl=/*~hmac=a", "?md5=***&hdnts=***" },
        { "?authmod=adobe&user=ann&challenge=a&response=b&opaque=c",
          "?authmod=adobe&user=ann&challenge=***&response=***&opaque=***" },
        { "?x-access-token=a==", "?x-access-token=***" },
        { "rtmp://h/live?token=a/b/s", "rtmp://h/live?token=***" },
        { "/live;token=a", "/live;token=***" },
        { "?token=a?token=b&token=c", "?token=***&token=***" },
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void all_else_stays(void **state)
{
    static const char *const texts[] = {
        "",
        "token=x",
        "?token=",
        "?token",
        "?tokens_are_here",
        "?vhost=a.example&expires=17900",
        "?signal=1&monkey=2&user=ann",
        "http: on_play ok, response=0",
        "key: 1",
        "100%",
        "%3",
        "rtmp://h:1935/live/user@s",
        "://",
        "live/" MD5,
        "/live/" MD5 "/s",
        "/202612010000/live/s",
        "/1234/" MD5 "/s",
    };
    char buf[CAP];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(mask(texts[i], buf), texts[i]);
}

static void a_value_ends_where_the_line_goes_on(void **state)
{
    static const struct row rows[] = {
        { "tcUrl=rtmp://h/live?token=a,b, pageUrl=", "tcUrl=rtmp://h/live?token=***, pageUrl=" },
        { "param=?token=a, duration=0ms", "param=?token=***, duration=0ms" },
        { "{\"param\":\"?token=a\",\"x\":1}", "{\"param\":\"?token=***\",\"x\":1}" },
        { "{\"param\":\"?token=a\\\",b\"}", "{\"param\":\"?token=***\"}" },
        { "{\"param\":\"token=a&app=b\",\"x\":1}", "{\"param\":\"token=***&app=b\",\"x\":1}" },
        { "?token=\"a\"b&c=d", "?token=***&c=d" },
        { "?token=a\\", "?token=***" },
        { "?token=a b", "?token=*** b" },
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void a_url_within_a_url_is_masked(void **state)
{
    static const struct row rows[] = {
        { "http://h/?next=http%3A%2F%2Fp%3Ftoken%3Dabc%26a%3D1&b=2",
          "http://h/?next=http%3A%2F%2Fp%3Ftoken%3D***%26a%3D1&b=2" },
        { "?token=a%26b&c=d", "?token=***&c=d" },
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void the_user_of_a_url_is_masked(void **state)
{
    static const struct row rows[] = {
        { "rtmp://ann:pw@h/live", "rtmp://***@h/live" },
        { "a https://pw@h b http://a@b@h:1?x", "a https://***@h b http://***@h:1?x" },
        { "{\"a\":\"rtmp://ann:p@h\"}", "{\"a\":\"rtmp://***@h\"}" },
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void the_hash_of_a_signed_path_is_masked(void **state)
{
    static const struct row rows[] = {
        { "app=202612010000/" MD5 "/live, x", "app=202612010000/***/live, x" },
        { "/20261201000000/" MD5 "/live/s", "/20261201000000/***/live/s" },
        { "rtmp://h/" MD5 "/6a1b2c3d/live/s", "rtmp://h/***/6a1b2c3d/live/s" },
        { "/" MD5 MD5 "/6a1b2c3d/live", "/***/6a1b2c3d/live" },
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void a_name_can_be_added(void **state)
{
    char buf[CAP];
    (void)state;
    assert_string_equal(mask("?entry=a", buf), "?entry=a");
    mask_add_name("entry");
    mask_add_name("");
    assert_string_equal(mask("?entry=a&=b", buf), "?entry=***&=b");
}

static void a_text_that_grows_is_cut_at_the_end(void **state)
{
    char       buf[12];
    struct str out = str_over(buf, sizeof buf);
    (void)state;
    mask_append(&out, "?pwd=a&pwd=b", strlen("?pwd=a&pwd=b"));
    assert_string_equal(buf, "?pwd=***&pw");
    assert_true(out.cut);
}

static void json_has_room_for_all(void **state)
{
    struct jw j = JW_INIT;
    (void)state;
    mask_put(&j, NULL, "?pwd=a&pwd=b&pwd=c&jwt=d");
    assert_int_equal(j.text.len, strlen("\"?pwd=***&pwd=***&pwd=***&jwt=***\""));
    assert_memory_equal(j.text.bytes, "\"?pwd=***&pwd=***&pwd=***&jwt=***\"", j.text.len);
    jw_finish(&j);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_telling_names_are_masked),
        cmocka_unit_test(all_else_stays),
        cmocka_unit_test(a_value_ends_where_the_line_goes_on),
        cmocka_unit_test(a_url_within_a_url_is_masked),
        cmocka_unit_test(the_user_of_a_url_is_masked),
        cmocka_unit_test(the_hash_of_a_signed_path_is_masked),
        cmocka_unit_test(a_name_can_be_added),
        cmocka_unit_test(a_text_that_grows_is_cut_at_the_end),
        cmocka_unit_test(json_has_room_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
