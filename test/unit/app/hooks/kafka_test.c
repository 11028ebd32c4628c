/*
 * Events for Kafka. Debian has no broker, so the peer is the mock cluster of librdkafka: it speaks the protocol over TCP, keeps
 * messages in memory, and its brokers can be taken down. It is no real broker: what only one shows (disks, elections, access rules)
 * is not tested here.
 */
#include <cmocka.h>

#include "app/hooks/kafka.h"
#include "app/hooks/outbox.h"
#include "protocol/disk.h"

static void what_the_library_misses_is_named(void **state)
{
    static const char       all[] = "gzip,ssl,sasl,sasl_plain,sasl_scram", few[] = "gzip,ssl_not,sasl,sasl_plain";
    const struct conf_kafka plain = { 0 }, tls = { .tls = true, .sasl = "" }, login = { .sasl = "PLAIN" };
    const struct conf_kafka scram = { .sasl = "SCRAM-SHA-512" };
    (void)state;
    assert_null(hook_kafka_misses(&plain, ""));
    assert_null(hook_kafka_misses(&tls, all));
    assert_null(hook_kafka_misses(&login, few));
    assert_null(hook_kafka_misses(&scram, all));
    assert_string_equal(hook_kafka_misses(&tls, few), "TLS");
    assert_non_null(hook_kafka_misses(&scram, few));
    assert_non_null(hook_kafka_misses(&login, "sasl"));
}

#ifdef WITH_KAFKA

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum { SHORT_US = 500 * US_PER_MS, LONG_US = 60 * US_PER_SECOND, MANY = 300 };

static rd_kafka_t              *host;
static rd_kafka_mock_cluster_t *cluster;
static char                     place[512];
static struct list              notices;
static int64_t                  timeout_us; /* of a call: short where the brokers are away */

static int setup(void **state)
{
    char why[256];
    (void)state;
    list_init(&notices);
    timeout_us = LONG_US;
    host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    cluster = host ? rd_kafka_mock_cluster_new(host, 1) : NULL;
    if (!cluster || rd_kafka_mock_topic_create(cluster, "events", 1, 1))
        return -1;
    snprintf(place, sizeof place, HOOK_KAFKA_SCHEME "%s/events", rd_kafka_mock_cluster_bootstraps(cluster));
    return disk_begin();
}

static int teardown(void **state)
{
    (void)state;
    while (!list_is_empty(&notices))
        hook_notice_free(LIST_ENTRY(notices.next, struct hook_notice, link));
    hook_outbox_finish(0);
    hook_kafka_finish();
    int failed = disk_end();
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return failed;
}

static const struct conf_words *urls(void)
{
    static char             *items[] = { place };
    static struct conf_words words = { .items = items, .count = 1 };
    return &words;
}

static struct hook_call call_of(int number, char body[static 32], const char *journal)
{
    snprintf(body, 32, "{\"number\":%d}", number);
    return (struct hook_call){
        .event = HOOK_KAFKA,
        .manner = { .timeout_us = timeout_us, .tls_ca = "", .secret = "", .journal = journal },
        .client_id = HOOK_KAFKA_QUEUE "/live/cam",
        .vhost = "v",
        .body = body,
    };
}

static void add(int number)
{
    char                body[32];
    struct hook_call    c = call_of(number, body, "");
    struct hook_notice *n = hook_notice_new(c.client_id, &c, urls(), 1796032856123000);
    assert_non_null(n);
    list_push(&notices, &n->link);
}

static rd_kafka_t *consumer(void)
{
    char                             why[256];
    rd_kafka_conf_t                 *c = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(1);
    rd_kafka_conf_set(c, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), why, sizeof why);
    rd_kafka_conf_set(c, "group.id", "test", why, sizeof why);
    rd_kafka_t *k = rd_kafka_new(RD_KAFKA_CONSUMER, c, why, sizeof why);
    assert_non_null(k);
    rd_kafka_topic_partition_list_add(all, "events", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(k, all), 0);
    rd_kafka_topic_partition_list_destroy(all);
    return k;
}

/* The number in the next message; -1: none came in a long time. */
static int next_number(rd_kafka_t *k)
{
    int64_t deadline_us = a_while();
    int     number = -1;
    while (number < 0 && now_us() < deadline_us) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k, 100);
        if (m && !m->err) {
            static const char key[] = "/live/cam";
            char              text[256];
            assert_int_equal(m->key_len, strlen(key));
            assert_memory_equal(m->key, key, strlen(key));
            snprintf(text, sizeof text, "%.*s", (int)m->len, (const char *)m->payload);
            assert_non_null(strstr(text, "{\"event_id\":\""));
            const char *at = strstr(text, "\"number\":");
            assert_non_null(at);
            number = atoi(at + strlen("\"number\":"));
        }
        if (m)
            rd_kafka_message_destroy(m);
    }
    return number;
}

static void close_consumer(rd_kafka_t *k)
{
    rd_kafka_consumer_close(k);
    rd_kafka_destroy(k);
}

static void events_come_in_order_under_the_key_of_their_stream(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        add(i);
    assert_int_equal(code_of(hook_kafka_send(&notices, 10)), E_SUCCESS);
    rd_kafka_t *k = consumer();
    for (int i = 0; i < 10; i++)
        assert_int_equal(next_number(k), i);
    close_consumer(k);
}

static void brokers_that_are_away_are_an_error_in_time(void **state)
{
    (void)state;
    timeout_us = SHORT_US;
    add(1);
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), 0);
    assert_int_equal(code_of(hook_kafka_send(&notices, 1)), E_BACKEND);
    assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 1), 0);
}

static void tls_at_a_broker_without_it_is_an_error_in_time(void **state)
{
    static struct conf with_tls = { .kafka = { .enabled = true, .tls = true, .tls_verify = true } };
    static struct conf with_no_file = { .kafka = { .enabled = true, .tls = true, .tls_ca = "/no/such/file" } };
    static struct conf plain = { .kafka = { .enabled = true } };
    struct conf       *conf = &with_tls;
    (void)state;
    assert_int_equal(code_of(hook_kafka_check(conf)), E_SUCCESS);
    hook_kafka_start(&conf);
    timeout_us = SHORT_US;
    add(1);
    assert_int_equal(code_of(hook_kafka_send(&notices, 1)), E_BACKEND);
    conf = &with_no_file;
    assert_int_equal(code_of(hook_kafka_send(&notices, 1)), E_BACKEND);
    conf = &plain; /* as after a reload: the next events go the new way */
    struct hook_notice *n = LIST_ENTRY(notices.next, struct hook_notice, link);
    list_remove(&n->link);
    hook_notice_free(n);
    timeout_us = LONG_US;
    add(2);
    assert_int_equal(code_of(hook_kafka_send(&notices, 1)), E_SUCCESS);
}

static void a_journal_keeps_events_until_brokers_have_them(void **state)
{
    const char *journal = path_in("journal");
    (void)state;
    timeout_us = SHORT_US;
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), 0);
    for (int i = 0; i < MANY; i++) {
        char                   body[32];
        const struct hook_call c = call_of(i, body, journal);
        hook_outbox_add(c.client_id, &c, urls(), HOOK_LAST);
    }
    while (code_of(hook_outbox_wait(HOOK_KAFKA_QUEUE "/live/cam", journal, now_us() + US_PER_SECOND)) != E_BACKEND)
        ; /* until the brokers are known to be away */
    assert_int_equal(hook_notices_count(), MANY);
    assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 1), 0);
    int64_t deadline_us = a_while();
    while (hook_notices_count() > 0 && now_us() < deadline_us)
        assert_null(co_sleep(US_PER_MS));
    assert_int_equal(hook_notices_count(), 0);
    rd_kafka_t *k = consumer();
    int         last = -1;
    while (last < MANY - 1) {
        int number = next_number(k);
        assert_true(number >= 0 && number <= last + 1); /* none is left out; one may come again */
        last = number > last ? number : last;
    }
    close_consumer(k);
}

static void an_end_does_not_wait_for_brokers(void **state)
{
    (void)state;
    timeout_us = SHORT_US;
    assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), 0);
    char                   body[32];
    const struct hook_call c = call_of(1, body, "");
    hook_outbox_add(c.client_id, &c, urls(), HOOK_LAST);
    co_give_way();
    hook_outbox_finish(0);
    assert_int_equal(hook_notices_count(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_library_misses_is_named),       TEST(tls_at_a_broker_without_it_is_an_error_in_time),
        TEST(events_come_in_order_under_the_key_of_their_stream), TEST(brokers_that_are_away_are_an_error_in_time),
        TEST(a_journal_keeps_events_until_brokers_have_them),     TEST(an_end_does_not_wait_for_brokers),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

#else

static void a_server_without_the_library_says_so(void **state)
{
    static const struct conf conf = { .kafka = { .enabled = true } };
    struct list              none;
    (void)state;
    list_init(&none);
    assert_false(hook_kafka_is_wanted(&conf));
    assert_int_equal(code_of(hook_kafka_send(&none, 0)), E_BACKEND);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_the_library_misses_is_named),
                                        cmocka_unit_test(a_server_without_the_library_says_so) };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

#endif
