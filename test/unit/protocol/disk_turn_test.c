/* Turns at disks: who works, who waits, and what a disk that hangs costs the others. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "protocol/disk_turn.h"

enum { N = 20 };

#define A_MOMENT ((int64_t)1000)
#define LONG_TIME DISK_TRY_AGAIN_US

struct worker {
    struct disk_turn turn;
    bool             works, refuses;
    int              n_begun;
};

static struct worker workers[N];
static int64_t       now;

static bool begin(struct disk_turn *t)
{
    struct worker *w = CONTAINER_OF(t, struct worker, turn);
    w->works = !w->refuses;
    w->n_begun++;
    return w->works;
}

static void ask(int i)
{
    struct worker *w = &workers[i];
    if (disk_turn_take(&w->turn, now))
        w->works = true;
    disk_turns_look(now);
}

static void end(int i, uint64_t device)
{
    workers[i].works = false;
    disk_turn_end(&workers[i].turn, device, now);
}

static int n_working(void)
{
    int n = 0;
    for (int i = 0; i < N; i++)
        n += workers[i].works;
    return n;
}

static int setup(void **state)
{
    (void)state;
    now = A_MOMENT;
    memset(workers, 0, sizeof workers);
    for (int i = 0; i < N; i++)
        disk_turn_init(&workers[i].turn, begin);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        disk_turn_leave(&workers[i].turn);
    return 0;
}

static void join(int from, int to, const char *place)
{
    for (int i = from; i < to; i++)
        assert_true(disk_turn_join(&workers[i].turn, place));
}

static void a_disk_has_some_turns_and_the_others_wait_in_line(void **state)
{
    (void)state;
    join(0, 7, "objs");
    for (int i = 0; i < 7; i++)
        ask(i);
    assert_int_equal(n_working(), DISK_TURNS);
    assert_true(disk_turn_waits(&workers[4].turn));
    ask(4); /* asking again changes nothing */
    end(2, 0);
    assert_true(workers[4].works && !workers[5].works && !disk_turn_waits(&workers[4].turn));
    assert_int_equal(workers[4].n_begun, 1);
    ask(2);
    assert_false(workers[2].works); /* those that wait come first */
    end(0, 0);
    end(1, 0);
    end(3, 0);
    assert_true(workers[5].works && workers[6].works && workers[2].works);
}

static void another_disk_goes_on(void **state)
{
    (void)state;
    join(0, 10, "/mnt/frozen");
    join(10, 14, "/var");
    for (int i = 0; i < 14; i++)
        ask(i);
    assert_int_equal(n_working(), 2 * DISK_TURNS);
    assert_true(workers[13].works);
}

static void places_on_one_device_are_one_disk(void **state)
{
    (void)state;
    join(0, 4, "a");
    join(4, 8, "b");
    for (int i = 0; i < 8; i++) {
        ask(i);
        end(i, 77);
    }
    for (int i = 0; i < 8; i++)
        ask(i);
    assert_int_equal(n_working(), DISK_TURNS);
    join(8, 9, "a"); /* it has seen no device yet */
    ask(8);
    assert_int_equal(n_working(), DISK_TURNS + 1);
    end(8, 77);
    ask(8);
    assert_false(workers[8].works);
}

static void without_a_disk_nobody_waits(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        ask(i);
    assert_int_equal(n_working(), N);
    for (int i = 0; i < N; i++)
        end(i, 0);
}

static void a_writer_may_go_while_it_waits_and_the_last_one_takes_the_disk_along(void **state)
{
    (void)state;
    join(0, 7, "objs");
    for (int i = 0; i < 7; i++)
        ask(i);
    disk_turn_leave(&workers[4].turn);
    end(0, 5);
    assert_true(workers[5].works);
    assert_false(workers[4].works || workers[6].works);
}

static void a_turn_may_be_passed_on(void **state)
{
    (void)state;
    join(0, 8, "objs");
    for (int i = 0; i < 8; i++)
        ask(i);
    workers[4].refuses = workers[5].refuses = true;
    end(0, 0);
    assert_int_equal(workers[4].n_begun, 1);
    assert_int_equal(workers[5].n_begun, 1);
    assert_true(workers[6].works);
    assert_int_equal(n_working(), DISK_TURNS);
}

static void after_a_long_time_one_more_may_try(void **state)
{
    (void)state;
    join(0, N, "/mnt/frozen");
    for (int i = 0; i < N; i++)
        ask(i);
    assert_int_equal(n_working(), DISK_TURNS);
    now += LONG_TIME - 1;
    ask(N - 1);
    assert_int_equal(n_working(), DISK_TURNS);
    for (int i = 1; i < N; i++) {
        now += LONG_TIME;
        ask(N - 1);
        ask(N - 2); /* only one each time */
        assert_int_equal(n_working(), DISK_TURNS + i < DISK_TURNS_MAX ? DISK_TURNS + i : DISK_TURNS_MAX);
    }
}

/* The file system is mounted again, as another device, and the old calls hang for ever. */
static void one_that_tries_and_succeeds_lets_the_others_follow(void **state)
{
    (void)state;
    join(0, N, "/mnt/cam");
    for (int i = 0; i < N; i++)
        ask(i);
    now += LONG_TIME;
    ask(N - 1);
    for (int i = DISK_TURNS; i < N; i++) {
        assert_true(workers[i].works);
        end(i, 9);
    }
    for (int i = DISK_TURNS; i < N; i++)
        ask(i);
    assert_int_equal(n_working(), 2 * DISK_TURNS);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    mem_fail_after(0);
    assert_false(disk_turn_join(&workers[0].turn, "objs"));
    join(0, 1, "objs");
    ask(0);
    mem_fail_after(0);
    end(0, 12); /* It stays with its place. */
    assert_true(mem_failed());
    mem_fail_after(-1);
    ask(0);
    assert_true(workers[0].works);
    end(0, 12);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_disk_has_some_turns_and_the_others_wait_in_line),
        CASE(another_disk_goes_on),
        CASE(places_on_one_device_are_one_disk),
        CASE(without_a_disk_nobody_waits),
        CASE(a_writer_may_go_while_it_waits_and_the_last_one_takes_the_disk_along),
        CASE(a_turn_may_be_passed_on),
        CASE(after_a_long_time_one_more_may_try),
        CASE(one_that_tries_and_succeeds_lets_the_others_follow),
        CASE(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
