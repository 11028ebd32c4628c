/* Files that threads write for the loop: the order of writes, and a disk that is slow, full, frozen or gone. */
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/disk.h"
#include "protocol/disk_turn.h"
#include "protocol/file_writer.h"
#include "protocol/offload.h"
#include "protocol/written_segments.h"

enum { QUEUE_BYTES = 64 << 10 };

static struct co_group            group;
static struct file_writer_options usual = { .what = "test", .queue_bytes_max = QUEUE_BYTES };

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    return disk_begin();
}

static int teardown(void **state)
{
    (void)state;
    int result = disk_end();
    co_group_cancel_and_join(&group);
    return result;
}

static struct file_writer *writer(const struct file_writer_options *o)
{
    struct file_writer *w;
    assert_null(file_writer_create(&w, o));
    return w;
}

static struct file_writer *writer_of(const char *name, enum written_file_mode mode)
{
    struct file_writer *w = writer(&usual);
    assert_true(file_writer_open(w, path_in(name), mode, 0));
    return w;
}

static bool say(struct file_writer *w, const char *text)
{
    return file_writer_append(w, text, strlen(text));
}

/* ---- use ------------------------------------------------------------------------------------------------------- */

static void appends_come_in_their_order(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("order", WRITTEN_FILE_FRESH);
    struct buf          wanted = buf_up_to(1 << 20);
    for (int i = 0; i < 5000; i++) {
        char line[32];
        snprintf(line, sizeof line, "%d\n", i);
        while (!say(w, line)) /* faster than the disk: try again */
            err_free(file_writer_wait(w, a_while()));
        buf_text(&wanted, line);
        if (i % 97 == 0)
            co_give_way();
    }
    assert_null(file_writer_close(&w, a_while()));
    assert_null(w);
    assert_file("order", wanted.bytes);
    buf_finish(&wanted);
}

static void a_unit_may_come_in_pieces(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("pieces", WRITTEN_FILE_FRESH);
    struct iovec        iov[] = { { "he", 2 }, { "", 0 }, { "ad,", 3 }, { "body", 4 } };
    assert_true(file_writer_appendv(w, iov, 4));
    assert_null(file_writer_wait(w, a_while()));
    assert_file("pieces", "head,body");
    assert_null(file_writer_close(&w, a_while()));
}

static void missing_folders_are_made(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("live/cam/1.tmp", WRITTEN_FILE_FRESH);
    say(w, "segment");
    assert_true(file_writer_rename(w, path_in("live/cam/1.tmp"), path_in("archive/2026/1.ts")));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("archive/2026/1.ts", "segment");
    assert_false(is_there("live/cam/1.tmp"));
}

static void one_writer_keeps_the_order_among_its_files(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("s.tmp", WRITTEN_FILE_FRESH);
    say(w, "media");
    assert_true(file_writer_sync(w));
    assert_true(file_writer_rename(w, path_in("s.tmp"), path_in("s.ts")));
    assert_true(file_writer_open(w, path_in("p.tmp"), WRITTEN_FILE_FRESH, 0));
    say(w, "s.ts");
    assert_true(file_writer_rename(w, path_in("p.tmp"), path_in("p.m3u8")));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("s.ts", "media");
    assert_file("p.m3u8", "s.ts");
}

static void a_file_goes_on_or_begins_anew(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("log", WRITTEN_FILE_FRESH);
    say(w, "one");
    assert_null(file_writer_close(&w, a_while()));
    w = writer_of("log", WRITTEN_FILE_APPEND);
    say(w, ",two");
    assert_null(file_writer_close(&w, a_while()));
    assert_file("log", "one,two");
    w = writer_of("log", WRITTEN_FILE_FRESH);
    assert_null(file_writer_close(&w, a_while()));
    assert_file("log", "");
}

static void a_file_that_is_full_is_rotated_between_units(void **state)
{
    (void)state;
    struct file_writer *w = writer(&usual);
    assert_true(file_writer_open(w, path_in("out"), WRITTEN_FILE_FRESH, 10));
    for (const char *const *unit = (const char *const[]){ "aaaa", "bbbb", "cccc", "dd", "eeee", NULL }; *unit; unit++)
        say(w, *unit);
    assert_null(file_writer_wait(w, a_while()));
    assert_file("out.1", "aaaabbbb");
    assert_file("out", "ccccddeeee");
    say(w, "longer than the whole");
    say(w, "f");
    assert_null(file_writer_wait(w, a_while()));
    assert_file("out.1", "longer than the whole");
    assert_file("out", "f");
    assert_null(file_writer_close(&w, a_while()));
}

static void gathered_appends_go_out_together(void **state)
{
    (void)state;
    struct file_writer_options o = usual;
    o.gather_bytes = 1000;
    o.gather_us = PATIENCE_US;
    struct file_writer *w = writer(&o);
    assert_true(file_writer_open(w, path_in("gather"), WRITTEN_FILE_FRESH, 0));
    assert_null(file_writer_wait(w, a_while()));
    say(w, "a few bytes");
    co_give_way();
    assert_file("gather", "");
    file_writer_flush(w);
    assert_null(file_writer_wait(w, a_while()));
    assert_file("gather", "a few bytes");
    assert_null(file_writer_close(&w, a_while()));
}

/* ---- whole files ----------------------------------------------------------------------------------------------- */

static void shared_bytes_are_written_and_given_back(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("shared", WRITTEN_FILE_FRESH);
    n_released = 0;
    say(w, "one,");
    assert_true(share(w, "two,", "three,"));
    say(w, "four");
    assert_null(file_writer_wait(w, a_while()));
    assert_int_equal(n_released, 1);
    assert_file("shared", "one,two,three,four");
    assert_null(file_writer_close(&w, a_while()));
}

static void shared_bytes_count_in_the_queue_and_come_back_when_refused(void **state)
{
    (void)state;
    static char         bytes[QUEUE_BYTES / 2 + 1];
    struct iovec        iov = { bytes, sizeof bytes };
    struct file_writer *w = writer_of("bound", WRITTEN_FILE_FRESH);
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    n_released = 0;
    assert_true(file_writer_append_shared(w, &iov, 1, count_release, w));
    assert_false(file_writer_append_shared(w, &iov, 1, count_release, w));
    assert_int_equal(n_released, 1);
    assert_false(file_writer_put_shared(w, path_in("x"), ".tmp", &iov, 1, count_release, w));
    assert_int_equal(n_released, 2);
    assert_int_equal(file_writer_lost(w).files, 1);
    file_writer_leave(&w);
    thaw();
    assert_true(file_writers_finish(a_while()));
    assert_int_equal(n_released, 3);
}

static void a_put_replaces_a_file_as_a_whole(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("open", WRITTEN_FILE_FRESH);
    say(w, "a,");
    assert_true(put(w, "live/list", "first"));
    assert_null(file_writer_wait(w, a_while()));
    assert_file("live/list", "first");
    assert_true(put(w, "live/list", "2"));
    say(w, "b");
    assert_null(file_writer_close(&w, a_while()));
    assert_file("live/list", "2");
    assert_file("open", "a,b");
    assert_false(is_there("live/list.tmp"));
}

static void a_put_may_share_its_bytes(void **state)
{
    (void)state;
    struct file_writer *w = writer(&usual);
    struct iovec        iov[600];
    struct buf          wanted = buf_up_to(1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(iov); i++) {
        iov[i] = (struct iovec){ "piece;", i % 7 };
        buf_append(&wanted, "piece;", i % 7);
    }
    n_released = 0;
    assert_true(file_writer_put_shared(w, path_in("many"), ".tmp", iov, ARRAY_LEN(iov), count_release, w));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("many", wanted.bytes);
    assert_int_equal(n_released, 1);
    buf_finish(&wanted);
}

static void of_puts_that_wait_the_newest_is_written(void **state)
{
    (void)state;
    char                text[QUEUE_BYTES / 4];
    struct file_writer *w = writer_of("open", WRITTEN_FILE_FRESH);
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    assert_true(put(w, "other", "other"));
    for (int i = 0; i < 20; i++) { /* more than the queue would hold if it kept them */
        memset(text, 'a' + i, sizeof text - 1);
        text[sizeof text - 1] = '\0';
        assert_true(put(w, "list", text));
    }
    thaw();
    assert_null(file_writer_close(&w, a_while()));
    assert_file("list", text);
    assert_file("other", "other");
}

static void files_are_removed_in_their_turn(void **state)
{
    (void)state;
    struct file_writer *w = writer(&usual);
    assert_true(put(w, "show/1", "one"));
    assert_true(put(w, "show/2", "two"));
    assert_true(file_writer_remove(w, path_in("show/1")));
    assert_true(file_writer_remove(w, path_in("show/none")));
    assert_true(file_writer_remove(w, path_in("none/none")));
    assert_true(file_writer_remove_folder(w, path_in("show"))); /* not empty: it stays */
    assert_null(file_writer_wait(w, a_while()));
    assert_false(is_there("show/1"));
    assert_file("show/2", "two");
    assert_true(file_writer_remove(w, path_in("show/2")));
    assert_true(file_writer_remove_folder(w, path_in("show")));
    assert_true(file_writer_remove_folder(w, path_in("show")));
    assert_null(file_writer_close(&w, a_while()));
    assert_false(is_there("show"));
}

static void a_batch_is_one_job_and_tells_its_end(void **state)
{
    (void)state;
    bool                is_told;
    struct file_writer *w = writer(&usual);
    told.n = 0;
    assert_true(put(w, "0.ts", "old"));
    assert_true(cut_segment(w, "1.ts", "media", "0.ts", &is_told));
    assert_null(file_writer_wait(w, a_while()));
    assert_true(is_told && told.n == 1 && told.ok && told.n_files_lost == 0);
    assert_file("1.ts", "media");
    assert_file("list", "1.ts");
    assert_false(is_there("0.ts") || is_there("s.tmp"));
    assert_null(file_writer_close(&w, a_while()));
}

/* ---- a bad disk ------------------------------------------------------------------------------------------------ */

/* What a function of the owner finds on the disk when its turn comes. */
struct found {
    char    name[256];
    int64_t len;
    int     n_released;
    bool    fails;
};

static struct err *look(void *arg)
{
    struct found *f = arg;
    struct stat   st;
    f->len = stat(f->name, &st) == 0 ? st.st_size : -1;
    return f->fails ? err_new(E_SYSTEM_FILE_WRITE, "it does not like it") : NULL;
}

static void found_is_back(void *arg)
{
    struct found *f = arg;
    f->n_released++;
}

static void note_batch(void *arg, const struct file_writer_result *r)
{
    *(struct file_writer_result *)arg = *r;
}

static void a_function_of_the_owner_has_its_turn(void **state)
{
    (void)state;
    struct file_writer       *w = writer_of("called", WRITTEN_FILE_FRESH);
    struct found              found = { .len = -2 };
    struct file_writer_result result = { 0 };
    snprintf(found.name, sizeof found.name, "%s", path_in("called"));
    assert_true(say(w, "twelve bytes"));
    file_writer_batch_begin(w);
    assert_true(file_writer_call(w, found.name, look, found_is_back, &found));
    assert_true(file_writer_batch_end(w, note_batch, &result));
    assert_false(say(w, "more")); /* The file is closed. */
    assert_null(file_writer_wait(w, a_while()));
    assert_int_equal(found.len, 12);
    assert_int_equal(found.n_released, 1);
    assert_true(result.ok);
    found.fails = true;
    file_writer_batch_begin(w);
    assert_true(file_writer_call(w, found.name, look, found_is_back, &found));
    assert_true(file_writer_batch_end(w, note_batch, &result));
    struct err *e = file_writer_close(&w, a_while());
    assert_int_equal(err_code(e), E_SYSTEM_FILE_WRITE);
    assert_int_equal(found.n_released, 2);
    assert_true(!result.ok && result.n_files_lost == 1);
    err_free(e);
}

static void a_frozen_disk_costs_what_exceeds_the_queue_and_no_time(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("frozen", WRITTEN_FILE_FRESH);
    char                unit[1000];
    int                 n_taken = 0;
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    for (int i = 0; i < 200; i++) {
        memset(unit, 'a' + i % 26, sizeof unit);
        n_taken += file_writer_append(w, unit, sizeof unit); /* never waits */
    }
    assert_true(n_taken > 0 && n_taken <= QUEUE_BYTES / 1000);
    assert_int_equal(file_writer_lost(w).units, 200 - n_taken);
    assert_int_equal(file_writer_lost(w).bytes, (200 - n_taken) * 1000);
    assert_int_equal(code_of(file_writer_wait(w, now_us() + 1000)), E_SOCKET_TIMEOUT);
    thaw();
    assert_null(file_writer_wait(w, a_while()));
    assert_true(say(w, "again"));
    assert_null(file_writer_close(&w, a_while()));
    struct stat st;
    assert_int_equal(stat(path_in("frozen"), &st), 0);
    assert_int_equal(st.st_size, n_taken * 1000 + 5);
}

static void a_writer_is_given_up_at_its_deadline(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("given-up", WRITTEN_FILE_FRESH);
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    say(w, "at work");
    wait_for_hanging(1);
    say(w, ", never written");
    char        words[512];
    struct err *e = file_writer_close(&w, now_us() + 1000);
    assert_null(w);
    assert_int_equal(err_code(e), E_SOCKET_TIMEOUT);
    assert_non_null(strstr(err_text(e, words, sizeof words), "bytes of"));
    err_free(e);
    thaw();
    offload_shutdown(PATIENCE_US);      /* nothing leaks: the thread closes the file, the pool frees the rest */
    assert_file("given-up", "at work"); /* the call that hung was performed at last */
}

static void writers_of_one_disk_go_to_a_thread_together(void **state)
{
    (void)state;
    enum { N = 2 * DISK_TURNS };
    struct file_writer *w[N];
    char                name[32];
    int64_t             deadline_us = a_while(), n_jobs = 0;
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "together-%d", i);
        w[i] = writer_of(name, WRITTEN_FILE_FRESH);
        assert_null(file_writer_wait(w[i], a_while())); /* The device is known. */
    }
    while (n_jobs != 1 && now_us() < deadline_us) { /* On a busy machine the thread may leave some of them. */
        int64_t before = offload_state(OFFLOAD_WRITE).n_jobs;
        for (int i = 0; i < N; i++)
            say(w[i], "x");
        for (int i = 0; i < N; i++)
            assert_null(file_writer_wait(w[i], a_while()));
        n_jobs = offload_state(OFFLOAD_WRITE).n_jobs - before;
    }
    assert_int_equal(n_jobs, 1);
    for (int i = 0; i < N; i++)
        assert_null(file_writer_close(&w[i], a_while()));
}

static void a_writer_that_is_waited_for_leaves_a_crew_that_hangs(void **state)
{
    (void)state;
    struct file_writer *slow = writer_of("slow", WRITTEN_FILE_FRESH), *fine = writer_of("fine", WRITTEN_FILE_FRESH);
    assert_null(file_writer_wait(slow, a_while()));
    assert_null(file_writer_wait(fine, a_while())); /* The device of both is known. */
    freeze_path(path_in("slow"));
    say(slow, "at last");
    say(fine, "meanwhile");
    assert_null(file_writer_close(&fine, a_while()));
    assert_file("fine", "meanwhile");
    assert_int_equal(disk_n_hanging(), 1);
    thaw();
    assert_null(file_writer_close(&slow, a_while()));
    assert_file("slow", "at last");
}

/* One of a crew hangs. The others leave it once they are looked at, and hang as well, in as many turns as the disk has. */
static void hang_in_all_turns(struct file_writer *const *w, size_t n)
{
    int64_t deadline_us = a_while();
    wait_for_hanging(1);
    while (disk_n_hanging() < DISK_TURNS && now_us() < deadline_us) {
        for (size_t i = 0; i < n; i++)
            file_writer_flush(w[i]);
        co_give_way();
    }
    wait_for_hanging(DISK_TURNS);
}

static void a_frozen_mount_holds_up_only_the_writers_of_its_files(void **state)
{
    (void)state;
    struct file_writer *frozen[3 * DISK_TURNS], *fine[3 * DISK_TURNS];
    char                name[32];
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++) {
        snprintf(name, sizeof name, "mount-a/%zu", i);
        frozen[i] = writer_of(name, WRITTEN_FILE_FRESH);
        snprintf(name, sizeof name, "mount-b/%zu", i);
        fine[i] = writer_of(name, WRITTEN_FILE_FRESH);
        assert_null(file_writer_wait(frozen[i], a_while())); /* the devices are known */
        assert_null(file_writer_wait(fine[i], a_while()));
    }
    freeze_path(path_in("mount-a"));
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++)
        say(frozen[i], "after the thaw");
    hang_in_all_turns(frozen, ARRAY_LEN(frozen));
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        say(fine[i], "meanwhile");
        assert_null(file_writer_close(&fine[i], a_while()));
        snprintf(name, sizeof name, "mount-b/%zu", i);
        assert_file(name, "meanwhile");
    }
    struct file_writer *late = writer_of("mount-c/late", WRITTEN_FILE_FRESH); /* no device is known */
    assert_null(file_writer_close(&late, a_while()));
    assert_int_equal(disk_n_hanging(), DISK_TURNS);
    thaw();
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++) {
        assert_null(file_writer_close(&frozen[i], a_while()));
        snprintf(name, sizeof name, "mount-a/%zu", i);
        assert_file(name, "after the thaw");
    }
}

/* The mount is frozen when the server starts: the place that the owner names takes the part of the device. */
static void a_mount_that_was_never_seen_is_known_by_its_place(void **state)
{
    (void)state;
    struct file_writer        *frozen[3 * DISK_TURNS];
    char                       name[64];
    struct file_writer_options o = usual;
    char                       place[128];
    strcpy(place, path_in("mount-a"));
    o.place = place;
    freeze_path(place);
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++) {
        snprintf(name, sizeof name, "mount-a/stream-%zu/list", i);
        frozen[i] = writer(&o);
        assert_true(put(frozen[i], name, "late"));
    }
    memset(place, 'x', sizeof place - 1); /* it was copied */
    hang_in_all_turns(frozen, ARRAY_LEN(frozen));
    struct file_writer *fine = writer(&usual);
    assert_true(put(fine, "mount-b/list", "in time"));
    assert_null(file_writer_close(&fine, a_while()));
    assert_int_equal(disk_n_hanging(), DISK_TURNS);
    thaw();
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++)
        file_writer_leave(&frozen[i]);
    assert_true(file_writers_finish(a_while()));
    assert_file("mount-a/stream-11/list", "late");
}

static void a_file_that_is_left_and_opened_again_is_not_written_by_both(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("mount-a/1.tmp", WRITTEN_FILE_WHOLE);
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    for (int i = 0; i < 20; i++)
        say(w, "old,");
    assert_true(file_writer_rename(w, path_in("mount-a/1.tmp"), path_in("mount-a/1.ts")));
    assert_true(put(w, "mount-a/list", "old"));
    file_writer_leave(&w);
    struct file_writer *next = writer_of("mount-a/1.tmp", WRITTEN_FILE_WHOLE), *last = writer(&usual);
    say(next, "new");
    assert_true(file_writer_rename(next, path_in("mount-a/1.tmp"), path_in("mount-a/2.ts")));
    assert_true(put(next, "mount-a/list", "new"));
    file_writer_leave(&next);
    assert_true(put(last, "mount-a/list", "newest"));
    struct file_writer *other = writer(&usual);
    assert_true(put(other, "mount-a/other", "of its own"));
    wait_for_hanging(2); /* the oldest, and the one with a file of its own */
    thaw();
    assert_null(file_writer_close(&last, a_while()));
    assert_null(file_writer_close(&other, a_while()));
    assert_file("mount-a/2.ts", "new");
    assert_file("mount-a/list", "newest");
    struct stat st;
    assert_int_equal(stat(path_in("mount-a/1.ts"), &st), 0);
    assert_int_equal(st.st_size, 20 * 4);
}

static void a_writer_that_was_given_up_writes_nothing_into_a_later_file(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("log", WRITTEN_FILE_APPEND);
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    say(w, "old");
    wait_for_hanging(1);
    assert_int_equal(code_of(file_writer_close(&w, now_us() + 1000)), E_SOCKET_TIMEOUT);
    w = writer_of("log", WRITTEN_FILE_FRESH);
    say(w, "new");
    assert_int_equal(code_of(file_writer_wait(w, now_us() + 1000)), E_SOCKET_TIMEOUT);
    thaw();
    assert_null(file_writer_close(&w, a_while()));
    assert_file("log", "new");
}

/* A writer is given up while it waits: for its turn, or for an earlier writer of its file. */
static void what_waits_may_be_given_up_too(void **state)
{
    (void)state;
    struct file_writer *w[DISK_TURNS + 2];
    char                name[32];
    for (int i = 0; i < DISK_TURNS + 1; i++) {
        snprintf(name, sizeof name, "%d", i);
        w[i] = writer_of(name, WRITTEN_FILE_WHOLE);
        assert_null(file_writer_wait(w[i], a_while()));
    }
    freeze();
    for (int i = 0; i < DISK_TURNS + 1; i++)
        say(w[i], "x");
    hang_in_all_turns(w, DISK_TURNS + 1);
    file_writer_leave(&w[0]);
    w[DISK_TURNS + 1] = writer_of("0", WRITTEN_FILE_WHOLE);
    for (int i = 1; i < DISK_TURNS + 2; i++)
        assert_int_equal(code_of(file_writer_close(&w[i], now_us() - 1)), E_SOCKET_TIMEOUT);
    thaw();
    int64_t deadline_us = a_while();
    for (int i = 0; i < DISK_TURNS + 1; i++) { /* threads close the files, and remove what is incomplete */
        snprintf(name, sizeof name, "%d", i);
        while (is_there(name) && now_us() < deadline_us)
            co_give_way();
        assert_false(is_there(name));
    }
}

static void hung_writers_that_were_left_are_freed_when_the_threads_end(void **state)
{
    (void)state;
    struct file_writer *w;
    char                name[32];
    freeze();
    for (int i = 0; i < 5 * DISK_TURNS; i++) {
        snprintf(name, sizeof name, "%d", i % (2 * DISK_TURNS));
        w = writer_of(name, WRITTEN_FILE_FRESH);
        say(w, "x");
        file_writer_leave(&w);
    }
    wait_for_hanging(1); /* They are a crew. */
    offload_shutdown(1000);
    assert_false(file_writers_finish(now_us() + 1000));
    thaw();
    offload_shutdown(PATIENCE_US);
    assert_true(file_writers_finish(now_us() - 1));
}

static void a_cancelled_owner_leaves_its_writer_to_finish(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("left", WRITTEN_FILE_FRESH);
    freeze();
    say(w, "to the end");
    file_writer_leave(&w);
    assert_null(w);
    assert_false(file_writers_finish(now_us() + 1000));
    thaw();
    assert_true(file_writers_finish(a_while()));
    assert_file("left", "to the end");
}

static void close_late(void *arg)
{
    struct file_writer *w = arg;
    say(w, "of a cancelled coroutine");
    err_free(file_writer_close(&w, DEADLINE_NEVER));
}

static void close_does_not_hold_up_a_cancel(void **state)
{
    (void)state;
    struct co *co;
    freeze();
    assert_null(co_go(&group, "test", close_late, writer_of("cancelled", WRITTEN_FILE_FRESH), &co));
    co_give_way();
    co_cancel(co);
    assert_true(co_group_join(&group, a_while())); /* the join succeeds although the disk is frozen */
    thaw();
    assert_true(file_writers_finish(a_while()));
    assert_file("cancelled", "of a cancelled coroutine");
}

/* Limit the size of each file, as a full disk does. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_loses_whole_units_and_recovers(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("full", WRITTEN_FILE_FRESH);
    assert_null(file_writer_wait(w, a_while()));
    limit_files(10);
    for (int i = 0; i < 4; i++)
        say(w, "1234"); /* the third is cut in its middle */
    struct err *e = file_writer_wait(w, a_while());
    assert_int_equal(err_code(e), E_SYSTEM_FILE_WRITE);
    assert_int_equal(err_errno(e), EFBIG);
    err_free(e);
    assert_file("full", "12341234");
    assert_int_equal(file_writer_lost(w).units, 2);
    assert_int_equal(file_writer_lost(w).bytes, 8);
    limit_files(RLIM_INFINITY);
    say(w, "56");
    assert_null(file_writer_close(&w, a_while()));
    assert_file("full", "1234123456");
}

/* The second unit is cut in its second piece. */
static void of_shared_units_the_whole_ones_stay(void **state)
{
    (void)state;
    struct iovec        iov[] = { { "12", 2 }, { "34", 2 }, { "5", 1 }, { "678", 3 }, { "9", 1 }, { "0", 1 } };
    struct file_writer *w = writer_of("full", WRITTEN_FILE_FRESH);
    n_released = 0;
    assert_null(file_writer_wait(w, a_while()));
    limit_files(6);
    assert_true(file_writer_append_units(w, iov, 6, 2, count_release, w));
    struct err *e = file_writer_wait(w, a_while());
    assert_int_equal(err_errno(e), EFBIG);
    err_free(e);
    assert_file("full", "1234");
    assert_int_equal(n_released, 1);
    assert_int_equal(file_writer_lost(w).units, 2);
    assert_int_equal(file_writer_lost(w).bytes, 6);
    limit_files(RLIM_INFINITY);
    assert_true(file_writer_append_units(w, iov, 6, 2, count_release, w));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("full", "12341234567890");
}

static void a_playlist_never_names_a_segment_that_is_lost(void **state)
{
    (void)state;
    bool                is_told;
    struct file_writer *w = writer(&usual);
    told.n = 0;
    assert_true(cut_segment(w, "1.ts", "media", "0.ts", &is_told));
    assert_null(file_writer_wait(w, a_while()));
    limit_files(10);
    assert_true(cut_segment(w, "2.ts", "more than there is room for", "1.ts", &is_told));
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_WRITE);
    assert_true(is_told && told.n == 2 && !told.ok && told.n_files_lost == 1);
    assert_int_equal(file_writer_lost(w).files, 1);
    assert_file("list", "1.ts");
    assert_file("1.ts", "media");
    assert_false(is_there("s.tmp") || is_there("2.ts") || is_there("list.tmp"));
    limit_files(RLIM_INFINITY);
    assert_true(cut_segment(w, "3.ts", "longer than the limit was", "1.ts", &is_told));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("3.ts", "longer than the limit was");
    assert_file("list", "3.ts");
    assert_false(is_there("1.ts"));
}

static void a_whole_file_is_removed_when_a_part_does_not_fit_into_the_queue(void **state)
{
    (void)state;
    static const char   large[QUEUE_BYTES];
    struct file_writer *w = writer_of("w.tmp", WRITTEN_FILE_WHOLE);
    say(w, "begins");
    assert_false(file_writer_append(w, large, sizeof large));
    assert_false(say(w, "goes on")); /* it would be in vain */
    assert_true(file_writer_rename(w, path_in("w.tmp"), path_in("w")));
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_WRITE);
    assert_false(is_there("w") || is_there("w.tmp"));
    assert_int_equal(file_writer_lost(w).files, 1);
    assert_int_equal(file_writer_lost(w).units, 2);
    assert_true(file_writer_open(w, path_in("w.tmp"), WRITTEN_FILE_WHOLE, 0));
    say(w, "whole");
    assert_true(file_writer_rename(w, path_in("w.tmp"), path_in("w")));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("w", "whole");
}

static void a_whole_file_that_was_not_renamed_is_removed(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("a.tmp", WRITTEN_FILE_WHOLE);
    say(w, "given up by its owner");
    assert_true(file_writer_open(w, path_in("b.tmp"), WRITTEN_FILE_WHOLE, 0));
    assert_null(file_writer_close(&w, a_while()));
    assert_false(is_there("a.tmp") || is_there("b.tmp"));
}

static void a_file_that_cannot_be_opened_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path_in("taken"), 0755), 0);
    struct file_writer *w = writer_of("taken", WRITTEN_FILE_FRESH);
    say(w, "lost");
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_OPEN);
    assert_int_equal(file_writer_lost(w).units, 1);
    assert_int_equal(rmdir(path_in("taken")), 0);
    say(w, "found");
    assert_null(file_writer_close(&w, a_while()));
    assert_file("taken", "found");
}

static void a_pipe_without_a_reader_does_not_hold_a_thread(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(path_in("pipe"), 0600), 0);
    struct file_writer *w = writer_of("pipe", WRITTEN_FILE_APPEND);
    say(w, "x");
    assert_int_equal(code_of(file_writer_close(&w, a_while())), E_SYSTEM_FILE_OPEN);
}

static void a_failed_rename_is_told_and_nothing_else_suffers(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("good", WRITTEN_FILE_FRESH);
    assert_true(file_writer_rename(w, path_in("none"), path_in("some")));
    say(w, "good");
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_RENAME);
    assert_null(file_writer_wait(w, a_while())); /* the error is reported once */
    assert_int_equal(file_writer_lost(w).units, 0);
    assert_null(file_writer_close(&w, a_while()));
    assert_file("good", "good");
}

static void the_threads_may_have_ended(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("late", WRITTEN_FILE_FRESH);
    assert_null(file_writer_wait(w, a_while()));
    offload_shutdown(PATIENCE_US);
    say(w, "too late");
    assert_int_equal(code_of(file_writer_close(&w, a_while())), E_THREAD_TERMINATED);
    w = writer(&usual);
    file_writer_leave(&w);
    assert_true(file_writers_finish(a_while()));
}

/* ---- bounds ---------------------------------------------------------------------------------------------------- */

static void a_unit_larger_than_the_queue_is_lost(void **state)
{
    (void)state;
    static const char   large[QUEUE_BYTES];
    struct file_writer *w = writer_of("large", WRITTEN_FILE_FRESH);
    assert_false(file_writer_append(w, large, sizeof large));
    assert_true(file_writer_append(w, large, sizeof large - sizeof(size_t)));
    assert_null(file_writer_close(&w, a_while()));
}

static void operations_are_bounded_too(void **state)
{
    (void)state;
    struct file_writer *w = writer_of("many", WRITTEN_FILE_FRESH);
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    int n = 0;
    while (n <= FILE_WRITER_OPS_MAX && file_writer_sync(w))
        n++;
    assert_int_equal(n, FILE_WRITER_OPS_MAX);
    thaw();
    assert_null(file_writer_close(&w, a_while()));
}

static int n_shared;

/* True when there was no nth allocation. */
static bool survives(int n)
{
    struct file_writer *w = NULL;
    mem_fail_after(n);
    struct err *e = file_writer_create(&w, &usual);
    if (w) {
        bool opened = file_writer_open(w, path_in("memory"), WRITTEN_FILE_FRESH, 0);
        say(w, "first");
        say(w, "second");
        bool renamed = file_writer_rename(w, path_in("memory"), path_in("moved"));
        assert_true((opened && renamed) || mem_failed());
        bool is_told, all = cut_segment(w, "m.ts", "media", "none", &is_told);
        assert_true(all || mem_failed());
        err_free(file_writer_wait(w, a_while()));
        assert_int_equal(is_told, all);
        n_shared++;
        err_free(file_writer_close(&w, a_while()));
    }
    bool failed = mem_failed();
    mem_fail_after(-1);
    assert_true(!e || failed);
    return !failed;
}

static void memory_may_run_out_at_every_allocation(void **state)
{
    (void)state;
    int n = 0;
    n_released = n_shared = 0;
    while (!survives(n))
        n++;
    assert_true(n > 20);
    assert_int_equal(n_released, n_shared);
    assert_file("moved", "firstsecond");
    assert_file("m.ts", "media");
    assert_file("list", "m.ts");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(appends_come_in_their_order),
        CASE(a_unit_may_come_in_pieces),
        CASE(missing_folders_are_made),
        CASE(one_writer_keeps_the_order_among_its_files),
        CASE(a_file_goes_on_or_begins_anew),
        CASE(a_file_that_is_full_is_rotated_between_units),
        CASE(gathered_appends_go_out_together),
        CASE(shared_bytes_are_written_and_given_back),
        CASE(shared_bytes_count_in_the_queue_and_come_back_when_refused),
        CASE(a_put_replaces_a_file_as_a_whole),
        CASE(a_put_may_share_its_bytes),
        CASE(of_puts_that_wait_the_newest_is_written),
        CASE(files_are_removed_in_their_turn),
        CASE(a_batch_is_one_job_and_tells_its_end),
        CASE(a_function_of_the_owner_has_its_turn),
        CASE(a_frozen_disk_costs_what_exceeds_the_queue_and_no_time),
        CASE(a_writer_is_given_up_at_its_deadline),
        CASE(writers_of_one_disk_go_to_a_thread_together),
        CASE(a_writer_that_is_waited_for_leaves_a_crew_that_hangs),
        CASE(a_frozen_mount_holds_up_only_the_writers_of_its_files),
        CASE(a_mount_that_was_never_seen_is_known_by_its_place),
        CASE(a_file_that_is_left_and_opened_again_is_not_written_by_both),
        CASE(a_writer_that_was_given_up_writes_nothing_into_a_later_file),
        CASE(what_waits_may_be_given_up_too),
        CASE(hung_writers_that_were_left_are_freed_when_the_threads_end),
        CASE(a_cancelled_owner_leaves_its_writer_to_finish),
        CASE(close_does_not_hold_up_a_cancel),
        CASE(a_full_disk_loses_whole_units_and_recovers),
        CASE(of_shared_units_the_whole_ones_stay),
        CASE(a_playlist_never_names_a_segment_that_is_lost),
        CASE(a_whole_file_is_removed_when_a_part_does_not_fit_into_the_queue),
        CASE(a_whole_file_that_was_not_renamed_is_removed),
        CASE(a_file_that_cannot_be_opened_is_tried_again),
        CASE(a_pipe_without_a_reader_does_not_hold_a_thread),
        CASE(a_failed_rename_is_told_and_nothing_else_suffers),
        CASE(the_threads_may_have_ended),
        CASE(a_unit_larger_than_the_queue_is_lost),
        CASE(operations_are_bounded_too),
        CASE(memory_may_run_out_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
