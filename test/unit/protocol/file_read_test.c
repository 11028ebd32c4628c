/* Small files that threads read for the loop: contents, bounds, a disk that hangs. */
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "loop.h"
#include "protocol/disk.h"
#include "protocol/file_read.h"
#include "protocol/file_writer.h"

static int setup(void **state)
{
    (void)state;
    return disk_begin();
}

static int teardown(void **state)
{
    (void)state;
    return disk_end();
}

static void make_file(const char *name, const char *text)
{
    FILE *f = fopen(path_in(name), "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void a_file_is_read_as_a_whole(void **state)
{
    (void)state;
    struct buf b;
    make_file("list", "#EXTM3U\n");
    assert_null(file_read(path_in("list"), 8, &b, a_while()));
    assert_string_equal(b.bytes, "#EXTM3U\n");
    buf_finish(&b);
    make_file("empty", "");
    assert_null(file_read(path_in("empty"), 8, &b, a_while()));
    assert_int_equal(b.len, 0);
    buf_finish(&b);
}

static void each_failure_has_its_code(void **state)
{
    (void)state;
    struct buf b;
    make_file("list", "#EXTM3U\n");
    assert_int_equal(mkdir(path_in("folder"), 0755), 0);
    assert_int_equal(mkfifo(path_in("pipe"), 0600), 0);
    assert_int_equal(code_of(file_read(path_in("list"), 7, &b, a_while())), E_LIMIT);
    assert_null(b.bytes);
    assert_int_equal(code_of(file_read(path_in("none"), 7, &b, a_while())), E_SYSTEM_FILE_NOT_EXISTS);
    assert_int_equal(code_of(file_read(path_in("list/none"), 7, &b, a_while())), E_SYSTEM_FILE_NOT_EXISTS);
    assert_int_equal(code_of(file_read(path_in("folder"), 7, &b, a_while())), E_SYSTEM_FILE_OPEN);
    assert_int_equal(code_of(file_read(path_in("pipe"), 7, &b, a_while())), E_SYSTEM_FILE_OPEN);
    assert_int_equal(code_of(file_names(path_in("none"), "", 100, &b, a_while())), E_SYSTEM_FILE_NOT_EXISTS);
}

static void names_are_those_of_files_with_the_prefix(void **state)
{
    (void)state;
    struct buf b;
    make_file("cam-1.ts", "");
    make_file("cam-2.ts", "");
    make_file("dam-1.ts", "");
    assert_int_equal(mkdir(path_in("cam-folder"), 0755), 0);
    assert_int_equal(symlink("cam-1.ts", path_in("cam-link")), 0);
    assert_null(file_names(folder, "cam-", 1000, &b, a_while()));
    int         n = 0;
    const char *name = NULL;
    for (; (name = file_names_next(&b, name)); n++)
        assert_true(strcmp(name, "cam-1.ts") == 0 || strcmp(name, "cam-2.ts") == 0);
    assert_int_equal(n, 2);
    buf_finish(&b);
    assert_null(file_names(folder, "none", 1000, &b, a_while()));
    assert_null(file_names_next(&b, NULL));
    assert_int_equal(code_of(file_names(folder, "cam-", 10, &b, a_while())), E_LIMIT);
}

static void frozen_writers_do_not_hold_up_a_read(void **state)
{
    (void)state;
    struct file_writer_options o = { .what = "test", .queue_bytes_max = 1000 };
    struct file_writer        *w[8];
    struct buf                 b;
    char                       name[32];
    make_file("list", "text");
    freeze_path(path_in("mount-a"));
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "mount-a/%d/list", i);
        assert_null(file_writer_create(&w[i], &o));
        assert_true(file_writer_put(w[i], path_in(name), ".tmp", "x", 1));
    }
    wait_for_hanging(8);
    assert_null(file_read(path_in("list"), 100, &b, a_while()));
    assert_string_equal(b.bytes, "text");
    buf_finish(&b);
    thaw();
    for (int i = 0; i < 8; i++)
        assert_null(file_writer_close(&w[i], a_while()));
}

static void a_read_that_hangs_is_given_up_and_others_go_on(void **state)
{
    (void)state;
    struct buf b;
    make_file("list", "text");
    freeze_path(path_in("mount-a"));
    for (int i = 0; i < OFFLOAD_HUNG_MAX - 1; i++) {
        assert_int_equal(code_of(file_read(path_in("mount-a/list"), 100, &b, now_us() + 1000)), E_SOCKET_TIMEOUT);
        wait_for_hanging(i + 1);
    }
    assert_null(file_read(path_in("list"), 100, &b, a_while()));
    assert_string_equal(b.bytes, "text");
    buf_finish(&b);
    thaw();
}

/* True when there was no nth allocation. */
static bool survives(int n)
{
    struct buf contents, names;
    mem_fail_after(n);
    struct err *e = file_read(path_in("list"), 100, &contents, a_while());
    struct err *f = file_names(folder, "list", 100, &names, a_while());
    bool        failed = mem_failed();
    mem_fail_after(-1);
    assert_true((!e && !f) || failed);
    assert_true((!e) == (contents.len == 4) && (!f) == (names.len == 5));
    err_free(e);
    err_free(f);
    buf_finish(&contents);
    buf_finish(&names);
    return !failed;
}

static void memory_may_run_out_at_every_allocation(void **state)
{
    (void)state;
    int n = 0;
    make_file("list", "text");
    while (!survives(n))
        n++;
    assert_true(n >= 6);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_file_is_read_as_a_whole),
        CASE(each_failure_has_its_code),
        CASE(names_are_those_of_files_with_the_prefix),
        CASE(frozen_writers_do_not_hold_up_a_read),
        CASE(a_read_that_hangs_is_given_up_and_others_go_on),
        CASE(memory_may_run_out_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
