/* The answer of a forward's backend. */
#include "app/forward/backend.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/forward/destination.h"
#include "core/attr.h"
#include "core/mem.h"

static struct conf_words words;

static enum err_code read_answer(const char *body)
{
    struct err   *e = forward_backend_read(&words, 200, body, strlen(body));
    enum err_code code = err_code(e);
    err_free(e);
    return code;
}

static void a_list_of_urls_is_read(void **state)
{
    (void)state;
    assert_int_equal(read_answer("{\"code\":0,\"data\":{\"urls\":[\"rtmp:\\/\\/h/a/b?k=v\",\"h:1\"],\"x\":1}}"),
                     E_SUCCESS);
    assert_int_equal(words.count, 2);
    assert_string_equal(words.items[0], "rtmp://h/a/b?k=v");
    assert_string_equal(words.items[1], "h:1");
    forward_backend_finish_words(&words);
    assert_int_equal(read_answer("{\"code\":0,\"data\":{\"urls\":[]}}"), E_SUCCESS);
    assert_int_equal(words.count, 0);
    forward_backend_finish_words(&words);
}

static void no_list_is_refused(void **state)
{
    static const struct {
        const char   *body;
        enum err_code code;
    } rows[] = {
        { "0", E_SYSTEM_FORWARD_LOOP },
        { "{\"code\":0}", E_SYSTEM_FORWARD_LOOP },
        { "{\"code\":0,\"data\":[]}", E_SYSTEM_FORWARD_LOOP },
        { "{\"code\":0,\"data\":{\"urls\":\"rtmp://h/a/b\"}}", E_SYSTEM_FORWARD_LOOP },
        { "{\"code\":0,\"data\":{\"urls\":[\"h\",7]}}", E_SYSTEM_FORWARD_LOOP },
        { "{\"code\":0,\"data\":{\"urls\":[\"\"]}}", E_SYSTEM_FORWARD_LOOP },
        { "{\"code\":1,\"data\":{\"urls\":[]}}", E_RESPONSE_CODE },
        { "", E_HTTP_DATA_INVALID },
        { "{", E_HTTP_DATA_INVALID },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (read_answer(rows[i].body) != rows[i].code)
            fail_msg("%s", rows[i].body);
        forward_backend_finish_words(&words);
    }
}

static void there_is_a_bound_of_urls_and_of_their_length(void **state)
{
    static char body[8192];
    size_t      len = 0;
    (void)state;
    len += (size_t)snprintf(body, sizeof body, "{\"code\":0,\"data\":{\"urls\":[\"h\"");
    for (int i = 0; i < 2 * FORWARD_TARGETS_MAX; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, ",\"h%d\"", i);
    snprintf(body + len, sizeof body - len, "]}}");
    assert_int_equal(read_answer(body), E_SUCCESS);
    assert_int_equal(words.count, FORWARD_TARGETS_MAX);
    forward_backend_finish_words(&words);
    len = (size_t)snprintf(body, sizeof body, "{\"code\":0,\"data\":{\"urls\":[\"");
    memset(body + len, 'x', 5000);
    snprintf(body + len + 5000, sizeof body - len - 5000, "\"]}}");
    assert_int_equal(read_answer(body), E_SYSTEM_FORWARD_LOOP);
    forward_backend_finish_words(&words);
}

static void a_lack_of_memory_is_an_error(void **state)
{
    enum err_code code;
    int64_t       n = 0;
    (void)state;
    do {
        mem_fail_after(n++);
        code = read_answer("{\"code\":0,\"data\":{\"urls\":[\"h\",\"i\"]}}");
        mem_fail_after(-1);
        assert_true(code == E_SUCCESS || code == E_NO_MEMORY);
        forward_backend_finish_words(&words);
    } while (code);
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_urls_is_read),
        cmocka_unit_test(no_list_is_refused),
        cmocka_unit_test(there_is_a_bound_of_urls_and_of_their_length),
        cmocka_unit_test(a_lack_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
