/* What the server knows of its clients, summed up to streams, vhosts and itself. */
#include <unistd.h>

#include "app/session/client_lines.h"
#include "app/session/registry.h"
#include "app/source/fixture.h"
#include "app/source/life.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/io.h"

static const struct client_type players = { .name = "rtmp-play", .tag = "PLA" };
static const struct client_type publishers = { .name = "fmle-publish", .tag = "CPB", .publish = true };

static struct fixture  fx;
static struct registry registry;
static int64_t         bytes_in[6], bytes_out[6];
static struct client   clients[6];
static char            ids[6][16];

static int setup(void **state)
{
    (void)state;
    begin(&fx, "");
    registry_init(&registry);
    for (int i = 0; i < 6; i++) {
        snprintf(ids[i], sizeof ids[i], "c%d", i);
        bytes_in[i] = bytes_out[i] = 0;
        clients[i] = (struct client){ .type = &players, .id = ids[i], .source = fx.source };
        clients[i].bytes_in = &bytes_in[i];
        clients[i].bytes_out = &bytes_out[i];
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        registry_leave(&registry, &clients[i]);
    registry_finish(&registry);
    end(&fx);
    return 0;
}

static void add(int i, const char *vhost)
{
    assert_null(registry_enter(&registry, &clients[i], vhost));
}

static void moved(int i, int64_t in, int64_t out)
{
    bytes_in[i] += in;
    bytes_out[i] += out;
}

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
    assert_int_equal(vhost("w")->n_clients, 0); /* a vhost stays, with what it has carried */
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
    moved(0, 10, 0); /* between two publishes on one connection: the second one's */
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
    registry.traffic.in.sample.began_us = start; /* the server's own began a moment before */
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

/* ---- periodic lines ---- */

static char logged[20000];

/* What one round of periodic lines writes. */
static void log_a_round(void)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true }, to_file = { .level = LOG_INFO };
    const char         *tmp = getenv("TMPDIR");
    snprintf(to_file.path, sizeof to_file.path, "%s/stat_test.XXXXXX", tmp ? tmp : "/tmp");
    int fd = mkstemp(to_file.path);
    assert_true(fd >= 0);
    assert_null(log_setup(&to_file));
    client_lines_log(&registry, now_us());
    assert_null(log_setup(&silent));
    ssize_t n = read(fd, logged, sizeof logged - 1);
    logged[n > 0 ? n : 0] = '\0';
    close(fd);
    unlink(to_file.path);
}

static int count_of(const char *text)
{
    int n = 0;
    for (const char *p = logged; (p = strstr(p, text)); p++)
        n++;
    return n;
}

static void each_kind_of_client_has_a_line(void **state)
{
    (void)state;
    clients[0].type = &publishers;
    for (int i = 0; i < 4; i++)
        add(i, "v");
    log_a_round();
    assert_int_equal(count_of("\n"), 4); /* one as SRS has it, and one of its own */
    assert_int_equal(count_of("client type=fmle-publish, "), 1);
    assert_int_equal(count_of("client type=rtmp-play, "), 1);
    assert_int_equal(count_of("pnt=5000\n"), 1);
    assert_int_equal(count_of("<- CPB time="), 1);
    assert_int_equal(count_of("-> PLA time="), 1);
    assert_int_equal(count_of("][c0] <- CPB "), 1); /* under the client's own id */
    assert_int_equal(count_of("mr=0/"), 1);
    assert_int_equal(count_of("mw="), 1);
    assert_int_equal(count_of("okbps=0,0,0, ikbps=0,0,0"), 2);
}

static void without_clients_there_is_no_line(void **state)
{
    (void)state;
    log_a_round();
    assert_string_equal(logged, "");
}

static void clients_of_a_kind_take_turns(void **state)
{
    (void)state;
    clients[0].type = &publishers;
    for (int i = 0; i < 6; i++)
        add(i, "v");
    int seen[6] = { 0 };
    for (int round = 0; round < 10; round++) {
        log_a_round();
        for (int i = 0; i < 6; i++) {
            char text[32] = "][c0] client type=";
            text[3] = (char)('0' + i);
            seen[i] += count_of(text);
        }
    }
    assert_int_equal(seen[0], 10); /* the only publisher, each time */
    for (int i = 1; i < 6; i++)
        assert_int_equal(seen[i], 2); /* five players, in turn */
    assert_int_equal(registry.n_clients, 6);
}

static void a_client_that_left_has_no_turn(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        add(i, "v");
    log_a_round();
    registry_leave(&registry, &clients[1]);
    for (int round = 0; round < 4; round++) {
        log_a_round();
        assert_int_equal(count_of("][c1] "), 0);
        assert_int_equal(count_of("-> PLA "), 1);
    }
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
        registry_leave(&registry, &clients[0]); /* as a connection does that could not be added, too */
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

static void nor_does_one_who_is_not_the_first(void **state)
{
    (void)state;
    add(5, "w");
    add_with_any_allocation_failing(1);
}

/* ---- what the API looks up ---- */

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
    assert_string_equal(fx.source->stat.tc_url, "rtmp://first/live"); /* though he has gone */
    registry_leave(&registry, &clients[1]);
    assert_null(registry_find_stream(&registry, fx.source->id));
    assert_int_equal(registry.stream_roll.count, 0);
    assert_int_equal(registry.client_roll.count, 0);
    assert_int_equal(registry.vhost_roll.count, 1); /* they stay */
    add(1, "v");
    assert_string_equal(fx.source->stat.tc_url, "rtmp://second/live");
}

static void a_vhost_counts_the_streams_that_are_published(void **state)
{
    struct publisher second = { .co = co_self(), .trace = "second" };
    (void)state;
    source_unpublish(fx.source, &fx.publisher); /* was published before there was anybody who counts */
    add(0, "v");
    assert_int_equal(vhost("v")->n_streams, 0);
    assert_null(source_publish(fx.source, &second));
    assert_int_equal(vhost("v")->n_streams, 1);
    assert_string_equal(fx.source->stat.publisher_id, "second");
    assert_true(fx.source->stat.published_wall_ms > 0);
    source_unpublish(fx.source, &fx.publisher); /* not his any more */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clients_are_counted_on_server_and_vhost),
        TEST(a_client_that_was_never_added_may_be_removed),
        TEST(a_sample_adds_bytes_to_client_stream_vhost_and_server),
        TEST(what_moved_since_the_last_sample_is_counted_when_a_client_leaves),
        TEST(a_client_that_comes_again_on_its_connection_loses_and_doubles_nothing),
        TEST(what_came_before_it_was_known_as_a_client_is_its_own),
        TEST(rates_are_of_the_time_between_samples),
        TEST(each_kind_of_client_has_a_line),
        TEST(without_clients_there_is_no_line),
        TEST(clients_of_a_kind_take_turns),
        TEST(a_client_that_left_has_no_turn),
        TEST(a_client_that_cannot_be_counted_leaves_nothing_behind),
        TEST(nor_does_one_who_is_not_the_first),
        TEST(clients_streams_and_vhosts_are_found_by_id),
        TEST(a_stream_is_there_while_it_has_a_client),
        TEST(a_vhost_counts_the_streams_that_are_published),
        TEST(a_stream_published_before_its_first_client_is_not_counted_off),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
