#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "core/mem.h"
#include "protocol/http2/internal.h"

enum {
    SETTLE_US = US_PER_SECOND, /* a connection that is silent for this long gives back stack pages */
    TURN_BYTES = 64 << 10,     /* bytes that are read before other coroutines run */
    QUEUE_MAX = 256,           /* frames that wait for room in the socket: a peer that reads nothing is not read from */
    UNSENT_BYTES = 256 << 10,  /* bytes in the socket that are not on their way yet: they cannot be overtaken */

    /* Frames without progress: pings, settings, priorities, windows. A player sends a window for some kilobytes. */
    IDLING_MAX = 2000,
    IDLING_PER_SECOND = 200,

    /* Requests that are taken back: a player that seeks takes back some a second. */
    RESETS_MAX = 200,
    RESETS_PER_SECOND = 20,
};

/* ---- the session of nghttp2 ------------------------------------------------------------------------------------ */

static void *alloc_for(size_t len, void *unused)
{
    (void)unused;
    return mem_alloc(len);
}

static void free_for(void *ptr, void *unused)
{
    (void)unused;
    mem_free(ptr);
}

static void *calloc_for(size_t count, size_t size, void *unused)
{
    (void)unused;
    return mem_calloc(count, size);
}

static void *realloc_for(void *ptr, size_t len, void *unused)
{
    (void)unused;
    return mem_realloc(ptr, len);
}

static bool open_session(struct http2_conn *c, nghttp2_option *option, nghttp2_session_callbacks *callbacks)
{
    nghttp2_mem mem = { NULL, alloc_for, free_for, calloc_for, realloc_for };
    http2_receive_set_callbacks(callbacks);
    http2_output_set_callbacks(callbacks);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    return nghttp2_session_server_new3(&c->session, callbacks, c, option, &mem) == 0;
}

/* Make the session, and queue our settings. */
static struct err *begin_session(struct http2_conn *c)
{
    static const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS_MAX },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_BODY_WINDOW },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD_MAX },
    };
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option            *option = NULL;
    bool made = nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0 &&
                open_session(c, option, callbacks) &&
                nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, ARRAY_LEN(settings)) == 0;
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return made ? NULL : err_no_memory();
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

static bool is_idle(const struct http2_conn *c)
{
    return c->n_running == 0 && c->n_open == 0;
}

/* The time at which the peer will have been silent for too long. The limit depends on what is waited for. */
static int64_t deadline_of(const struct http2_conn *c)
{
    int64_t head_us = http_or_default(c->serving->head_us, HTTP_HEAD_US);
    if (!c->introduced)
        return c->idle_us + head_us;
    if (c->head_us)
        return c->head_us + head_us;
    return is_idle(c) ? c->idle_us + http_or_default(c->serving->idle_us, HTTP_IDLE_US) : DEADLINE_NEVER;
}

/* The peer is silent: an end that is announced, if it is between requests. */
static struct err *judge_silence(struct http2_conn *c)
{
    c->leaves = true;
    return c->introduced && !c->head_us ? NULL : err_new(E_SOCKET_TIMEOUT, "the head did not come in time");
}

static struct err *wait(struct http2_conn *c)
{
    int64_t     deadline_us = deadline_of(c), settled_us = now_us() + SETTLE_US;
    bool        settles = is_idle(c) && settled_us < deadline_us;
    struct err *e = co_park(co_deadline(settles ? settled_us : deadline_us));
    if (err_code(e) != E_SOCKET_TIMEOUT)
        return e;
    err_free(e);
    if (settles) {
        http2_stream_drop_spare(c);
        co_trim_stack();
        e = co_park(co_deadline(deadline_us));
        if (err_code(e) != E_SOCKET_TIMEOUT)
            return e;
        err_free(e);
    }
    return now_us() < co_deadline(deadline_of(c)) ? NULL : judge_silence(c);
}

/* ---- turns ----------------------------------------------------------------------------------------------------- */

/* False while the peer does not read what it has caused. */
static bool may_read(const struct http2_conn *c)
{
    return c->io->may_read && (c->io->may_write || nghttp2_session_get_outbound_queue_size(c->session) < QUEUE_MAX);
}

/* Read what has come, and let the requests in it reply, so that their replies go out together. */
static struct err *read_turn(struct http2_conn *c)
{
    size_t n = 1, sum = 0;
    while (n > 0 && sum < TURN_BYTES && may_read(c) && !c->why) {
        struct err *e = http2_receive(c, &n);
        if (e)
            return e;
        sum += n;
    }
    if (c->n_started > 0 || sum >= TURN_BYTES) {
        c->gathers = c->n_started > 1;
        c->n_started = 0;
        co_give_way();
        c->gathers = false;
    }
    return NULL;
}

/* Wake the streams that can write again. */
static void feed_starved(struct http2_conn *c)
{
    LIST_FOREACH (&c->starved, it, after) {
        struct http2_stream *s = LIST_ENTRY(it, struct http2_stream, starving);
        if (!http2_stream_has_room(s))
            continue;
        list_remove(&s->starving);
        http2_stream_wake(s);
    }
}

/* Announce the end once a handler or a silence has asked for it. */
static void announce_end(struct http2_conn *c)
{
    if (c->leaves && !c->announced)
        nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(c->session),
                              NGHTTP2_NO_ERROR, NULL, 0);
    c->announced = c->leaves;
}

static bool has_ended(const struct http2_conn *c)
{
    if (c->over || c->why)
        return true;
    if (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session) && !c->unsent)
        return true;
    return c->announced && is_idle(c) && !nghttp2_session_want_write(c->session) && !c->unsent;
}

static struct err *take_turns(struct http2_conn *c)
{
    struct err *e = NULL;
    while (!e) {
        if ((e = read_turn(c)))
            break;
        announce_end(c);
        http2_output_flush(c);
        if (has_ended(c))
            break;
        feed_starved(c);
        if (!may_read(c))
            e = wait(c);
    }
    return e;
}

/* ---- beginning and end ----------------------------------------------------------------------------------------- */

void http2_conn_end(struct http2_conn *c, struct err *why)
{
    if (c->why)
        err_free(why);
    else
        c->why = why;
    c->over = true;
    co_unpark(c->co);
}

/* The fault of the peer for which nghttp2 has sent GOAWAY. */
static struct err *judge_goaway(const struct http2_conn *c)
{
    if (c->goaway == NGHTTP2_NO_ERROR)
        return NULL;
    return err_new(E_HTTP_PARSE_HEADER, "refused with %s%s%s", nghttp2_http2_strerror(c->goaway),
                   *c->reason ? ": " : "", c->reason);
}

/* True if the peer left between two requests. */
static bool is_good_end(const struct http2_conn *c, enum err_code code)
{
    return is_idle(c) && !c->head_us && c->introduced && (code == E_END_OF_STREAM || code == E_SOCKET_READ);
}

/* The handlers find their streams closed, and end. */
static void join_handlers(struct http2_conn *c)
{
    c->over = true;
    http2_stream_drop_spare(c);
    LIST_FOREACH (&c->streams, it, after) {
        struct http2_stream *s = LIST_ENTRY(it, struct http2_stream, link);
        s->io.may_read = true;
        http2_stream_wake(s);
    }
    if (!co_is_cancelled(c->co))
        co_group_join(&c->handlers, now_us() + HTTP2_JOIN_US);
    co_group_cancel_and_join(&c->handlers);
}

static void conn_free(struct http2_conn *c)
{
    LIST_FOREACH (&c->streams, it, after) {
        struct http2_stream *s = LIST_ENTRY(it, struct http2_stream, link);
        s->is_open = false;
        http2_stream_release(s);
    }
    nghttp2_session_del(c->session);
    http2_head_finish(&c->head);
    mem_free(c->unsent);
    mem_free(c);
}

/* Tell the peer that the server ends the connection, if it can still be told. */
static void say_goodbye(struct http2_conn *c, enum err_code code)
{
    bool is_gone = c->over || code == E_END_OF_STREAM || code == E_SOCKET_READ;
    if (is_gone || !c->session || c->announced || c->goaway != NGHTTP2_NO_ERROR)
        return;
    c->leaves = true;
    announce_end(c);
    http2_output_flush(c);
}

struct err *http2_serve(struct io *io, const struct http_serving *serving)
{
    int64_t            now = now_us();
    struct http2_conn *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_no_memory();
    *c = (struct http2_conn){ .io = io, .serving = serving, .co = co_self(), .idle_us = now };
    c->idling = budget_of(IDLING_MAX, IDLING_PER_SECOND, now);
    c->resets = budget_of(RESETS_MAX, RESETS_PER_SECOND, now);
    co_group_init(&c->handlers);
    list_init(&c->streams);
    list_init(&c->starved);
    setsockopt(io->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){ UNSENT_BYTES }, sizeof(int));
    io_set_owner(io, c->co);

    struct err *e = begin_session(c);
    if (!e)
        e = take_turns(c);
    say_goodbye(c, err_code(e));
    if (is_good_end(c, err_code(e))) {
        err_free(e);
        e = NULL;
    }
    join_handlers(c);
    if (c->why) {
        err_free(e);
        e = c->why;
    } else if (!e) {
        e = judge_goaway(c);
    }
    bool lingers = !e || err_code(e) == E_HTTP_PARSE_HEADER || err_code(e) == E_LIMIT;
    conn_free(c);
    if (lingers)
        io_linger(io, now_us() + HTTP_LINGER_US);
    return e;
}
