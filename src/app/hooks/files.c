#include "app/hooks/files.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "app/hooks/bus.h"
#include "app/hooks/outbox.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/location.h"
#include "protocol/stream_name.h"

/* The publisher whose stream has files. It stays until its last file was told, which is after it has left. */
struct publisher_of {
    char                *key;
    struct hook_subject *subject; /* a reference */
    bool                 has_left;
    unsigned             over; /* kinds of files of which the last one was told */
};

static struct map by_key; /* struct publisher_of */
static char       cwd[PATH_MAX];

/* ---- publishers --------------------------------------------------------------------------------------------------- */

static void forget(struct publisher_of *p)
{
    map_remove(&by_key, p->key);
    if (by_key.count == 0)
        map_finish(&by_key);
    hook_subject_unref(&p->subject);
    mem_free(p->key);
    mem_free(p);
}

static unsigned bit_of(enum finished_kind kind)
{
    return 1u << kind;
}

/* The kinds of files that the vhost, which may be NULL, has and wants to be told of. */
static unsigned told_kinds(const struct conf_vhost *v)
{
    unsigned kinds = 0;
    if (v && v->hls.enabled &&
        (hook_event_urls(v, HOOK_HLS)->count > 0 || hook_event_urls(v, HOOK_HLS_NOTIFY)->count > 0))
        kinds |= bit_of(FINISHED_HLS);
    if (v && v->dvr.enabled && hook_event_urls(v, HOOK_DVR)->count > 0)
        kinds |= bit_of(FINISHED_DVR);
    return kinds;
}

void hook_files_begin(const char *key, struct hook_subject *subject)
{
    struct publisher_of *p = map_find(&by_key, key);
    if (p)
        forget(p);
    if (!(p = mem_calloc(1, sizeof *p)))
        return;
    p->subject = hook_subject_ref(subject);
    p->key = mem_strdup(key);
    if (p->key && map_put(&by_key, key, p))
        return;
    hook_subject_unref(&p->subject);
    mem_free(p->key);
    mem_free(p);
}

bool hook_files_leave(const char *key, const struct hook_subject *subject, const struct conf_vhost *v)
{
    struct publisher_of *p = map_find(&by_key, key);
    if (!p || p->subject != subject)
        return false;
    p->has_left = (told_kinds(v) & ~p->over) != 0;
    if (p->has_left)
        return true;
    forget(p);
    return false;
}

void hook_files_finish(void)
{
    struct publisher_of *p;
    size_t               at;
    while (at = 0, (p = map_next(&by_key, &at, NULL)))
        forget(p);
}

/* ---- on_hls, on_dvr ------------------------------------------------------------------------------------------------ */

static struct hook_call call_of(const struct finished_file *f, const struct hook_subject *s, enum hook_event event)
{
    return (struct hook_call){
        .event = event,
        .manner = hook_manner_of(f->conf, f->vhost, event),
        .client_id = s->client_id,
        .vhost = s->vhost,
    };
}

static void tell_file(const struct finished_file *f, const struct publisher_of *p, enum hook_event event)
{
    struct jw        j = JW_INIT;
    struct hook_call c = call_of(f, p->subject, event);
    if (!*cwd && !getcwd(cwd, sizeof cwd))
        str_copy(cwd, sizeof cwd, ".");
    hook_subject_write_file(p->subject, f, cwd, &j);
    struct err *e = buf_error(&j.text);
    if (!e) {
        c.body = j.text.bytes;
        hook_outbox_add(p->key, &c, hook_event_urls(f->vhost, event), HOOK_BEFORE_HELD);
        if (hook_bus_is_wanted(f->conf, f->vhost))
            hook_bus_tell(f->conf, f->vhost, p->subject, c.body);
    } else {
        log_err(LOG_ERROR, e, "%s of %s is lost", hook_event_name(event), p->key);
    }
    jw_finish(&j);
}

/* ---- on_hls_notify ------------------------------------------------------------------------------------------------- */

struct variable {
    const char *name, *value;
};

/* Append `text` with its variables replaced. What is no variable stays as it is. */
static void put_filled(struct buf *out, const char *text, const struct variable *variables)
{
    while (*text) {
        const struct variable *v = variables;
        while (v->name && !str_starts_with(text, v->name))
            v++;
        if (v->name)
            buf_text(out, v->value);
        else
            buf_append(out, text, 1);
        text += v->name ? strlen(v->name) : 1;
    }
}

static bool is_url(const char *text)
{
    return str_starts_with(text, "http://") || str_starts_with(text, "https://");
}

static void notify(const struct finished_file *f, const struct publisher_of *p, const char *configured)
{
    const struct hook_subject *s = p->subject;
    const struct variable      variables[] = {
             { "[server_id]", s->server_id },
             { "[service_id]", s->service_id },
             { "[app]", s->app },
             { "[stream]", s->stream },
             { "[param]", s->param },
             { "[ts_url]", f->uri },
             { NULL, NULL },
    };
    struct buf       url = buf_up_to(HTTP_URL_MAX);
    struct hook_call c = call_of(f, s, HOOK_HLS_NOTIFY);
    put_filled(&url, is_url(f->uri) ? f->uri : configured, variables);
    struct err *e = buf_error(&url);
    if (!e) {
        const struct conf_words urls = { .items = &url.bytes, .count = 1 };
        c.body = "";
        hook_outbox_add(p->key, &c, &urls, HOOK_BEFORE_HELD);
    } else {
        log_err(LOG_WARN, e, "on_hls_notify of %s is lost", p->key);
    }
    buf_finish(&url);
}

/* ---- the listener --------------------------------------------------------------------------------------------------- */

static struct publisher_of *find(const struct conf_vhost *v, const char *app, const char *stream)
{
    char key[STREAM_IDENTITY_CAP];
    return map_find(&by_key, stream_name_key(key, v->name, app, stream));
}

static void finished(const struct finished_file *f)
{
    const struct publisher_of *p = find(f->vhost, f->app, f->stream);
    const struct conf_words   *urls = hook_event_urls(f->vhost, HOOK_HLS_NOTIFY);
    enum hook_event            event = f->kind == FINISHED_HLS ? HOOK_HLS : HOOK_DVR;
    if (!p)
        return;
    if (hook_event_urls(f->vhost, event)->count > 0 || hook_bus_is_wanted(f->conf, f->vhost))
        tell_file(f, p, event);
    for (size_t i = 0; f->kind == FINISHED_HLS && i < urls->count; i++)
        notify(f, p, urls->items[i]);
}

static void over(enum finished_kind kind, const struct conf_vhost *v, const char *app, const char *stream)
{
    struct publisher_of *p = find(v, app, stream);
    if (!p)
        return;
    p->over |= bit_of(kind);
    if (told_kinds(v) & ~p->over)
        return;
    hook_outbox_release(p->key);
    if (p->has_left)
        forget(p);
}

const struct finished_listener hook_files_listener = { .finished = finished, .over = over };
