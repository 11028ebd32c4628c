#include "app/caster/post.h"

#include <string.h>

#include "app/caster/entry.h"
#include "app/conf/casters.h"
#include "app/http/conn.h"
#include "app/http/refusal.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/stream_name.h"

enum { READ_BYTES = 32 << 10 };

/* A body is read by a coroutine of its own. If a kick or another publisher cancels that, the connection's coroutine still answers. */
struct post {
    struct http_exchange *x;
    struct co            *answerer;
    struct entry          entry;
    char                 *output; /* of the caster, which a reload may remove */
    char                  app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
    uint8_t               bytes[READ_BYTES];

    /* How it ended. */
    bool                 ended;
    bool                 is_whole;
    struct err          *why; /* NULL: the body has come to its end */
    enum session_verdict verdict;
    const char          *challenge;
};

/* ---- which stream ---- */

/* The stream of a path: /app/stream, with or without .flv or .ts. */
static bool take_path(struct post *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    const char *name = slash + 1;
    size_t      len = strlen(name);
    len -= str_ends_with(name, ".flv") ? 4 : str_ends_with(name, ".ts") ? 3 : 0;
    return stream_name_take(p->app, path + 1, (size_t)(slash - path) - 1) && stream_name_take(p->stream, name, len);
}

/* Copy the output of the caster that listens on the port. */
static struct err *take_output(struct post *p, const struct http_conn *c)
{
    const struct conf_stream_caster *caster = conf_caster_find(c->server->conf, CONF_CASTER_FLV, c->local_port, "");
    if (!caster)
        return err_new(E_STREAM_CASTER_ENGINE, "no caster has port %d any more", c->local_port);
    p->output = mem_strdup(caster->output);
    return p->output ? NULL : err_no_memory();
}

static struct entry_who who_posts(struct http_exchange *x, const struct post *p)
{
    const struct http_request *r = http_request_of(x);
    struct http_visit         *v = http_visit_of(x);
    return (struct entry_who){
        .client = { .id = v->trace,
                    .ip = v->ip,
                    .co = co_self(),
                    .bytes_in = &v->io->bytes_in,
                    .bytes_out = &v->io->bytes_out,
                    .counted_in = v->counted_in,
                    .counted_out = v->counted_out },
        .io = v->io,
        .app = p->app,
        .stream = p->stream,
        .query = r->raw_query,
        .authorization = http_request_field(r, "Authorization"),
    };
}

/* ---- answers ---- */

/* The status of a client that is not let in, or whose stream has ended by an error. */
static int status_of(enum session_verdict verdict, enum err_code code)
{
    switch (code) {
    case E_TAKEOVER:
    case E_SYSTEM_STREAM_BUSY: return HTTP_STATUS_CONFLICT;
    case E_SOCKET_TIMEOUT: return HTTP_STATUS_REQUEST_TIMEOUT;
    case E_HTTP_DATA_INVALID: return HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE;
    case E_END_OF_STREAM:
    case E_HTTP_INVALID_CHUNK_HEADER: return HTTP_STATUS_BAD_REQUEST;
    case E_LIMIT: return verdict == SESSION_DENIED ? HTTP_STATUS_FORBIDDEN : HTTP_STATUS_SERVICE_UNAVAILABLE;
    case E_NO_MEMORY: return HTTP_STATUS_SERVICE_UNAVAILABLE;
    case E_STREAM_CASTER_ENGINE: return HTTP_STATUS_NOT_FOUND;
    case E_RTMP_REQ_TCURL: return HTTP_STATUS_BAD_REQUEST;
    case E_SYSTEM_CONFIG_INVALID: return HTTP_STATUS_INTERNAL_SERVER_ERROR;
    default: break;
    }
    switch (verdict) {
    case SESSION_NOT_FOUND: return HTTP_STATUS_NOT_FOUND;
    case SESSION_FAILED: return HTTP_STATUS_INTERNAL_SERVER_ERROR;
    default: return HTTP_STATUS_FORBIDDEN;
    }
}

/* Tell the client why, as far as it still listens. The reason ends the connection, and is logged there. */
static struct err *answer_error(struct post *p)
{
    struct err *why = p->why;
    p->why = NULL;
    http_close_after(p->x); /* The rest of the body is not read. */
    if (p->verdict == SESSION_UNNAMED)
        return refusal_unnamed(p->x, p->challenge, why);
    err_free(http_reply_status(p->x, status_of(p->verdict, err_code(why))));
    return err_wrap(why, "publish by HTTP");
}

static struct err *answer(struct post *p)
{
    if (p->why)
        return answer_error(p);
    return p->is_whole
               ? http_reply_status(p->x, HTTP_STATUS_OK)
               : refusal_text(p->x, HTTP_STATUS_BAD_REQUEST, "The body ends within a tag, or holds no stream.\n");
}

/* ---- the body ---- */

static struct err *read_some(struct post *p, size_t *n)
{
    const struct patience *patience = &p->entry.patience;
    for (;;) {
        struct err *e = http_read_some(p->x, p->bytes, sizeof p->bytes, n, patience_deadline(patience));
        if (err_code(e) != E_SOCKET_TIMEOUT)
            return e;
        struct err *verdict = patience_judge(patience);
        err_free(e);
        if (verdict) /* Otherwise a reload, or a reader, has moved the deadline. */
            return verdict;
    }
}

static struct err *publish(struct post *p)
{
    size_t      n = 0;
    struct err *e = NULL;
    do {
        e = read_some(p, &n);
        if (!e)
            e = entry_take(&p->entry, p->bytes, n);
    } while (!e && n > 0);
    if (!e)
        p->is_whole = entry_take_end(&p->entry, &e);
    return entry_end_reason(&p->entry, e);
}

/* The coroutine of the body. */
static void run(void *arg)
{
    struct post      *p = arg;
    struct http_conn *c = http_conn_of(p->x);
    co_set_trace(http_visit_of(p->x)->trace);
    co_set_log_limits(&c->log_limits);
    struct entry_who who = who_posts(p->x, p);
    p->why = entry_open(&p->entry, c->server, p->output, &who);
    if (!p->why)
        p->why = publish(p);
    p->verdict = p->entry.session.verdict;
    p->challenge = p->entry.session.challenge;
    entry_close(&p->entry, p->why);
    co_set_log_limits(NULL);
    io_set_owner(http_visit_of(p->x)->io, p->answerer); /* An edge must not wake this coroutine once it has ended. */
    p->ended = true;
    co_unpark(p->answerer);
}

/* Let the coroutine of the body run. It is cancelled when the connection's own is. */
static struct err *read_body(struct post *p)
{
    struct io      *io = http_visit_of(p->x)->io;
    struct co_group group;
    struct co      *reader;
    p->answerer = co_self();
    co_group_init(&group);
    struct err *e = co_go(&group, "post", run, p, &reader);
    if (e)
        return e;
    io_set_owner(io, reader);
    while (!e && !p->ended)
        e = co_park(DEADLINE_NEVER);
    if (e)
        co_group_cancel(&group);
    err_free(e);
    co_group_join(&group, DEADLINE_NEVER);
    return NULL;
}

static struct err *serve(struct http_exchange *x, struct post *p)
{
    if (!take_path(p, http_request_of(x)->path))
        return refusal_text(x, HTTP_STATUS_NOT_FOUND, "A stream is posted to /app/stream.flv or /app/stream.ts.\n");
    p->why = take_output(p, http_conn_of(x));
    struct err *e = p->why ? NULL : read_body(p);
    return e ? e : answer(p);
}

static struct err *handle(struct http_exchange *x)
{
    struct post *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->x = x;
    struct err *e = serve(x, p);
    mem_free(p->output);
    mem_free(p);
    return e;
}

static const struct http_route rows[] = {
    { "/", HTTP_METHOD(POST) | HTTP_METHOD(PUT), handle },
};
const struct http_routes caster_routes = { rows, ARRAY_LEN(rows) };

const struct conf_words *caster_post_endpoints(const struct conf *conf)
{
    return conf->casters_http.count ? &conf->casters_http : NULL;
}
