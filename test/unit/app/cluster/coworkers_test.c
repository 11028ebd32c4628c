/* Co-workers by names: all their addresses, looked up once for a while, and those that do not answer. */
#include "app/cluster/coworkers.h"

#include <cmocka.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "protocol/co.h"
#include "protocol/offload.h"

static int n_asked; /* by a thread, and read when it has answered */

/* ---- a resolver that knows one name, with three addresses */

static void add(struct addrinfo **list, const char *text)
{
    struct resolved  r;
    struct addrinfo *a = calloc(1, sizeof *a);
    resolve_numeric(text, 9091, &r);
    a->ai_family = r.items[0].addr.ss_family;
    a->ai_addrlen = r.items[0].len;
    a->ai_addr = malloc(a->ai_addrlen);
    memcpy(a->ai_addr, &r.items[0].addr, a->ai_addrlen);
    a->ai_next = *list;
    *list = a;
}

static int lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)service;
    (void)hints;
    n_asked++;
    if (strcmp(node, "headless.example") != 0)
        return EAI_NONAME;
    *found = NULL;
    add(found, "2001:db8::7");
    add(found, "192.0.2.8");
    add(found, "192.0.2.7");
    return 0;
}

static void release(struct addrinfo *found)
{
    while (found) {
        struct addrinfo *next = found->ai_next;
        free(found->ai_addr);
        free(found);
        found = next;
    }
}

static const struct resolver ours = { lookup, release };

static int setup(void **state)
{
    (void)state;
    n_asked = 0;
    resolve_with(&ours);
    return code_of(offload_init());
}

static int teardown(void **state)
{
    (void)state;
    offload_shutdown(A_WHILE_US);
    resolve_with(NULL);
    coworkers_finish();
    return 0;
}

/* ---- the tests */

static void a_name_means_all_its_addresses(void **state)
{
    struct coworker_names names;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_null(coworkers_find(&names, "headless.example:9091", a_while()));
        assert_int_equal(names.count, 3);
        assert_string_equal(names.items[0], "192.0.2.7:9091");
        assert_string_equal(names.items[1], "192.0.2.8:9091");
        assert_string_equal(names.items[2], "[2001:db8::7]:9091");
    }
    assert_int_equal(n_asked, 1);
}

static void an_address_needs_no_resolver(void **state)
{
    struct coworker_names names;
    (void)state;
    assert_null(coworkers_find(&names, "[::1]", a_while()));
    assert_int_equal(names.count, 1);
    assert_string_equal(names.items[0], "[::1]:1985");
    assert_int_equal(n_asked, 0);
}

static void a_name_that_does_not_exist_is_not_looked_up_at_once_again(void **state)
{
    struct coworker_names names;
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(code_of(coworkers_find(&names, "gone.example:1", a_while())), E_SYSTEM_DNS_RESOLVE);
    assert_int_equal(n_asked, 1);
    assert_int_equal(code_of(coworkers_find(&names, "a b:x", a_while())), E_SYSTEM_CONFIG_INVALID);
}

static void askers(void *arg)
{
    struct coworker_names *names = arg;
    if (code_of(coworkers_find(names, "headless.example:9091", a_while())) != E_SUCCESS)
        names->count = 0;
}

static void all_who_ask_meanwhile_share_one_look(void **state)
{
    struct coworker_names found[5] = { { 0 } };
    struct co_group       group;
    (void)state;
    co_group_init(&group);
    for (int i = 0; i < 5; i++)
        assert_null(co_go(&group, "asker", askers, &found[i], NULL));
    assert_true(co_group_join(&group, a_while()));
    for (int i = 0; i < 5; i++)
        assert_int_equal(found[i].count, 3);
    assert_int_equal(n_asked, 1);
}

static void failures_set_aside_and_an_answer_ends_it(void **state)
{
    const char            *name = NULL;
    const struct coworker *c;
    size_t                 at = 0;
    struct err            *e = err_new(E_SOCKET_TIMEOUT, "silence");
    (void)state;
    assert_false(coworkers_is_aside("192.0.2.7:1"));
    for (int i = 0; i < 10; i++)
        coworkers_heard("192.0.2.7:1", e); /* those while it is aside do not add up */
    assert_true(coworkers_is_aside("192.0.2.7:1"));
    c = coworkers_next(&at, &name);
    assert_string_equal(name, "192.0.2.7:1");
    assert_int_equal(c->n_failures, 10);
    assert_int_equal(c->aside_us, COWORKER_ASIDE_US);
    coworkers_heard("192.0.2.7:1", NULL);
    assert_false(coworkers_is_aside("192.0.2.7:1"));
    assert_int_equal(c->n_answers, 1);
    err_free(e);
}

static void the_one_that_was_asked_last_is_kept(void **state)
{
    char        text[32];
    const char *name = NULL;
    size_t      at = 0, n = 0;
    bool        has_last = false;
    (void)state;
    for (int i = 0; i < COWORKERS_MAX + 10; i++) {
        snprintf(text, sizeof text, "192.0.2.7:%d", i + 1);
        coworkers_heard(text, NULL);
    }
    while (coworkers_next(&at, &name)) {
        n++;
        has_last |= strcmp(name, text) == 0;
    }
    assert_int_equal(n, COWORKERS_MAX);
    assert_true(has_last);
}

static void a_word_of_https_is_one_coworker_by_its_name(void **state)
{
    static const struct {
        const char *word, *name, *bare; /* name NULL: it is no co-worker */
    } rows[] = {
        { "https://b.example:9443", "https://b.example:9443", "b.example:9443" },
        { "https://b.example", "https://b.example:1990", "b.example" },
        { "https://192.0.2.7", "https://192.0.2.7:1990", "192.0.2.7" },
        { "https://[2001:db8::7]:9443", "https://[2001:db8::7]:9443", "[2001:db8::7]:9443" },
        { "https://", NULL, "" },
        { "https://b.example:0", NULL, "b.example:0" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct coworker_names names;
        struct err           *e = coworkers_find(&names, rows[i].word, a_while());
        assert_true(!e == (rows[i].name != NULL));
        if (!e) {
            assert_int_equal(names.count, 1);
            assert_string_equal(names.items[0], rows[i].name);
        }
        err_free(e);
        assert_string_equal(coworker_bare(rows[i].word), rows[i].bare);
    }
    assert_int_equal(n_asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_means_all_its_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(an_address_needs_no_resolver, setup, teardown),
        cmocka_unit_test_setup_teardown(a_word_of_https_is_one_coworker_by_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_that_does_not_exist_is_not_looked_up_at_once_again, setup, teardown),
        cmocka_unit_test_setup_teardown(all_who_ask_meanwhile_share_one_look, setup, teardown),
        cmocka_unit_test_setup_teardown(failures_set_aside_and_an_answer_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(the_one_that_was_asked_last_is_kept, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
