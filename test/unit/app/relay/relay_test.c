/* Which relays there are, over reloads. */
#include "app/relay/relay.h"

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "app/relay/pulls.h"
#include "app/server/server.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/stream_name.h"

static struct server   server;
static struct co_group group;

static struct conf *conf_with(const char *relays)
{
    struct loaded l = load_vhost(relays);
    must_load(&l, relays);
    struct conf *conf = conf_ref(l.conf);
    unload(&l);
    return conf;
}

static const struct pull *find(const char *stream)
{
    char key[STREAM_IDENTITY_CAP];
    return pulls_find(stream_name_key(key, "v", "live", stream));
}

/* The relays follow this configuration; allocation `fail_at` fails, a negative one does not. True if it has failed. */
static bool follow(struct conf *conf, int fail_at)
{
    server.conf = conf;
    mem_fail_after(fail_at);
    relay_follow_conf();
    co_give_way();
    co_give_way();
    bool failed = mem_failed();
    mem_fail_after(-1);
    return failed;
}

static void start(struct conf *conf)
{
    server = (struct server){ .conf = conf };
    sources_init(&server.sources, NULL);
    co_group_init(&group);
    assert_null(co_go(&group, "relays", relay_run, &server, NULL));
    follow(conf, -1);
}

static void stop(void)
{
    relay_stop();
    assert_true(co_group_join(&group, a_while()));
    sources_finish(&server.sources);
    assert_null(find("a"));
}

static void a_reload_without_memory_ends_no_relay(void **state)
{
    (void)state;
    struct conf *before = conf_with("relay live/a { pull rtmp://h/live/a; on_demand on; }"
                                    "relay live/b { pull rtmp://h/live/b; on_demand on; }");
    struct conf *after = conf_with("relay live/a { pull rtmp://i/live/a; on_demand on; }"
                                   "relay live/b { pull rtmp://h/live/b; on_demand on; }");
    bool         failed = true;
    for (int n = 0; failed; n++) {
        start(before);
        const struct pull *b = find("b");
        failed = follow(after, n);
        assert_non_null(find("a"));
        assert_ptr_equal(find("b"), b);
        if (!failed)
            assert_string_equal(find("a")->order.urls.items[0], "rtmp://i/live/a");
        stop();
    }
    conf_unref(&before);
    conf_unref(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_without_memory_ends_no_relay),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
