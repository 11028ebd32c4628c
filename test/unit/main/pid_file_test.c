/* The pid file, which prevents a second server, and the id file beside it. src/main is not in the library, so
 * the file is included. */
#include "main/pid_file.c" /* NOLINT(bugprone-suspicious-include) */

#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[64], pid_path[128], id_file[128], secret_file[128];

static int setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/pid_test.XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    if (!mkdtemp(dir))
        return -1;
    snprintf(pid_path, sizeof pid_path, "%s/srs.pid", dir);
    snprintf(id_file, sizeof id_file, "%s/srs.id", dir);
    snprintf(secret_file, sizeof secret_file, "%s/srs.secret", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(pid_path);
    unlink(id_file);
    unlink(secret_file);
    return rmdir(dir);
}

static const char *content(const char *path)
{
    static char text[300];
    int         fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* ---- the lock ---- */

static void it_holds_the_process_id_and_no_newline(void **state)
{
    (void)state;
    struct pid_file f;
    struct stat     st;
    char            expected[32];
    mode_t          mask = umask(0);
    assert_null(pid_file_acquire(&f, pid_path));
    umask(mask);
    snprintf(expected, sizeof expected, "%d", (int)getpid());
    assert_string_equal(content(pid_path), expected);
    assert_int_equal(stat(pid_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(fcntl(f.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    pid_file_release(&f);
}

static void one_that_a_dead_server_left_is_taken_over(void **state)
{
    (void)state;
    struct pid_file f;
    char            expected[32];
    put(pid_path, "99999999999 of a server that was killed");
    assert_null(pid_file_acquire(&f, pid_path));
    snprintf(expected, sizeof expected, "%d", (int)getpid());
    assert_string_equal(content(pid_path), expected); /* nothing of the old content follows it */
    pid_file_release(&f);
}

static void it_is_removed_at_the_end(void **state)
{
    (void)state;
    struct pid_file f;
    assert_null(pid_file_acquire(&f, pid_path));
    pid_file_release(&f);
    assert_null(content(pid_path));
    assert_int_equal(f.fd, -1);
    pid_file_release(&f);
    struct pid_file none = PID_FILE_NONE;
    pid_file_release(&none);
}

static void a_running_server_keeps_a_second_one_away(void **state)
{
    (void)state;
    struct pid_file f;
    int             to_child[2], from_child[2];
    char            byte = 0, expected[32], text[300];
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(from_child), 0);
    pid_t child = fork();
    if (child == 0) {
        struct err *e = pid_file_acquire(&f, pid_path);
        byte = e ? 'n' : 'y';
        bool told = write(from_child[1], &byte, 1) == 1 && read(to_child[0], &byte, 1) == 1;
        pid_file_release(&f);
        _exit(told ? 0 : 1);
    }
    assert_int_equal(read(from_child[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');

    struct err *e = pid_file_acquire(&f, pid_path);
    assert_int_equal(err_code(e), E_SYSTEM_PID_ALREADY_RUNNING);
    assert_int_equal((int)err_code(e) & 0xff, 11); /* the exit status that scripts expect */
    assert_non_null(strstr(err_text(e, text, sizeof text), pid_path));
    err_free(e);
    assert_int_equal(f.fd, -1);
    snprintf(expected, sizeof expected, "%d", (int)child);
    assert_string_equal(content(pid_path), expected); /* the other server's content is unchanged */
    pid_file_release(&f);
    assert_non_null(content(pid_path));

    int status;
    assert_int_equal(write(to_child[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_null(pid_file_acquire(&f, pid_path)); /* now the file is free */
    pid_file_release(&f);
    close(to_child[0]);
    close(to_child[1]);
    close(from_child[0]);
    close(from_child[1]);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct pid_file f;
    char            path[160];
    snprintf(path, sizeof path, "%s/not/there.pid", dir);
    struct err *e = pid_file_acquire(&f, path);
    assert_int_equal(err_code(e), E_SYSTEM_PID_ACQUIRE);
    assert_int_equal(err_errno(e), ENOENT);
    err_free(e);
    pid_file_release(&f);
}

/* ---- the identity ---- */

static void assert_id(const char *configured, const char *expected)
{
    char *id = NULL;
    assert_null(pid_file_server_id(&id, pid_path, configured));
    if (expected)
        assert_string_equal(id, expected);
    assert_string_equal(content(id_file), id);
    mem_free(id);
}

static void a_new_identity_is_made_and_kept(void **state)
{
    (void)state;
    char *id = NULL;
    assert_null(pid_file_server_id(&id, pid_path, ""));
    assert_int_equal(strlen(id), VID_CAP - 1);
    assert_true(str_starts_with(id, "vid-"));
    assert_id("", id); /* the next start finds it */
    assert_id("", id);
    mem_free(id);
}

static void what_is_configured_wins_and_is_kept(void **state)
{
    (void)state;
    put(id_file, "vid-1234567");
    assert_id("edge-7", "edge-7");
    assert_id("", "edge-7");
}

static void what_the_file_says_is_cut_at_white_space(void **state)
{
    (void)state;
    char *id = NULL;
    put(id_file, "vid-1234567\n");
    assert_null(pid_file_server_id(&id, pid_path, ""));
    assert_string_equal(id, "vid-1234567");
    mem_free(id);
    put(id_file, " \n");
    assert_id("", NULL); /* the file is empty, so the id is new */
}

static void a_file_that_cannot_be_written_is_no_reason_not_to_start(void **state)
{
    (void)state;
    char *id = NULL;
    assert_int_equal(mkdir(id_file, 0700), 0);
    assert_null(pid_file_server_id(&id, pid_path, ""));
    assert_int_equal(strlen(id), VID_CAP - 1);
    mem_free(id);
    assert_int_equal(rmdir(id_file), 0);
}

static void the_file_is_named_after_the_pid_file(void **state)
{
    (void)state;
    char path[PATH_CAP];
    path_beside(path, "./objs/srs.pid", ".id");
    assert_string_equal(path, "./objs/srs.id");
    path_beside(path, "/var/run/srs", ".id");
    assert_string_equal(path, "/var/run/srs.id");
    path_beside(path, ".pid", ".id");
    assert_string_equal(path, ".id");
}

/* ---- the secret ---- */

static void a_secret_is_made_kept_and_readable_by_its_owner_alone(void **state)
{
    static const uint8_t zeros[PID_FILE_SECRET_LEN];
    uint8_t              first[PID_FILE_SECRET_LEN] = { 0 }, second[PID_FILE_SECRET_LEN];
    struct stat          st;
    (void)state;
    mode_t mask = umask(0);
    assert_null(pid_file_secret(first, pid_path));
    umask(mask);
    assert_memory_not_equal(first, zeros, sizeof first);
    assert_int_equal(stat(secret_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_null(pid_file_secret(second, pid_path));
    assert_memory_equal(second, first, sizeof first);
}

static void a_secret_file_with_anything_else_is_replaced(void **state)
{
    static const char        good[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    static const char *const bad[] = { "", "00", "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                                       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00" };
    uint8_t                  secret[PID_FILE_SECRET_LEN], again[PID_FILE_SECRET_LEN];
    (void)state;
    put(secret_file, good);
    assert_null(pid_file_secret(secret, pid_path));
    for (uint8_t i = 0; i < PID_FILE_SECRET_LEN; i++)
        assert_int_equal(secret[i], i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct stat st;
        put(secret_file, bad[i]);
        assert_null(pid_file_secret(secret, pid_path));
        assert_int_equal(stat(secret_file, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_null(pid_file_secret(again, pid_path));
        assert_memory_equal(secret, again, sizeof secret);
    }
}

static void a_secret_that_cannot_be_kept_serves_one_run(void **state)
{
    uint8_t first[PID_FILE_SECRET_LEN], second[PID_FILE_SECRET_LEN];
    (void)state;
    assert_int_equal(mkdir(secret_file, 0700), 0);
    assert_null(pid_file_secret(first, pid_path));
    assert_null(pid_file_secret(second, pid_path));
    assert_memory_not_equal(first, second, sizeof first);
    assert_int_equal(rmdir(secret_file), 0);
}

static void without_memory_there_is_no_identity_and_no_leak(void **state)
{
    (void)state;
    char *id = NULL;
    mem_fail_after(0);
    struct err *e = pid_file_server_id(&id, pid_path, "x");
    mem_fail_after(-1);
    assert_int_equal(err_code(e), E_NO_MEMORY);
    assert_null(id);
    err_free(e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    if (log_setup(&silent))
        return 1;
    const struct CMUnitTest tests[] = {
        TEST(it_holds_the_process_id_and_no_newline),
        TEST(one_that_a_dead_server_left_is_taken_over),
        TEST(it_is_removed_at_the_end),
        TEST(a_running_server_keeps_a_second_one_away),
        TEST(a_place_that_cannot_be_written_is_an_error),
        TEST(a_new_identity_is_made_and_kept),
        TEST(what_is_configured_wins_and_is_kept),
        TEST(what_the_file_says_is_cut_at_white_space),
        TEST(a_file_that_cannot_be_written_is_no_reason_not_to_start),
        TEST(the_file_is_named_after_the_pid_file),
        TEST(a_secret_is_made_kept_and_readable_by_its_owner_alone),
        TEST(a_secret_file_with_anything_else_is_replaced),
        TEST(a_secret_that_cannot_be_kept_serves_one_run),
        TEST(without_memory_there_is_no_identity_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
