#include "app/source/sources.h"

#include <string.h>

#include "app/source/pacer.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

/* Frames that are forgotten between two looks at the clock; a million of them take a while. */
enum { FORGET_FRAMES = 4096 };

/* Forget all frames. It yields from time to time, which is safe because the source cannot be found any more. */
static void forget_all(struct source *s)
{
    while (s->ring.head - s->ring.tail > FORGET_FRAMES) {
        ring_trim(&s->ring, s->ring.tail + FORGET_FRAMES);
        co_give_way_by_time();
    }
}

static void destroy(struct source *s)
{
    headers_clear(&s->headers);
    headers_clear(&s->before);
    gops_finish(&s->gops);
    mix_queue_clear(&s->mix);
    ring_finish(&s->ring);
    conf_unref(&s->conf);
    mem_free(s->key);
    mem_free(s->identity);
    mem_free(s->param);
    mem_free(s->app);
    mem_free(s->stream);
    mem_free(s);
}

/* Take another spelling of the names. Without memory the old spelling stays, and the result is false. */
static bool take_names(struct source *s, const char *app, const char *stream)
{
    char         identity[STREAM_IDENTITY_CAP];
    char        *copies[] = { mem_strdup(stream_name_identity(identity, s->vhost->name, app, stream)), mem_strdup(app),
                              mem_strdup(stream) };
    char **const into[] = { &s->identity, &s->app, &s->stream };
    bool         whole = copies[0] && copies[1] && copies[2];
    for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
        mem_free(whole ? *into[i] : copies[i]);
        if (whole)
            *into[i] = copies[i];
    }
    return whole;
}

static struct source *create(struct sources *all, const char *key, struct conf *conf, const struct conf_vhost *vhost,
                             const char *app, const char *stream)
{
    struct source *s = mem_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    list_init(&s->cursors);
    list_init(&s->readers);
    list_init(&s->joining);
    list_init(&s->attending);
    delay_init(&s->delay);
    co_group_init(&s->pacer_group);
    ident_vid(s->id);
    static uint64_t n_sources;
    s->serial = ++n_sources;
    s->owner = all;
    s->conf = conf_ref(conf);
    s->vhost = vhost;
    s->atc = vhost->play.atc;
    s->sampled_us = now_us();
    traffic_start(&s->traffic, s->sampled_us);
    s->key = mem_strdup(key);
    if (s->key && take_names(s, app, stream) && map_put(&all->by_key, key, s)) {
        delay_set_span(&s->delay, source_delay_us(s));
        return s;
    }
    destroy(s);
    return NULL;
}

struct source *source_find(const struct sources *all, const struct conf_vhost *vhost, const char *app,
                           const char *stream)
{
    char key[STREAM_IDENTITY_CAP];
    return map_find(&all->by_key, stream_name_key(key, vhost->name, app, stream));
}

struct err *source_acquire(struct source **out, struct sources *all, struct conf *conf, const struct conf_vhost *vhost,
                           const char *app, const char *stream)
{
    char           key[STREAM_IDENTITY_CAP];
    struct source *s = map_find(&all->by_key, stream_name_key(key, vhost->name, app, stream));
    if (!s && !(s = create(all, key, conf, vhost, app, stream)))
        return err_no_memory();
    s->refs++;
    *out = s;
    return NULL;
}

/* True for a published stream of that vhost and name, in any app. */
static bool is_called(const struct source *s, const struct conf_vhost *vhost, const char *name)
{
    return source_is_on_air(s) && str_equal(strrchr(s->key, '/'), name) && str_equal(s->vhost->name, vhost->name);
}

struct source *source_find_in_any_app(const struct sources *all, const struct conf_vhost *vhost, const char *stream)
{
    char           key[STREAM_IDENTITY_CAP];
    size_t         at = 0;
    const char    *name = strrchr(stream_name_key(key, vhost->name, STREAM_DEFAULT_APP, stream), '/');
    struct source *s = map_find(&all->by_key, key), *oldest = NULL;
    if (s && source_is_on_air(s))
        return s;
    while ((s = map_next(&all->by_key, &at, NULL)))
        if (is_called(s, vhost, name) && (!oldest || s->published_at_us < oldest->published_at_us))
            oldest = s;
    return oldest;
}

void source_release(struct source *s)
{
    if (!s || --s->refs > 0)
        return;
    map_remove(&s->owner->by_key, s->key); /* A client that comes during the yields below begins a new source. */
    pacer_stop(s);
    forget_all(s);
    destroy(s);
}

void source_note_player(struct source *s, enum stat_protocol protocol, const char *param)
{
    if (!source_is_edge(s) || s->state != SOURCE_IDLE || source_is_watched(s))
        return;
    s->first_player = protocol;
    mem_free(s->param);
    s->param = param && *param ? mem_strdup(param) : NULL; /* Without memory the origin gets none. */
}

void source_spell(struct source *s, const char *app, const char *stream)
{
    if (!str_equal(s->app, app) || !str_equal(s->stream, stream))
        take_names(s, app, stream); /* Without memory the old spelling stays. */
}

void sources_init(struct sources *all, const struct attendant *attendants)
{
    *all = (struct sources){ .attendants = attendants };
    co_group_init(&all->attending);
    co_group_init(&all->delays);
}

void sources_finish(struct sources *all)
{
    map_finish(&all->by_key);
}
