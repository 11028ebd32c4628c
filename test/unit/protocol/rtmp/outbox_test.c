/* Several messages in one write. */
#include "protocol/rtmp/outbox.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "loop.h"

static struct {
    struct io        io;
    int              peer;
    struct rtmp_link link;
} t;

static int begin(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    if (connect_ends(&t.io, &t.peer) != 0)
        return -1;
    rtmp_link_init(&t.link, &t.io);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    rtmp_link_finish(&t.link);
    io_close(&t.io);
    close_end(&t.peer);
    return 0;
}

static void messages_leave_in_the_chunks_that_were_announced(void **state)
{
    (void)state;
    uint8_t            got[2048];
    struct rtmp_outbox o;
    assert_null(rtmp_outbox_begin(&o, &t.link));
    memset(wr_room(&o.body, 200), 'a', 200);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND); /* two chunks of 128 */
    rtmp_outbox_set_chunk_size(&o, 4096);
    memset(wr_room(&o.body, 200), 'b', 200);
    rtmp_outbox_add(&o, RTMP_CSID_STREAM, 1, RTMP_TYPE_COMMAND);
    assert_null(rtmp_outbox_send(&o));
    assert_int_equal(read(t.peer, got, sizeof got), 12 + 128 + 1 + 72 + 16 + 12 + 200);
    assert_int_equal(got[12 + 128], 0xC3);
    assert_int_equal(t.link.out_chunk_size, 4096);
}

static void messages_that_outgrow_it_are_not_sent(void **state)
{
    (void)state;
    uint8_t            got;
    struct rtmp_outbox o;
    for (size_t len = RTMP_REPLY_MAX; len <= RTMP_REPLY_MAX + 1; len++) {
        assert_null(rtmp_outbox_begin(&o, &t.link));
        for (size_t i = 0; i < len; i++)
            wr_u8(&o.body, 'x');
        rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
        assert_int_equal(code_of(rtmp_outbox_send(&o)), len > RTMP_REPLY_MAX ? E_RTMP_MESSAGE_ENCODE : E_SUCCESS);
        while (len == RTMP_REPLY_MAX && read(t.peer, &got, 1) == 1)
            ;
    }
    assert_int_equal(read(t.peer, &got, 1), -1);
}

static void a_peer_that_takes_nothing_is_given_up_at_the_deadline(void **state)
{
    (void)state;
    struct err *e = NULL;
    for (int i = 0; !e && i < 10000; i++) {
        struct rtmp_outbox o;
        assert_null(rtmp_outbox_begin(&o, &t.link));
        wr_room(&o.body, RTMP_REPLY_MAX);
        rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
        e = rtmp_outbox_send_by(&o, now_us() + 10 * US_PER_MS);
    }
    assert_int_equal(code_of(e), E_SOCKET_TIMEOUT);
}

static void memory_may_be_out(void **state)
{
    (void)state;
    struct rtmp_outbox o;
    mem_fail_after(0);
    struct err *e = rtmp_outbox_begin(&o, &t.link);
    mem_fail_after(-1);
    assert_int_equal(code_of(e), E_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_leave_in_the_chunks_that_were_announced, begin, finish),
        cmocka_unit_test_setup_teardown(messages_that_outgrow_it_are_not_sent, begin, finish),
        cmocka_unit_test_setup_teardown(a_peer_that_takes_nothing_is_given_up_at_the_deadline, begin, finish),
        cmocka_unit_test_setup_teardown(memory_may_be_out, begin, finish),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
