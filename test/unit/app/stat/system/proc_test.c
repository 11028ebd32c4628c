/* Parsers of the kernel's files, with texts of real machines. */
#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/stat/system/cpu.h"
#include "app/stat/system/disk.h"
#include "app/stat/system/nics.h"
#include "app/stat/system/proc_text.h"
#include "app/stat/system/ram.h"
#include "app/stat/system/self_stat.h"
#include "app/stat/system/sockets.h"
#include "core/attr.h"

#define assert_near(a, b) assert_true((a) - (b) < 1e-6 && (b) - (a) < 1e-6)

static const char stat_text[] = "cpu  510258 96497 345286 1293770 5618 7 43487 135 11 0\n"
                                "cpu0 232226 46354 163776 681475 1013 0 21842 62 0 0\n"
                                "intr 12 34\n";

static const char self_text[] =
    "27916 (srs) S 1 27872 27873 14067 -1 4194304 102 3 4 5 1200 345 6 7 20 0 5 0 1157068 3133440 410 "
    "18446744073709551615 94540750032896 94540750052777 140723036744976 0 0 0 0 4096 16386 0 0 0 17 1 0 0 9 10 11 "
    "94540750068784 94540750070400 94541219975168 140723036748415 140723036748435 140723036748435 140723036749803 0\n";

static const char meminfo[] = "MemTotal:       24684092 kB\nMemFree:        22775000 kB\nMemAvailable:   24156800 kB\n"
                              "Buffers:           11504 kB\nCached:          1368028 kB\nSwapCached:            0 kB\n"
                              "SwapTotal:       1000000 kB\nSwapFree:         750000 kB\n";

static const char diskstats[] =
    "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
    " 254       0 vda 9371 4021 1245234 3211 120034 90021 5123412 91234 0 40500 94445 0 0 0 0 0 0\n"
    " 254       1 vda1 9271 4021 1240234 3111 120034 90021 5123412 91234 0 40400 94345 0 0 0 0 0 0\n"
    " 259       0 nvme0n1 100 0 800 10 200 0 1600 20 0 1500 30 0 0 0 0 0 0\n";

static const char net_dev[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n"
    "    lo: 1000 20 0 166 0 0 0 0 1000 20 0 0 0 0 0 0\n"
    "  eth0: 2582900144 73025 0 0 0 0 0 0 3982712 47607 0 0 0 0 0 0\n"
    "enp216s0f1np1x: 50 1 0 0 0 0 0 0 60 1 0 0 0 0 0 0\n"
    "br-0a1b2c3d4e5f:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\n";

static const char sockstat[] = "sockets: used 160\nTCP: inuse 11 orphan 2 tw 35 alloc 1024 mem 9\n"
                               "UDP: inuse 4 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n";
static const char sockstat6[] = "TCP6: inuse 3\nUDP6: inuse 1\nUDPLITE6: inuse 0\nRAW6: inuse 0\n";
static const char snmp[] = "Icmp: InMsgs InErrors\nIcmp: 3 4\n"
                           "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets "
                           "CurrEstab InSegs OutSegs\nTcp: 1 200 120000 -1 636764 634557 668 407222 1006 195091166 1\n";

static void numbers_end_with_the_line_and_never_overflow(void **state)
{
    int64_t v[4];
    (void)state;
    assert_int_equal(proc_text_numbers(" 1 -2\t3\n4", v, 4), 3);
    assert_int_equal(v[1], -2);
    assert_int_equal(proc_text_numbers("99999999999999999999 x 5", v, 4), 1);
    assert_true(v[0] == INT64_MAX);
    assert_int_equal(proc_text_numbers("", v, 4), 0);
}

static void a_label_is_a_whole_word_at_the_beginning_of_a_line(void **state)
{
    (void)state;
    assert_int_equal(proc_text_number(meminfo, "Cached"), 1368028); /* SwapCached is another line */
    assert_int_equal(proc_text_number(meminfo, "Mem"), 0);
    assert_int_equal(proc_text_number("", "Mem"), 0);
    assert_null(proc_text_find(NULL, "Mem"));
}

static void processors_are_read(void **state)
{
    struct cpu_ticks t;
    (void)state;
    assert_true(cpu_parse(stat_text, &t));
    assert_int_equal(t.user, 510258);
    assert_int_equal(t.idle, 1293770);
    assert_int_equal(t.steal, 135);
    assert_int_equal(t.guest, 11);
    assert_true(cpu_parse("cpu  1 2 3 4\n", &t)); /* Linux 2.4 */
    assert_int_equal(t.softirq, 0);
    assert_false(cpu_parse("cpu  1 2\n", &t));
    assert_false(cpu_parse("", &t));
}

static void the_busy_share_leaves_waiting_out(void **state)
{
    struct cpu_ticks before = { .user = 100, .idle = 1000 };
    struct cpu_ticks now = { .user = 110, .sys = 5, .irq = 5, .idle = 1070, .iowait = 10, .guest = 9 };
    (void)state;
    assert_near(cpu_busy(&before, &now), 0.2);
    assert_near(cpu_busy(&now, &now), 0);
    assert_near(cpu_busy(&now, &before), 0); /* the counters went back */
}

static int64_t number_of(const struct self_stat *s, const char *name)
{
    for (int i = 0; i < SELF_STAT_NUMBERS; i++)
        if (strcmp(self_stat_names[i], name) == 0)
            return s->numbers[i];
    fail_msg("no %s", name);
    return 0;
}

static void this_process_is_read_field_by_field(void **state)
{
    struct self_stat s;
    (void)state;
    assert_true(self_stat_parse(self_text, &s));
    assert_int_equal(s.pid, 27916);
    assert_string_equal(s.comm, "(srs)");
    assert_int_equal(s.state, 'S');
    assert_int_equal(number_of(&s, "ppid"), 1);
    assert_int_equal(number_of(&s, "num_threads"), 5);
    assert_int_equal(number_of(&s, "vsize"), 3133440);
    assert_true(number_of(&s, "rsslim") == (INT64_C(1) << 53) - 1); /* the largest exact number of JSON */
    static const char *const addresses[] = { "startcode", "endcode", "startstack", "kstkesp", "kstkeip", "wchan" };
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        assert_true(number_of(&s, addresses[i]) == 0); /* addresses are hidden */
    assert_int_equal(number_of(&s, "sigignore"), 4096);
    assert_int_equal(number_of(&s, "exit_signal"), 17);
    assert_int_equal(number_of(&s, "cguest_time"), 11);
    assert_int_equal(self_stat_cpu_ticks(&s), 1545);
}

static void a_program_may_be_called_anything(void **state)
{
    struct self_stat s;
    (void)state;
    assert_true(self_stat_parse("7 (a) R (b c) S 3 4 5 6 7 8 9 10 11 12 13 14 15\n", &s));
    assert_string_equal(s.comm, "(a) R (b c)");
    assert_int_equal(number_of(&s, "ppid"), 3);
    assert_int_equal(number_of(&s, "policy"), 0);
    assert_false(self_stat_parse("7 (a) R 3 4\n", &s));
    assert_false(self_stat_parse("7 (a)", &s));
    assert_false(self_stat_parse("", &s));
    assert_true(
        self_stat_parse("7 (a program with a name that is much too long to be true) S 3 4 5 6 7 8 9 10 11 12 13 "
                        "14 15\n",
                        &s));
    assert_int_equal(strlen(s.comm), SELF_STAT_COMM_CAP - 1);
}

static void memory_is_read_and_summed_up(void **state)
{
    struct ram r;
    (void)state;
    assert_true(ram_parse(meminfo, &r));
    assert_int_equal(ram_active(&r), 1909092);
    assert_int_equal(ram_in_use(&r), 529560);
    assert_near(ram_share(&r), 529560 / 24684092.0);
    assert_near(ram_swap_share(&r), 0.25);
    assert_false(ram_parse("", &r));
    assert_near(ram_share(&r), 0);
    assert_near(ram_swap_share(&r), 0);
}

static void only_the_disks_that_are_named_count(void **state)
{
    static char *const   names[] = { "vda", "nvme0n1", "sdz" };
    struct disk_counters before, now;
    (void)state;
    assert_true(disk_parse_vmstat("nr_free_pages 5\npgpgin 15715985\npgpgout 25794108\n", &now));
    assert_int_equal(now.read_kib, 15715985);
    assert_int_equal(now.written_kib, 25794108);
    assert_false(disk_parse_vmstat("", &before));
    disk_parse_stats(diskstats, names, ARRAY_LEN(names), &now);
    assert_int_equal(now.n_disks, 2);
    assert_int_equal(now.busy_ms, 42000);
    before = now;
    before.busy_ms -= 3000;
    assert_near(disk_busy(&before, &now, 6000000), 0.25);
    assert_near(disk_busy(&before, &now, 1), 1);
    disk_parse_stats(diskstats, NULL, 0, &now);
    assert_near(disk_busy(&before, &now, 6000000), 0);
}

static bool is_public(const char *name, void *ctx)
{
    (void)ctx;
    return strcmp(name, "lo") != 0 && strcmp(name, "eth0") != 0;
}

static void interfaces_have_names_of_any_length(void **state)
{
    struct nics n;
    (void)state;
    assert_true(nics_parse(net_dev, is_public, NULL, &n));
    assert_int_equal(n.public_in, 57); /* a blank after the colon is not needed */
    assert_int_equal(n.public_out, 68);
    assert_int_equal(n.inner_in, 2582901144);
    assert_int_equal(n.inner_out, 3983712);
    assert_false(nics_parse("", is_public, NULL, &n));
}

static void there_may_be_any_number_of_interfaces(void **state)
{
    static char text[100000];
    struct nics n;
    int         len = snprintf(text, sizeof text, "Inter-|\n face |\n");
    (void)state;
    for (int i = 0; i < 1000; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "veth%d: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n", i);
    assert_true(nics_parse(text, is_public, NULL, &n));
    assert_int_equal(n.public_in, 1000);
    assert_int_equal(n.public_out, 2000);
}

static bool judge(const char *text)
{
    struct sockaddr_in  v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return nics_address_is_public((struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return nics_address_is_public((struct sockaddr *)&v6);
}

static void addresses_are_public_or_not(void **state)
{
    static const char *const outer[] = { "8.8.8.8",    "172.15.0.1",           "172.32.0.1",    "192.167.1.1",
                                         "100.63.0.1", "2a00:1450:4001::200e", "::ffff:8.8.8.8" };
    static const char *const inner[] = { "10.1.2.3",    "127.0.0.1",      "172.16.0.1",      "172.31.255.255",
                                         "192.168.0.1", "0.0.0.0",        "100.64.0.1",      "169.254.1.1",
                                         "198.18.0.1",  "224.0.0.1",      "255.255.255.255", "::1",
                                         "::",          "fe80::1",        "fd00::1",         "ff02::1",
                                         "2001:db8::1", "::ffff:10.0.0.1" };
    struct sockaddr          other = { .sa_family = AF_UNIX };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(outer); i++)
        assert_true(judge(outer[i]));
    for (size_t i = 0; i < ARRAY_LEN(inner); i++)
        assert_false(judge(inner[i]));
    assert_false(nics_address_is_public(&other));
}

static void sockets_are_counted(void **state)
{
    struct sockets s;
    (void)state;
    assert_true(sockets_parse(sockstat, sockstat6, snmp, &s));
    assert_int_equal(s.tcp, 1059);
    assert_int_equal(s.established, 1006);
    assert_int_equal(s.time_wait, 35);
    assert_int_equal(s.udp, 5);
    assert_true(sockets_parse(sockstat, "", "Tcp: A B\nTcp: 1 2\n", &s));
    assert_int_equal(s.established, 0);
    assert_int_equal(s.udp, 4);
    assert_true(sockets_parse(sockstat, "", "Tcp: A B", &s));
    assert_false(sockets_parse("", "", "", &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_end_with_the_line_and_never_overflow),
        cmocka_unit_test(a_label_is_a_whole_word_at_the_beginning_of_a_line),
        cmocka_unit_test(processors_are_read),
        cmocka_unit_test(the_busy_share_leaves_waiting_out),
        cmocka_unit_test(this_process_is_read_field_by_field),
        cmocka_unit_test(a_program_may_be_called_anything),
        cmocka_unit_test(memory_is_read_and_summed_up),
        cmocka_unit_test(only_the_disks_that_are_named_count),
        cmocka_unit_test(interfaces_have_names_of_any_length),
        cmocka_unit_test(there_may_be_any_number_of_interfaces),
        cmocka_unit_test(addresses_are_public_or_not),
        cmocka_unit_test(sockets_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
