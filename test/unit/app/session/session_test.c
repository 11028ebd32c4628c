/* The door of sessions: verdicts, registration and the end of each session that was admitted. */
#include "app/session/session.h"

#include "app/session/rules.h"
#include "app/source/fixture.h"
#include "core/attr.h"
#include "core/mem.h"

enum { RULES = 3, GUARDS_MAX = 8 };

static const struct client_type player = { .name = "rtmp-play", .tag = "PLA" };
static const struct client_type publisher = { .name = "fmle-publish", .tag = "CPB", .publish = true };

static const struct session_guard *const rules[RULES] = { &session_vhost_guard, &session_security_guard,
                                                          &session_refer_guard };

static struct conf                *conf;
static struct sources              sources;
static struct registry             registry;
static const struct session_guard *guards[GUARDS_MAX];
static struct session_door         door;
static struct session              s;
static int64_t                     bytes_in, bytes_out;
static char                        told[128]; /* words that the guards of a test wrote */

static void tell(const char *what)
{
    size_t n = strlen(told);
    snprintf(told + n, sizeof told - n, "%s ", what);
}

static void begin_with(const char *directives)
{
    char text[1024];
    snprintf(text, sizeof text, "vhost v { %s } vhost off { enabled off; }", directives);
    conf = conf_of(text);
}

static int setup(void **state)
{
    (void)state;
    registry_init(&registry);
    for (size_t i = 0; i < GUARDS_MAX; i++)
        guards[i] = i < RULES ? rules[i] : NULL;
    door = (struct session_door){ .conf = &conf, .sources = &sources, .registry = &registry, .guards = guards };
    *told = '\0';
    bytes_in = bytes_out = 0;
    s = (struct session){ .host = "v", .app = "live", .stream = "cam", .param = "" };
    s.client = (struct client){ .type = &player, .id = "c1", .ip = "192.0.2.7" };
    s.client.tc_url = s.client.page_url = s.client.swf_url = "";
    s.client.bytes_in = &bytes_in;
    s.client.bytes_out = &bytes_out;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_leave(&s);
    assert_int_equal(sources.by_key.count, 0);
    map_finish(&sources.by_key);
    registry_finish(&registry);
    assert_int_equal(conf->refs, 1);
    conf_unref(&conf);
    return 0;
}

/* ---- verdicts ---- */

struct verdict_row {
    const char          *directives, *host, *page;
    bool                 publish;
    int                  code;
    enum session_verdict verdict;
};

static void each_rule_has_its_verdict(void **state)
{
    /* clang-format off */
    static const struct verdict_row rows[] = {
        { "", "v",   "", false, 0,                      SESSION_ADMITTED },
        { "", "V",   "", true,  0,                      SESSION_ADMITTED },
        { "", "x",   "", false, E_RTMP_VHOST_NOT_FOUND, SESSION_NOT_FOUND },
        { "", "off", "", false, E_RTMP_VHOST_NOT_FOUND, SESSION_DENIED },
        { "security { enabled on; deny play all; }",    "v", "", false, E_SYSTEM_SECURITY_DENY, SESSION_DENIED },
        { "security { enabled on; deny play all; }",    "v", "", true,  0,                      SESSION_ADMITTED },
        { "security { enabled on; deny publish all; }", "v", "", true,  E_SYSTEM_SECURITY_DENY, SESSION_DENIED },
        { "refer { enabled on; all a.test; }",          "v", "", false, E_RTMP_ACCESS_DENIED,   SESSION_DENIED },
        { "refer { enabled on; play a.test; }",         "v", "http://a.test/", false, 0,        SESSION_ADMITTED },
        { "refer { enabled on; play a.test; }",         "v", "http://b.test/", false, E_RTMP_ACCESS_DENIED, SESSION_DENIED },
        { "refer { enabled on; play a.test; }",         "v", "http://b.test/", true,  0,        SESSION_ADMITTED },
        { "refer { enabled on; publish a.test; }",      "v", "http://b.test/", true,  E_RTMP_ACCESS_DENIED, SESSION_DENIED },
        { "cluster { mode remote; origin 127.0.0.1; }", "v", "", false, 0, SESSION_ADMITTED },
        { "cluster { token_traverse on; }", "v", "", false, 0, SESSION_ADMITTED }, /* not an edge */
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        begin_with(rows[i].directives);
        s.client.type = rows[i].publish ? &publisher : &player;
        s.host = rows[i].host;
        s.client.page_url = rows[i].page;
        assert_int_equal(code_of(session_admit(&s, &door)), rows[i].code);
        assert_int_equal(s.verdict, rows[i].verdict);
        assert_int_equal(s.source != NULL, rows[i].code == 0);
        session_leave(&s);
        assert_int_equal(conf->refs, 1);
        conf_unref(&conf);
    }
    begin_with("");
}

/* ---- in and out ---- */

static void a_session_is_counted_from_its_entry_until_it_leaves(void **state)
{
    (void)state;
    begin_with("");
    assert_null(session_admit(&s, &door));
    assert_null(registry_find_client(&registry, "c1"));
    assert_null(session_enter(&s));
    assert_ptr_equal(registry_find_client(&registry, "c1"), &s.client);
    assert_int_equal(s.source->stat.n_clients, 1);
    session_leave(&s);
    assert_null(registry_find_client(&registry, "c1"));
    assert_null(s.source);
    session_leave(&s); /* a second time does nothing */
}

static void a_session_that_was_never_admitted_can_leave(void **state)
{
    struct session never = { 0 };
    (void)state;
    begin_with("");
    session_leave(&never);
}

static void a_session_without_memory_leaves_nothing_behind(void **state)
{
    bool failed = true;
    int  n = 0;
    (void)state;
    begin_with("");
    for (; failed && n < 100; n++) {
        mem_fail_after(n);
        struct err *e = session_admit(&s, &door);
        if (e)
            assert_int_equal(s.verdict, SESSION_FAILED);
        else
            e = session_enter(&s);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(code_of(e), failed ? E_NO_MEMORY : 0);
        session_leave(&s);
        assert_int_equal(sources.by_key.count, 0);
        assert_int_equal(registry.n_clients, 0);
        assert_int_equal(conf->refs, 1);
    }
    assert_false(failed);
    assert_true(n > 3);
}

/* ---- guards of features ---- */

static struct err *ask_first(struct session *of, void **kept)
{
    (void)kept;
    (void)of;
    tell("first");
    return NULL;
}

static void leave_first(void *kept)
{
    (void)kept;
    tell("-first");
}

static struct err *ask_second(struct session *of, void **kept)
{
    *kept = of;
    tell("second");
    return NULL;
}

/* The guard keeps the session, which has its source until the guard has left. */
static void leave_second(void *kept)
{
    const struct session *of = kept;
    tell(of->source ? "-second" : "-nothing");
}

static struct err *ask_never(struct session *of, void **kept)
{
    (void)kept;
    of->verdict = SESSION_UNAVAILABLE;
    return err_new(E_LIMIT, "nobody passes here");
}

static void leave_never(void *kept)
{
    (void)kept;
    tell("-never");
}

static const struct session_guard first = { .ask = ask_first, .leave = leave_first };
static const struct session_guard second = { .ask = ask_second, .leave = leave_second };
static const struct session_guard never = { .ask = ask_never, .leave = leave_never };

static void guards_are_left_in_reverse_order_while_the_source_is_there(void **state)
{
    (void)state;
    begin_with("");
    guards[RULES] = &first;
    guards[RULES + 1] = &second;
    assert_null(session_admit(&s, &door));
    assert_string_equal(told, "first second ");
    session_leave(&s);
    assert_string_equal(told, "first second -second -first ");
}

static void only_guards_that_were_passed_are_left(void **state)
{
    (void)state;
    begin_with("");
    guards[RULES] = &first;
    guards[RULES + 1] = &never;
    guards[RULES + 2] = &second;
    assert_int_equal(code_of(session_admit(&s, &door)), E_LIMIT);
    assert_int_equal(s.verdict, SESSION_UNAVAILABLE);
    session_leave(&s);
    assert_string_equal(told, "first -first ");
}

static struct err *ask_rename(struct session *of, void **kept)
{
    (void)kept;
    of->stream = "renamed";
    return NULL;
}

static void a_guard_may_rename_the_stream(void **state)
{
    static const struct session_guard rename_guard = { .ask = ask_rename };
    (void)state;
    begin_with("");
    guards[RULES] = &rename_guard;
    assert_null(session_admit(&s, &door));
    assert_string_equal(s.source->stream, "renamed");
}

/* ---- guards of a connection ---- */

static int n_asked, n_left;

static struct err *ask_connection(struct session *of, void **kept)
{
    (void)of;
    n_asked++;
    *kept = &n_left;
    return NULL;
}

static void leave_connection(void *kept)
{
    assert_ptr_equal(kept, &n_left);
    n_left++;
}

static const struct session_guard of_connection = { .of_connection = true,
                                                    .ask = ask_connection,
                                                    .leave = leave_connection };

static void a_connection_is_asked_once_and_leaves_after_its_last_session(void **state)
{
    struct session_connection c = { 0 };
    (void)state;
    begin_with("");
    guards[RULES] = &of_connection;
    n_asked = n_left = 0;
    for (int i = 0; i < 3; i++) {
        s.connection = &c;
        assert_null(session_admit(&s, &door));
        assert_int_equal(n_asked, 1);
        session_leave(&s);
        assert_int_equal(n_left, 0);
    }
    session_connection_end(&c);
    assert_int_equal(n_left, 1);
    session_connection_end(&c); /* a second time does nothing */
    assert_int_equal(n_left, 1);
}

static void a_connection_that_was_refused_does_not_leave(void **state)
{
    static const struct session_guard refuses = { .of_connection = true, .ask = ask_never, .leave = leave_never };
    struct session_connection         c = { 0 };
    (void)state;
    begin_with("");
    guards[RULES] = &refuses;
    s.connection = &c;
    assert_int_equal(code_of(session_admit(&s, &door)), E_LIMIT);
    session_leave(&s);
    session_connection_end(&c);
    assert_string_equal(told, "");
}

static void a_session_without_a_connection_is_not_asked_about_one(void **state)
{
    (void)state;
    begin_with("");
    guards[RULES] = &of_connection;
    n_asked = n_left = 0;
    assert_null(session_admit(&s, &door));
    session_leave(&s);
    assert_int_equal(n_asked + n_left, 0);
}

/* ---- a reload while a guard waits ---- */

static const char *next_directives;

static void reload(void)
{
    conf_unref(&conf);
    begin_with(next_directives);
}

static struct err *ask_and_wait(struct session *of, void **kept)
{
    (void)kept;
    const struct conf_vhost *before = of->vhost;
    tell("wait");
    struct err *e = co_sleep(US_PER_MS);
    if (!e)
        reload();
    assert_string_equal(before->name, "v"); /* the session's configuration outlives the reload */
    return e;
}

static const struct session_guard waits = { .ask = ask_and_wait };

static void a_reload_during_admission_counts(void **state)
{
    (void)state;
    begin_with("");
    guards[RULES] = &waits;
    next_directives = "chunk_size 4096;";
    assert_null(session_admit(&s, &door));
    assert_string_equal(told, "wait "); /* the guard ran once */
    assert_ptr_equal(s.source->conf, conf);
    assert_int_equal(s.source->vhost->chunk_size, 4096);
}

static void a_rule_that_came_during_admission_refuses(void **state)
{
    (void)state;
    begin_with("");
    guards[RULES] = &first;
    guards[RULES + 1] = &waits;
    next_directives = "security { enabled on; deny play all; }";
    assert_int_equal(code_of(session_admit(&s, &door)), E_SYSTEM_SECURITY_DENY);
    assert_int_equal(s.verdict, SESSION_DENIED);
    session_leave(&s);
    assert_string_equal(told, "first wait -first ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_rule_has_its_verdict),
        TEST(a_session_is_counted_from_its_entry_until_it_leaves),
        TEST(a_session_that_was_never_admitted_can_leave),
        TEST(a_session_without_memory_leaves_nothing_behind),
        TEST(guards_are_left_in_reverse_order_while_the_source_is_there),
        TEST(only_guards_that_were_passed_are_left),
        TEST(a_guard_may_rename_the_stream),
        TEST(a_connection_is_asked_once_and_leaves_after_its_last_session),
        TEST(a_connection_that_was_refused_does_not_leave),
        TEST(a_session_without_a_connection_is_not_asked_about_one),
        TEST(a_reload_during_admission_counts),
        TEST(a_rule_that_came_during_admission_refuses),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
