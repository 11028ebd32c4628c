#include "app/rtc/paths.h"

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 20000 };

static struct rtc_path paths[N];
static char            peers[2]; /* only their addresses count */

static struct rtc_peer *peer(int i)
{
    return (struct rtc_peer *)&peers[i % 2];
}

static struct rtc_addr v4(uint32_t host, uint16_t port)
{
    struct sockaddr_storage from = { 0 };
    struct sockaddr_in     *in = (void *)&from;
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(host);
    in->sin_port = htons(port);
    return rtc_addr_of(&from);
}

static struct rtc_addr v6(uint8_t last, uint16_t port, uint32_t flow)
{
    struct sockaddr_storage from = { 0 };
    struct sockaddr_in6    *in = (void *)&from;
    in->sin6_family = AF_INET6;
    in->sin6_addr.s6_addr[15] = last;
    in->sin6_port = htons(port);
    in->sin6_flowinfo = flow;
    return rtc_addr_of(&from);
}

static void finds_each_address_and_no_other(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        struct rtc_addr a = v4(0x7F000001 + (uint32_t)i / 100, (uint16_t)(10000 + i % 100));
        assert_null(rtc_path_find(&a));
        rtc_path_link(&paths[i], peer(i), &a);
    }
    for (int i = 0; i < N; i += 3)
        rtc_path_unlink(&paths[i]);
    for (int i = 0; i < N; i++) {
        struct rtc_addr a = v4(0x7F000001 + (uint32_t)i / 100, (uint16_t)(10000 + i % 100));
        assert_ptr_equal(rtc_path_find(&a), i % 3 == 0 ? NULL : &paths[i]);
    }
    for (int i = 0; i < N; i++)
        rtc_path_unlink(&paths[i]); /* those that are free stay so */
    struct rtc_addr first = v4(0x7F000001, 10001);
    assert_null(rtc_path_find(&first));
    assert_null(paths[1].peer);
}

static void addresses_of_ipv6_differ_by_host_and_port_alone(void **state)
{
    (void)state;
    struct rtc_addr a = v6(1, 5000, 0), labelled = v6(1, 5000, 77), other_host = v6(2, 5000, 0),
                    other_port = v6(1, 5001, 0);
    rtc_path_link(&paths[0], peer(0), &a);
    assert_ptr_equal(rtc_path_find(&labelled), &paths[0]);
    assert_null(rtc_path_find(&other_host));
    assert_null(rtc_path_find(&other_port));
    rtc_path_unlink(&paths[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_address_and_no_other),
        cmocka_unit_test(addresses_of_ipv6_differ_by_host_and_port_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
