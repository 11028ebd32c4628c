/* A stream's files on a disk that is full, read-only, out of reach or gone: what is lost, what the log says, and the recovery. */
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "logged.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/disk.h"
#include "protocol/file_writer.h"
#include "protocol/offload.h"
#include "protocol/written_segments.h"

static const struct file_writer_options usual = { .what = "HLS", .queue_bytes_max = 64 << 10 };

static int setup(void **state)
{
    (void)state;
    told.n = 0;
    return disk_begin();
}

static int teardown(void **state)
{
    (void)state;
    return disk_end();
}

static struct file_writer *writer(void)
{
    struct file_writer *w;
    assert_null(file_writer_create(&w, &usual));
    return w;
}

/* A fault of the disk, and how the owner sees it. */
struct fault {
    enum disk_call call;
    int            failure;
};

/* Cut two segments while the disk has the fault, and one when it is gone. */
static void live_through(void *arg)
{
    const struct fault *fault = arg;
    struct file_writer *w = writer();
    bool                is_told;
    assert_true(cut_segment(w, "1.ts", "one", "0.ts", &is_told));
    assert_null(file_writer_wait(w, a_while()));
    disk_fail(fault->call, fault->failure);
    assert_true(cut_segment(w, "2.ts", "two", "1.ts", &is_told));
    struct err *e = file_writer_wait(w, a_while());
    assert_int_equal(err_errno(e), fault->failure);
    err_free(e);
    assert_true(is_told && !told.ok && told.n_files_lost == 1);
    assert_true(cut_segment(w, "3.ts", "three", "1.ts", &is_told));
    err_free(file_writer_wait(w, a_while()));
    assert_true(is_told && !told.ok && told.n_files_lost == 1);
    assert_file("list", "1.ts");
    assert_file("1.ts", "one");
    assert_false(is_there("2.ts") || is_there("3.ts") || is_there("s.tmp") || is_there("list.tmp"));
    assert_int_equal(file_writer_lost(w).files, 2);

    disk_fail(fault->call, 0);
    assert_true(cut_segment(w, "4.ts", "four", "1.ts", &is_told));
    assert_null(file_writer_wait(w, a_while()));
    assert_true(is_told && told.ok && told.n_files_lost == 0);
    assert_file("list", "4.ts");
    assert_file("4.ts", "four");
    assert_false(is_there("1.ts"));
    assert_null(file_writer_close(&w, a_while()));
}

static void each_fault_of_a_disk_is_logged_once_and_recovers_by_itself(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        { DISK_OPEN, EROFS },   { DISK_OPEN, EACCES },  { DISK_OPEN, ENOSPC },   { DISK_OPEN, EMFILE },
        { DISK_WRITE, ENOSPC }, { DISK_WRITE, EDQUOT }, { DISK_WRITE, EIO },     { DISK_CLOSE, ENOSPC },
        { DISK_CLOSE, EIO },    { DISK_RENAME, EROFS }, { DISK_RENAME, EACCES },
    };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct fault fault = faults[i];
        log_of(live_through, &fault);
        assert_int_equal(times_logged("HLS, "), 2);
        assert_int_equal(times_logged(strerror(fault.failure)), 1);
        assert_int_equal(times_logged("what comes is lost until it can be written again"), 1);
        assert_int_equal(times_logged("written again, lost: 2 files"), 1);
    }
}

static void a_folder_that_was_removed_is_made_again(void **state)
{
    (void)state;
    struct file_writer *w = writer();
    assert_true(put(w, "live/cam/list", "one"));
    assert_null(file_writer_wait(w, a_while()));
    assert_int_equal(remove(path_in("live/cam/list")), 0);
    assert_int_equal(remove(path_in("live/cam")), 0);
    assert_int_equal(remove(path_in("live")), 0);
    assert_true(put(w, "live/cam/list", "two"));
    assert_null(file_writer_wait(w, a_while()));
    assert_file("live/cam/list", "two");

    /* It is removed while a segment is written: this one is lost, the next one is not. */
    assert_true(file_writer_open(w, path_in("live/dam/s.tmp"), WRITTEN_FILE_WHOLE, 0));
    share(w, "lost", "");
    assert_null(file_writer_wait(w, a_while()));
    assert_int_equal(remove(path_in("live/dam/s.tmp")), 0);
    assert_int_equal(remove(path_in("live/dam")), 0);
    assert_true(file_writer_rename(w, path_in("live/dam/s.tmp"), path_in("live/dam/1.ts")));
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_RENAME);
    assert_int_equal(file_writer_lost(w).files, 1);
    assert_true(file_writer_open(w, path_in("live/dam/s.tmp"), WRITTEN_FILE_WHOLE, 0));
    share(w, "whole", "");
    assert_true(file_writer_rename(w, path_in("live/dam/s.tmp"), path_in("live/dam/2.ts")));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("live/dam/2.ts", "whole");
}

static void a_folder_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    struct file_writer *w = writer();
    disk_fail(DISK_MKDIR, EACCES);
    assert_true(put(w, "live/list", "one"));
    struct err *e = file_writer_wait(w, a_while());
    assert_int_equal(err_code(e), E_SYSTEM_CREATE_DIR);
    assert_int_equal(err_errno(e), EACCES);
    err_free(e);
    disk_fail(DISK_MKDIR, 0);
    assert_true(put(w, "live/list", "two"));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("live/list", "two");
}

static void a_name_that_is_too_long_is_an_error_of_its_own(void **state)
{
    (void)state;
    char                path[PATH_MAX + 100];
    struct file_writer *w = writer();
    size_t              n = strlen(folder);
    snprintf(path, sizeof path, "%s/", folder);
    memset(path + n + 1, 'n', NAME_MAX + 1);
    path[n + 1 + NAME_MAX + 1] = '\0';
    assert_true(file_writer_put(w, path, ".tmp", "x", 1));
    struct err *e = file_writer_wait(w, a_while());
    assert_int_equal(err_errno(e), ENAMETOOLONG);
    err_free(e);
    memset(path + n + 1, 'n', sizeof path - n - 2);
    path[sizeof path - 1] = '\0';
    assert_false(file_writer_put(w, path, ".tmp", "x", 1));
    assert_int_equal(file_writer_lost(w).files, 2);
    assert_true(file_writer_open(w, path, WRITTEN_FILE_WHOLE, 0));
    share(w, "x", "");
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_OPEN);
    assert_true(put(w, "short", "x"));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("short", "x");
}

static void what_cannot_be_removed_costs_nothing_else(void **state)
{
    (void)state;
    bool                is_told;
    struct file_writer *w = writer();
    assert_int_equal(mkdir(path_in("a-folder"), 0755), 0);
    assert_true(cut_segment(w, "1.ts", "one", "a-folder", &is_told));
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_WRITE);
    assert_true(is_told && told.ok && told.n_files_lost == 0);
    assert_null(file_writer_close(&w, a_while()));
    assert_file("list", "1.ts");
}

/* A second segment of the same batch is written although the first one is lost; the playlist is not. */
static void segments_of_one_batch_do_not_depend_on_each_other(void **state)
{
    (void)state;
    bool                is_told = false;
    struct file_writer *w = writer();
    assert_int_equal(mkdir(path_in("a.tmp"), 0755), 0);
    file_writer_batch_begin(w);
    assert_true(file_writer_open(w, path_in("a.tmp"), WRITTEN_FILE_WHOLE, 0));
    share(w, "sound", "");
    assert_true(file_writer_rename(w, path_in("a.tmp"), path_in("a")));
    assert_true(file_writer_open(w, path_in("v.tmp"), WRITTEN_FILE_WHOLE, 0));
    share(w, "picture", "");
    assert_true(file_writer_rename(w, path_in("v.tmp"), path_in("v")));
    put(w, "list", "a v");
    assert_true(file_writer_batch_end(w, batch_told, &is_told));
    err_free(file_writer_close(&w, a_while()));
    assert_file("v", "picture");
    assert_false(is_there("a") || is_there("list"));
}

/* Two segments wait for the disk. The first one is lost, so the playlist of the second one, which names both, is not put. */
static void a_playlist_that_waits_does_not_name_a_segment_that_is_lost_meanwhile(void **state)
{
    (void)state;
    bool                told_2, told_3, is_told;
    struct file_writer *w = writer();
    assert_int_equal(mkdir(path_in("2.ts"), 0755), 0); /* no file can have this name */
    assert_true(cut_segment(w, "1.ts", "one", "0.ts", &is_told));
    assert_null(file_writer_wait(w, a_while()));
    freeze();
    assert_true(cut_segment(w, "2.ts", "two", "1.ts", &told_2));
    wait_for_hanging(1);
    assert_true(cut_segment(w, "3.ts", "three", "1.ts", &told_3)); /* a later job */
    thaw();
    assert_int_equal(code_of(file_writer_wait(w, a_while())), E_SYSTEM_FILE_RENAME);
    assert_true(told_2 && told_3 && told.n == 3);
    assert_true(!told.ok && told.n_files_lost == 0);
    assert_file("3.ts", "three");
    assert_file("list", "1.ts");
    assert_file("1.ts", "one");
    assert_true(cut_segment(w, "4.ts", "four", "1.ts", &is_told));
    assert_null(file_writer_close(&w, a_while()));
    assert_file("list", "4.ts");
    assert_false(is_there("1.ts"));
}

/* The callback queues what is true after the loss, and leaves the writer. */
static struct file_writer *left_in_callback;

static void put_and_leave(void *arg, const struct file_writer_result *r)
{
    batch_told(arg, r);
    put(left_in_callback, "list", "nothing");
    file_writer_leave(&left_in_callback);
}

static void a_callback_may_queue_more_and_leave(void **state)
{
    (void)state;
    bool is_told = false, later = false;
    left_in_callback = writer();
    struct file_writer *w = left_in_callback;
    file_writer_batch_begin(w);
    assert_true(file_writer_rename(w, path_in("none"), path_in("some")));
    assert_true(file_writer_batch_end(w, put_and_leave, &is_told));
    file_writer_batch_begin(w);
    assert_true(put(w, "other", "x"));
    assert_true(file_writer_batch_end(w, batch_told, &later));
    int64_t deadline_us = a_while();
    while (!is_told && now_us() < deadline_us)
        co_give_way();
    assert_true(file_writers_finish(a_while()));
    assert_true(is_told && !later); /* The owner has gone, so nobody is told any more. */
    assert_file("list", "nothing");
    assert_false(is_there("other")); /* It was asked for before the loss was told. */
}

/* What could not be queued is known at once. */
static void a_batch_that_does_not_fit_into_the_queue_is_lost_at_once(void **state)
{
    (void)state;
    static char         large[40 << 10];
    bool                is_told = false;
    struct file_writer *w = writer();
    memset(large, 'x', sizeof large - 1);
    freeze();
    assert_true(cut_segment(w, "1.ts", large, "0.ts", &is_told));
    assert_false(cut_segment(w, "2.ts", large, "1.ts", &is_told));
    assert_int_equal(file_writer_lost(w).units, 1);
    thaw();
    int code = code_of(file_writer_wait(w, a_while()));
    assert_int_equal(code, E_SYSTEM_FILE_WRITE);
    assert_int_equal(told.n, 1);
    assert_true(told.ok);
    assert_int_equal(file_writer_lost(w).files, 1);
    assert_file("list", "1.ts");
    assert_file("1.ts", large);
    assert_false(is_there("2.ts") || is_there("s.tmp"));
    assert_null(file_writer_close(&w, a_while()));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(each_fault_of_a_disk_is_logged_once_and_recovers_by_itself),
        CASE(a_folder_that_was_removed_is_made_again),
        CASE(a_folder_that_cannot_be_made_is_told),
        CASE(a_name_that_is_too_long_is_an_error_of_its_own),
        CASE(what_cannot_be_removed_costs_nothing_else),
        CASE(segments_of_one_batch_do_not_depend_on_each_other),
        CASE(a_playlist_that_waits_does_not_name_a_segment_that_is_lost_meanwhile),
        CASE(a_callback_may_queue_more_and_leave),
        CASE(a_batch_that_does_not_fit_into_the_queue_is_lost_at_once),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
