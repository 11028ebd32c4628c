/* The limit of open files. Each test lowers it in a child process, which answers by its exit status. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "app/conf/conf.h"
#include "app/conf/open_files.h"
#include "core/log.h"
#include "sanitized.h"

/* Become a user that may not raise the hard limit, even where the tests run as root. */
static bool drop_privileges(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct   none[2] = { { 0 } };
    return syscall(SYS_capset, &head, none) == 0;
}

static bool set_limit(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = { .rlim_cur = soft, .rlim_max = hard };
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && drop_privileges();
}

static rlim_t soft_limit(void)
{
    struct rlimit limit = { 0 };
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/* Run `body` in a process of its own and return the exit status. */
static int in_child(int (*body)(void))
{
    if (in_valgrind())
        skip(); /* a process has its own limits */
    pid_t child = fork();
    if (child == 0)
        _exit(body());
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int reserve_more_than_soft(void)
{
    if (!set_limit(200, 1000))
        return 10;
    struct err *e = open_files_reserve(500);
    if (e)
        return 1;
    return soft_limit() == 500 + OPEN_FILES_SPARE + 1 ? 0 : 2;
}

static void the_soft_limit_is_raised_to_what_is_needed(void **state)
{
    (void)state;
    assert_int_equal(in_child(reserve_more_than_soft), 0);
}

static int reserve_less_than_soft(void)
{
    if (!set_limit(700, 1000))
        return 10;
    struct err *e = open_files_reserve(500);
    if (e)
        return 1;
    return soft_limit() == 700 ? 0 : 2;
}

static void a_limit_that_is_high_enough_stays(void **state)
{
    (void)state;
    assert_int_equal(in_child(reserve_less_than_soft), 0);
}

static int reserve_the_most_possible(void)
{
    if (!set_limit(200, 500 + OPEN_FILES_SPARE + 1))
        return 10;
    struct err *e = open_files_reserve(500);
    if (e)
        return 1;
    e = open_files_reserve(501);
    return err_code(e) == E_SYSTEM_CONFIG_INVALID ? 0 : 2;
}

static void exactly_enough_is_enough(void **state)
{
    (void)state;
    assert_int_equal(in_child(reserve_the_most_possible), 0);
}

static int reserve_more_than_hard(void)
{
    char text[500];
    if (!set_limit(100, 200))
        return 10;
    struct err *e = open_files_reserve(500);
    if (err_code(e) != E_SYSTEM_CONFIG_INVALID)
        return 1;
    err_text(e, text, sizeof text);
    if (!strstr(text, "500 exceed max open files=") || !strstr(text, "629") || !strstr(text, "max_connections"))
        return 2;
    err_free(e);
    return soft_limit() == 100 ? 0 : 3;
}

static void a_hard_limit_that_is_too_low_is_a_clear_error(void **state)
{
    (void)state;
    assert_int_equal(in_child(reserve_more_than_hard), 0);
}

static rlim_t limit_with_programs(bool enabled, size_t n_programs, rlim_t soft, rlim_t hard)
{
    struct conf_words words = { 0 };
    struct conf_vhost vhost = { .exec = { .enabled = enabled, .publish = { .items = &words, .count = n_programs } } };
    struct conf       conf = { .max_connections = 500, .vhosts = &vhost, .n_vhosts = 1 };
    return set_limit(soft, hard) && !open_files_reserve_for(&conf) ? soft_limit() : 0;
}

static int reserve_for_programs(void)
{
    const rlim_t without = 500 + OPEN_FILES_SPARE + 1, with = without + OPEN_FILES_PROGRAMS;
    if (limit_with_programs(true, 1, 200, 5000) != with)
        return 1;
    if (limit_with_programs(true, 1, 4000, 5000) != 4000)
        return 2;
    if (limit_with_programs(true, 0, 200, 5000) != without || limit_with_programs(false, 1, 200, 5000) != without)
        return 3;
    return limit_with_programs(true, 1, 200, 1000) == 1000 ? 0 : 4;
}

static void programs_have_descriptors_of_their_own_as_far_as_the_limit_goes(void **state)
{
    (void)state;
    assert_int_equal(in_child(reserve_for_programs), 0);
}

static rlim_t limit_with_callbacks(bool enabled, rlim_t soft, rlim_t hard)
{
    struct conf_vhost vhost = { .enabled = true, .hooks = { .enabled = enabled } };
    struct conf       conf = { .max_connections = 500, .vhosts = &vhost, .n_vhosts = 1 };
    return set_limit(soft, hard) && !open_files_reserve_for(&conf) ? soft_limit() : 0;
}

static int reserve_for_callbacks(void)
{
    const rlim_t without = 500 + OPEN_FILES_SPARE + 1, with = without + 500 + OPEN_FILES_CALLBACKS;
    if (limit_with_callbacks(true, 200, 5000) != with || limit_with_callbacks(true, 4000, 5000) != 4000)
        return 1;
    if (limit_with_callbacks(true, 200, 700) != 700)
        return 2;
    if (open_files_are_short(700 - OPEN_FILES_CALLBACKS - 1) || !open_files_are_short(700 - OPEN_FILES_CALLBACKS))
        return 3;
    if (limit_with_callbacks(false, 200, 700) != without)
        return 4;
    return open_files_are_short((int)without - 1) ? 5 : 0;
}

static void callbacks_have_a_descriptor_for_each_connection_as_far_as_the_limit_goes(void **state)
{
    (void)state;
    assert_int_equal(in_child(reserve_for_callbacks), 0);
}

int main(void)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    if (log_setup(&silent))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_soft_limit_is_raised_to_what_is_needed),
        cmocka_unit_test(a_limit_that_is_high_enough_stays),
        cmocka_unit_test(exactly_enough_is_enough),
        cmocka_unit_test(a_hard_limit_that_is_too_low_is_a_clear_error),
        cmocka_unit_test(programs_have_descriptors_of_their_own_as_far_as_the_limit_goes),
        cmocka_unit_test(callbacks_have_a_descriptor_for_each_connection_as_far_as_the_limit_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
