#include "app/api/kick.h"

#include "app/api/filter.h"
#include "app/http/conn.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/status.h"

enum { CODE_NO_CONNECTION = 400 };

static bool can_end(const struct client *c)
{
    return c->co || c->end;
}

/* End the client at once, or tell its coroutine to end: it wakes from any wait, cleans up and logs code 1070. */
static void end_client(const struct api_reply *r, struct client *c)
{
    char id[IDENT_CAP];
    /* Every kick is logged: the limit on repeated log lines does not apply. */
    log_write_as(co_trace(), LOG_WARN, "client %s, %s of %s, ip=%s, is kicked by %s", client_public_id(c, id),
                 c->type->name, c->source->identity, c->ip, http_visit_of(r->x)->ip);
    client_end(c);
}

struct err *kick_nobody(struct api_reply *r, int code)
{
    api_error(r, HTTP_STATUS_OK, code);
    return NULL;
}

struct err *kick_client(struct api_reply *r, struct client *c)
{
    if (!c || !can_end(c))
        return kick_nobody(r, c ? CODE_NO_CONNECTION : E_RTMP_CLIENT_NOT_FOUND);
    end_client(r, c);
    return api_done(r);
}

/* Clients that come after the beginning are left alone: otherwise those that come back at once would be ended for ever. */
static void kick_all(struct api_reply *r, const struct filter *f)
{
    const struct roll *clients = &r->server->registry.client_roll;
    const uint64_t     n_ever = clients->n_ever;
    int64_t            n = 0;
    struct roll_cursor at = roll_seek(clients, 0);
    for (struct client *c; (c = roll_next(clients, &at)) && at.number <= n_ever; co_give_way_by_time()) {
        if (!can_end(c) || !filter_takes_client(f, r, c))
            continue;
        end_client(r, c);
        n++;
    }
    api_begin(r);
    jw_int(&r->json, "kicked", n);
    jw_object_end(&r->json);
}

static bool knows(const char *name)
{
    static const char *const names[] = { "ip", "user", "vhost", "stream", "type", "search", "callback", "method" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

/* An empty value is refused as well: it comes from scripts whose variable is not set. */
static bool may_be_misspelt(const struct http_request *q)
{
    for (size_t i = 0; i < q->n_params; i++)
        if (!knows(q->params[i].name) || !*q->params[i].value)
            return true;
    return false;
}

struct err *kick_selected(struct api_reply *r)
{
    struct filter f;
    if (!r->request->n_params)
        return kick_nobody(r, E_RTMP_CLIENT_NOT_FOUND);
    if (!filter_read(&f, r) || !f.is_set || may_be_misspelt(r->request))
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    kick_all(r, &f);
    return NULL;
}

struct err *kick_stream(struct api_reply *r, const char *stream_id)
{
    char          id[VID_CAP]; /* the stream may go meanwhile */
    struct filter f;
    if (!filter_read(&f, r) || f.stream || may_be_misspelt(r->request))
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    str_copy(id, sizeof id, stream_id);
    f.stream = id;
    kick_all(r, &f);
    return NULL;
}
