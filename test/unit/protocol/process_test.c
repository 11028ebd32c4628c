/* Programs that are started: their environment, their end, and that nothing of them is left. */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/disk_turn.h"
#include "protocol/file_writer.h"
#include "protocol/offload.h"
#include "protocol/process.h"

/* Programs below this folder are on a disk that is frozen until `thawed`. */
#define FROZEN "/frozen"

static atomic_bool     thawed;
static atomic_int      n_hanging;
static char            dir[64];
static struct process *p;

/* In front of libc's. The child shares our memory until it executes. */
int execvpe(const char *file, char *const argv[], char *const envp[])
{
    bool is_frozen = strncmp(file, FROZEN, strlen(FROZEN)) == 0;
    char path[256];
    n_hanging += is_frozen;
    while (is_frozen && !thawed)
        usleep(1000);
    n_hanging -= is_frozen;
    if (strchr(file, '/'))
        return execve(is_frozen ? file + strlen(FROZEN) : file, argv, envp);
    snprintf(path, sizeof path, "/bin/%s", file); /* the PATH of the tests */
    return execve(path, argv, envp);
}

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static int  n;
    char       *path = paths[n++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static const char *text_of(const char *name)
{
    static char text[4096];
    ssize_t     n = 0;
    int         fd = open(path_of(name), O_RDONLY);
    if (fd >= 0)
        n = read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void run(char *const argv[], const char *output)
{
    struct process_spec spec = { .argv = argv, .output = output };
    assert_null(process_start(&p, &spec));
}

static void run_script(const char *script, const char *output)
{
    char  copy[1024];
    char *argv[] = { "/bin/sh", "-c", copy, NULL };
    snprintf(copy, sizeof copy, "%s", script);
    run(argv, output);
}

static void wait_for(enum process_state state)
{
    int64_t deadline = a_while();
    while (process_state(p) != state && now_us() < deadline)
        err_free(co_park(now_us() + 10 * US_PER_MS));
    assert_int_equal(process_state(p), state);
}

static void wait_for_text(const char *name, const char *text)
{
    int64_t deadline = a_while();
    while (!strstr(text_of(name), text) && now_us() < deadline)
        err_free(co_sleep(10 * US_PER_MS));
    assert_non_null(strstr(text_of(name), text));
}

static void wait_until_none_is_left(void)
{
    int64_t deadline = a_while();
    while (process_count() > 0 && now_us() < deadline)
        err_free(co_sleep(5 * US_PER_MS));
    assert_int_equal(process_count(), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* not even a zombie */
    assert_int_equal(errno, ECHILD);
}

static bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0;
}

static int begin_test(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/process_test.XXXXXX");
    p = NULL;
    return mkdtemp(dir) ? 0 : -1;
}

static int end_test(void **state)
{
    char command[128];
    (void)state;
    process_release(&p);
    wait_until_none_is_left();
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

/* ---- the end of a program ---- */

static void a_program_ends_with_its_status(void **state)
{
    char text[64];
    (void)state;
    run_script("exit 3", NULL);
    wait_for(PROCESS_ENDED);
    assert_string_equal(process_describe(process_status(p), text, sizeof text), "exited with 3");
    assert_null(process_take_error(p));
}

static void a_program_that_dies_of_a_signal_says_so(void **state)
{
    char text[64];
    (void)state;
    run_script("kill -9 $$", NULL);
    wait_for(PROCESS_ENDED);
    assert_string_equal(process_describe(process_status(p), text, sizeof text), "killed by signal 9");
}

static void a_program_that_is_not_there_fails_with_its_name(void **state)
{
    char *argv[] = { "/nowhere/program", NULL }, text[300];
    (void)state;
    run(argv, NULL);
    wait_for(PROCESS_FAILED);
    struct err *e = process_take_error(p);
    assert_int_equal(err_code(e), E_ENCODER_FORK);
    assert_non_null(strstr(err_text(e, text, sizeof text), "execute /nowhere/program"));
    err_free(e);
}

static void a_program_runs_even_if_its_output_has_no_place(void **state)
{
    (void)state;
    run_script("echo lost; exit 4", "/dev/null/no-folder/out");
    wait_for(PROCESS_ENDED);
    assert_int_equal(WEXITSTATUS(process_status(p)), 4);
    assert_null(process_take_error(p));
}

static void an_end_is_asked_for_politely(void **state)
{
    (void)state;
    run_script("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done", path_of("out"));
    wait_for_text("out", "ready");
    process_end(p);
    wait_for(PROCESS_ENDED);
    assert_int_equal(process_status(p), 0);
    wait_for_text("out", "bye");
}

static void a_program_that_does_not_listen_is_killed(void **state)
{
    (void)state;
    run_script("trap '' TERM; echo ready; while :; do sleep 0.02; done", path_of("out"));
    wait_for_text("out", "ready");
    process_end(p);
    wait_for(PROCESS_ENDED);
    assert_true(WIFSIGNALED(process_status(p)));
    assert_int_equal(WTERMSIG(process_status(p)), SIGKILL);
}

static void what_a_program_has_started_ends_with_it(void **state)
{
    (void)state;
    run_script("sh -c 'trap \"\" TERM; echo $$ $$ $$ ready; while :; do sleep 0.02; done' & wait", path_of("out"));
    wait_for_text("out", "ready");
    pid_t grandchild = (pid_t)atoi(text_of("out"));
    assert_true(is_alive(grandchild));
    process_release(&p);
    wait_until_none_is_left();
    int64_t deadline = a_while();
    while (is_alive(grandchild) && now_us() < deadline) /* init may take a moment to reap it */
        err_free(co_sleep(10 * US_PER_MS));
    assert_false(is_alive(grandchild));
}

static void an_end_before_the_start_counts(void **state)
{
    (void)state;
    run_script("while :; do sleep 0.02; done", NULL);
    process_end(p);
    wait_for(PROCESS_ENDED);
}

static void an_owner_may_go_at_any_time(void **state)
{
    (void)state;
    run_script("while :; do sleep 0.02; done", NULL);
    process_release(&p);
    assert_null(p);
    wait_until_none_is_left();
    run_script("while :; do sleep 0.02; done", NULL);
    wait_for(PROCESS_RUNNING);
    assert_true(process_id(p) > 0);
    process_release(&p);
    wait_until_none_is_left();
    run_script("exit 0", NULL);
    wait_for(PROCESS_ENDED);
    process_release(&p);
}

/* ---- the environment of a program ---- */

static void its_arguments_are_its_own_words(void **state)
{
    char *argv[] = { "printf", "%s|", "a b", "$HOME", "`id`", "; ls", "", NULL };
    (void)state;
    run(argv, path_of("out"));
    wait_for(PROCESS_ENDED);
    wait_for_text("out", "a b|$HOME|`id`|; ls||");
}

static void output_is_appended_to_its_file(void **state)
{
    (void)state;
    run_script("echo one; echo hidden >&2", path_of("out"));
    wait_for(PROCESS_ENDED);
    process_release(&p);
    run_script("echo two", path_of("out"));
    wait_for(PROCESS_ENDED);
    wait_for_text("out", "one\ntwo\n");
    assert_null(strstr(text_of("out"), "hidden"));
}

static void errors_have_a_file_of_their_own(void **state)
{
    char               *argv[] = { "/bin/sh", "-c", "echo one; echo two >&2", NULL };
    struct process_spec spec = { .argv = argv, .output = path_of("out"), .errors = path_of("err") };
    (void)state;
    assert_null(process_start(&p, &spec));
    wait_for(PROCESS_ENDED);
    wait_for_text("out", "one\n");
    wait_for_text("err", "two\n");
}

static void it_inherits_no_descriptor_and_no_setting_of_the_server(void **state)
{
    (void)state;
    setenv("SRS_HTTP_API_AUTH_PASSWORD", "secret", 1);
    setenv("NOTIFY_SOCKET", "/run/notify", 1);
    setenv("PROCESS_TEST_OTHER", "kept", 1);
    run_script("ls /proc/self/fd | wc -l; env | grep -cE 'SRS_|NOTIFY'; echo $PROCESS_TEST_OTHER; wc -c; cat "
               "/proc/self/stat | "
               "cut -d' ' -f5,1",
               path_of("out"));
    wait_for(PROCESS_ENDED);
    wait_for_text("out", "4\n0\nkept\n0\n"); /* three descriptors, and the one with which ls reads */
    unsetenv("SRS_HTTP_API_AUTH_PASSWORD");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("PROCESS_TEST_OTHER");
}

static void it_begins_with_default_signals(void **state)
{
    (void)state;
    sigset_t some, before;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    sigprocmask(SIG_BLOCK, &some, &before);
    signal(SIGPIPE, SIG_IGN);
    /* Signals 1 to 28. Signal 32 belongs to glibc and is ignored in all programs that GNU make starts, which does no harm. */
    run_script("sed -nE 's/^(SigBlk|SigIgn):.*(.{7})$/\\1 \\2/p' /proc/self/status", path_of("out"));
    wait_for(PROCESS_ENDED);
    sigprocmask(SIG_SETMASK, &before, NULL);
    wait_for_text("out", "SigBlk 0000000\nSigIgn 0000000\n");
}

/* ---- bounds ---- */

static void too_many_arguments_are_refused(void **state)
{
    char *big = mem_alloc(PROCESS_ARGS_BYTES_MAX + 1);
    char *argv[] = { "true", big, NULL };
    (void)state;
    memset(big, 'x', PROCESS_ARGS_BYTES_MAX);
    big[PROCESS_ARGS_BYTES_MAX] = '\0';
    struct process_spec spec = { .argv = argv };
    assert_int_equal(code_of(process_start(&p, &spec)), E_LIMIT);
    mem_free(big);
}

static void a_program_on_a_frozen_disk_does_not_hold_up_others(void **state)
{
    enum { N = 3 * DISK_TURNS };
    struct process     *frozen[N];
    char               *argv[] = { FROZEN "/bin/true", NULL }, *other[] = { "/bin/true", NULL };
    struct process_spec spec = { .argv = argv };
    (void)state;
    thawed = false;
    for (int i = 0; i < N; i++)
        assert_null(process_start(&frozen[i], &spec));
    int64_t deadline = a_while();
    while (n_hanging < DISK_TURNS && now_us() < deadline)
        err_free(co_sleep(5 * US_PER_MS));
    assert_int_equal(n_hanging, DISK_TURNS);
    run(other, NULL);
    wait_for(PROCESS_ENDED);
    process_release(&frozen[N - 1]); /* one that waits */
    process_release(&frozen[0]);     /* one that hangs */
    thawed = true;
    for (int i = 1; i < N - 1; i++) {
        process_release(&p);
        p = frozen[i];
        wait_for(PROCESS_ENDED);
    }
}

static void many_run_and_all_are_waited_for(void **state)
{
    enum { N = PROCESSES_MAX };
    static struct process *many[N];
    char                  *argv[] = { "true", NULL };
    struct process_spec    spec = { .argv = argv };
    (void)state;
    for (int i = 0; i < N; i++)
        assert_null(process_start(&many[i], &spec));
    assert_int_equal(code_of(process_start(&p, &spec)), E_LIMIT);
    for (int i = 0; i < N; i++)
        process_release(&many[i]);
    wait_until_none_is_left();
}

struct sleeper {
    struct io io;
    int       other, n_wakes;
};

/* Waits to read, as the coroutine of a client does, until it is cancelled. */
static void read_for_ever(void *arg)
{
    struct sleeper *s = arg;
    struct err     *e = NULL;
    char            byte;
    size_t          n;
    io_set_owner(&s->io, co_self());
    while (err_code(e) != E_THREAD_INTERRUPTED) {
        err_free(e);
        e = io_read(&s->io, &byte, 1, &n, DEADLINE_NEVER);
        s->n_wakes++;
    }
    err_free(e);
}

/* Likewise in a bare wait. */
static void park_for_ever(void *arg)
{
    struct sleeper *s = arg;
    struct err     *e = NULL;
    while (!e) {
        e = co_park(DEADLINE_NEVER);
        s->n_wakes++;
    }
    err_free(e);
}

static void the_end_of_a_program_wakes_its_owner_alone(void **state)
{
    static const char *const scripts[] = { "exit 0", "exit 3", "kill -9 $$", "kill -SEGV $$", "sleep 0.05" };
    static struct sleeper    sleepers[20];
    struct co_group          g;
    (void)state;
    co_group_init(&g);
    for (size_t i = 0; i < ARRAY_LEN(sleepers); i++) {
        sleepers[i].n_wakes = 0;
        assert_int_equal(connect_ends(&sleepers[i].io, &sleepers[i].other), 0);
        assert_null(co_go(&g, "sleeper", i % 2 ? read_for_ever : park_for_ever, &sleepers[i], NULL));
    }
    for (size_t i = 0; i < 4 * ARRAY_LEN(scripts); i++) {
        run_script(scripts[i % ARRAY_LEN(scripts)], NULL);
        wait_for(PROCESS_ENDED);
        process_release(&p);
    }
    wait_until_none_is_left();
    for (size_t i = 0; i < ARRAY_LEN(sleepers); i++)
        assert_int_equal(sleepers[i].n_wakes, 0);
    co_group_cancel_and_join(&g);
    for (size_t i = 0; i < ARRAY_LEN(sleepers); i++) {
        assert_int_equal(sleepers[i].n_wakes, 1); /* by the cancel */
        io_close(&sleepers[i].io);
        close_end(&sleepers[i].other);
    }
}

static void without_memory_nothing_is_started_and_nothing_is_left(void **state)
{
    char               *argv[] = { "true", NULL };
    struct process_spec spec = { .argv = argv, .output = path_of("out"), .errors = path_of("err") };
    int                 failed = 1;
    (void)state;
    for (int n = 0; failed; n++) {
        mem_fail_after(n);
        struct err *e = process_start(&p, &spec);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_true(!failed == !e);
        err_free(e);
        assert_int_equal(process_count(), !failed);
    }
}

static void the_end_of_the_server_ends_all(void **state)
{
    (void)state;
    run_script("trap '' TERM; echo ready; while :; do sleep 0.02; done", path_of("out"));
    wait_for_text("out", "ready");
    pid_t pid = process_id(p);
    process_shutdown(3 * US_PER_SECOND);
    assert_false(is_alive(pid));
    assert_int_equal(process_state(p), PROCESS_ENDED);
    process_release(&p);
    run_script("trap '' TERM; echo again; while :; do sleep 0.02; done", path_of("out"));
    wait_for_text("out", "again");
    process_shutdown(0); /* it does not wait */
    assert_int_equal(process_count(), 0);
    process_release(&p);
    while (waitpid(-1, NULL, 0) > 0) /* they are killed; the test reaps them, as init would */
        ;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
        TEST(a_program_ends_with_its_status),
        TEST(a_program_that_dies_of_a_signal_says_so),
        TEST(a_program_that_is_not_there_fails_with_its_name),
        TEST(a_program_runs_even_if_its_output_has_no_place),
        TEST(an_end_is_asked_for_politely),
        TEST(a_program_that_does_not_listen_is_killed),
        TEST(what_a_program_has_started_ends_with_it),
        TEST(an_end_before_the_start_counts),
        TEST(an_owner_may_go_at_any_time),
        TEST(its_arguments_are_its_own_words),
        TEST(output_is_appended_to_its_file),
        TEST(errors_have_a_file_of_their_own),
        TEST(it_inherits_no_descriptor_and_no_setting_of_the_server),
        TEST(it_begins_with_default_signals),
        TEST(too_many_arguments_are_refused),
        TEST(a_program_on_a_frozen_disk_does_not_hold_up_others),
        TEST(many_run_and_all_are_waited_for),
        TEST(the_end_of_a_program_wakes_its_owner_alone),
        TEST(without_memory_nothing_is_started_and_nothing_is_left),
        TEST(the_end_of_the_server_ends_all),
#undef TEST
    };
    if (loop_begin(NULL) || code_of(offload_init()))
        return 1;
    process_init();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    process_shutdown(0);
    file_writers_finish(a_while());
    offload_shutdown(US_PER_SECOND);
    return loop_end(NULL) ? 1 : failed;
}
