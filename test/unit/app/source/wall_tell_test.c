/* The wall clock of a publish: from which frame on it counts, and when it is told. */
#include "app/source/wall_tell.h"

#include "app/source/fixture.h"
#include "loop.h"

/* A frame of media enters, as source_enter() lets it. */
static void enter(struct source *s, const char *label, int64_t ms)
{
    struct frame *f = labelled(label, ms);
    assert_non_null(f);
    assert_null(wall_follow(s, f));
    assert_null(source_append(s, f));
    frame_unref(&f);
}

static void frames_of_the_last_publish_are_before_the_wall_clock_of_the_next(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, "cluster { common_segments on; }");
    enter(f.source, "K1", 0);
    enter(f.source, "p2", 40);
    assert_true(f.source->wall.at_0_us != 0);
    assert_int_equal(f.source->wall.from, 0);
    source_unpublish(f.source, &f.publisher);
    assert_null(source_publish(f.source, &f.publisher));
    assert_int_equal(f.source->wall.at_0_us, 0);
    uint64_t next = f.source->ring.head;
    enter(f.source, "K3", 80);
    assert_true(next >= 2);
    assert_true(f.source->wall.at_0_us != 0);
    assert_int_equal(f.source->wall.from, next);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_the_last_publish_are_before_the_wall_clock_of_the_next),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
