#include "app/session/session.h"

#include "app/session/upnode.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/io.h"

static uint64_t n_rules_changed; /* calls of session_rules_changed() */

void session_rules_changed(void)
{
    n_rules_changed++;
}

/* Ask a guard that asks a connection once. */
static struct err *ask_of_connection(struct session *s, size_t i)
{
    struct session_connection *c = s->connection;
    if (!c || c->has_passed[i])
        return NULL;
    c->door = s->door;
    struct err *e = s->door->guards[i]->ask(s, &c->kept[i]);
    c->has_passed[i] = !e;
    return e;
}

static struct err *ask_guards(struct session *s, bool again)
{
    for (size_t i = 0; s->door->guards[i]; i++) {
        const struct session_guard *guard = s->door->guards[i];
        if (again && !guard->by_conf)
            continue;
        s->verdict = SESSION_DENIED;
        struct err *e = guard->of_connection ? ask_of_connection(s, i) : guard->ask(s, &s->kept[i]);
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
    uint64_t    rules;
    do {
        rules = n_rules_changed;
        conf_unref(&s->conf);
        s->conf = conf_ref(*s->door->conf);
        e = ask_guards(s, again);
        again = true;
    } while (!e && (s->conf != *s->door->conf || rules != n_rules_changed));
    return e;
}

void session_begin_wait(struct session *s)
{
    if (s->io)
        io_end_with_peer(s->io, true);
}

struct err *session_end_wait(struct session *s, struct err *e)
{
    if (!s->io)
        return e;
    io_end_with_peer(s->io, false);
    if (!s->io->hung_up || !co_is_cancelled(co_self()))
        return e;
    err_free(e);
    s->verdict = SESSION_FAILED;
    return err_new(E_END_OF_STREAM, "the client has hung up while others were asked about it");
}

static struct refused what_for(const struct session *s, bool at_door)
{
    return (struct refused){
        .host = s->host,
        .app = s->app,
        .stream = s->stream,
        .ip = s->client.ip,
        .publish = s->client.type->publish,
        .at_door = at_door,
    };
}

/*
 * Note the answer of admission. A client that is let in now was refused for a reason that is over; one that has left, or
 * was sent elsewhere, was not refused.
 */
static void note_answer(const struct session *s, const struct err *e)
{
    const struct refused what = what_for(s, true);
    if (err_code(e) == E_END_OF_STREAM || err_code(e) == E_CONTROL_REDIRECT)
        return;
    if (e)
        refusals_note(&s->door->registry->refusals, &what, e, now_us());
    else
        refusals_forget(&s->door->registry->refusals, &what);
}

void session_note_refusal(const struct session *s, const struct err *why)
{
    const struct refused what = what_for(s, false);
    refusals_note(&s->door->registry->refusals, &what, why, now_us());
}

struct err *session_admit(struct session *s, const struct session_door *door)
{
    s->door = door;
    struct err *e = ask_under_newest_conf(s);
    if (!e && s->connection) {
        session_end_at(s, s->connection->until_us);
        session_limit_kbps(s, s->connection->kbps_max);
    }
    if (!e) {
        s->verdict = SESSION_FAILED;
        e = source_acquire(&s->source, door->sources, s->conf, s->vhost, s->app, s->stream);
    }
    if (!e && !s->client.type->publish)
        source_note_player(s->source, s->client.type->protocol, s->param);
    if (!e)
        s->verdict = SESSION_ADMITTED;
    note_answer(s, e);
    s->vhost = NULL;
    conf_unref(&s->conf);
    return e;
}

struct err *session_enter(struct session *s)
{
    s->client.source = s->source;
    struct err *e = registry_enter(s->door->registry, &s->client, s->source->vhost->name);
    if (!e)
        upnode_log(&s->client);
    return e;
}

/* A player that leaves a stream which was never published has waited in vain. */
static void note_vain_wait(const struct session *s)
{
    const struct source *source = s->source;
    if (!source || s->client.type->publish || source_is_live(source) || source->pulse.began_us)
        return;
    struct err *why = err_new(E_RTMP_STREAM_NOT_FOUND, "nobody publishes %s", source->identity);
    session_note_refusal(s, why);
    err_free(why);
}

void session_end_at(struct session *s, int64_t deadline_us)
{
    if (deadline_us && (!s->client.until_us || deadline_us < s->client.until_us))
        s->client.until_us = deadline_us;
}

void session_limit_kbps(struct session *s, int kbps)
{
    if (kbps && (!s->client.kbps_max || kbps < s->client.kbps_max))
        s->client.kbps_max = kbps;
}

static struct err *too_fast(const struct client *c)
{
    if (c->kbps_max && c->over_kbps > c->kbps_max)
        return err_new(E_LIMIT, "%s ip=%s %s %d kbps, more than limit_kbps %d of the answer to a callback",
                       c->type->publish ? "publisher" : "player", c->ip, c->type->publish ? "sends" : "is sent",
                       c->over_kbps, c->kbps_max);
    return err_new(E_LIMIT, "publisher ip=%s sends %d kbps, more than limits { publisher_kbps; } allows", c->ip,
                   c->over_kbps);
}

struct err *session_end_reason(const struct session *s, struct err *e)
{
    if ((!s->client.is_over && !s->client.over_kbps) || err_code(e) != E_THREAD_INTERRUPTED)
        return e;
    err_free(e);
    if (s->client.over_kbps)
        return too_fast(&s->client);
    return err_new(E_AUTH_EXPIRED, "the time is over for which ip=%s was let in", s->client.ip);
}

void session_leave(struct session *s)
{
    if (!s->door)
        return;
    note_vain_wait(s);
    registry_leave(s->door->registry, &s->client);
    for (; s->n_passed; s->n_passed--) {
        const struct session_guard *guard = s->door->guards[s->n_passed - 1];
        void                       *kept = s->kept[s->n_passed - 1];
        s->kept[s->n_passed - 1] = NULL;
        if (guard->leave && !guard->of_connection)
            guard->leave(kept);
    }
    struct source *source = s->source;
    mem_free(s->place);
    s->place = NULL;
    s->source = NULL;
    s->door = NULL;
    source_release(source);
}

void session_connection_end(struct session_connection *c)
{
    for (size_t i = SESSION_GUARDS_MAX; i > 0; i--) {
        if (!c->has_passed[i - 1])
            continue;
        const struct session_guard *guard = c->door->guards[i - 1];
        c->has_passed[i - 1] = false;
        if (guard->leave)
            guard->leave(c->kept[i - 1]);
        c->kept[i - 1] = NULL;
    }
}
