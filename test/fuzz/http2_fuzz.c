/*
 * A connection of HTTP/2 over a socket pair, whose peer sends frames of any kind, cut anywhere, and reads or does not. In the end no
 * handler runs, and no memory is left.
 *
 * The input is a script: flags, then either frames (type, flags, stream, length, payload) or bare bytes.
 */
#include "protocol/http2/http2.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/rd.h"
#include "fuzzing.h"
#include "protocol/co.h"
#include "protocol/http/exchange.h"
#include "protocol/io.h"
#include "protocol/stacks.h"

enum { BARE = 1, NO_PREFACE = 2, READS_LATE = 4, IN_STEPS = 8 };
enum { FRAME_HEAD = 9, PAYLOAD_MAX = 255, BIG = 200000 };

static char            big[BIG];
static int             n_running;
static struct co_group group;
static int             peer, server_fd;
static bool            has_ended;
static const char      preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";

static struct err *reply_pieces(struct http_exchange *x)
{
    struct err *e = http_reply_begin(x, 200, "text/plain", HTTP_LENGTH_UNKNOWN);
    for (int i = 0; !e && i < 3; i++)
        e = http_reply_write(x, big, 20000);
    return e;
}

/* As a live player does. */
static struct err *reply_live(struct http_exchange *x)
{
    struct io  *io = http_io_of(x);
    struct err *e = http_reply_begin(x, 200, "video/x-flv", HTTP_LENGTH_UNKNOWN);
    for (size_t at = 0, n = 0; !e && at < sizeof big; at += n) {
        struct iovec iov[2] = { { big + at, 1 }, { big + at + 1, sizeof big - at - 1 } };
        char         dropped[100];
        size_t       n_dropped;
        if (io_is_readable(io) && (e = io_read_now(io, dropped, sizeof dropped, &n_dropped)))
            break;
        if (!(e = io_wait_taken(io, US_PER_SECOND, DEADLINE_NEVER)))
            e = io_writev_now(io, iov, 2, &n);
    }
    return e;
}

static struct err *echo(struct http_exchange *x)
{
    const char *body;
    size_t      len;
    struct err *e = http_read_body(x, 1000, &body, &len);
    return e ? e : http_reply(x, 200, "text/plain", body, len);
}

static struct err *wait_long(struct http_exchange *x)
{
    struct err *e = NULL;
    for (int i = 0; !e && i < 3; i++) {
        co_give_way();
        e = co_sleep(0);
    }
    return e ? e : http_reply_status(x, 404);
}

static struct err *handle(struct http_exchange *x)
{
    const struct http_request *r = http_request_of(x);
    struct err                *e;
    n_running++;
    check(n_running <= HTTP2_STREAMS_MAX);
    switch (strlen(r->raw_path) % 5) {
    case 0: e = reply_pieces(x); break;
    case 1: e = http_reply(x, 200, "text/plain", big, r->n_fields * 1000); break;
    case 2: e = reply_live(x); break;
    case 3: e = r->has_body ? echo(x) : http_reply_status(x, 200); break;
    default: e = wait_long(x);
    }
    n_running--;
    return e;
}

static const struct http_serving serving = { .handle = handle };

static void serve(void *arg)
{
    struct io   io = { .fd = -1 };
    struct err *e = io_open(&io, *(int *)arg);
    if (!e)
        e = http2_serve(&io, &serving);
    err_free(e);
    io_close(&io);
    has_ended = true;
}

static void take(void)
{
    char buf[16384];
    while (recv(peer, buf, sizeof buf, MSG_DONTWAIT) > 0)
        ;
}

static void say(const uint8_t *bytes, size_t len, unsigned flags)
{
    size_t step = flags & IN_STEPS ? 1 + flags / 16 : len;
    for (size_t at = 0; at < len && !has_ended; at += step) {
        size_t left = len - at;
        if (send(peer, bytes + at, left < step ? left : step, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
            return;
        if (flags & IN_STEPS)
            co_give_way();
        if (!(flags & READS_LATE))
            take();
    }
}

static void say_frames(struct rd *script, unsigned flags)
{
    uint8_t frame[FRAME_HEAD + PAYLOAD_MAX] = { 0 };
    while (rd_left(script) >= 4 && !has_ended) {
        uint8_t type = rd_u8(script), what = rd_u8(script), id = rd_u8(script);
        size_t  len = rd_u8(script);
        len = len < rd_left(script) ? len : rd_left(script);
        frame[2] = (uint8_t)len;
        frame[3] = type % 12;
        frame[4] = what;
        frame[8] = id;
        if (len > 0)
            memcpy(frame + FRAME_HEAD, rd_bytes(script, len), len);
        say(frame, FRAME_HEAD + len, flags);
        if (type & 0x80)
            co_give_way();
    }
}

static void set_up(void)
{
    static bool         is_up;
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    if (is_up)
        return;
    is_up = true;
    check(!log_setup(&silent));
    check(!co_init());
    io_init();
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd script = rd_over(data, size);
    int       ends[2];
    set_up();
    unsigned flags = rd_u8(&script);
    size_t   before = mem_held();
    has_ended = false;
    co_group_init(&group);
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    server_fd = ends[0];
    peer = ends[1];
    check(!co_go(&group, "serve", serve, &server_fd, NULL));
    co_give_way();
    if (!(flags & NO_PREFACE))
        say((const uint8_t *)preface, sizeof preface, flags);
    if (flags & BARE)
        say(script.p, rd_left(&script), flags);
    else
        say_frames(&script, flags);
    co_give_way();
    take();
    co_give_way();
    shutdown(peer, SHUT_WR);
    for (int i = 0; i < 5 && !has_ended; i++) {
        take();
        co_give_way();
    }
    close(peer);
    co_group_cancel_and_join(&group);
    check(n_running == 0);
    stacks_finish(); /* Stacks without a job are kept for the next one. */
    check(mem_held() == before);
    return 0;
}
