/* The journal of callbacks: order, bounds, a restart, a file that was cut at any byte, a disk that fails, and memory that runs out. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/hooks/journal.h"
#include "core/buf.h"
#include "core/jw.h"
#include "core/mem.h"
#include "protocol/disk.h"

enum { MANY = 100000, IN_MEMORY_MAX = 8 << 20 };

static struct hook_journal *journal;

static void begin(void)
{
    journal = hook_journal_find(path_in("journal"));
    assert_non_null(journal);
    assert_true(hook_journal_open(journal));
}

static void end(void)
{
    hook_journals_finish(a_while());
    journal = NULL;
    assert_int_equal(hook_notices_count(), 0);
    assert_int_equal(hook_notices_bytes(), 0);
}

static int setup(void **state)
{
    (void)state;
    int failed = disk_begin();
    if (!failed)
        begin();
    return failed;
}

static int teardown(void **state)
{
    (void)state;
    end();
    return disk_end();
}

/* A notice whose body is its number. */
static struct hook_notice *notice(int number)
{
    static char              url[] = "http://127.0.0.1/on_stop";
    char                    *items[] = { url };
    const struct conf_words  urls = { .items = items, .count = 1 };
    char                     body[16], queue[16];
    const struct hook_manner m = { .tls_ca = "", .secret = "", .journal = "journal" };
    snprintf(body, sizeof body, "%d", number);
    snprintf(queue, sizeof queue, "queue%d", number % 100);
    const struct hook_call c = {
        .event = HOOK_STOP, .id = "id", .manner = m, .client_id = "c", .vhost = "v", .body = body
    };
    return hook_notice_new(queue, &c, &urls, 1796032856000000);
}

static void take(int number)
{
    struct hook_notice *n = notice(number);
    assert_non_null(n);
    assert_true(hook_journal_take(journal, n, false));
}

/* Take out what was kept back, and expect these numbers. Returns the most bytes that notices had. */
static size_t assert_comes(int first, int last)
{
    size_t most = 0;
    for (int i = first; i <= last; i++) {
        struct hook_notice *n = hook_journal_next(journal, true);
        assert_non_null(n);
        assert_int_equal(atoi(n->call.body), i);
        assert_string_equal(n->call.id, "id");
        assert_int_equal(n->wall_us, 1796032856000000);
        most = hook_notices_bytes() > most ? hook_notices_bytes() : most;
        hook_journal_told(journal, n->call.sequence);
        hook_notice_free(n);
    }
    return most;
}

/* The member of what the API shows. */
static long shown(const char *member)
{
    struct jw j = JW_INIT;
    hook_journal_show(journal, &j);
    const char *at = strstr(j.text.bytes, member);
    assert_non_null(at);
    long value = atol(at + strlen(member) + 2);
    jw_finish(&j);
    return value;
}

/* Let threads write until notices have this many bytes of memory at most. */
static void wait_for_disk(size_t bytes)
{
    int64_t deadline_us = a_while();
    while (hook_notices_bytes() > bytes && now_us() < deadline_us)
        co_give_way();
    assert_true(hook_notices_bytes() <= bytes);
}

static void a_hundred_thousand_events_wait_on_the_disk_and_come_in_order(void **state)
{
    size_t most = 0;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        take(i);
        most = hook_notices_bytes() > most ? hook_notices_bytes() : most;
        if (hook_notices_bytes() > IN_MEMORY_MAX / 8)
            wait_for_disk(IN_MEMORY_MAX / 16);
    }
    wait_for_disk(0);
    assert_int_equal(shown("waiting"), MANY);
    assert_int_equal(shown("memory_only"), 0);
    size_t read = assert_comes(0, MANY - 1);
    assert_true(most < IN_MEMORY_MAX && read < IN_MEMORY_MAX);
    assert_null(hook_journal_next(journal, true));
    assert_int_equal(shown("waiting"), 0);
    assert_true(shown("\"bytes") < 4 << 20); /* files whose events were told are gone */
}

static void a_restart_goes_on_where_it_was(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        take(i);
    wait_for_disk(0);
    assert_comes(0, 9);
    end();
    begin();
    assert_int_equal(shown("waiting"), 90);
    take(100); /* it is new, and comes behind the others */
    assert_comes(10, 100);
    assert_int_equal(shown("next_sequence"), 102);
    end();
    begin();
    assert_int_equal(shown("waiting"), 0);
    assert_int_equal(shown("next_sequence"), 102); /* numbers go on though all is told */
}

static void what_comes_before_the_journal_is_open_comes_after_what_was_left(void **state)
{
    (void)state;
    take(1);
    take(2);
    end();
    journal = hook_journal_find(path_in("journal"));
    take(3);
    assert_null(hook_journal_next(journal, true));
    assert_true(hook_journal_open(journal));
    take(4);
    assert_comes(1, 4);
}

/* The bytes of a file with three events, of which the first was told. */
static struct buf a_file(void)
{
    struct buf b = buf_up_to(1 << 20);
    for (int i = 1; i <= 3; i++)
        take(i);
    wait_for_disk(0);
    assert_comes(1, 1);
    end();
    FILE *f = fopen(path_in("journal/hooks-1.journal"), "r");
    assert_non_null(f);
    assert_true(buf_read_all(&b, fileno(f)));
    fclose(f);
    assert_int_equal(remove(path_in("journal/hooks-1.journal")), 0);
    return b;
}

static void a_file_that_was_cut_at_any_byte_is_replayed_up_to_the_cut(void **state)
{
    (void)state;
    struct buf b = a_file();
    for (size_t cut = 0; cut <= b.len; cut++) {
        int n_events = 0, n_done = 0;
        for (const char *at = b.bytes; at < b.bytes + cut; at = (const char *)memchr(at, '\n', b.len) + 1)
            if ((const char *)memchr(at, '\n', b.len) < b.bytes + cut) {
                n_events += strncmp(at + 9, "event", 5) == 0;
                n_done += strncmp(at + 9, "done", 4) == 0;
            }
        FILE *f = fopen(path_in("journal/hooks-1.journal"), "w");
        assert_non_null(f);
        assert_int_equal(fwrite(b.bytes, 1, cut, f), cut);
        fclose(f);
        begin();
        assert_int_equal(shown("waiting"), n_events - n_done);
        assert_int_equal(shown("next_sequence"), n_events + 1);
        assert_comes(1 + n_done, n_events);
        assert_null(hook_journal_next(journal, true));
        end();
        remove(path_in("journal/hooks-1.journal")); /* it is gone already if all of it was told */
        remove(path_in("journal/hooks-2.journal"));
    }
    buf_finish(&b);
    begin();
}

static void a_disk_that_fails_costs_safety_and_no_event(void **state)
{
    (void)state;
    take(1);
    wait_for_disk(0);
    disk_fail(DISK_WRITE, ENOSPC);
    take(2);
    take(3);
    while (shown("memory_only") < 2)
        co_give_way();
    disk_fail(DISK_WRITE, 0);
    take(4);
    assert_comes(1, 4);
    assert_int_equal(shown("memory_only"), 2);
}

static void a_journal_that_is_full_keeps_events_in_memory(void **state)
{
    int n = 0;
    (void)state;
    hook_journal_limit(journal, 4096);
    while (shown("memory_only") < 3)
        take(n++);
    assert_true(n > 5);
    assert_comes(0, n - 1);
}

static void a_file_that_vanishes_is_given_up(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        take(i);
    wait_for_disk(0);
    assert_int_equal(remove(path_in("journal/hooks-1.journal")), 0);
    assert_null(hook_journal_next(journal, true));
    assert_int_equal(shown("given_up"), 5);
    assert_int_equal(shown("waiting"), 0);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        mem_fail_after(i);
        struct hook_notice *n = notice(i);
        if (n && !hook_journal_take(journal, n, i % 2))
            hook_notice_free(n);
        n = hook_journal_next(journal, true);
        if (n)
            hook_journal_told(journal, n->call.sequence);
        hook_notice_free(n);
        mem_fail_after(-1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_hundred_thousand_events_wait_on_the_disk_and_come_in_order),
        TEST(a_restart_goes_on_where_it_was),
        TEST(what_comes_before_the_journal_is_open_comes_after_what_was_left),
        TEST(a_file_that_was_cut_at_any_byte_is_replayed_up_to_the_cut),
        TEST(a_disk_that_fails_costs_safety_and_no_event),
        TEST(a_journal_that_is_full_keeps_events_in_memory),
        TEST(a_file_that_vanishes_is_given_up),
        TEST(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
