/* Opening a file below a folder and nowhere else, by each of the ways to open it. */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/attr.h"
#include "protocol/open_beneath.h"

static char top[] = "/tmp/open_beneath_XXXXXX";
static char root[100];

static char *at(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(at(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void link_to(const char *target, const char *name)
{
    assert_int_equal(symlink(target, at(name)), 0);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(top))
        return -1;
    snprintf(root, sizeof root, "%s/root", top);
    mkdir(root, 0755);
    mkdir(at("root/sub"), 0755);
    mkdir(at("root2"), 0755);
    put("secret", "secret");
    put("root2/secret", "secret");
    put("root/file", "hello");
    put("root/sub/file", "hello");
    mkfifo(at("root/pipe"), 0644);
    link_to("sub/file", "root/inner");
    link_to("../file", "root/sub/inner");
    link_to("../secret", "root/outer");
    link_to("..", "root/up");
    link_to("../root2", "root/beside");
    link_to("/", "root/abs");
    link_to("loop", "root/loop");
    link_to("nothing", "root/dangling");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", top);
    return system(command);
}

typedef int opener(const char *root, const char *path, struct stat *st);

static opener *const openers[] = { open_beneath, open_beneath_by_name, open_beneath_now };

static void what_is_below_is_opened(void **state)
{
    (void)state;
    static const char *const paths[] = { "file", "/file", "//file", "sub/file", "inner", "sub/inner", "./sub/../file" };
    for (size_t o = 0; o < ARRAY_LEN(openers); o++)
        for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
            struct stat st;
            char        text[10] = "";
            errno = 0;
            int fd = openers[o](root, paths[i], &st);
            if (fd < 0 && openers[o] == open_beneath_now && errno != EXDEV)
                continue; /* an old kernel, or a file system that may have to wait: a thread does it */
            if (fd < 0)
                fail_msg("%s by %zu: %s", paths[i], o, strerror(errno));
            assert_int_equal(read(fd, text, sizeof text), 5);
            assert_string_equal(text, "hello");
            assert_int_equal(st.st_size, 5);
            close(fd);
        }
}

static void nothing_else_is(void **state)
{
    (void)state;
    static const char *const paths[] = { "outer",     "up/secret",        "beside/secret",   "abs/etc/passwd",
                                         "../secret", "sub/../../secret", "../root2/secret", "up/root2/secret" };
    for (size_t o = 0; o < ARRAY_LEN(openers); o++)
        for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
            struct stat st;
            errno = 0;
            if (openers[o](root, paths[i], &st) >= 0)
                fail_msg("%s by %zu", paths[i], o);
            if (openers[o] != open_beneath_now)
                assert_int_equal(errno, EXDEV);
        }
}

static void what_is_not_there_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int         why;
    } rows[] = {
        { "none", ENOENT }, { "none/x", ENOENT }, { "file/x", ENOTDIR }, { "loop", ELOOP }, { "dangling", ENOENT }
    };
    for (size_t o = 0; o < 2; o++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct stat st;
            assert_int_equal(openers[o](root, rows[i].path, &st), -1);
            assert_int_equal(errno, rows[i].why);
        }
    struct stat st;
    for (size_t o = 0; o < ARRAY_LEN(openers); o++)
        assert_int_equal(openers[o](at("no root"), "file", &st), -1);
}

static void folders_and_pipes_are_opened_without_waiting(void **state)
{
    (void)state;
    for (size_t o = 0; o < 2; o++) {
        struct stat st;
        int         fd = openers[o](root, "", &st);
        assert_true(fd >= 0 && S_ISDIR(st.st_mode));
        close(fd);
        fd = openers[o](root, "pipe", &st);
        assert_true(fd >= 0 && S_ISFIFO(st.st_mode));
        close(fd);
    }
}

static atomic_bool enough;

/* A thread that renames files all the time, as HLS does. */
static void *rename_run(void *unused)
{
    char one[200], other[200];
    snprintf(one, sizeof one, "%s/one", top);
    snprintf(other, sizeof other, "%s/other", top);
    while (!enough)
        if (rename(one, other) < 0 || rename(other, one) < 0)
            break;
    return unused;
}

static void a_link_upwards_is_followed_while_files_are_renamed(void **state)
{
    (void)state;
    enum { TIMES = 20000 };
    pthread_t thread;
    int       n_failed = 0;
    put("one", "");
    enough = false;
    assert_int_equal(pthread_create(&thread, NULL, rename_run, NULL), 0);
    for (int i = 0; i < TIMES; i++) {
        struct stat st;
        int         fd = open_beneath(root, "/sub/inner", &st);
        n_failed += fd < 0;
        if (fd >= 0)
            close(fd);
    }
    enough = true;
    pthread_join(thread, NULL);
    assert_int_equal(n_failed, 0);
    unlink(at("one"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_below_is_opened),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(what_is_not_there_says_why),
        cmocka_unit_test(folders_and_pipes_are_opened_without_waiting),
        cmocka_unit_test(a_link_upwards_is_followed_while_files_are_renamed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
