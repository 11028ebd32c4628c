/* Readings of the machine, and the rates between them. */
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "app/stat/system/host.h"
#include "core/clock.h"

#define assert_near(a, b) assert_true((a) - (b) < 1e-6 && (b) - (a) < 1e-6)

static void everything_can_be_read_on_this_machine(void **state)
{
    static struct host_reading r;
    (void)state;
    host_reading_take(&r, HOST_ALL, NULL, 0);
    assert_int_equal(r.got, HOST_ALL);
    assert_int_equal(r.self.pid, getpid());
    assert_string_equal(r.self.comm, "(host_test)");
    assert_true(r.ram.total > r.ram.free);
    assert_true(r.platform.cpus >= 1 && r.platform.uptime_s > 0);
    assert_non_null(strstr(r.platform.argv, "host_test"));
    assert_int_equal(r.platform.cwd[0], '/');
    assert_true(r.usage.ru_maxrss > 0);
}

static void only_what_is_wanted_is_read(void **state)
{
    static struct host_reading r;
    (void)state;
    host_reading_take(&r, HOST_USAGE, NULL, 0);
    assert_int_equal(r.got, HOST_USAGE);
    assert_int_equal(r.self.pid, 0);
}

static struct host_reading reading(int64_t self_ticks, int64_t busy, int64_t idle, int64_t read_kib)
{
    struct host_reading r = { .got = HOST_CPU | HOST_DISK, .cpu = { .sys = busy, .idle = idle } };
    r.disk.read_kib = read_kib;
    r.disk.written_kib = read_kib / 2;
    for (int i = 0; i < SELF_STAT_NUMBERS; i++)
        if (strcmp(self_stat_names[i], "utime") == 0)
            r.self.numbers[i] = self_ticks;
    return r;
}

static void rates_follow_from_two_readings(void **state)
{
    static struct host  h;
    int64_t             hz = sysconf(_SC_CLK_TCK);
    struct host_reading first = reading(500 * hz, 1000, 9000, 4000), second = reading(503 * hz, 1030, 9070, 5000);
    (void)state;
    host_take(&h, &first, 7 * US_PER_SECOND, 1000);
    assert_near(h.self_cpu, 0); /* there is no earlier reading */
    assert_int_equal(h.disk_read_kibps, 0);
    host_take(&h, &second, 9 * US_PER_SECOND, 3000);
    assert_near(h.self_cpu, 1.5);
    assert_near(h.machine_cpu, 0.3);
    assert_int_equal(h.disk_read_kibps, 500);
    assert_int_equal(h.disk_written_kibps, 250);
    assert_int_equal(host_sampled(&h, HOST_CPU)->wall_ms, 3000);
}

static void what_was_not_read_stays_as_it_was(void **state)
{
    static struct host  h;
    struct host_reading cpu = reading(1, 2, 3, 4), ram = { .got = HOST_RAM, .ram = { .total = 8 } };
    (void)state;
    cpu.got = HOST_CPU;
    host_take(&h, &cpu, US_PER_SECOND, 1000);
    host_take(&h, &ram, 2 * US_PER_SECOND, 2000);
    assert_int_equal(h.newest.cpu.idle, 3);
    assert_int_equal(h.newest.ram.total, 8);
    assert_int_equal(host_sampled(&h, HOST_CPU)->wall_ms, 1000);
    assert_true(host_has(&h, HOST_CPU | HOST_RAM));
    assert_false(host_has(&h, HOST_CPU | HOST_DISK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_can_be_read_on_this_machine),
        cmocka_unit_test(only_what_is_wanted_is_read),
        cmocka_unit_test(rates_follow_from_two_readings),
        cmocka_unit_test(what_was_not_read_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
