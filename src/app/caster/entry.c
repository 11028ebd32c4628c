#include "app/caster/entry.h"

#include "app/conf/variable.h"
#include "app/server/server.h"
#include "app/source/life.h"
#include "app/source/pacer.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"

/* Longest URL that an output may become. */
enum { OUTPUT_MAX = RTMP_URL_MAX };

struct filling {
    struct buf             *out;
    const struct entry_who *who;
};

static void put_variable(void *arg, enum variable variable)
{
    const struct filling *f = arg;
    buf_text(f->out, variable == VARIABLE_APP ? f->who->app : f->who->stream);
}

/* Replace [app] and [stream] of the output; a variable without a value stays. Returns memory of its own, or NULL. */
static char *fill_output(const char *output, const struct entry_who *who)
{
    struct buf     out = buf_up_to(OUTPUT_MAX);
    struct filling filling = { &out, who };
    unsigned       set = (who->app ? 1u << VARIABLE_APP : 0) | (who->stream ? 1u << VARIABLE_STREAM : 0);
    variable_replace(&out, output, set, put_variable, &filling);
    char *text = out.fault ? NULL : buf_take(&out);
    buf_finish(&out);
    return text;
}

/* The parameters of the client, and those of the output. */
static char *join_params(const char *query, const char *param)
{
    struct buf out = buf_up_to(2 * OUTPUT_MAX);
    buf_printf(&out, "%s%s", *query ? "?" : "", query);
    if (*param) /* it begins with a '?' */
        buf_printf(&out, "%s%s", *query ? "&" : "?", param + 1);
    char *text = out.fault ? NULL : buf_take(&out);
    buf_finish(&out);
    return text;
}

/* The tcUrl of a client of RTMP that publishes to the URL: without the stream, and the vhost is its host. */
static char *tc_url_of(const struct rtmp_url *url)
{
    struct buf out = buf_up_to(OUTPUT_MAX);
    buf_printf(&out, "%s://%s", url->schema, url->vhost);
    if (url->has_port)
        buf_printf(&out, ":%u", url->port);
    buf_printf(&out, "/%s", url->app);
    char *text = out.fault ? NULL : buf_take(&out);
    buf_finish(&out);
    return text;
}

static const struct client_type client_type = { .name = "flash-publish", .tag = "CPB", .publish = true };

static struct err *parse_output(struct rtmp_url *url, const char *output, const struct entry_who *who)
{
    char *address = fill_output(output, who);
    if (!address)
        return err_new(E_LIMIT, "the output becomes longer than %d bytes", OUTPUT_MAX);
    struct err *e = rtmp_url_parse(url, address, "");
    if (!e && !*url->stream)
        e = err_new(E_SYSTEM_CONFIG_INVALID, "it names no stream");
    e = err_wrap(e, "output %s", address);
    mem_free(address);
    return e;
}

static struct err *fill_in(struct entry *entry, const char *output, const struct entry_who *who)
{
    struct session *s = &entry->session;
    struct err     *e = parse_output(&entry->url, output, who);
    if (e)
        return e;
    entry->tc_url = tc_url_of(&entry->url);
    entry->param = join_params(who->query, entry->url.param);
    if (!entry->tc_url || !entry->param)
        return err_no_memory();
    s->client = who->client;
    if (!s->client.type)
        s->client.type = &client_type;
    s->client.tc_url = entry->tc_url;
    s->client.page_url = s->client.swf_url = "";
    s->host = entry->url.vhost;
    s->app = entry->url.app;
    s->stream = entry->url.stream;
    s->param = entry->param;
    s->connection = who->door ? NULL : &entry->connection; /* Nobody has connected for a stream that is pulled. */
    s->io = who->io;
    s->authorization = who->authorization;
    return NULL;
}

static struct err *check_free(const struct source *s)
{
    if (!s->publisher) /* What is on the air without one is a delayed end, or a stand-in. */
        return NULL;
    return err_new(E_SYSTEM_STREAM_BUSY, "client %s publishes %s already", s->publisher->trace, s->identity);
}

static struct err *publish(struct entry *entry)
{
    struct session *s = &entry->session;
    entry->publisher = (struct publisher){
        .co = s->client.co,
        .trace = s->client.id,
        .seams = entry->seams,
        .upnode = entry->upnode,
        .tc_url = entry->tc_url,
        .page_url = "",
        .swf_url = "",
        .host = entry->url.host,
        .param = entry->param,
        .port = entry->url.port,
    };
    struct err *e = entry->gives_way ? check_free(s->source) : NULL;
    if (!e)
        e = source_publish(s->source, &entry->publisher);
    if (e) {
        s->verdict = SESSION_BUSY;
        session_note_refusal(s, e);
        return e;
    }
    entry->publishes = true;
    feed_init(&entry->feed, s->source);
    source_spell(s->source, s->app, s->stream);
    patience_begin(&entry->patience, s->source);
    log_info("start publish %s by %s, ip=%s", s->source->identity, entry->by, s->client.ip);
    return NULL;
}

struct err *entry_open(struct entry *entry, struct server *server, const char *output, const struct entry_who *who)
{
    struct session *s = &entry->session;
    *entry = (struct entry){
        .by = who->by ? who->by : "a caster", .gives_way = who->gives_way, .seams = who->seams, .upnode = who->upnode
    };
    s->verdict = SESSION_FAILED;
    struct err *e = fill_in(entry, output, who);
    if (!e)
        e = session_admit(s, who->door ? who->door : &server->door);
    s->authorization = NULL;
    if (!e)
        e = session_enter(s);
    return e ? e : publish(entry);
}

/* ---- bytes ---- */

static void note_frame(struct entry *entry)
{
    entry->session.client.n_messages++;
    patience_heard(&entry->patience);
}

static struct err *take_body(struct entry *entry, struct frame **body, uint32_t ts_ms)
{
    struct err *e = feed_body(&entry->feed, body, ts_ms);
    note_frame(entry);
    return e ? e : pacer_wait_for_room(entry->session.source);
}

static struct err *take_flv(struct entry *entry, struct rd *in)
{
    struct flv_stream_tag tag;
    enum flv_stream_read  read;
    struct err           *e = NULL;
    while (!e && (read = flv_stream_read(&entry->flv, in, &tag)) != FLV_STREAM_NEED_MORE) {
        if (read == FLV_STREAM_BAD)
            return err_new(E_HTTP_DATA_INVALID, "broken FLV after %lld tags",
                           (long long)entry->session.client.n_messages);
        if (read == FLV_STREAM_NO_MEMORY)
            return err_no_memory();
        e = take_body(entry, &tag.frame, (uint32_t)tag.dts_ms);
        frame_unref(&tag.frame);
    }
    return e;
}

/* Publish the unit if it is of the first video or the first audio track of the program; the other tracks are dropped. */
static struct err *take_unit(struct entry *entry, struct ts_demuxed *unit)
{
    note_frame(entry);
    return unit->kind == TS_UNIT_MEDIA && unit->media.track == 0 ? feed_unit(&entry->feed, &unit->media) : NULL;
}

static struct err *take_ts(struct entry *entry, struct rd *in)
{
    struct ts_demuxed unit;
    struct err       *e = NULL;
    while (!e && ts_demux_next(entry->ts, in, &unit)) {
        e = take_unit(entry, &unit);
        if (!e)
            e = pacer_wait_for_room(entry->session.source);
    }
    return e;
}

static struct err *recognise(struct entry *entry, uint8_t first)
{
    entry->form = first == 'F' ? ENTRY_FLV : first == TS_SYNC_BYTE ? ENTRY_TS : ENTRY_OTHER;
    if (entry->form == ENTRY_TS) {
        if (!(entry->ts = mem_alloc(sizeof *entry->ts)))
            return err_no_memory();
        ts_demux_init(entry->ts, 0);
    }
    return NULL;
}

/* What is asked after each piece: may the client go on? */
static struct err *go_on(const struct entry *entry)
{
    co_give_way_by_time();
    if (entry->session.client.over_kbps)
        return err_new(E_THREAD_INTERRUPTED, "the publisher is cut"); /* entry_end_reason() says why */
    return NULL;
}

static struct err *look_for_room(void)
{
    return mem_has_room() ? NULL : err_new(E_LIMIT, "the server holds more than memory_limit");
}

struct err *entry_take_body(struct entry *entry, struct frame **body, uint32_t ts_ms)
{
    struct err *e = look_for_room();
    if (!e)
        e = take_body(entry, body, ts_ms);
    return e ? e : go_on(entry);
}

struct err *entry_put_unit(struct entry *entry, struct frame_unit *unit)
{
    struct err *e = look_for_room();
    if (!e && pacer_has_room(entry->session.source)) {
        e = feed_unit(&entry->feed, unit);
        note_frame(entry);
    }
    return e;
}

struct err *entry_take_unit(struct entry *entry, struct frame_unit *unit)
{
    struct err *e = look_for_room();
    if (!e)
        e = feed_unit(&entry->feed, unit);
    note_frame(entry);
    if (!e)
        e = pacer_wait_for_room(entry->session.source);
    return e ? e : go_on(entry);
}

struct err *entry_take(struct entry *entry, const uint8_t *bytes, size_t len)
{
    struct rd   in = rd_over(bytes, len);
    struct err *e = len && entry->form == ENTRY_UNKNOWN ? recognise(entry, bytes[0]) : NULL;
    if (e || len == 0)
        return e;
    if (entry->form == ENTRY_OTHER)
        return err_new(E_HTTP_DATA_INVALID, "neither FLV nor a transport stream");
    if (!(e = look_for_room()))
        e = entry->form == ENTRY_FLV ? take_flv(entry, &in) : take_ts(entry, &in);
    return e ? e : go_on(entry);
}

void entry_restart(struct entry *entry)
{
    if (entry->ts)
        ts_demux_restart(entry->ts);
}

bool entry_take_end(struct entry *entry, struct err **e)
{
    struct ts_demuxed unit;
    while (!*e && entry->ts && ts_demux_flush(entry->ts, &unit))
        *e = take_unit(entry, &unit);
    return entry->session.client.n_messages > 0 && !entry->flv.frame;
}

/* ---- the end ---- */

struct err *entry_end_reason(const struct entry *entry, struct err *e)
{
    if (entry->publisher.taken_over) {
        err_free(e);
        return err_new(E_TAKEOVER, "another publisher took %s over", entry->session.source->identity);
    }
    return session_end_reason(&entry->session, e);
}

void entry_close(struct entry *entry, const struct err *e)
{
    struct session *s = &entry->session;
    if (entry->publishes) {
        feed_finish(&entry->feed);
        source_unpublish(s->source, &entry->publisher);
        log_info("published %s by %s, frames=%lld, dropped=%lld", s->source->identity, entry->by,
                 (long long)s->client.n_messages, (long long)entry->feed.n_dropped);
        if (err_code(e) == E_SOCKET_TIMEOUT)
            session_note_refusal(s, e);
    }
    s->client.has_failed = e != NULL;
    session_leave(s);
    session_connection_end(&entry->connection);
    flv_stream_finish(&entry->flv);
    if (entry->ts)
        ts_demux_finish(entry->ts);
    mem_free(entry->ts);
    rtmp_url_finish(&entry->url);
    mem_free(entry->tc_url);
    mem_free(entry->param);
    *entry = (struct entry){ 0 };
}
