#include "app/cluster/guard.h"

#include "app/cluster/find.h"
#include "app/cluster/take.h"
#include "app/cluster/url.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "protocol/io.h"

static bool is_here(const struct session *s)
{
    const struct source *source = source_find(s->door->sources, s->vhost, s->app, s->stream);
    return source && source_is_on_air(source);
}

static struct err *not_found(struct session *s, struct err *why)
{
    s->verdict = SESSION_NOT_FOUND;
    return why;
}

/* Clients of WebRTC go where their offer goes, which is HTTP. */
static struct err *make_place(struct session *s, const struct cluster_place *place)
{
    const struct session_opening *o = s->opening;
    if (o)
        return cluster_http_url(&s->place, place, o->is_tls, s->vhost->name, o->path, o->query);
    return cluster_rtmp_url(&s->place, place, s->io && s->io->layer, s->vhost->name, s->app, s->stream, s->param);
}

static struct err *send_on(struct session *s, const struct cluster_place *place)
{
    struct err *e = make_place(s, place);
    if (e)
        return not_found(s, e);
    s->verdict = SESSION_REDIRECTED;
    return err_new(E_CONTROL_REDIRECT, "the stream is at %s:%d", place->host, place->rtmp_port);
}

static struct err *find(struct session *s, bool anew, enum cluster_found *found, struct cluster_place *place)
{
    const struct cluster_wanted w = {
        .conf = s->conf, .vhost = s->vhost, .host = s->host, .app = s->app, .stream = s->stream, .anew = anew
    };
    session_begin_wait(s);
    struct err *e = session_end_wait(s, cluster_find(&w, found, place));
    if (e)
        s->verdict = SESSION_FAILED;
    return e;
}

static struct err *ask_for_player(struct session *s)
{
    enum cluster_found   found;
    struct cluster_place place;
    struct err          *e = find(s, false, &found, &place);
    if (e || found == CLUSTER_NOBODY || is_here(s))
        return e;
    if (found == CLUSTER_NO_ANSWER)
        return not_found(s, err_new(E_OCLUSTER_DISCOVER, "%s is not here, and no co-worker answers", s->stream));
    if (cluster_hops(s->opening ? s->opening->query : s->param) >= CLUSTER_HOPS_MAX)
        return not_found(s, err_new(E_OCLUSTER_REDIRECT, "the client was sent on %d times already", CLUSTER_HOPS_MAX));
    return send_on(s, &place);
}

static struct err *keep_away(struct session *s)
{
    enum cluster_found   found;
    struct cluster_place place;
    struct err          *e = find(s, true, &found, &place);
    if (e || found != CLUSTER_FOUND)
        return e;
    s->verdict = SESSION_BUSY;
    return err_new(E_SYSTEM_STREAM_BUSY, "%s is published at %s:%d", s->stream, place.host, place.rtmp_port);
}

/* Co-workers that do not answer keep no publisher away. */
static struct err *ask_for_publisher(struct session *s)
{
    switch (s->vhost->cluster.publish_elsewhere) {
    case CONF_ELSEWHERE_REFUSE: return keep_away(s);
    case CONF_ELSEWHERE_TAKEOVER: return cluster_take(s);
    default: return NULL;
    }
}

static struct err *ask(struct session *s, void **kept)
{
    const struct client_type *type = s->client.type;
    (void)kept;
    if (!cluster_is_wanted(s->vhost) || is_here(s))
        return NULL;
    if (type->publish)
        return ask_for_publisher(s);
    return type->is_http || type->names_file ? NULL : ask_for_player(s);
}

const struct session_guard cluster_guard = { .ask = ask };
