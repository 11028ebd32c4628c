/* Messages and control messages, which are the same at both ends. */
#include "protocol/rtmp/link.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/rtmp/talk.h"

static void assert_media(struct talk *t, uint8_t type_id, uint32_t timestamp_ms, const char *body)
{
    struct rtmp_message msg;
    assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
    assert_int_equal(msg.type_id, type_id);
    assert_int_equal(msg.timestamp_ms, timestamp_ms);
    assert_int_equal(msg.payload->len, strlen(body));
    assert_memory_equal(msg.payload->data, body, strlen(body));
    frame_unref(&msg.payload);
}

static void control_messages_are_handled_inside(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\6\1\2\3\4", 6);              /* ping */
    say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\3\0\0\0\1\0\0\x0B\xB8", 10); /* buffer length 3000 ms */
    say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\x1A\0", 3);                  /* an event of Flash */
    say_message(t, RTMP_TYPE_ACK, 0, "\0\0\0\1", 4);
    say_message(t, RTMP_TYPE_SET_PEER_BANDWIDTH, 0, "\0\0\0\1\2", 5);
    say_message(t, RTMP_TYPE_ABORT, 0, "\0\0\0\x09", 4);
    say_message(t, 16, 0, "xx", 2);                   /* a shared object */
    say_message(t, RTMP_TYPE_DATA, 0, "\0\0\0\1", 4); /* ffmpeg's time code */
    say_message(t, RTMP_TYPE_DATA_AMF3, 5, "\0data", 5);
    say_message(t, RTMP_TYPE_AUDIO, 7, "audio", 5);
    assert_media(t, RTMP_TYPE_DATA, 5, "data");
    assert_media(t, RTMP_TYPE_AUDIO, 7, "audio");
    assert_control(t, RTMP_TYPE_USER_CONTROL, "\0\7\1\2\3\4", 6);
    assert_no_more_answers(t);
    assert_int_equal(t->s.link.buffer_ms, 3000);
    talk_free(t);
}

static void short_control_messages_are_malformed(void **state)
{
    (void)state;
    static const struct {
        uint8_t       type_id;
        const char   *body;
        size_t        len;
        enum err_code code;
    } rows[] = {
        { RTMP_TYPE_SET_CHUNK_SIZE, "\0\0\1", 3, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_SET_CHUNK_SIZE, "\0\0\0\x7F", 4, E_RTMP_CHUNK_SIZE },
        { RTMP_TYPE_WINDOW_ACK_SIZE, "", 0, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_USER_CONTROL, "\0", 1, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_USER_CONTROL, "\0\6\0", 3, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_AGGREGATE, "\x08\0\0\5", 4, E_RTMP_AGGREGATE },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk        *t = talk_new();
        struct rtmp_message msg;
        say_message(t, rows[i].type_id, 0, rows[i].body, rows[i].len);
        assert_err(rtmp_link_read_message(&t->s.link, &msg, soon()), rows[i].code);
        talk_free(t);
    }
}

static void assert_acknowledged(struct talk *t, int64_t bytes)
{
    const char body[] = { 0, 0, (char)(bytes >> 8), (char)bytes };
    assert_control(t, RTMP_TYPE_ACK, body, 4);
}

static void received_bytes_are_acknowledged_by_half_windows(void **state)
{
    (void)state;
    static const uint8_t body[600];
    struct talk         *t = talk_new();
    struct rtmp_message  msg;
    bool                 got;
    say_message(t, RTMP_TYPE_WINDOW_ACK_SIZE, 0, "\0\0\x08\x00", 4); /* 2048 */
    for (int i = 0; i < 4; i++) {
        say_message(t, RTMP_TYPE_AUDIO, 0, body, sizeof body); /* 616 bytes on the wire */
        assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
        frame_unref(&msg.payload);
        assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
        assert_false(got);
    }
    assert_acknowledged(t, 16 + 2 * 616);
    assert_acknowledged(t, 16 + 4 * 616);
    assert_no_more_answers(t);
    talk_free(t);
}

static void nothing_new_is_acknowledged_no_more(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    bool                got;
    say_message(t, RTMP_TYPE_WINDOW_ACK_SIZE, 0, "\0\0\0\x01", 4); /* half of the window rounds to 0 */
    for (int i = 0; i < 5; i++) {
        assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
        assert_false(got);
    }
    assert_acknowledged(t, 16);
    assert_no_more_answers(t);
    talk_free(t);
}

static void aggregates_come_out_in_parts(void **state)
{
    (void)state;
    static const char parts[] = "\x08\0\0\2\0\0\x64\0\0\0\0ab\0\0\0\x0D"
                                "\x01\0\0\4\0\0\x64\0\0\0\0\0\0\0\0\0\0\0\x0F" /* control in it is dropped */
                                "\x09\0\0\1\0\0\x6E\0\0\0\0c\0\0\0\x0C";
    struct talk *t = talk_new();
    say_message(t, RTMP_TYPE_AGGREGATE, 5000, parts, sizeof parts - 1);
    say_message(t, RTMP_TYPE_AUDIO, 6000, "d", 1);
    assert_media(t, RTMP_TYPE_AUDIO, 5000, "ab");
    assert_media(t, RTMP_TYPE_VIDEO, 5010, "c");
    assert_media(t, RTMP_TYPE_AUDIO, 6000, "d");
    talk_free(t);
}

static void connections_share_the_buffer_and_not_their_bytes(void **state)
{
    (void)state;
    struct talk *a = talk_new(), *b = talk_new();
    for (int i = 0; i < 3; i++) {
        say_message(a, RTMP_TYPE_AUDIO, (uint32_t)i, (const char[]){ (char)('a' + i), 0 }, 1);
        say_message(b, RTMP_TYPE_VIDEO, (uint32_t)i, (const char[]){ (char)('A' + i), 0 }, 1);
    }
    /* each read takes all three from the socket and returns one */
    for (int i = 0; i < 3; i++) {
        assert_media(a, RTMP_TYPE_AUDIO, (uint32_t)i, (const char[]){ (char)('a' + i), 0 });
        assert_media(b, RTMP_TYPE_VIDEO, (uint32_t)i, (const char[]){ (char)('A' + i), 0 });
    }
    /* a connection that ends while it uses the buffer leaves no bytes in it */
    say_message(a, RTMP_TYPE_AUDIO, 9, "x", 1);
    say_message(a, RTMP_TYPE_AUDIO, 9, "y", 1);
    assert_media(a, RTMP_TYPE_AUDIO, 9, "x");
    talk_free(a);
    say_message(b, RTMP_TYPE_AUDIO, 9, "z", 1);
    assert_media(b, RTMP_TYPE_AUDIO, 9, "z");
    talk_free(b);
}

static void what_cannot_be_copied_out_of_the_buffer_ends_its_connection(void **state)
{
    (void)state;
    struct talk        *a = talk_new(), *b = talk_new();
    struct rtmp_message msg;
    say_message(a, RTMP_TYPE_AUDIO, 0, "a", 1);
    say_message(a, RTMP_TYPE_AUDIO, 0, "b", 1);
    say_message(b, RTMP_TYPE_AUDIO, 0, "c", 1);
    assert_media(a, RTMP_TYPE_AUDIO, 0, "a");
    mem_fail_after(0);
    struct err *e = rtmp_link_read_message(&b->s.link, &msg, soon());
    mem_fail_after(-1);
    assert_null(e);
    frame_unref(&msg.payload);
    assert_err(rtmp_link_read_message(&a->s.link, &msg, soon()), E_NO_MEMORY);
    talk_free(a);
    talk_free(b);
}

static void looking_for_a_message_never_waits(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    bool                got;
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_false(got);
    say(t, "\x03\0\0\0\0\0\1\x08\1\0\0\0", 12); /* all but the body */
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_false(got);
    say(t, "a", 1);
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_true(got);
    frame_unref(&msg.payload);
    close(t->peer);
    t->peer = -1;
    t->io.may_read = true;
    assert_err(rtmp_link_next_now(&t->s.link, &msg, &got), E_END_OF_STREAM);
    talk_free(t);
}

/* A peer that sends messages without a pause, and a coroutine that reads them as a player does. */
struct flood {
    struct talk  *t;
    atomic_bool   stop;
    enum err_code ended_by;
    int64_t       most_at_once; /* bytes taken in between two turns of another coroutine */
    struct co    *test_co;      /* owns the io in the end, because events still come */
};

static void *flood_run(void *arg)
{
    struct flood *f = arg;
    int64_t       until = now_us() + 10 * US_PER_SECOND; /* the test has failed by then */
    uint8_t       bytes[32 << 10];
    memset(bytes, 0xC3, sizeof bytes); /* type 3: an empty audio message a byte, as the first header said */
    fcntl(f->t->peer, F_SETFL, 0);
    if (write(f->t->peer, "\x03\0\0\0\0\0\0\x08\1\0\0\0", 12) == 12)
        while (!f->stop && now_us() < until && write(f->t->peer, bytes, sizeof bytes) > 0)
            ;
    shutdown(f->t->peer, SHUT_WR);
    return NULL;
}

static void look_at_all(void *arg)
{
    struct flood       *f = arg;
    struct rtmp_message msg;
    bool                got;
    struct err         *e = NULL;
    while (!e) {
        if (!io_is_readable(&f->t->io))
            e = io_wait_readable(&f->t->io, DEADLINE_NEVER);
        if (!e && !(e = rtmp_link_next_now(&f->t->s.link, &msg, &got)) && got)
            frame_unref(&msg.payload);
    }
    f->ended_by = err_code(e);
    err_free(e);
    io_set_owner(&f->t->io, f->test_co);
}

static void measure_turns(void *arg)
{
    struct flood *f = arg;
    for (int64_t before = 0; !co_is_cancelled(co_self()); before = f->t->io.bytes_in) {
        co_give_way();
        int64_t taken = f->t->io.bytes_in - before;
        f->most_at_once = taken > f->most_at_once ? taken : f->most_at_once;
    }
}

static void a_reader_of_a_flood_gives_way_and_can_be_cancelled(void **state)
{
    (void)state;
    struct flood    f = { .t = talk_new(), .test_co = co_self() };
    struct co_group group;
    pthread_t       thread;
    co_group_init(&group);
    assert_int_equal(pthread_create(&thread, NULL, flood_run, &f), 0);
    assert_null(co_go(&group, "look", look_at_all, &f, NULL));
    assert_null(co_go(&group, "measure", measure_turns, &f, NULL));
    assert_null(co_sleep(100 * US_PER_MS));
    co_group_cancel_and_join(&group);
    f.stop = true;
    io_close(&f.t->io);
    pthread_join(thread, NULL);
    talk_free(f.t);
    assert_int_equal(f.ended_by, E_THREAD_INTERRUPTED);
    assert_in_range(f.most_at_once, 1, 3 * RTMP_RECEIVE_BUFFER);
}

static void count_turns(void *arg)
{
    for (; !co_is_cancelled(co_self()); ++*(int *)arg)
        co_give_way();
}

static void many_pings_give_way(void **state)
{
    (void)state;
    enum { PINGS = 200 };
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    struct co_group     group;
    int                 turns = 0;
    bool                got;
    for (int i = 0; i < PINGS; i++)
        say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\6\0\0\0\1", 6);
    co_group_init(&group);
    assert_null(co_go(&group, "count", count_turns, &turns, NULL));
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_false(got);
    assert_in_range(turns, 2, PINGS);
    co_group_cancel_and_join(&group);
    talk_free(t);
}

static void a_waiting_reader_is_woken(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    assert_err(rtmp_link_read_message(&t->s.link, &msg, now_us() + 10 * US_PER_MS), E_SOCKET_TIMEOUT);
    say_message(t, RTMP_TYPE_AUDIO, 0, "a", 1);
    t->io.may_read = false; /* the watcher must find the input */
    assert_media(t, RTMP_TYPE_AUDIO, 0, "a");
    talk_free(t);
}

static void a_message_given_back_is_read_again(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    struct rtmp_call    call;
    say_call(t, "createStream", 7, NULL);
    say_call(t, "publish", 8, "s");
    for (int i = 0; i < 2; i++) {
        assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
        assert_null(rtmp_link_decode(&msg, &call));
        assert_int_equal(call.kind, RTMP_CALL_CREATE_STREAM);
        rtmp_link_unread(&t->s.link, &msg);
        assert_null(msg.payload);
    }
    talk_free(t); /* frees the message that was given back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_messages_are_handled_inside),
        cmocka_unit_test(short_control_messages_are_malformed),
        cmocka_unit_test(received_bytes_are_acknowledged_by_half_windows),
        cmocka_unit_test(nothing_new_is_acknowledged_no_more),
        cmocka_unit_test(aggregates_come_out_in_parts),
        cmocka_unit_test(connections_share_the_buffer_and_not_their_bytes),
        cmocka_unit_test(what_cannot_be_copied_out_of_the_buffer_ends_its_connection),
        cmocka_unit_test(looking_for_a_message_never_waits),
        cmocka_unit_test(a_reader_of_a_flood_gives_way_and_can_be_cancelled),
        cmocka_unit_test(many_pings_give_way),
        cmocka_unit_test(a_waiting_reader_is_woken),
        cmocka_unit_test(a_message_given_back_is_read_again),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
