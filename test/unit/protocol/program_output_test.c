/* Output of programs: whole lines go through pipes into bounded files. */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/disk.h"
#include "protocol/file_writer.h"
#include "protocol/offload.h"
#include "protocol/program_output.h"

enum { LARGE = 1 << 30 };

static int setup(void **state)
{
    (void)state;
    program_output_init();
    return disk_begin();
}

static int teardown(void **state)
{
    (void)state;
    program_output_shutdown(PATIENCE_US);
    return disk_end();
}

static int pipe_to(const char *name, int64_t max_bytes)
{
    int fd = -1;
    assert_null(program_output_open(path_in(name), max_bytes, NULL, &fd));
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* End the program and wait until its output is in the file. */
static void end(int fd)
{
    close(fd);
    program_output_shutdown(PATIENCE_US);
    assert_true(file_writers_finish(now_us() + PATIENCE_US));
    program_output_init();
}

static struct buf text_of(const char *name)
{
    struct buf b = buf_up_to(LARGE);
    int        fd = open(path_in(name), O_RDONLY);
    if (fd >= 0) {
        assert_true(buf_read_all(&b, fd));
        close(fd);
    }
    buf_text(&b, "");
    return b;
}

static bool holds(const char *name, const char *wanted)
{
    struct buf b = text_of(name);
    bool       equal = strcmp(b.bytes, wanted) == 0;
    buf_finish(&b);
    return equal;
}

static void wait_for_text(const char *name, const char *wanted)
{
    int64_t deadline_us = a_while();
    while (!holds(name, wanted) && now_us() < deadline_us)
        err_free(co_sleep(5 * US_PER_MS));
    assert_true(holds(name, wanted));
}

static void lines_come_into_the_file_behind_what_is_there(void **state)
{
    (void)state;
    int fd = pipe_to("log", LARGE);
    say(fd, "one\ntwo\n");
    wait_for_text("log", "one\ntwo\n"); /* lines arrive at once */
    say(fd, "thr");
    say(fd, "ee\nfo");
    end(fd);
    assert_true(holds("log", "one\ntwo\nthree\nfo"));
    fd = pipe_to("log", LARGE);
    say(fd, "ur\n");
    end(fd);
    assert_true(holds("log", "one\ntwo\nthree\nfour\n"));
}

static void a_part_of_a_line_waits_for_its_end_for_a_while(void **state)
{
    (void)state;
    int fd = pipe_to("prompt", LARGE);
    say(fd, "password? ");
    wait_for_text("prompt", "password? ");
    end(fd);
}

static void programs_with_one_path_share_the_file_line_by_line(void **state)
{
    (void)state;
    int a = pipe_to("both", LARGE), b = pipe_to("both", LARGE);
    say(a, "a begins,");
    co_give_way();
    say(b, "b in whole\n");
    co_give_way();
    say(a, " a ends\n");
    close(b);
    end(a);
    assert_true(holds("both", "b in whole\na begins, a ends\n"));
}

static void a_full_file_becomes_the_older_one(void **state)
{
    (void)state;
    int  fd = pipe_to("bounded", 1000);
    char line[101];
    memset(line, 'x', sizeof line);
    line[99] = '\n';
    line[100] = '\0';
    for (int i = 0; i < 25; i++) {
        line[0] = (char)('A' + i);
        say(fd, line);
        co_give_way();
    }
    end(fd);
    struct buf now = text_of("bounded"), before = text_of("bounded.1");
    assert_true(now.len <= 1000 && now.len > 0);
    assert_true(before.len <= 1000 && before.len > 0);
    assert_int_equal(now.len % 100, 0); /* only whole lines are kept */
    assert_int_equal(now.bytes[now.len - 100], 'A' + 24);
    buf_finish(&now);
    buf_finish(&before);
}

static void a_line_without_an_end_is_cut(void **state)
{
    (void)state;
    char part[1000];
    int  fd = pipe_to("long", LARGE);
    memset(part, 'y', sizeof part);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(write(fd, part, sizeof part), sizeof part);
        co_give_way();
    }
    end(fd);
    struct buf b = text_of("long");
    assert_int_equal(b.len, 40 * sizeof part);
    buf_finish(&b);
}

static void a_frozen_disk_does_not_hold_the_program_up(void **state)
{
    (void)state;
    enum { LINES = 10000 };
    static const char line[] = "a line of the usual length, which a program writes to its standard error\n";
    int               fd = pipe_to("frozen", LARGE), n_written = 0;
    freeze();
    fcntl(fd, F_SETFL, O_NONBLOCK);
    int64_t deadline_us = a_while();
    while (n_written < LINES && now_us() < deadline_us)
        if (write(fd, line, sizeof line - 1) > 0)
            n_written++;
        else
            co_give_way();              /* the pipe is full until the coroutine has read */
    assert_int_equal(n_written, LINES); /* output beyond the queue is dropped, so no write blocks */
    thaw();
    end(fd);
    struct buf b = text_of("frozen");
    assert_true(b.len > 0 && b.len <= PROGRAM_OUTPUT_QUEUE_BYTES + (64 << 10));
    buf_finish(&b);
}

static void a_device_is_written_to_and_never_rotated(void **state)
{
    (void)state;
    int fd = -1;
    assert_null(program_output_open("/dev/null", 100, NULL, &fd));
    for (int i = 0; i < 50; i++)
        say(fd, "0123456789\n");
    end(fd);
    assert_int_equal(access("/dev/null.1", F_OK), -1);
}

static void reading_stops_at_the_end_of_the_server(void **state)
{
    (void)state;
    int fd = pipe_to("kept-open", LARGE);
    say(fd, "last words\n");
    co_give_way();
    program_output_shutdown(1000); /* it ends although a program still has the pipe open */
    assert_true(file_writers_finish(a_while()));
    assert_true(holds("kept-open", "last words\n"));
    close(fd);
}

static void pipes_are_bounded(void **state)
{
    (void)state;
    struct rlimit limit;
    int           fd;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < PROGRAM_OUTPUT_PIPES_MAX; i++)
        close(pipe_to("out", LARGE));
    assert_int_equal(code_of(program_output_open(path_in("out"), LARGE, NULL, &fd)), E_LIMIT);
    program_output_shutdown(PATIENCE_US);
    program_output_init();
    close(pipe_to("out", LARGE));
}

static void memory_may_run_out_at_every_allocation(void **state)
{
    (void)state;
    bool failed = true;
    for (int n = 0; failed; n++) {
        int fd = -1;
        mem_fail_after(n);
        struct err *e = program_output_open(path_in("memory"), LARGE, NULL, &fd);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_true(!e || failed);
        err_free(e);
        if (fd >= 0)
            end(fd);
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(lines_come_into_the_file_behind_what_is_there),
        CASE(a_part_of_a_line_waits_for_its_end_for_a_while),
        CASE(programs_with_one_path_share_the_file_line_by_line),
        CASE(a_full_file_becomes_the_older_one),
        CASE(a_line_without_an_end_is_cut),
        CASE(a_frozen_disk_does_not_hold_the_program_up),
        CASE(a_device_is_written_to_and_never_rotated),
        CASE(reading_stops_at_the_end_of_the_server),
        CASE(pipes_are_bounded),
        CASE(memory_may_run_out_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
