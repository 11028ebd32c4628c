/* The memory that the process may use, by files as different kernels and containers show them. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/stat/system/memory_max.h"

#define MEMINFO "MemTotal:       1000 kB\nMemFree:        1 kB\n"

static char root[64];

/* Write a file below the root, and make the folders on the way. */
static void put(const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    (void)fclose(f);
}

static int setup(void **state)
{
    (void)state;
    strcpy(root, "/tmp/memory_max.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void without_groups_it_is_the_machines(void **state)
{
    (void)state;
    assert_int_equal(memory_max(root), 0); /* there is no file yet */
    put("/proc/meminfo", MEMINFO);
    assert_int_equal(memory_max(root), 1000 * 1024);
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/memory.max", "max\n");
    assert_int_equal(memory_max(root), 1000 * 1024);
}

static void the_smallest_group_on_the_way_counts(void **state)
{
    (void)state;
    put("/proc/meminfo", MEMINFO);
    put("/proc/self/cgroup", "0::/system.slice/srs.service\n");
    put("/sys/fs/cgroup/memory.max", "900000\n");
    put("/sys/fs/cgroup/system.slice/memory.max", "300000\n");
    put("/sys/fs/cgroup/system.slice/srs.service/memory.max", "max\n");
    assert_int_equal(memory_max(root), 300000);
    put("/sys/fs/cgroup/system.slice/srs.service/memory.max", "200000\n");
    assert_int_equal(memory_max(root), 200000);
    put("/sys/fs/cgroup/system.slice/srs.service/memory.max", "999999999\n"); /* larger than the limits above */
    assert_int_equal(memory_max(root), 300000);
}

/* A container sees its own group as the root, although /proc/self/cgroup names another path. */
static void a_container_has_its_limit_at_the_root(void **state)
{
    (void)state;
    put("/proc/meminfo", MEMINFO);
    put("/proc/self/cgroup", "0::/docker/0123456789abcdef\n");
    put("/sys/fs/cgroup/memory.max", "524288\n");
    assert_int_equal(memory_max(root), 524288);
}

static void version_1_has_another_file(void **state)
{
    (void)state;
    put("/proc/meminfo", MEMINFO);
    put("/proc/self/cgroup", "12:cpu,cpuacct:/x\n7:memory:/docker/abc\n3:hugetlb,memory2:/y\n0::/z\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"); /* no limit */
    put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "400000\n");
    put("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1\n");
    put("/sys/fs/cgroup/memory/y/memory.limit_in_bytes", "1\n");
    assert_int_equal(memory_max(root), 400000);
}

/* In Docker with cgroups of version 1, each group's name has 64 digits, and the line of memory may come last. */
static void version_1_has_a_line_for_each_controller(void **state)
{
    char        text[4096] = "";
    static char id[65];
    (void)state;
    memset(id, 'a', sizeof id - 1);
    for (int i = 13; i > 1; i--)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d:controller%d:/kubepods/burstable/%s\n", i, i, id);
    snprintf(text + strlen(text), sizeof text - strlen(text), "1:memory:/kubepods/burstable/%s\n", id);
    put("/proc/meminfo", MEMINFO);
    put("/proc/self/cgroup", text);
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
    assert_int_equal(memory_max(root), 500000);
}

static void the_machine_it_runs_on_has_some(void **state)
{
    (void)state;
    assert_true(memory_max("") > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_groups_it_is_the_machines),        TEST(the_smallest_group_on_the_way_counts),
        TEST(a_container_has_its_limit_at_the_root),    TEST(version_1_has_another_file),
        TEST(version_1_has_a_line_for_each_controller), TEST(the_machine_it_runs_on_has_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
