/* Counters of clients, summed up for streams, vhosts and the server. */
#include "app/session/clients.h"
#include "app/source/fixture.h"
#include "app/source/life.h"
#include "core/mem.h"

static const struct vhost_stat *vhost(const char *name)
{
    return map_find(&registry.vhosts, name);
}

static void clients_are_counted_on_server_and_vhost(void **state)
{
    (void)state;
    add(0, "v");
    add(1, "v");
    add(2, "w");
    assert_int_equal(registry.n_clients, 3);
    assert_int_equal(vhost("v")->n_clients, 2);
    assert_int_equal(vhost("w")->n_clients, 1);
    assert_string_equal(vhost("v")->name, "v");
    assert_int_equal(strlen(vhost("v")->id), VID_CAP - 1);
    assert_string_not_equal(vhost("v")->id, vhost("w")->id);
    registry_leave(&registry, &clients[1]);
    registry_leave(&registry, &clients[1]); /* a second time it does nothing */
    assert_int_equal(registry.n_clients, 2);
    assert_int_equal(vhost("v")->n_clients, 1);
    registry_leave(&registry, &clients[2]);
    assert_int_equal(vhost("w")->n_clients, 0); /* a vhost stays, with its traffic */
}

static void a_client_that_was_never_added_may_be_removed(void **state)
{
    (void)state;
    struct client never = { 0 };
    registry_leave(&registry, &never);
    assert_int_equal(registry.n_clients, 0);
}

static void a_sample_adds_bytes_to_client_stream_vhost_and_server(void **state)
{
    (void)state;
    add(0, "v");
    add(1, "v");
    add(2, "w");
    moved(0, 100, 1000);
    moved(1, 20, 200);
    moved(2, 3, 30);
    registry_sample(&registry, now_us());
    assert_int_equal(clients[0].traffic.bytes_in, 100);
    assert_int_equal(clients[1].traffic.bytes_out, 200);
    assert_int_equal(vhost("v")->traffic.bytes_in, 120);
    assert_int_equal(vhost("v")->traffic.bytes_out, 1200);
    assert_int_equal(vhost("w")->traffic.bytes_in, 3);
    assert_int_equal(fx.source->traffic.bytes_out, 1230);
    assert_int_equal(registry.traffic.bytes_in, 123);
    assert_int_equal(registry.traffic.bytes_out, 1230);
    registry_sample(&registry, now_us()); /* nothing is counted twice */
    assert_int_equal(registry.traffic.bytes_in, 123);
    moved(0, 1, 0);
    registry_sample(&registry, now_us());
    assert_int_equal(registry.traffic.bytes_in, 124);
}

static void take_out(void *arg)
{
    registry_leave(&registry, arg);
}

static void clients_may_leave_while_the_others_are_sampled(void **state)
{
    struct co_group g;
    (void)state;
    co_group_init(&g);
    for (int i = 0; i < 6; i++) {
        add(i, "v");
        moved(i, 1, 10);
    }
    co_give_way(); /* there are no turns before the first yield of a process */
    assert_null(co_go(&g, "leaves", take_out, &clients[1], NULL));
    for (int64_t until_us = now_us() + 2 * CO_SLICE_US; now_us() < until_us;)
        ; /* the slice is over after the first client */
    registry_sample_by_turns(&registry);
    assert_int_equal(g.count, 0);
    assert_int_equal(registry.n_clients, 5);
    assert_int_equal(clients[0].traffic.bytes_out, 10);
    assert_int_equal(clients[5].traffic.bytes_out, 10);
    assert_int_equal(registry.traffic.bytes_out, 60);
}

static void what_moved_since_the_last_sample_is_counted_when_a_client_leaves(void **state)
{
    (void)state;
    add(0, "v");
    moved(0, 5, 50);
    registry_sample(&registry, now_us());
    moved(0, 2, 20);
    registry_leave(&registry, &clients[0]);
    assert_int_equal(registry.traffic.bytes_in, 7);
    assert_int_equal(registry.traffic.bytes_out, 70);
    assert_int_equal(vhost("v")->traffic.bytes_out, 70);
    assert_int_equal(fx.source->traffic.bytes_out, 70);
}

static void a_client_that_comes_again_on_its_connection_loses_and_doubles_nothing(void **state)
{
    (void)state;
    add(0, "v");
    moved(0, 100, 0);
    registry_leave(&registry, &clients[0]);
    moved(0, 10, 0); /* traffic between two publishes on one connection counts for the second */
    add(0, "v");
    moved(0, 1, 0);
    registry_sample(&registry, now_us());
    registry_leave(&registry, &clients[0]);
    assert_int_equal(registry.traffic.bytes_in, 111);
    assert_int_equal(clients[0].traffic.bytes_in, 11);
}

static void what_came_before_it_was_known_as_a_client_is_its_own(void **state)
{
    (void)state;
    moved(0, 3073, 3073); /* a handshake */
    moved(1, 500, 2000);  /* a request for something else, on the same connection */
    clients[1].counted_in = 500;
    clients[1].counted_out = 2000;
    add(0, "v");
    add(1, "v");
    moved(1, 7, 8);
    registry_sample(&registry, now_us());
    assert_int_equal(clients[0].traffic.bytes_in, 3073);
    assert_int_equal(clients[0].traffic.bytes_out, 3073);
    assert_int_equal(clients[1].traffic.bytes_in, 7);
    assert_int_equal(clients[1].traffic.bytes_out, 8);
}

static void rates_are_of_the_time_between_samples(void **state)
{
    (void)state;
    add(0, "v");
    int64_t start = clients[0].since_us;
    registry.traffic.in.sample.began_us = start; /* the server's own sample began a moment earlier */
    moved(0, 250000, 125000);
    registry_sample(&registry, start + US_PER_SECOND);
    assert_int_equal(clients[0].traffic.in.sample.kbps, 2000);
    assert_int_equal(clients[0].traffic.out.sample.kbps, 1000);
    assert_int_equal(registry.traffic.in.sample.kbps, 2000);
    moved(0, 125000, 0);
    registry_sample(&registry, start + 2 * US_PER_SECOND);
    assert_int_equal(clients[0].traffic.in.sample.kbps, 1000);
    assert_int_equal(clients[0].traffic.out.sample.kbps, 0);
    assert_int_equal(clients[0].traffic.in.window_30s.kbps, 1500);
}

/* ---- without memory ---- */

static void add_with_any_allocation_failing(int n_others)
{
    bool failed = true;
    int  n = 0;
    for (; failed && n < 100; n++) {
        mem_fail_after(n);
        struct err *e = registry_enter(&registry, &clients[0], "v");
        failed = mem_failed();
        mem_fail_after(-1);
        if (e) {
            assert_int_equal(code_of(e), E_NO_MEMORY);
            assert_int_equal(registry.n_clients, n_others);
            assert_int_equal(registry.client_roll.count, n_others);
            assert_int_equal(registry.clients_by_id.count, n_others);
            assert_int_equal(registry.stream_roll.count, n_others ? 1 : 0);
            assert_int_equal(fx.source->stat.n_clients, n_others);
            assert_null(vhost("v"));
        }
        registry_sample(&registry, now_us());
        registry_leave(&registry, &clients[0]); /* a connection that could not be added leaves too */
        assert_int_equal(registry.n_clients, n_others);
    }
    assert_false(failed);
    assert_true(n > 3);
}

static void a_client_that_cannot_be_counted_leaves_nothing_behind(void **state)
{
    (void)state;
    add_with_any_allocation_failing(0);
}

static void nor_does_a_client_that_is_not_the_first(void **state)
{
    (void)state;
    add(5, "w");
    add_with_any_allocation_failing(1);
}

/* ---- lookups of the API ---- */

static void clients_streams_and_vhosts_are_found_by_id(void **state)
{
    (void)state;
    add(0, "v");
    add(1, "v");
    assert_ptr_equal(registry_find_client(&registry, "c0"), &clients[0]);
    assert_ptr_equal(registry_find_client(&registry, "c1"), &clients[1]);
    assert_null(registry_find_client(&registry, "c2"));
    assert_ptr_equal(registry_find_stream(&registry, fx.source->id), fx.source);
    assert_null(registry_find_stream(&registry, "c0"));
    assert_ptr_equal(registry_find_vhost(&registry, vhost("v")->id), vhost("v"));
    registry_leave(&registry, &clients[0]);
    assert_null(registry_find_client(&registry, "c0"));
    assert_non_null(registry_find_client(&registry, "c1"));
}

static void a_stream_is_there_while_it_has_a_client(void **state)
{
    (void)state;
    clients[0].tc_url = "rtmp://first/live";
    clients[1].tc_url = "rtmp://second/live";
    add(0, "v");
    add(1, "v");
    assert_int_equal(registry.stream_roll.count, 1);
    assert_int_equal(fx.source->stat.n_clients, 2);
    registry_leave(&registry, &clients[0]);
    assert_string_equal(fx.source->stat.tc_url, "rtmp://first/live"); /* it stays although that client has gone */
    registry_leave(&registry, &clients[1]);
    assert_null(registry_find_stream(&registry, fx.source->id));
    assert_int_equal(registry.stream_roll.count, 0);
    assert_int_equal(registry.client_roll.count, 0);
    assert_int_equal(registry.vhost_roll.count, 1); /* vhosts stay */
    add(1, "v");
    assert_string_equal(fx.source->stat.tc_url, "rtmp://second/live");
}

static void a_vhost_counts_the_streams_that_are_published(void **state)
{
    struct publisher second = { .co = co_self(), .trace = "second" };
    (void)state;
    source_unpublish(fx.source, &fx.publisher); /* published before the first client was counted */
    add(0, "v");
    assert_int_equal(vhost("v")->n_streams, 0);
    assert_null(source_publish(fx.source, &second));
    assert_int_equal(vhost("v")->n_streams, 1);
    assert_string_equal(fx.source->stat.publisher_id, "second");
    assert_true(fx.source->stat.published_wall_ms > 0);
    source_unpublish(fx.source, &fx.publisher); /* the stream is another publisher's */
    assert_int_equal(vhost("v")->n_streams, 1);
    source_unpublish(fx.source, &second);
    assert_int_equal(vhost("v")->n_streams, 0);
    assert_string_equal(fx.source->stat.publisher_id, "second");
}

static void a_stream_published_before_its_first_client_is_not_counted_off(void **state)
{
    (void)state;
    add(0, "v");
    source_unpublish(fx.source, &fx.publisher);
    assert_int_equal(vhost("v")->n_streams, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void protocols_are_counted_on_server_and_stream(void **state)
{
    static const struct client_type hls = { .name = "h", .protocol = STAT_HLS };
    const struct protocol_stat     *of_server = registry.by_protocol, *of_stream = fx.source->stat.by_protocol;
    (void)state;
    clients[0].type = &publishers;
    clients[1].type = clients[2].type = &hls;
    add(0, "v");
    add(1, "v");
    add(2, "v");
    moved(0, 5, 6);
    moved(2, 7, 8);
    registry_sample(&registry, now_us());
    registry_leave(&registry, &clients[2]);
    for (int i = 0; i < 2; i++) {
        const struct protocol_stat *of = i ? of_stream : of_server;
        assert_int_equal(of[STAT_RTMP].n_publishers, 1);
        assert_int_equal(of[STAT_RTMP].n_players, 0);
        assert_int_equal(of[STAT_RTMP].bytes_in, 5);
        assert_int_equal(of[STAT_RTMP].bytes_out, 6);
        assert_int_equal(of[STAT_HLS].n_players, 1);
        assert_int_equal(of[STAT_HLS].bytes_in, 7);
        assert_int_equal(of[STAT_HLS].bytes_out, 8);
        assert_int_equal(of[STAT_HTTP].n_players, 0);
    }
}

static void clients_since_the_start_and_failed_ones_are_counted(void **state)
{
    (void)state;
    add(0, "v");
    add(1, "v");
    clients[1].has_failed = true;
    registry_leave(&registry, &clients[0]);
    registry_leave(&registry, &clients[1]);
    assert_int_equal(registry.n_entered, 2);
    assert_int_equal(registry.n_failed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clients_are_counted_on_server_and_vhost),
        TEST(a_client_that_was_never_added_may_be_removed),
        TEST(a_sample_adds_bytes_to_client_stream_vhost_and_server),
        TEST(clients_may_leave_while_the_others_are_sampled),
        TEST(what_moved_since_the_last_sample_is_counted_when_a_client_leaves),
        TEST(a_client_that_comes_again_on_its_connection_loses_and_doubles_nothing),
        TEST(what_came_before_it_was_known_as_a_client_is_its_own),
        TEST(rates_are_of_the_time_between_samples),
        TEST(a_client_that_cannot_be_counted_leaves_nothing_behind),
        TEST(nor_does_a_client_that_is_not_the_first),
        TEST(clients_streams_and_vhosts_are_found_by_id),
        TEST(a_stream_is_there_while_it_has_a_client),
        TEST(a_vhost_counts_the_streams_that_are_published),
        TEST(a_stream_published_before_its_first_client_is_not_counted_off),
        TEST(protocols_are_counted_on_server_and_stream),
        TEST(clients_since_the_start_and_failed_ones_are_counted),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
