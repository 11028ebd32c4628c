/* Sets of programs that change: which are wanted, and what memory that runs out leaves. None of them is started. */
#include "app/program/program.h"

#include <cmocka.h>

#include "core/mem.h"
#include "core/str.h"

static struct err *make(struct command *c, const void *spec, void *owner, int64_t wall_us)
{
    struct command_values values = { .wall_us = wall_us };
    struct command_maker  m;
    (void)owner;
    command_begin(&m, &values);
    command_word(&m, spec);
    return command_end(&m, c);
}

static const struct program_kind kind = { .name = "test", .make = make };

/* Want a program for each word, which is its spec and its command. */
static struct err *change(struct programs *s, const char *const *words)
{
    struct err *e = NULL;
    programs_begin_change(s);
    for (; *words && !e; words++) {
        struct program_plan plan = { .subject = "s", .name = *words, .slot = "", .spec = *words };
        e = programs_want(s, &plan);
    }
    if (e)
        programs_abandon_change(s);
    else
        programs_end_change(s);
    return e;
}

static const struct program *nth(const struct programs *s, int n)
{
    const struct list *it = s->items.next;
    while (n-- > 0 && it != &s->items)
        it = it->next;
    return it == &s->items ? NULL : LIST_ENTRY(it, struct program, link);
}

static void a_change_keeps_programs_of_equal_commands(void **state)
{
    static const char *const first[] = { "a", "b", "b", NULL }, *const second[] = { "b", "c", NULL };
    struct programs s;
    (void)state;
    programs_init(&s, &kind, NULL);
    assert_null(change(&s, first));
    const struct program *b = nth(&s, 1);
    assert_null(change(&s, second));
    assert_ptr_equal(nth(&s, 0), b);
    assert_ptr_equal(b->spec, second[0]); /* borrowed anew */
    assert_string_equal(nth(&s, 1)->name, "c");
    assert_null(nth(&s, 2));
    programs_finish(&s);
    assert_int_equal(programs_of_all()->count, 0);
}

static void a_change_without_memory_leaves_all_as_they_were(void **state)
{
    static const char *const before[] = { "a", "b", "c", NULL }, *const after[] = { "x", "b", "y", "c", NULL };
    struct programs s;
    bool            failed = true;
    (void)state;
    programs_init(&s, &kind, NULL);
    assert_null(change(&s, before));
    for (int n = 0; failed; n++) {
        assert_in_range(n, 0, 1000);
        mem_fail_after(n);
        struct err *e = change(&s, after);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(err_code(e), failed ? E_NO_MEMORY : E_SUCCESS);
        err_free(e);
        for (int i = 0; failed && i < 3; i++)
            assert_ptr_equal(nth(&s, i)->spec, before[i]);
        assert_int_equal(programs_of_all()->count, failed ? 3 : 4);
        assert_int_equal(s.retry_us == DEADLINE_NEVER, !failed);
    }
    assert_string_equal(nth(&s, 0)->name, "b");
    programs_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_keeps_programs_of_equal_commands),
        cmocka_unit_test(a_change_without_memory_leaves_all_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
