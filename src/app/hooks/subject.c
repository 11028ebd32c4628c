#include "app/hooks/subject.h"

#include <string.h>

#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"

/* ---- making one ------------------------------------------------------------------------------------------------- */

/* The stream as SRS names it: viewers of HLS ask for a playlist. */
static const char *stream_name(const struct session *s)
{
    return s->client.type->names_file && s->client.name ? s->client.name : s->stream;
}

/* Players over HTTP have no tcUrl of their own: SRS makes one of the vhost. */
static bool makes_tc_url(const struct session *s)
{
    return s->client.type->is_http && !s->client.type->names_file;
}

static size_t tc_url_cap(const struct session *s)
{
    return makes_tc_url(s) ? sizeof "rtmp:///" + strlen(s->vhost->name) + strlen(s->app) : strlen(s->client.tc_url) + 1;
}

static const char *pack(char **at, const char *text)
{
    return text ? str_pack(at, text, strlen(text)) : NULL;
}

static size_t cap_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *pack_tc_url(char **at, const struct session *s)
{
    const char *begin = *at;
    if (!makes_tc_url(s))
        return pack(at, s->client.tc_url);
    *at = stpcpy(stpcpy(stpcpy(stpcpy(*at, "rtmp://"), s->vhost->name), "/"), s->app) + 1;
    return begin;
}

struct hook_subject *hook_subject_new(const struct session *s, const struct source *source)
{
    const struct client *c = &s->client;
    const char          *url = source ? source->identity : NULL, *id = source ? source->id : NULL;
    size_t cap = cap_of(c->id) + cap_of(c->ip) + cap_of(s->vhost->name) + cap_of(s->app) + cap_of(stream_name(s)) +
                 cap_of(s->param) + tc_url_cap(s) + cap_of(c->page_url) + cap_of(url) + cap_of(id);
    struct hook_subject *h = mem_alloc(sizeof *h + cap);
    if (!h)
        return NULL;
    char *at = h->texts;
    h->refs = 1;
    h->server_id = s->door->server_id;
    h->service_id = s->door->service_id;
    h->client_id = pack(&at, c->id);
    h->ip = pack(&at, c->ip);
    h->vhost = pack(&at, s->vhost->name);
    h->app = pack(&at, s->app);
    h->stream = pack(&at, stream_name(s));
    h->param = pack(&at, s->param);
    h->tc_url = pack_tc_url(&at, s);
    h->page_url = pack(&at, c->page_url);
    h->stream_url = pack(&at, url);
    h->stream_id = pack(&at, id);
    h->id_is_secret = c->id_is_secret;
    h->is_whip = c->type->protocol == STAT_RTC && !*c->tc_url; /* The JSON API of WebRTC has a URL. */
    return h;
}

void hook_subject_unref(struct hook_subject **sp)
{
    struct hook_subject *s = *sp;
    *sp = NULL;
    if (s && --s->refs == 0)
        mem_free(s);
}

/* ---- bodies ------------------------------------------------------------------------------------------------------ */

static void put_client(const struct hook_subject *s, enum hook_event event, struct jw *j)
{
    jw_string(j, "server_id", s->server_id);
    jw_string(j, "service_id", s->service_id);
    jw_string(j, "action", hook_event_name(event));
    jw_string(j, "client_id", s->client_id);
    jw_string(j, "ip", s->ip);
    jw_string(j, "vhost", s->vhost);
    jw_string(j, "app", s->app);
}

const char *hook_subject_param(const struct hook_subject *s)
{
    return s->is_whip && *s->param == '?' ? s->param + 1 : s->param;
}

static void put_stream(const struct hook_subject *s, struct jw *j)
{
    jw_string(j, "tcUrl", s->tc_url);
    jw_string(j, "stream", s->stream);
    jw_string(j, "param", hook_subject_param(s));
}

static void put_stream_ids(const struct hook_subject *s, struct jw *j)
{
    jw_string(j, "stream_url", s->stream_url);
    jw_string(j, "stream_id", s->stream_id);
}

void hook_subject_write(const struct hook_subject *s, enum hook_event event, int64_t sent, int64_t received,
                        struct jw *j)
{
    jw_object(j, NULL);
    put_client(s, event, j);
    switch (event) {
    case HOOK_CONNECT:
        jw_string(j, "stream", s->stream);
        jw_string(j, "param", hook_subject_param(s));
        jw_string(j, "tcUrl", s->tc_url);
        jw_string(j, "pageUrl", s->page_url);
        break;
    case HOOK_CLOSE:
        jw_int(j, "send_bytes", sent);
        jw_int(j, "recv_bytes", received);
        break;
    case HOOK_PLAY:
        jw_string(j, "stream", s->stream);
        jw_string(j, "tcUrl", s->tc_url);
        jw_string(j, "param", hook_subject_param(s));
        jw_string(j, "pageUrl", s->page_url);
        put_stream_ids(s, j);
        break;
    default:
        put_stream(s, j);
        put_stream_ids(s, j);
        break;
    }
    jw_object_end(j);
}

void hook_subject_write_open(const struct hook_subject *s, enum hook_event event, struct jw *j)
{
    jw_object(j, NULL);
    put_client(s, event, j);
    put_stream(s, j);
    put_stream_ids(s, j);
}

static void put_segment(const struct finished_file *f, struct jw *j)
{
    jw_string(j, "url", f->url);
    jw_string(j, "m3u8", f->playlist_file);
    jw_string(j, "m3u8_url", f->playlist_url);
    jw_int(j, "seq_no", (int64_t)f->number);
}

void hook_subject_write_file(const struct hook_subject *s, const struct finished_file *f, const char *cwd, struct jw *j)
{
    bool is_segment = f->kind == FINISHED_HLS;
    jw_object(j, NULL);
    put_client(s, is_segment ? HOOK_HLS : HOOK_DVR, j);
    put_stream(s, j);
    if (is_segment)
        jw_fixed(j, "duration", (double)f->duration_us / US_PER_SECOND);
    jw_string(j, "cwd", cwd);
    jw_string(j, "file", f->file);
    if (is_segment)
        put_segment(f, j);
    put_stream_ids(s, j);
    if (f->write_more)
        f->write_more(f->arg, j);
    jw_object_end(j);
}
