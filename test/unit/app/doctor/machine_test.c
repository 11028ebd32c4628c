/* Folders and descriptors: good ones, those that cannot be written, a disk that does not answer. */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/conf/conf_testing.h"
#include "app/doctor/machine.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* In place of the function of libc: a frozen disk answers when the gate opens. */
static sem_t       gate;
static atomic_bool is_frozen;
static atomic_int  n_asked;

int statvfs(const char *restrict path, struct statvfs *restrict out)
{
    if (is_frozen) {
        n_asked++;
        while (sem_wait(&gate) != 0)
            ;
    }
    int fd = open(path, O_PATH | O_CLOEXEC), result = fd < 0 ? -1 : fstatvfs(fd, out), why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return result;
}

static int begin(void **state)
{
    return loop_begin(state) || code_of(offload_init()) || sem_init(&gate, 0, 0);
}

static int end(void **state)
{
    offload_shutdown(A_WHILE_US);
    return loop_end(state);
}

static struct conf *with_hls(const char *path)
{
    char text[512];
    snprintf(text, sizeof text,
             "vhost v { hls { enabled on; hls_path %s; } } vhost w { hls { enabled on; hls_path %s; } }", path, path);
    return conf_of(text);
}

static struct machine_reading read_with(const char *path)
{
    struct machine_reading m;
    struct conf           *c = with_hls(path);
    assert_null(machine_read(c, &m));
    assert_int_equal(m.n_folders, 1); /* both vhosts have the same */
    m.folders[0].path = NULL;         /* it was the configuration's */
    conf_unref(&c);
    return m;
}

static void a_good_folder_and_its_room(void **state)
{
    (void)state;
    read_with("/tmp"); /* A first job: the loop opens its copy of the pool's eventfd while a thread works on it. */
    struct machine_reading m = read_with("/tmp");
    assert_int_equal(m.folders[0].error, 0);
    assert_false(m.folders[0].is_silent || m.folders[0].is_closed);
    assert_true(m.folders[0].bytes > 0);
    assert_string_equal(m.folders[0].what, "HLS");
    int fd = dup(1);
    assert_true(fd >= 0);
    assert_int_equal(read_with("/tmp").n_fds, m.n_fds + 1);
    close(fd);
    assert_true(m.n_fds > 2 && m.max_fds > m.n_fds);
}

static void a_folder_that_is_still_to_be_made_is_judged_by_the_one_above(void **state)
{
    (void)state;
    struct machine_reading m = read_with("/tmp/no/such/folder");
    assert_int_equal(m.folders[0].error, 0);
    assert_true(m.folders[0].bytes > 0);
    m = read_with("no_such_folder"); /* in the working directory */
    assert_int_equal(m.folders[0].error, 0);
    m = read_with("/proc/version/x"); /* below a file */
    assert_int_not_equal(m.folders[0].error, 0);
}

static void a_disk_that_does_not_answer_is_asked_once(void **state)
{
    (void)state;
    is_frozen = true;
    assert_true(read_with("/tmp").folders[0].is_silent);
    for (int i = 0; i < 100; i++) /* each of them would take as long as the first */
        assert_true(read_with("/tmp").folders[0].is_silent);
    assert_int_equal(n_asked, 1);
    is_frozen = false;
    assert_false(read_with("/").folders[0].is_silent); /* another disk */
    sem_post(&gate);
    int64_t deadline_us = a_while();
    while (read_with("/tmp").folders[0].is_silent && now_us() < deadline_us)
        co_give_way();
    assert_true(read_with("/tmp").folders[0].bytes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_folder_and_its_room),
        cmocka_unit_test(a_folder_that_is_still_to_be_made_is_judged_by_the_one_above),
        cmocka_unit_test(a_disk_that_does_not_answer_is_asked_once),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
