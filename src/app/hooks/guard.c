#include "app/hooks/guard.h"

#include <string.h>

#include "app/hooks/answer.h"
#include "app/hooks/bus.h"
#include "app/hooks/call.h"
#include "app/hooks/files.h"
#include "app/hooks/kept_urls.h"
#include "app/hooks/outbox.h"
#include "app/hooks/publishing.h"
#include "app/hooks/subject.h"
#include "app/hooks/updates.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

/* ---- what is kept of a beginning, for its end ---------------------------------------------------------------------- */

/* The events of a pair. */
struct pair {
    enum hook_event begin, end;
};

static const struct pair connection = { HOOK_CONNECT, HOOK_CLOSE };
static const struct pair publishing = { HOOK_PUBLISH, HOOK_UNPUBLISH };
static const struct pair playing = { HOOK_PLAY, HOOK_STOP };

struct hook_kept {
    const struct pair         *pair;
    const struct session_door *door;
    struct hook_subject       *subject;
    struct hook_kept_urls     *last;   /* of the configuration by which the beginning was told */
    struct source             *source; /* a reference: the stream keeps its id; NULL: of a connection */
    const int64_t             *sent, *received;
    struct hook_wish          *wish;      /* of the answers, while it is asked; NULL: they only say yes or no */
    char                      *name;      /* that an answer has given to the stream; NULL: none has */
    struct hook_update        *update;    /* NULL: on_update is not wanted, or this is a connection */
    bool                       is_on_bus; /* its beginning was told to the bus */
    bool                       was_told;  /* a backend accepts the beginning, or may accept it */
    bool                       has_place; /* of publishing.h */
};

static void kept_free(struct hook_kept *k)
{
    struct source *source = k->source;
    if (k->has_place)
        hook_publishing_leave(source->key);
    hook_subject_unref(&k->subject);
    mem_free(k->wish);
    mem_free(k->name);
    mem_free(k->last);
    mem_free(k);
    source_release(source);
}

static struct err *kept_new(struct hook_kept **out, struct session *s, const struct pair *pair)
{
    const struct hook_manner manner = hook_manner_of(s->conf, s->vhost, pair->end);
    struct hook_kept        *k = mem_calloc(1, sizeof *k);
    struct err              *e = NULL;
    if (!k)
        return err_no_memory();
    k->pair = pair;
    k->door = s->door;
    k->sent = s->client.bytes_out;
    k->received = s->client.bytes_in;
    if (pair != &connection)
        e = source_acquire(&k->source, s->door->sources, s->conf, s->vhost, s->app, s->stream);
    if (!e && (!(k->subject = hook_subject_new(s, k->source)) ||
               !(k->last = hook_kept_urls_new(hook_event_urls(s->vhost, pair->end), &manner))))
        e = err_no_memory();
    if (e)
        kept_free(k);
    else
        *out = k;
    return e;
}

/* ---- the end ------------------------------------------------------------------------------------------------------- */

static const char *queue_of(const struct hook_kept *k)
{
    return k->pair == &publishing ? k->source->key : k->subject->client_id;
}

static void send_end(const struct hook_kept *k, const struct conf_words *urls, const struct hook_manner *manner,
                     enum hook_place place)
{
    const struct hook_subject *s = k->subject;
    struct jw                  j = JW_INIT;
    hook_subject_write(s, k->pair->end, *k->sent, *k->received, &j);
    struct err *e = buf_error(&j.text);
    if (!e) {
        const struct hook_call c = {
            .event = k->pair->end,
            .manner = *manner,
            .client_id = s->client_id,
            .vhost = s->vhost,
            .id_is_secret = s->id_is_secret,
            .body = j.text.bytes,
        };
        hook_outbox_add(queue_of(k), &c, urls, place);
    } else {
        log_err(LOG_ERROR, e, "%s of client %.*s is lost", hook_event_name(k->pair->end), IDENT_LEN, s->client_id);
    }
    jw_finish(&j);
}

/* The vhost in the configuration in force; NULL: there is none of this name any more. */
static const struct conf_vhost *vhost_now(const struct hook_kept *k)
{
    return conf_vhost_named(*k->door->conf, k->subject->vhost);
}

/*
 * The end is told to the URLs of the configuration in force; if it has none, to those of the one by which the beginning was told. If
 * the beginning was told to nobody, and now there are URLs for beginnings, the end is not told either.
 */
static void tell_end(const struct hook_kept *k, enum hook_place place)
{
    static const struct conf_words none;
    const struct conf_vhost       *v = vhost_now(k);
    const struct conf_words       *begin = v ? hook_event_urls(v, k->pair->begin) : &none;
    const struct conf_words       *end = v ? hook_event_urls(v, k->pair->end) : &none;
    if (!k->was_told && begin->count > 0)
        return;
    if (end->count > 0) {
        const struct hook_manner manner = hook_manner_of(*k->door->conf, v, k->pair->end);
        send_end(k, end, &manner, place);
    } else if (k->was_told) {
        send_end(k, &k->last->urls, &k->last->manner, place);
    }
}

/* Tell the bus of the beginning, or the end. */
static void tell_bus(const struct hook_kept *k, enum hook_event event)
{
    const struct conf_vhost *v = vhost_now(k);
    struct jw                j = JW_INIT;
    if (!v || !hook_bus_is_wanted(*k->door->conf, v))
        return;
    hook_subject_write(k->subject, event, *k->sent, *k->received, &j);
    struct err *e = buf_error(&j.text);
    if (!e)
        hook_bus_tell(*k->door->conf, v, k->subject, j.text.bytes);
    log_err(LOG_ERROR, e, "%s for the bus is lost", hook_event_name(event));
    jw_finish(&j);
}

static void leave(void *kept)
{
    struct hook_kept *k = kept;
    if (!k)
        return;
    hook_update_end(k->update);
    bool files_to_come = k->pair == &publishing && hook_files_leave(k->source->key, k->subject, vhost_now(k));
    tell_end(k, files_to_come ? HOOK_HELD : HOOK_LAST);
    if (k->is_on_bus)
        tell_bus(k, k->pair->end);
    kept_free(k);
}

/* ---- the beginning -------------------------------------------------------------------------------------------------- */

/* Let a client in whose backend cannot be asked, if the vhost wants it. The error is told then; otherwise it comes back. */
static struct err *let_in(const struct hook_kept *k, const struct session *s, struct err *e)
{
    enum err_code code = err_code(e);
    if (!conf_words_has(&s->vhost->hooks.fail_open, hook_event_name(k->pair->begin)) || code == E_THREAD_INTERRUPTED ||
        code == E_NO_MEMORY)
        return e;
    log_err(LOG_WARN, e, "the client is let in without an answer, as fail_open says");
    return NULL;
}

/*
 * A journal tells these URLs later that a client was let in. False: the vhost has none. A publisher's connection goes into the
 * queue of its stream, so that all that follows of the client comes behind it.
 */
static bool tell_later(struct hook_kept *k, const struct session *s, const struct hook_call *c,
                       const struct conf_words *urls, size_t first)
{
    const struct conf_words rest = { .items = urls->items + first, .count = urls->count - first };
    char                    key[STREAM_IDENTITY_CAP];
    if (!*c->manner.journal)
        return false;
    bool in_stream = k->pair == &connection && s->client.type->publish;
    hook_outbox_add(in_stream ? stream_name_key(key, s->vhost->name, s->app, s->stream) : queue_of(k), c, &rest,
                    HOOK_LAST);
    k->was_told = true;
    return true;
}

/* Call the URLs in their order; the first that does not accept ends it. */
static struct err *call_all(struct hook_kept *k, const struct session *s, struct hook_call *c,
                            const struct conf_words *urls)
{
    struct err *e = NULL;
    for (size_t i = 0; i < urls->count && !e; i++) {
        enum hook_known known;
        c->url = urls->items[i];
        e = hook_call(c, &known);
        k->was_told |= known == HOOK_ACCEPTED || known == HOOK_MAYBE;
        if (!e || known == HOOK_REFUSED || known == HOOK_NOT_NOW || known == HOOK_ACCEPTED)
            continue;
        if (!(e = let_in(k, s, e)) && tell_later(k, s, c, urls, i))
            break;
    }
    return e;
}

/* What comes before this beginning is told first: the end of the last publish, or what the same client did before. */
static struct err *wait_for_ends(const struct hook_kept *k, const char *journal, int64_t deadline_us)
{
    struct err *e = hook_outbox_wait(k->subject->client_id, journal, deadline_us);
    if (!e && k->pair == &publishing)
        e = hook_outbox_wait(queue_of(k), journal, deadline_us);
    return err_wrap(e, "wait until earlier callbacks are delivered");
}

/* A publisher takes its place, for the one that is asked about next must not be told of before it. */
static struct err *take_place(struct hook_kept *k, struct session *s, int64_t deadline_us)
{
    if (k->pair != &publishing)
        return NULL;
    struct err *e = hook_publishing_enter(k->source, deadline_us);
    k->has_place = !e;
    if (err_code(e) == E_SYSTEM_STREAM_BUSY)
        s->verdict = SESSION_BUSY;
    return e;
}

static struct err *tell_begin(struct hook_kept *k, const struct session *s, const char *body, int64_t deadline_us)
{
    const struct conf_words *urls = hook_event_urls(s->vhost, k->pair->begin);
    struct hook_call         c = {
                .event = k->pair->begin,
                .manner = hook_manner_of(s->conf, s->vhost, k->pair->begin),
                .wish = k->wish,
                .client_id = k->subject->client_id,
                .vhost = k->subject->vhost,
                .id_is_secret = k->subject->id_is_secret,
                .body = body,
    };
    hook_call_name(&c);
    struct err *e = wait_for_ends(k, c.manner.journal, deadline_us);
    if (!e)
        return call_all(k, s, &c, urls);
    if ((e = let_in(k, s, e)) || tell_later(k, s, &c, urls, 0))
        return e;
    return call_all(k, s, &c, urls);
}

static struct err *ask_backends(struct hook_kept *k, struct session *s)
{
    int64_t     deadline_us = now_us() + hook_manner_of(s->conf, s->vhost, k->pair->begin).timeout_us;
    struct jw   j = JW_INIT;
    struct err *e = take_place(k, s, deadline_us);
    hook_subject_write(k->subject, k->pair->begin, 0, 0, &j);
    if (!e && !(e = buf_error(&j.text)))
        e = tell_begin(k, s, j.text.bytes, deadline_us);
    jw_finish(&j);
    if (k->has_place)
        hook_publishing_decided(k->source->key);
    return e;
}

/* ---- what an answer wants beside its yes ------------------------------------------------------------------------------ */

static struct err *redirect(struct session *s, const char *place)
{
    bool wants_http = s->client.type->is_http || s->client.type->names_file || s->client.type->protocol == STAT_RTC;
    if (str_starts_with(place, "http") != wants_http)
        return err_new(E_RESPONSE_CODE, "the backend sends the client to %s, which has another protocol", place);
    if (!(s->place = mem_strdup(place)))
        return err_no_memory();
    s->verdict = SESSION_REDIRECTED;
    return err_new(E_CONTROL_REDIRECT, "the backend sends the client to %s", place);
}

/* The publisher gives up its place at one stream for one at another. */
static struct err *move_place(struct hook_kept *k, struct session *s, const struct source *to)
{
    if (!k->has_place)
        return NULL;
    int64_t     deadline_us = now_us() + hook_manner_of(s->conf, s->vhost, k->pair->begin).timeout_us;
    struct err *e = hook_publishing_enter(to, deadline_us);
    if (err_code(e) == E_SYSTEM_STREAM_BUSY)
        s->verdict = SESSION_BUSY;
    if (e)
        return e;
    hook_publishing_decided(to->key);
    hook_publishing_leave(k->source->key);
    return NULL;
}

/* The first stream of a connection gets another name before anybody is asked about it. */
static struct err *rename_first_stream(struct hook_kept *k, struct session *s, const char *name)
{
    if (!(k->name = mem_strdup(name)))
        return err_no_memory();
    log_info("the stream %s is %s, as the backend names it", s->stream, name);
    s->stream = k->name;
    return NULL;
}

/* The stream gets another name. From now on it is that for all, also in later callbacks. */
static struct err *rename_stream(struct hook_kept *k, struct session *s, const char *name)
{
    struct source *to = NULL;
    if (!k->source)
        return rename_first_stream(k, s, name);
    if (s->client.type->names_file) {
        log_warn("the backend names the stream %s, which viewers of HLS cannot be given", name);
        return NULL;
    }
    struct err *e = source_acquire(&to, s->door->sources, s->conf, s->vhost, s->app, name);
    if (e)
        return e;
    if (to == k->source || (e = move_place(k, s, to))) {
        source_release(to);
        return e;
    }
    log_info("the stream is %s, as the backend names it", to->identity);
    struct source *from = k->source;
    k->source = to;
    source_release(from);
    if (!(k->name = mem_strdup(name)))
        return err_no_memory();
    s->stream = k->name;
    struct hook_subject *subject = hook_subject_new(s, to);
    if (!subject)
        return err_no_memory();
    hook_subject_unref(&k->subject);
    k->subject = subject;
    return NULL;
}

/* Bounds of a connection hold for each session on it. */
static void bound(const struct hook_kept *k, struct session *s, const struct hook_wish *w)
{
    int64_t until_us = w->limit_us ? now_us() + w->limit_us : 0;
    if (k->pair == &connection) {
        s->connection->until_us = until_us;
        s->connection->kbps_max = w->limit_kbps;
        return;
    }
    session_end_at(s, until_us);
    session_limit_kbps(s, w->limit_kbps);
}

static struct err *obey(struct hook_kept *k, struct session *s)
{
    const struct hook_wish *w = k->wish;
    if (!w)
        return NULL;
    if (*w->redirect)
        return redirect(s, w->redirect);
    bound(k, s, w);
    return *w->stream ? rename_stream(k, s, w->stream) : NULL;
}

/* ---- the guards ------------------------------------------------------------------------------------------------------ */

/* True if nobody wants to hear of the session. */
static bool is_of_no_interest(const struct session *s, const struct pair *pair)
{
    return hook_event_urls(s->vhost, pair->begin)->count == 0 && hook_event_urls(s->vhost, pair->end)->count == 0 &&
           (pair == &connection || hook_event_urls(s->vhost, HOOK_UPDATE)->count == 0) &&
           !hook_bus_is_wanted(s->conf, s->vhost);
}

/* Ask, and do what the answer says. */
static struct err *begin(struct hook_kept *k, struct session *s)
{
    session_begin_wait(s);
    struct err *e = ask_backends(k, s);
    if (!e)
        e = obey(k, s);
    return session_end_wait(s, e);
}

static struct err *ask(struct session *s, void **kept, const struct pair *pair)
{
    bool              has_begin = hook_event_urls(s->vhost, pair->begin)->count > 0;
    struct hook_kept *k = NULL;
    bool              has_files = pair == &publishing; /* of which a reload may want to be told */
    if (!has_files && is_of_no_interest(s, pair))
        return NULL;
    struct err *e = kept_new(&k, s, pair);
    if (e)
        return e;
    if (has_begin && s->vhost->hooks.answers_act && !(k->wish = mem_calloc(1, sizeof *k->wish)))
        e = err_no_memory();
    if (!e && has_begin)
        e = begin(k, s);
    mem_free(k->wish);
    k->wish = NULL;
    if (!e && pair != &connection)
        e = hook_update_begin(&k->update, s, k->subject, k->source, queue_of(k));
    if (e) {
        if (k->was_told)
            tell_end(k, HOOK_LAST);
        kept_free(k);
        return e;
    }
    if (has_files)
        hook_files_begin(k->source->key, k->subject);
    if ((k->is_on_bus = hook_bus_is_wanted(s->conf, s->vhost)))
        tell_bus(k, pair->begin);
    *kept = k;
    return NULL;
}

static struct err *ask_connection(struct session *s, void **kept)
{
    return ask(s, kept, &connection);
}

static struct err *ask_stream(struct session *s, void **kept)
{
    return ask(s, kept, s->client.type->publish ? &publishing : &playing);
}

const struct session_guard hook_connection_guard = { .of_connection = true, .ask = ask_connection, .leave = leave };
const struct session_guard hook_stream_guard = { .ask = ask_stream, .leave = leave };
