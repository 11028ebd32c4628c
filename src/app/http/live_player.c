#include "app/http/live_player.h"

#include "app/http/conn.h"
#include "app/live/delivery.h"
#include "app/live/sender.h"
#include "app/session/session.h"
#include "app/source/attend.h"
#include "app/source/pacer.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/http/websocket.h"

/* The bytes of a player's input that one read takes, and those after which the player yields. */
enum { DROP_BYTES = 4096, DROP_TURN_BYTES = 64 << 10 };

enum { HEADER_TIMEOUT_US = 30 * US_PER_SECOND };

/* The least time that a player waits for a stream that is fetched for it. */
enum { BRING_US = 20 * US_PER_SECOND };

struct player {
    struct http_exchange     *x;
    struct session           *session;
    struct source            *source; /* source of the session */
    const struct live_format *format;
    struct io                *io;
    struct websocket         *ws; /* NULL: plain HTTP */
    struct websocket          websocket;
    struct sender             out;
    bool                      barred_audio, barred_video; /* The configuration leaves that kind out of the header. */
    bool     asked_range; /* The request has a Range: players that seek in files send one, recorders do not. */
    bool     opened;      /* Everything before the first frame has been sent. */
    bool     dropped;     /* Input was dropped, and the next request may have been in it. */
    unsigned moments;     /* set of the stream's moments that have come and are not handled yet */
    int64_t  wait_until_us;
    int64_t  since_us; /* time at which the first frames had come */
};

/* ---- its input ---- */

/* Input from a player is discarded; it only proves that the player is alive. Much input lets the others run in between. */
static struct err *drop_input(struct player *p)
{
    static uint8_t dropped[DROP_BYTES];
    size_t         n, sum = 0;
    while (io_is_readable(p->io) && sum < DROP_TURN_BYTES) {
        struct err *e = io_read_now(p->io, dropped, sizeof dropped, &n);
        if (e)
            return e;
        p->dropped |= n > 0;
        sum += n;
    }
    if (sum >= DROP_TURN_BYTES)
        co_give_way();
    return NULL;
}

/* Read the player's input. No frame may be half written, because a WebSocket is answered here. */
static struct err *listen_to_player(struct player *p)
{
    return err_wrap(p->ws ? websocket_listen_now(p->ws) : drop_input(p), "listen to the player");
}

/* ---- how it begins ---- */

/* Follow a reload. The header cannot be changed any more, but frames that contradict it can be dropped or not. */
static void follow_conf(struct player *p)
{
    bool drop = p->format->announces && p->source->vhost->http_remux.drop_if_not_match;
    sender_leave_out(&p->out, drop && p->barred_audio, drop && p->barred_video);
}

/* Decides what the header announces, within the configuration. A kind that is not announced is passed on if it comes. */
static void tell_kinds(struct player *p, struct live_opening *o)
{
    const struct conf_http_remux *conf = &p->source->vhost->http_remux;
    if (p->format->announces) {
        o->has_audio = conf->has_audio && (o->has_audio || o->audio_told || !conf->guess_has_av);
        o->has_video = conf->has_video && (o->has_video || o->video_told || !conf->guess_has_av);
    }
    p->barred_audio = !conf->has_audio;
    p->barred_video = !conf->has_video;
    follow_conf(p);
}

/* Explains in the log why a player has no picture, or no sound. */
static void log_left_out(const struct player *p, const struct live_opening *o)
{
    enum codec codecs[] = { o->video, o->audio };
    for (size_t i = 0; !p->format->format->bare_audio && i < ARRAY_LEN(codecs); i++)
        if (codecs[i] != CODEC_NONE && !p->format->carries(codecs[i]))
            log_warn("%s cannot carry %s: left out", p->format->wire->name, codec_name(codecs[i]));
}

/* Sends what comes before the first frame, in the same framing. Yields at its end. */
static struct err *send_header(struct player *p, const struct live_opening *o)
{
    const struct wire *wire = &p->out.held.wire;
    size_t             len = p->format->header_len ? p->format->header_len(wire) : 0;
    uint8_t            before[FRAMING_BEFORE_MAX], *bytes;
    const char        *after;
    if (len == 0)
        return NULL;
    if (!(bytes = mem_alloc(FRAMING_BEFORE_MAX + len + FRAMING_AFTER_MAX)))
        return err_no_memory();
    struct wr w = wr_over(bytes, FRAMING_BEFORE_MAX + len + FRAMING_AFTER_MAX);
    size_t    n = framing_before(wire->framing, len, before);
    wr_bytes(&w, before, n);
    p->format->write_header(o, wire, &w);
    n = framing_after(wire->framing, &after);
    wr_bytes(&w, after, n);
    struct err *e = io_write_taken(p->io, bytes, wr_len(&w), HEADER_TIMEOUT_US);
    mem_free(bytes);
    return err_wrap(e, "send the stream's header");
}

static struct err *open_stream(struct player *p, struct live_opening *o, bool *ended)
{
    o->is_endless = p->asked_range;
    o->is_last_call = now_us() >= p->since_us + LIVE_CONFIG_US;
    struct wire    wire = p->out.held.wire;
    enum live_open result = p->format->open(o, &wire);
    held_wire_set(&p->out.held, &wire);
    *ended = result == LIVE_NEVER;
    if (*ended)
        log_warn("%s can carry nothing of %s", p->format->wire->name, p->source->identity);
    if (result != LIVE_OPENED)
        return NULL;
    log_left_out(p, o);
    tell_kinds(p, o);
    p->opened = true;
    return send_header(p, o);
}

/* Waits until `due_us`, or until the wait for a publisher is over. */
static struct err *wait_to_open(struct player *p, int64_t due_us, bool *ended)
{
    int64_t until_us = source_is_on_air(p->source) || due_us < p->wait_until_us ? due_us : p->wait_until_us;
    *ended = until_us != due_us && now_us() >= until_us;
    if (*ended || io_is_readable(p->io))
        return NULL;
    return err_except(reader_wait(&p->out.reader, until_us), E_SOCKET_TIMEOUT);
}

/* Yields once, and ends when the stream's header is sent or can never be. The caller calls again until then. */
static struct err *wait_and_open(struct player *p, bool *ended)
{
    struct live_opening o;
    reader_catch_up(&p->out.reader);
    live_opening_look(&o, &p->out.reader);
    int64_t due_us = live_opening_due_us(&o, &p->out.reader, p->format->patience);
    if (due_us == DEADLINE_NEVER)
        p->since_us = now_us();
    struct err *e = due_us <= now_us() ? open_stream(p, &o, ended) : NULL;
    if (e || *ended || p->opened)
        return e;
    return wait_to_open(p, due_us <= now_us() ? DEADLINE_NEVER : due_us, ended);
}

/* ---- how it plays ---- */

static struct err *send_what_is_due(struct player *p, bool *ended)
{
    const unsigned unpublished = moment_bit(MOMENT_UNPUBLISHED), reloaded = moment_bit(MOMENT_CONF_CHANGED);
    bool           idle;
    p->moments |= reader_take_moments(&p->out.reader);
    if (p->moments & reloaded)
        follow_conf(p);
    p->moments &= unpublished;
    struct err *e = sender_send(&p->out, &idle);
    if (e || !idle)
        return e;
    if (reader_has_moments(&p->out.reader))
        return NULL;
    *ended = p->out.is_over || ((p->moments & unpublished) && !source_is_on_air(p->source));
    if (*ended)
        return NULL;
    p->moments = 0; /* A new publisher came at once; the player goes on with it. */
    return io_is_readable(p->io) ? NULL : sender_wait(&p->out, DEADLINE_NEVER);
}

static struct err *play_loop(struct player *p)
{
    struct err *e = NULL;
    bool        ended = false;
    while (!e && !ended) {
        if (!p->out.cut && io_is_readable(p->io))
            e = listen_to_player(p);
        if (!e)
            e = p->opened ? send_what_is_due(p, &ended) : wait_and_open(p, &ended);
    }
    return e;
}

/* How long a player waits for a publisher. */
static int64_t wait_us(const struct source *s)
{
    int64_t configured_us = s->vhost->http_remux.wait_us;
    return attend_brings(s) && configured_us < BRING_US ? BRING_US : configured_us;
}

static struct err *play(struct player *p)
{
    struct source *s = p->source;
    struct wire    wire = { .format = p->format->wire };
    wire.framing = p->ws ? FRAMING_WEBSOCKET : http_reply_is_chunked(p->x) ? FRAMING_CHUNK : FRAMING_NONE;
    p->since_us = now_us();
    p->wait_until_us = p->since_us + wait_us(s);
    struct err *e = sender_attach(&p->out, s, p->io, wire, &p->session->client.n_messages, &live_delivery);
    if (!e && p->format->format->bare_audio)
        reader_start_at(&p->out.reader, source_is_live(s) ? s->vhost->history_us : 0);
    if (!e) {
        log_info("start play %s%s over %s, ip=%s, publishing=%d, mw_sleep=%lldms, gop_cache=%d, jitter=%d", s->identity,
                 p->format->format->ext, p->ws ? "WebSocket" : "HTTP", http_visit_of(p->x)->ip, source_is_live(s),
                 (long long)(pacer_interval_us(s) / US_PER_MS), s->vhost->play.gop_cache,
                 (int)s->vhost->play.time_jitter);
        co_trim_stack(); /* Return the stack pages that the request touched; the player may live for days. */
        e = play_loop(p);
    }
    sender_detach(&p->out);
    return err_wrap(e, "play %s", s->identity);
}

/* Sends the head of the reply. The request is forgotten then. */
static struct err *begin_reply(struct player *p)
{
    struct err *e = http_add_field(p->x, "Cache-Control", "no-store");
    if (!e)
        e = http_reply_begin(p->x, HTTP_STATUS_OK, p->format->format->content_type, HTTP_LENGTH_UNKNOWN);
    if (!e)
        http_forget_request(p->x);
    return e;
}

static struct err *end_reply(struct player *p)
{
    if (p->dropped)
        http_close_after(p->x);
    return http_reply_end(p->x);
}

static struct err *play_over_http(struct player *p)
{
    p->asked_range =
        http_request_field(http_request_of(p->x), "Range") != NULL; /* begin_reply() forgets the request. */
    struct err *e = begin_reply(p);
    if (!e && http_reply_wants_body(p->x))
        e = play(p);
    return e ? e : end_reply(p);
}

static struct err *play_over_websocket(struct player *p)
{
    bool        accepted;
    struct err *e = websocket_accept(p->x, &p->websocket, &accepted);
    if (e || !accepted)
        return e;
    http_forget_request(p->x);
    p->ws = &p->websocket;
    e = play(p);
    if (!e)
        websocket_close(p->ws, WEBSOCKET_NORMAL, "the stream has ended");
    return e;
}

struct err *http_live_play(struct http_exchange *x, struct session *session, const struct live_format *format)
{
    struct player p = { .x = x, .session = session, .source = session->source, .format = format, .io = http_io_of(x) };
    struct err   *e = session_enter(session);
    if (e)
        return e;
    e = websocket_is_wanted(http_request_of(x)) ? play_over_websocket(&p) : play_over_http(&p);
    session->client.has_failed = e != NULL;
    return e;
}
