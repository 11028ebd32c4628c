#include "app/session/session.h"

#include "app/source/source.h"
#include "app/source/sources.h"

static struct err *ask_guards(struct session *s, bool again)
{
    for (size_t i = 0; s->door->guards[i]; i++) {
        const struct session_guard *guard = s->door->guards[i];
        if (again && !guard->by_conf)
            continue;
        s->verdict = SESSION_DENIED;
        struct err *e = guard->ask(s);
        if (e)
            return e;
        if (!again)
            s->n_passed = i + 1;
    }
    return NULL;
}

/* A guard may have waited while a reload came: the rules that let the session in are those in force at the end. */
static struct err *ask_under_newest_conf(struct session *s)
{
    struct err *e;
    bool        again = false;
    do {
        conf_unref(&s->conf);
        s->conf = conf_ref(*s->door->conf);
        e = ask_guards(s, again);
        again = true;
    } while (!e && s->conf != *s->door->conf);
    return e;
}

struct err *session_admit(struct session *s, const struct session_door *door)
{
    s->door = door;
    struct err *e = ask_under_newest_conf(s);
    if (!e) {
        s->verdict = SESSION_FAILED;
        e = source_acquire(&s->source, door->sources, s->conf, s->vhost, s->app, s->stream);
    }
    if (!e)
        s->verdict = SESSION_ADMITTED;
    s->vhost = NULL;
    conf_unref(&s->conf);
    return e;
}

struct err *session_enter(struct session *s)
{
    s->client.source = s->source;
    return registry_enter(s->door->registry, &s->client, s->source->vhost->name);
}

void session_leave(struct session *s)
{
    if (!s->door)
        return;
    registry_leave(s->door->registry, &s->client);
    for (; s->n_passed; s->n_passed--) {
        const struct session_guard *guard = s->door->guards[s->n_passed - 1];
        if (guard->leave)
            guard->leave(s);
    }
    struct source *source = s->source;
    s->source = NULL;
    s->door = NULL;
    source_release(source);
}
