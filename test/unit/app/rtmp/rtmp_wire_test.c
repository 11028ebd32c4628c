/* The RTMP wire to a server that we publish to: a source's sender writes to a client's socket. */
#include "app/rtmp/rtmp_wire.h"

#include "app/live/delivery.h"
#include "app/live/sender.h"
#include "app/source/append.h"
#include "app/source/fixture.h"
#include "app/source/life.h"
#include "protocol/rtmp/client.h"
#include "protocol/rtmp/server_end.h"

static struct fixture f;

static struct relay {
    struct rtmp_client client;
    struct sender      out;
    int64_t            n_messages;
    bool               listens; /* it has joined, and has been idle once */
    enum err_code      ended_by;
} relay;

/* Publish to the server what a reader of the source gets, as rtmp/client.h describes it. */
static struct err *relay_stream(struct relay *r)
{
    struct rtmp_client *c = &r->client;
    struct wire         wire = { .format = &rtmp_wire, .chunk_size = c->link.out_chunk_size, .msid = c->msid };
    struct err         *e = sender_attach(&r->out, f.source, &c->io, wire, &r->n_messages, &live_delivery);
    while (!e) {
        bool idle;
        reader_take_moments(&r->out.reader);
        if (!r->out.cut && io_is_readable(&c->io) && (e = rtmp_client_listen(c)))
            break;
        if (!(e = sender_send(&r->out, &idle)) && idle) {
            r->listens = true;
            e = sender_wait(&r->out, DEADLINE_NEVER);
        }
    }
    sender_detach(&r->out);
    return rtmp_client_last_words(c, e);
}

static void run(void *arg)
{
    static const struct rtmp_client_target t = { .url = "rtmp://h/live/s", .chunk_size = 4096 };
    struct relay                          *r = arg;
    struct err                            *e = rtmp_client_open_over(&r->client, &t, served.client, a_while());
    if (!e)
        e = rtmp_client_publish(&r->client, a_while());
    if (!e)
        e = relay_stream(r);
    r->ended_by = err_code(e);
    err_free(e);
    rtmp_client_close(&r->client);
}

static void append_text(const char *text)
{
    struct frame  *frame = frame_new((uint32_t)strlen(text));
    static int64_t ms;
    frame->kind = FRAME_AUDIO;
    frame->codec = CODEC_AAC;
    frame->dts_us = frame->pts_us = (ms += 20) * US_PER_MS;
    frame->len = frame->media_len = (uint32_t)strlen(text);
    memcpy(frame->data, text, frame->len);
    assert_null(source_append(f.source, frame));
    frame_unref(&frame);
    settle(f.source);
    while (f.source->next_served)
        co_give_way();
}

/* Wait until the server has heard all of it. */
static void assert_heard(const char *text)
{
    int64_t deadline = a_while();
    while (strcmp(served.heard, text) != 0 && now_us() < deadline)
        co_give_way();
    assert_string_equal(served.heard, text);
}

static void start_relay(struct co_group *group, struct err *(*then)(struct server_end *s))
{
    int64_t deadline = a_while();
    begin(&f, "play { gop_cache off; time_jitter off; mw_latency 0; }");
    relay = (struct relay){ 0 };
    co_group_init(group);
    start_server(then);
    assert_null(co_go(group, "relay", run, &relay, NULL));
    while (!relay.listens && now_us() < deadline)
        co_give_way();
    assert_true(relay.listens);
}

static void a_source_is_relayed_to_a_server(void **state)
{
    (void)state;
    struct co_group group;
    start_relay(&group, take_a_stream);
    append_text("one ");
    append_text("two ");
    assert_heard("one two ");
    append_text("three");
    assert_heard("one two three");
    assert_int_equal(relay.n_messages, 3);
    co_group_cancel_and_join(&group);
    assert_int_equal(relay.ended_by, E_THREAD_INTERRUPTED);
    stop_server();
    assert_int_equal(served.ended_by, E_END_OF_STREAM);
    end(&f);
}

static struct err *stop_at_once(struct server_end *s)
{
    struct err *e = rtmp_server_start_publish(&s->s, s->role);
    return e ? e : rtmp_server_refuse(&s->s, s->role, RTMP_REFUSE_BUSY, "another one");
}

static void a_relay_hears_why_it_is_stopped(void **state)
{
    (void)state;
    struct co_group group;
    int64_t         deadline = a_while();
    begin(&f, "play { gop_cache off; }");
    relay = (struct relay){ 0 };
    co_group_init(&group);
    start_server(stop_at_once);
    assert_null(co_go(&group, "relay", run, &relay, NULL));
    while (!relay.ended_by && now_us() < deadline)
        co_give_way();
    assert_int_equal(relay.ended_by, E_SYSTEM_STREAM_BUSY);
    assert_true(co_group_join(&group, a_while()));
    stop_server();
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_relayed_to_a_server),
        cmocka_unit_test(a_relay_hears_why_it_is_stopped),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
