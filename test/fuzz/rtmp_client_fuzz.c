/*
 * A hostile RTMP server. For all bytes that it sends, our client returns, holds nothing afterwards, and has sent a well-formed
 * chunk stream.
 *
 * The first byte is a set of flags; the rest is the server's raw bytes, or the bodies of its messages.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/rd.h"
#include "fuzzing.h"
#include "protocol/co.h"
#include "protocol/rtmp/client.h"

enum { PUBLISHES = 1, PLAIN = 2, SHAKES_HANDS = 4, IN_MESSAGES = 8, NO_FC = 16 };
enum { SAID_MAX = 128 << 10, READS_MAX = 1000 };

static int begin(void)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    check(!log_setup(&silent));
    check(!co_init());
    io_init();
    return 1;
}

/* Send the server's bytes. */
static void say(int fd, uint8_t flags, struct rd r)
{
    static uint8_t bytes[SAID_MAX];
    struct wr      w = wr_over(bytes, sizeof bytes);
    if (flags & SHAKES_HANDS) {
        memset(wr_room(&w, RTMP_S0S1S2_LEN), 0, RTMP_S0S1S2_LEN);
        bytes[0] = RTMP_VERSION;
    }
    while (flags & IN_MESSAGES && rd_left(&r) >= 3) {
        struct rtmp_out m = { .csid = 3, .msid = 1, .type_id = rd_u8(&r) };
        uint16_t        len = rd_u16(&r);
        m.len = len < rd_left(&r) ? len : (uint32_t)rd_left(&r);
        m.body = rd_bytes(&r, m.len);
        rtmp_message_write(&w, &m, RTMP_CHUNK_SIZE_DEFAULT);
    }
    size_t left = rd_left(&r);
    wr_bytes(&w, rd_bytes(&r, left), left);
    check(write(fd, bytes, wr_len(&w)) >= 0);
    shutdown(fd, SHUT_WR);
}

static struct err *play(struct rtmp_client *c, int64_t deadline_us)
{
    struct err *e = rtmp_client_play(c, NULL, deadline_us);
    for (int i = 0; !e && i < READS_MAX; i++) {
        struct rtmp_message   msg = { 0 };
        enum rtmp_client_news news;
        e = rtmp_client_read(c, &msg, &news, deadline_us);
        check(e || (news == RTMP_NEWS_MEDIA) == (msg.payload != NULL));
        frame_unref(&msg.payload);
    }
    return e;
}

static struct err *publish(struct rtmp_client *c, int64_t deadline_us)
{
    static const uint8_t  body[200];
    const struct rtmp_out m = { .csid = 4, .type_id = RTMP_TYPE_AUDIO, .len = sizeof body, .body = body };
    struct err           *e = rtmp_client_publish(c, deadline_us);
    if (!e)
        e = rtmp_client_write(c, &m, deadline_us);
    return e ? e : rtmp_client_listen(c);
}

/* Check the messages that the client has sent after C0, C1 and C2. */
static void check_said(int fd)
{
    static uint8_t           said[SAID_MAX];
    struct rtmp_chunk_reader in;
    ssize_t                  n = read(fd, said, sizeof said);
    size_t                   begun = RTMP_C0C1_LEN + RTMP_C2_LEN;
    rtmp_chunk_reader_init(&in);
    if (n > (ssize_t)begun)
        rtmp_chunk_reader_feed(&in, said + begun, (size_t)n - begun);
    for (bool got = true; got;) {
        struct rtmp_message msg = { 0 };
        check(!rtmp_chunk_reader_next(&in, &msg, &got));
        if (got && msg.type_id == RTMP_TYPE_SET_CHUNK_SIZE)
            check(!rtmp_chunk_reader_set_chunk_size(&in, 4096));
        frame_unref(&msg.payload);
    }
    rtmp_chunk_reader_finish(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static int begun;
    if (!begun)
        begun = begin();
    if (len < 1 || len > SAID_MAX / 4)
        return 0;
    uint8_t                         flags = data[0];
    const struct rtmp_client_target t = {
        .url = "rtmp://h/live/s?k=v", .chunk_size = 4096, .plain = flags & PLAIN, .no_fc = flags & NO_FC
    };
    struct rtmp_client c;
    int                ends[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    say(ends[1], flags, rd_over(data + 1, len - 1));
    int64_t     deadline_us = now_us() + 10 * US_PER_SECOND;
    struct err *e = rtmp_client_open_over(&c, &t, ends[0], deadline_us);
    if (!e)
        e = flags & PUBLISHES ? publish(&c, deadline_us) : play(&c, deadline_us);
    check(err_code(e) != E_SOCKET_TIMEOUT);
    check((err_code(e) == E_CONTROL_REDIRECT) <= (c.moved_to != NULL));
    if (!e)
        rtmp_client_leave(&c, deadline_us);
    err_free(e);
    check_said(ends[1]);
    rtmp_client_close(&c);
    close(ends[1]);
    return 0;
}
