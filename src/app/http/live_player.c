#include "app/http/live_player.h"

#include <stdio.h>
#include <string.h>

#include "app/http/conn.h"
#include "app/live/sender.h"
#include "app/source/pacer.h"
#include "app/source/source.h"
#include "app/stat/stat.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/websocket.h"

enum { STATUS_OK = 200 };

/* What comes in while the player plays is read by so much at a time, and dropped. */
enum { DROP_BYTES = 4096 };

/*
 * A publisher's first frames may all be of one kind. So long a newcomer waits for the other kind, from the beginning of
 * the publish: what his header tells cannot be taken back.
 */
enum { SECOND_KIND_US = US_PER_SECOND };

enum { HEADER_TIMEOUT_US = 30 * US_PER_SECOND };

/* What the API shows of him; the request is forgotten while he plays. */
struct identity {
    char *name, *tc_url, *page_url;
};

struct player {
    struct http_exchange     *x;
    struct source            *source;
    const struct live_format *format;
    struct io                *io;
    struct websocket         *ws; /* NULL: plain HTTP */
    struct sender             out;
    struct client             client;
    const struct conf        *applied_conf; /* compared, not followed */
    struct live_opening       told;         /* to him */
    bool                      opened;       /* all that comes before the first frame is sent */
    bool                      dropped;      /* some of what he sent: his next request may have been in it */
    unsigned                  epoch;        /* of the source, when he came */
    int64_t                   wait_until_us;
};

static const struct client_type type = { "flv-play", "PLA", false };

/* ---- who he is ---- */

static bool format_url(char **to, const struct http_exchange *x, const char *app)
{
    const struct http_conn    *c = http_conn_of(x);
    const struct http_request *r = http_request_of(x);
    const char                *colon = strrchr(r->host_port, ':');
    bool                       has_port = colon && !strchr(colon, ']');
    size_t                     cap = strlen(r->host_port) + strlen(app) + 32;
    if (!(*to = mem_alloc(cap)))
        return false;
    struct str out = str_over(*to, cap);
    str_printf(&out, "%s://%s", c->is_tls ? "https" : "http", r->host_port);
    if (!has_port)
        str_printf(&out, ":%d", c->local_port);
    str_printf(&out, "/%s", app);
    return true;
}

static struct err *identify(struct identity *id, const struct http_exchange *x, const struct source *s, const char *ext)
{
    const char *page = http_request_field(http_request_of(x), "Referer");
    size_t      cap = strlen(s->stream) + strlen(ext) + 1;
    id->name = mem_alloc(cap);
    id->page_url = mem_strdup(page ? page : "");
    if (!id->name || !id->page_url || !format_url(&id->tc_url, x, s->app))
        return err_no_memory();
    snprintf(id->name, cap, "%s%s", s->stream, ext);
    str_tame(id->page_url, strlen(id->page_url));
    return NULL;
}

static void identity_finish(struct identity *id)
{
    mem_free(id->name);
    mem_free(id->page_url);
    mem_free(id->tc_url);
}

static struct err *count_client(struct player *p, const struct identity *id)
{
    const struct http_conn *c = http_conn_of(p->x);
    p->client = (struct client){
        .type = &type,
        .id = c->trace,
        .ip = c->ip,
        .tc_url = id->tc_url,
        .page_url = id->page_url,
        .swf_url = "",
        .name = id->name,
        .source = p->source,
        .io = p->io,
        .co = co_self(),
    };
    return stat_add_client(&c->server->stat, &p->client, p->source->vhost->name);
}

/* ---- what he says ---- */

/* Nothing that a player says means anything but that he is there. */
static struct err *drop_input(struct player *p)
{
    static uint8_t dropped[DROP_BYTES];
    size_t         n = 1;
    struct err    *e = NULL;
    while (!e && n > 0) {
        e = io_read_now(p->io, dropped, sizeof dropped, &n);
        p->dropped |= !e && n > 0;
    }
    return e;
}

/* Only where no frame is half written. */
static struct err *listen_to_player(struct player *p)
{
    return err_wrap(p->ws ? websocket_listen_now(p->ws) : drop_input(p), "listen to the player");
}

/* ---- how he begins ---- */

/* Which kinds there are, as far as one can see. */
static void look(const struct player *p, struct live_opening *o)
{
    const struct source *s = p->source;
    struct frame        *f;
    *o = (struct live_opening){ .video = s->video.codec, .audio = s->audio.codec };
    o->has_audio = o->audio != CODEC_NONE;
    o->has_video = o->video != CODEC_NONE;
    for (size_t ahead = 0; !(o->has_audio && o->has_video) && (f = reader_peek(&p->out.reader, ahead)); ahead++) {
        o->has_audio |= f->kind == FRAME_AUDIO;
        o->has_video |= f->kind == FRAME_VIDEO;
        if (f->track == 0 && f->kind == FRAME_AUDIO)
            o->audio = f->codec;
        if (f->track == 0 && f->kind == FRAME_VIDEO)
            o->video = f->codec;
    }
}

/* When the first bytes are due; DEADLINE_NEVER while nothing is. */
static int64_t open_at_us(const struct player *p, const struct live_opening *o)
{
    const struct source *s = p->source;
    if (!reader_peek(&p->out.reader, 0))
        return DEADLINE_NEVER;
    if (!s->publisher || (o->has_audio && o->has_video))
        return 0;
    return s->published_at_us + SECOND_KIND_US;
}

/* Within what the configuration allows. */
static void limit(struct live_opening *o, const struct conf_http_remux *conf)
{
    o->has_audio = conf->has_audio && (o->has_audio || !conf->guess_has_av);
    o->has_video = conf->has_video && (o->has_video || !conf->guess_has_av);
}

static void follow_conf(struct player *p)
{
    const struct conf_http_remux *conf = &p->source->vhost->http_remux;
    bool                          drop = p->format->announces && conf->drop_if_not_match;
    p->applied_conf = p->source->conf;
    p->out.wire.no_audio = drop && !p->told.has_audio;
    p->out.wire.no_video = drop && !p->told.has_video;
}

/* Somebody may wonder where the picture is. */
static void tell_left_out(const struct player *p)
{
    const struct source *s = p->source;
    enum codec           codecs[] = { s->video.codec, s->audio.codec };
    for (size_t i = 0; !p->format->from_live_end && i < ARRAY_LEN(codecs); i++)
        if (codecs[i] != CODEC_NONE && !p->format->carries(codecs[i]))
            log_warn("%s cannot carry %s: left out", p->format->wire->name, codec_name(codecs[i]));
}

static struct err *open_stream(struct player *p)
{
    uint8_t        bytes[FRAMING_BEFORE_MAX + LIVE_HEADER_MAX + FRAMING_AFTER_MAX], header[LIVE_HEADER_MAX];
    struct wr      w = wr_over(header, sizeof header), all = wr_over(bytes, sizeof bytes);
    enum framing   framing = p->out.wire.framing;
    const uint8_t *before = all.p;
    const char    *after;
    look(p, &p->told);
    if (p->format->announces)
        limit(&p->told, &p->source->vhost->http_remux);
    p->format->open(&p->told, &p->out.wire, &w);
    follow_conf(p);
    tell_left_out(p);
    p->opened = true;
    if (wr_len(&w) == 0)
        return NULL;
    wr_room(&all, framing_before(framing, wr_len(&w), bytes));
    wr_bytes(&all, header, wr_len(&w));
    size_t n = framing_after(framing, &after);
    wr_bytes(&all, after, n);
    return err_wrap(io_write(p->io, before, wr_len(&all), now_us() + HEADER_TIMEOUT_US), "send the stream's header");
}

/* Yields until the first bytes are due and sent; or the wait is over, *ended. */
static struct err *wait_and_open(struct player *p, bool *ended)
{
    struct live_opening o;
    reader_catch_up(&p->out.reader);
    look(p, &o);
    int64_t due = open_at_us(p, &o), now = now_us();
    if (due <= now)
        return open_stream(p);
    *ended = now >= p->wait_until_us;
    if (*ended || io_is_readable(p->io))
        return NULL;
    struct err *e = reader_wait(&p->out.reader, due < p->wait_until_us ? due : p->wait_until_us);
    if (err_code(e) != E_SOCKET_TIMEOUT)
        return e;
    err_free(e);
    return NULL;
}

/* ---- how he plays ---- */

static struct err *send_what_is_due(struct player *p, bool *ended)
{
    bool        idle;
    struct err *e = sender_send(&p->out, &idle);
    if (e || !idle)
        return e;
    *ended = p->epoch != p->source->epoch && !p->source->publisher;
    if (*ended)
        return NULL;
    p->epoch = p->source->epoch; /* a new publisher at once: he goes on with it */
    if (p->source->conf != p->applied_conf)
        follow_conf(p);
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

static struct err *play(struct player *p)
{
    struct source *s = p->source;
    struct wire    wire = { .format = p->format->wire };
    wire.framing = p->ws ? FRAMING_WEBSOCKET : http_reply_is_chunked(p->x) ? FRAMING_CHUNK : FRAMING_NONE;
    p->epoch = s->epoch;
    p->wait_until_us = now_us() + s->vhost->http_remux.wait_us;
    struct err *e = sender_attach(&p->out, s, p->io, wire, &p->client.n_messages);
    if (!e && p->format->from_live_end)
        reader_start_at(&p->out.reader, source_fast_cache_us(s));
    if (!e) {
        log_info("start play %s%s over %s, publishing=%d, mw_sleep=%lldms, gop_cache=%d, jitter=%d", s->identity,
                 p->format->ext, p->ws ? "WebSocket" : "HTTP", s->publisher != NULL,
                 (long long)(pacer_interval_us(s) / US_PER_MS), s->vhost->play.gop_cache,
                 (int)s->vhost->play.time_jitter);
        co_trim_stack(); /* of the request's depth: a player may stay for days */
        e = play_loop(p);
    }
    sender_detach(&p->out);
    return err_wrap(e, "play %s", s->identity);
}

/* The head of the reply; then the request is not needed any more. */
static struct err *begin_reply(struct player *p)
{
    struct err *e = http_add_field(p->x, "Cache-Control", "no-store");
    if (!e)
        e = http_reply_begin(p->x, STATUS_OK, p->format->content_type, HTTP_LENGTH_UNKNOWN);
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
    struct err *e = begin_reply(p);
    if (!e && http_reply_wants_body(p->x))
        e = play(p);
    return e ? e : end_reply(p);
}

static struct err *play_over_websocket(struct player *p)
{
    struct websocket ws;
    bool             accepted;
    struct err      *e = websocket_accept(p->x, &ws, &accepted);
    if (e || !accepted)
        return e;
    http_forget_request(p->x);
    p->ws = &ws;
    e = play(p);
    if (!e)
        websocket_close(&ws, WEBSOCKET_NORMAL, "the stream has ended");
    return e;
}

struct err *http_live_play(struct http_exchange *x, struct source *s, const struct live_format *format)
{
    struct identity id = { 0 };
    struct player   p = { .x = x, .source = s, .format = format, .io = http_io_of(x) };
    struct err     *e = identify(&id, x, s, format->ext);
    if (!e)
        e = count_client(&p, &id);
    if (!e)
        e = websocket_is_wanted(http_request_of(x)) ? play_over_websocket(&p) : play_over_http(&p);
    stat_remove_client(&http_conn_of(x)->server->stat, &p.client);
    identity_finish(&id);
    return e;
}
