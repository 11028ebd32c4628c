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

static void a_reload_to_atc_tells_the_wall_clock_that_was_known_before(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, "cluster { common_segments on; }");
    enter(f.source, "K1", 0);
    assert_int_equal(f.source->ring.head, 1);
    struct conf *with_atc = conf_with("cluster { common_segments on; } play { atc on; }");
    source_apply_conf(f.source, with_atc, vhost_of(with_atc));
    enter(f.source, "p2", 40);
    assert_int_equal(f.source->ring.head, 3); /* with the metadata */
    assert_int_equal(ring_at(&f.source->ring, 1)->kind, FRAME_SCRIPT);
    enter(f.source, "p3", 80);
    assert_int_equal(f.source->ring.head, 4);
    conf_unref(&with_atc);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_the_last_publish_are_before_the_wall_clock_of_the_next),
        cmocka_unit_test(a_reload_to_atc_tells_the_wall_clock_that_was_known_before),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
