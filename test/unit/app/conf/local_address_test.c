/* Which address of a machine `stats { network; }` chooses. */
#include <arpa/inet.h>
#include <cmocka.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "app/conf/local_address.h"
#include "core/attr.h"

enum { UP = IFF_UP | IFF_RUNNING, MAX = 8 };

struct machine {
    struct ifaddrs      list[MAX];
    struct sockaddr_in  v4[MAX];
    struct sockaddr_in6 v6[MAX];
    int                 n;
};

static void add(struct machine *m, const char *ip, unsigned flags)
{
    struct ifaddrs *a = &m->list[m->n];
    a->ifa_flags = flags;
    m->v4[m->n].sin_family = AF_INET;
    m->v6[m->n].sin6_family = AF_INET6;
    if (inet_pton(AF_INET, ip, &m->v4[m->n].sin_addr) == 1)
        a->ifa_addr = (struct sockaddr *)&m->v4[m->n];
    else if (inet_pton(AF_INET6, ip, &m->v6[m->n].sin6_addr) == 1)
        a->ifa_addr = (struct sockaddr *)&m->v6[m->n];
    if (m->n)
        m->list[m->n - 1].ifa_next = a;
    m->n++;
}

static void assert_chooses(const struct machine *m, const char *const *wanted, int n)
{
    char ip[INET6_ADDRSTRLEN];
    assert_int_equal(local_address_count_in(m->list), n);
    for (int i = 0; i < n; i++) {
        assert_true(local_address_find_in(m->list, i, ip));
        assert_string_equal(ip, wanted[i]);
    }
    assert_false(local_address_find_in(m->list, n, ip));
}

static void ipv4_comes_first_and_loopback_does_not_count(void **state)
{
    static const char *const wanted[] = { "192.0.2.2", "198.51.100.7", "2001:db8::1" };
    struct machine           m = { 0 };
    (void)state;
    add(&m, "127.0.0.1", UP | IFF_LOOPBACK);
    add(&m, "2001:db8::1", UP);
    add(&m, "192.0.2.2", UP);
    add(&m, "203.0.113.1", UP | IFF_POINTOPOINT);
    add(&m, "203.0.113.2", IFF_UP);
    add(&m, "", UP);
    add(&m, "198.51.100.7", UP);
    assert_chooses(&m, wanted, 3);
}

static void a_machine_with_loopback_alone_has_that(void **state)
{
    static const char *const wanted[] = { "127.0.0.1", "::1" };
    struct machine           m = { 0 };
    (void)state;
    add(&m, "::1", UP | IFF_LOOPBACK);
    add(&m, "127.0.0.1", UP | IFF_LOOPBACK);
    assert_chooses(&m, wanted, 2);
}

static void no_address_is_none(void **state)
{
    char ip[INET6_ADDRSTRLEN];
    (void)state;
    assert_int_equal(local_address_count_in(NULL), 0);
    assert_false(local_address_find_in(NULL, 0, ip));
    assert_true(local_address_count() > 0); /* this machine has at least its loopback */
    assert_true(local_address_find(0, ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_comes_first_and_loopback_does_not_count),
        cmocka_unit_test(a_machine_with_loopback_alone_has_that),
        cmocka_unit_test(no_address_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
