/* The catalogue of recordings: found by id and by stream, in the order of their times, and with memory running out. */
#include "app/dvr/catalogue.h"

#include <cmocka.h>

#include "core/mem.h"

static struct dvr_recording *add(const char *vhost, const char *stream, int64_t begin_us)
{
    struct dvr_recording *r = dvr_recording_create(vhost, "live", stream, "x");
    assert_non_null(r);
    r->begin_us = begin_us;
    r->state = DVR_COMPLETE;
    assert_true(catalogue_add(r));
    assert_false(catalogue_add(r)); /* the same id */
    struct dvr_recording *borrowed = r;
    dvr_recording_unref(&r);
    return borrowed;
}

static void recordings_are_found_in_the_order_of_their_times(void **state)
{
    struct dvr_recording *late = add("v", "s", 30), *early = add("v", "s", 10), *between = add("v", "t", 20);
    const struct list    *at = &catalogue_of("v")->recordings;
    (void)state;
    assert_ptr_equal(LIST_ENTRY(at->next, struct dvr_recording, link), early);
    assert_ptr_equal(LIST_ENTRY(at->next->next, struct dvr_recording, link), between);
    assert_ptr_equal(LIST_ENTRY(at->prev, struct dvr_recording, link), late);
    assert_ptr_equal(catalogue_newest("v", "live", "s", NULL), late);
    assert_ptr_equal(catalogue_newest("v", "live", "s", late), early);
    assert_null(catalogue_newest("w", "live", "s", NULL));
    assert_ptr_equal(catalogue_find(between->id), between);
    assert_int_equal(catalogue_roll()->count, 3);
    catalogue_remove(between);
    assert_int_equal(catalogue_of("v")->n, 2);
    catalogue_finish();
    assert_null(catalogue_of("v"));
    assert_int_equal(catalogue_roll()->count, 0);
}

static void beyond_the_bound_the_oldest_complete_one_is_forgotten(void **state)
{
    (void)state;
    for (int64_t i = 0; i < CATALOGUE_VHOST_MAX; i++)
        add("v", "s", i);
    struct catalogue_vhost *v = catalogue_of("v");
    LIST_ENTRY(v->recordings.next, struct dvr_recording, link)->state = DVR_OPEN;
    add("v", "s", CATALOGUE_VHOST_MAX);
    assert_int_equal(v->n, CATALOGUE_VHOST_MAX);
    assert_int_equal(LIST_ENTRY(v->recordings.next, struct dvr_recording, link)->begin_us, 0);
    assert_int_equal(LIST_ENTRY(v->recordings.next->next, struct dvr_recording, link)->begin_us, 2);
    catalogue_finish();
}

static void without_memory_nothing_is_added(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        struct dvr_recording *r = dvr_recording_create("v", "live", "s", "x");
        assert_non_null(r);
        mem_fail_after(n);
        bool ok = catalogue_add(r);
        int  failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(ok, !failed);
        assert_int_equal(catalogue_find(r->id) != NULL, ok);
        catalogue_finish();
        dvr_recording_unref(&r);
        if (!failed)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_are_found_in_the_order_of_their_times),
        cmocka_unit_test(beyond_the_bound_the_oldest_complete_one_is_forgotten),
        cmocka_unit_test(without_memory_nothing_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
