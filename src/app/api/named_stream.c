#include "app/api/named_stream.h"

#include "core/str.h"

bool named_stream_take_text(const struct jr_value *body, const char *name, char *to, size_t cap)
{
    struct jr_value v;
    return !jr_member(body, name, &v) || jr_string(&v, to, cap);
}

static const char *complete(struct named_stream *n, const struct conf *conf)
{
    if (!*n->app || !*n->stream)
        return "app and stream are needed";
    if (!(n->found = conf_find_vhost(conf, *n->vhost ? n->vhost : STREAM_DEFAULT_VHOST)))
        return "there is no such vhost";
    stream_name_key(n->key, n->found->name, n->app, n->stream);
    return NULL;
}

const char *named_stream_from_body(struct named_stream *n, const char *text, size_t len, struct jr_value *body,
                                   const struct conf *conf)
{
    *n = (struct named_stream){ .found = NULL };
    if (!jr_parse(text, len, body) || body->kind != JR_OBJECT)
        return "the body is no JSON object";
    if (!named_stream_take_text(body, "vhost", n->vhost, sizeof n->vhost) ||
        !named_stream_take_text(body, "app", n->app, sizeof n->app) ||
        !named_stream_take_text(body, "stream", n->stream, sizeof n->stream))
        return "vhost, app and stream are texts";
    return complete(n, conf);
}

static bool take_param(const struct api_reply *r, const char *name, char *to, size_t cap)
{
    return str_copy(to, cap, api_text(r, name));
}

const char *named_stream_from_query(struct named_stream *n, const struct api_reply *r)
{
    *n = (struct named_stream){ .found = NULL };
    if (!take_param(r, "vhost", n->vhost, sizeof n->vhost) || !take_param(r, "app", n->app, sizeof n->app) ||
        !take_param(r, "stream", n->stream, sizeof n->stream))
        return "vhost, app or stream is too long";
    return complete(n, r->server->conf);
}
