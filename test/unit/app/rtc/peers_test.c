#include "app/rtc/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/rtc/peer.h"
#include "app/server/server.h"
#include "loop.h"
#include "protocol/co.h"

enum { N = 100 };

static struct conf     settings;
static struct server   server = { .conf = &settings };
static struct co_group group;
static struct rtc_peer peers[N];
static bool            ended[N];

static void park(void *arg)
{
    err_free(co_park(DEADLINE_NEVER));
    ended[(struct rtc_peer *)arg - peers] = true;
}

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    memset(peers, 0, sizeof peers);
    memset(ended, 0, sizeof ended);
    settings.max_connections = 1000;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        if (peers[i].link.next && !list_is_empty(&peers[i].link))
            rtc_peers_remove(&peers[i]);
    co_group_cancel_and_join(&group);
    return rtc_peers_count() == 0 && rtc_peers_waiting() == 0 ? 0 : -1;
}

static bool enter(int i, const char *ip, const char *ufrag)
{
    struct rtc_peer *peer = &peers[i];
    list_init(&peer->link);
    list_init(&peer->waiting.link);
    peer->server = &server;
    snprintf(peer->ip, sizeof peer->ip, "%s", ip);
    snprintf(peer->token, sizeof peer->token, "token%d", i);
    snprintf(peer->ufrag, sizeof peer->ufrag, "%s%d", ufrag, i);
    snprintf(peer->mark, sizeof peer->mark, "mark%02d", i);
    assert_null(co_go(&group, "peer", park, peer, &peer->co));
    return rtc_peers_add(peer);
}

/* Whether those that were cancelled, and no others, are 0 to n - 1. */
static void only_the_first_ended(int n)
{
    for (int i = 0; i < 3; i++)
        co_give_way();
    for (int i = 0; i < N; i++)
        assert_int_equal(ended[i], i < n);
}

static void bounds_follow_max_connections(void **state)
{
    (void)state;
    static const struct {
        int    max;
        size_t all, per_ip;
    } rows[] = { { 1, 1, 1 }, { 4, 1, 1 }, { 40, 10, 4 }, { 1000, 250, 62 }, { 100000, 2048, 512 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtc_waiting_bounds b = rtc_waiting_bounds(rows[i].max);
        assert_int_equal(b.all, rows[i].all);
        assert_int_equal(b.per_ip, rows[i].per_ip);
    }
}

static void one_address_takes_its_share_and_its_own_oldest_gives_way(void **state)
{
    (void)state;
    for (int i = 0; i < 62 + 3; i++)
        assert_true(enter(i, "192.0.2.1", "flood"));
    assert_true(enter(65, "192.0.2.2", "other"));
    only_the_first_ended(3);
    assert_int_equal(rtc_peers_waiting(), 63);
}

static void the_oldest_of_all_gives_way_when_no_place_is_left(void **state)
{
    (void)state;
    char ip[32];
    settings.max_connections = 40;
    for (int i = 0; i < 12; i++) {
        snprintf(ip, sizeof ip, "192.0.2.%d", i);
        assert_true(enter(i, ip, "ufrag"));
    }
    only_the_first_ended(2);
    assert_int_equal(rtc_peers_waiting(), 10);
    settings.max_connections = 20; /* by a reload */
    assert_true(enter(12, "192.0.2.99", "ufrag"));
    only_the_first_ended(8);
    assert_int_equal(rtc_peers_waiting(), 5);
}

static void a_ufrag_leads_to_one_session(void **state)
{
    (void)state;
    assert_true(enter(1, "192.0.2.1", "ufrag"));
    snprintf(peers[2].token, sizeof peers[2].token, "another");
    assert_true(enter(2, "192.0.2.1", "ufrag"));
    peers[3] = peers[1];
    list_init(&peers[3].link);
    assert_false(rtc_peers_add(&peers[3]));
    assert_false(rtc_peers_rename(&peers[2], "ufrag1"));
    assert_ptr_equal(rtc_peers_find_ufrag("ufrag1", 6), &peers[1]);
    assert_ptr_equal(rtc_peers_find_ufrag("ufrag2", 6), &peers[2]);
    assert_true(rtc_peers_rename(&peers[2], "renamed"));
    assert_null(rtc_peers_find_ufrag("ufrag2", 6));
    assert_ptr_equal(rtc_peers_find_mark((const uint8_t *)"mark02 and random"), &peers[2]);
    assert_null(rtc_peers_find_mark((const uint8_t *)"mark\0\0 and random"));
    assert_ptr_equal(rtc_peers_find_ufrag("renamed", 7), &peers[2]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bounds_follow_max_connections),
        TEST(one_address_takes_its_share_and_its_own_oldest_gives_way),
        TEST(the_oldest_of_all_gives_way_when_no_place_is_left),
        TEST(a_ufrag_leads_to_one_session),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
