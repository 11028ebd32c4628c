/* The steps of a reload: their order, and their undoing when one cannot prepare. */
#include "app/reload_step.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "loop.h"

enum { TOLD_CAP = 256 };

static struct server server;
static struct conf   before, next;
static char          told[TOLD_CAP]; /* names of the functions that were called, with the configuration in force */
static const char   *failing;        /* the step that cannot prepare; NULL: all can */

static void tell(const struct server *s, const char *what, const char *step)
{
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s-%s:%s ", what, step, s->conf == &before ? "before" : "next");
}

static struct err *prepare(struct server *s, const char *step)
{
    tell(s, "prepare", step);
    return failing && strcmp(failing, step) == 0 ? err_new(E_LIMIT, "%s cannot", step) : NULL;
}

static struct err *prepare_a(struct server *s, struct conf *c)
{
    assert_ptr_equal(c, &next);
    return prepare(s, "a");
}

static struct err *prepare_c(struct server *s, struct conf *c)
{
    assert_ptr_equal(c, &next);
    return prepare(s, "c");
}

static struct err *prepare_d(struct server *s, struct conf *c)
{
    assert_ptr_equal(c, &next);
    return prepare(s, "d");
}

static void commit_a(struct server *s, const struct conf *c)
{
    assert_ptr_equal(c, &before);
    tell(s, "commit", "a");
}

static void commit_b(struct server *s, const struct conf *c)
{
    assert_ptr_equal(c, &before);
    tell(s, "commit", "b");
}

static void undo_a(struct server *s, const struct conf *c)
{
    assert_ptr_equal(c, &next);
    tell(s, "undo", "a");
}

static void undo_c(struct server *s, const struct conf *c)
{
    assert_ptr_equal(c, &next);
    tell(s, "undo", "c");
}

static const struct reload_step steps[] = {
    { "a", prepare_a, commit_a, undo_a },
    { "b", .commit = commit_b },
    { "c", .prepare = prepare_c, .undo = undo_c },
    { "d", .prepare = prepare_d },
    { .name = NULL },
};

static int setup(void **state)
{
    (void)state;
    before = (struct conf){ .refs = 3, .max_connections = 1 };
    next = (struct conf){ .refs = 3, .max_connections = 2 };
    told[0] = '\0';
    failing = NULL;
    server_init(&server, &before, "id");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    server_finish(&server);
    return before.refs == 3 && next.refs == 3 ? 0 : -1;
}

static void all_prepare_before_the_first_commits(void **state)
{
    (void)state;
    assert_null(reload_steps_take(steps, &server, &next));
    assert_string_equal(told, "prepare-a:before prepare-c:before prepare-d:before commit-a:next commit-b:next ");
    assert_ptr_equal(server.conf, &next);
}

static void one_that_cannot_prepare_undoes_those_before_it_and_itself_from_the_last(void **state)
{
    (void)state;
    failing = "c";
    assert_int_equal(code_of(reload_steps_take(steps, &server, &next)), E_LIMIT);
    assert_string_equal(told, "prepare-a:before prepare-c:before undo-c:before undo-a:before ");
    assert_ptr_equal(server.conf, &before);
}

static void the_last_one_may_fail_too(void **state)
{
    (void)state;
    failing = "d";
    assert_int_equal(code_of(reload_steps_take(steps, &server, &next)), E_LIMIT);
    assert_string_equal(told, "prepare-a:before prepare-c:before prepare-d:before undo-c:before undo-a:before ");
    assert_ptr_equal(server.conf, &before);
}

static void what_was_not_asked_is_not_undone(void **state)
{
    (void)state;
    failing = "a";
    assert_int_equal(code_of(reload_steps_take(steps, &server, &next)), E_LIMIT);
    assert_string_equal(told, "prepare-a:before undo-a:before ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_prepare_before_the_first_commits, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_cannot_prepare_undoes_those_before_it_and_itself_from_the_last, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_last_one_may_fail_too, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_not_asked_is_not_undone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
