/* Answers of co-workers: good ones of two kinds of servers, and whatever else a server may say. */
#include "app/cluster/answer.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/attr.h"

static enum cluster_answer read_text(const char *text, struct cluster_place *place)
{
    return cluster_answer_read(text, strlen(text), place);
}

#define ORIGIN(members) "{\"code\":0,\"data\":{\"query\":{},\"origin\":{" members "}}}"

static void the_origin_is_taken(void **state)
{
    struct cluster_place p;
    (void)state;
    assert_int_equal(read_text(ORIGIN("\"ip\":\"10.0.0.3\",\"port\":19350,\"vhost\":\"v\",\"routers\":[\"x\"]"), &p),
                     CLUSTER_ANSWER_HERE);
    assert_string_equal(p.host, "10.0.0.3");
    assert_int_equal(p.rtmp_port, 19350);
    assert_int_equal(p.rtmps_port + p.http_port + p.https_port, 0);
    assert_int_equal(
        read_text(ORIGIN("\"ip\":\"2001:db8::1\",\"port\":1,\"http\":8080,\"https\":8443,\"rtmps\":443"), &p),
        CLUSTER_ANSWER_HERE);
    assert_string_equal(p.host, "2001:db8::1");
    assert_int_equal(p.http_port, 8080);
    assert_int_equal(p.https_port, 8443);
    assert_int_equal(p.rtmps_port, 443);
}

static void null_means_that_it_is_not_there(void **state)
{
    struct cluster_place p;
    (void)state;
    assert_int_equal(read_text("{\"code\":0,\"data\":{\"origin\":null}}", &p), CLUSTER_ANSWER_NOT_HERE);
}

static void other_texts_are_bad(void **state)
{
    static const char *const texts[] = {
        "",
        "0",
        "[]",
        "{\"code\":404}",
        "{\"data\":[]}",
        "{\"data\":{\"origin\":7}}",
        "{\"data\":{\"origin\":{}}}",
        "<html>",
        ORIGIN("\"ip\":\"10.0.0.3\""),
        ORIGIN("\"ip\":\"10.0.0.3\",\"port\":0"),
        ORIGIN("\"ip\":\"10.0.0.3\",\"port\":65536"),
        ORIGIN("\"ip\":\"10.0.0.3\",\"port\":-1"),
        ORIGIN("\"ip\":\"10.0.0.3\",\"port\":\"1935\""),
        ORIGIN("\"ip\":\"\",\"port\":1935"),
        ORIGIN("\"ip\":null,\"port\":1935"),
        ORIGIN("\"ip\":\"a/b\",\"port\":1935"),
        ORIGIN("\"ip\":\"a@b\",\"port\":1935"),
        ORIGIN("\"ip\":\"a\\r\\nSet-Cookie:x\",\"port\":1935"),
        ORIGIN("\"ip\":\"a\\u0000b\",\"port\":1935"),
    };
    struct cluster_place p;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(read_text(texts[i], &p), CLUSTER_ANSWER_BAD);
}

static void a_host_has_its_bound(void **state)
{
    char                 text[512];
    struct cluster_place p;
    (void)state;
    for (int len = CLUSTER_HOST_MAX; len <= CLUSTER_HOST_MAX + 1; len++) {
        snprintf(text, sizeof text, ORIGIN("\"ip\":\"%0*d\",\"port\":1935"), len, 7);
        assert_int_equal(read_text(text, &p), len == CLUSTER_HOST_MAX ? CLUSTER_ANSWER_HERE : CLUSTER_ANSWER_BAD);
    }
}

static void only_a_server_that_knows_the_request_has_given_a_stream(void **state)
{
    static const struct {
        const char *text;
        bool        is_good, was_there;
    } rows[] = {
        { "{\"code\":0,\"pid\":\"1\",\"taken_over\":true}", true, true },
        { "{\"code\":0,\"taken_over\":false}", true, false },
        { "{\"code\":403,\"taken_over\":true}", false, true },
        { "{\"code\":0,\"taken_over\":1}", false, false },
        { ORIGIN("\"ip\":\"10.0.0.3\",\"port\":1"), false, false }, /* SRS answers a DELETE as a question */
        { "{", false, false },
        { "", false, false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool was_there = true;
        assert_int_equal(cluster_answer_read_taken(rows[i].text, strlen(rows[i].text), &was_there), rows[i].is_good);
        assert_true(!rows[i].is_good || was_there == rows[i].was_there);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_origin_is_taken),
        cmocka_unit_test(null_means_that_it_is_not_there),
        cmocka_unit_test(other_texts_are_bad),
        cmocka_unit_test(a_host_has_its_bound),
        cmocka_unit_test(only_a_server_that_knows_the_request_has_given_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
