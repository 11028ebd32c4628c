#include "app/forward/destination.h"

#include <string.h>

#include "app/conf/rtc_url.h"
#include "app/conf/variable.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/url.h"
#include "protocol/stream_name.h"

enum { REPLACED = VARIABLES_NAMES | 1 << VARIABLE_PARAM };

/* The parts of a word. */
struct parts {
    size_t      scheme_len;    /* with "://"; 0: there is none */
    size_t      authority_len; /* the host, its port, a user */
    size_t      n_steps;       /* of the path */
    bool        has_query;
    const char *rest; /* what follows the authority */
};

static struct parts split(const char *word)
{
    const char  *mark = strstr(word, "://");
    struct parts p = { .scheme_len = mark ? (size_t)(mark - word) + strlen("://") : 0 };
    p.authority_len = strcspn(word + p.scheme_len, "/?");
    p.rest = word + p.scheme_len + p.authority_len;
    size_t path_len = strcspn(p.rest, "?");
    for (size_t i = 0; i < path_len; i++)
        p.n_steps += p.rest[i] == '/' && i + 1 < path_len && p.rest[i + 1] != '/';
    p.has_query = p.rest[path_len] == '?';
    return p;
}

struct putting {
    struct buf                 *out;
    const struct forward_names *names;
};

static void put_variable(void *arg, enum variable variable)
{
    const struct putting *p = arg;
    switch (variable) {
    case VARIABLE_VHOST: buf_text(p->out, p->names->vhost); return;
    case VARIABLE_APP: buf_text(p->out, p->names->app); return;
    case VARIABLE_STREAM: buf_text(p->out, p->names->stream); return;
    default: buf_text(p->out, p->names->param); return;
    }
}

static struct err *take(char **to, struct buf *b)
{
    struct err *e = buf_error(b);
    *to = e ? NULL : buf_take(b);
    buf_finish(b);
    return e;
}

static struct err *make_url(char **url, const char *word, const struct parts *p, const struct forward_names *names)
{
    struct buf     out = buf_up_to(RTMP_URL_MAX);
    struct putting putting = { &out, names };
    if (!p->scheme_len)
        buf_text(&out, "rtmp://");
    buf_append(&out, word, p->scheme_len + p->authority_len);
    if (p->n_steps == 0)
        buf_printf(&out, "/%s", names->app);
    variable_replace(&out, p->n_steps == 0 ? p->rest + strspn(p->rest, "/") : p->rest, REPLACED, put_variable,
                     &putting);
    return take(url, &out);
}

static struct err *make_stream(char **stream, bool with_param, const struct forward_names *names)
{
    struct buf out = buf_up_to(RTMP_URL_MAX);
    buf_printf(&out, "%s%s", names->stream, with_param ? names->param : "");
    return take(stream, &out);
}

/* The tcUrl that names the vhost of the stream in place of the server. */
static struct err *make_tc_url(char **tc_url, const char *word, const struct parts *p,
                               const struct forward_names *names)
{
    struct buf  out = buf_up_to(RTMP_URL_MAX);
    const char *authority = word + p->scheme_len;
    const char *user_end = memrchr(authority, '@', p->authority_len);
    const char *host = user_end ? user_end + 1 : authority;
    const char *port = memrchr(host, ':', (size_t)(p->rest - host));
    if (port && memchr(port, ']', (size_t)(p->rest - port)))
        port = NULL; /* a colon of an IPv6 address */
    if (p->scheme_len)
        buf_append(&out, word, p->scheme_len);
    else
        buf_text(&out, "rtmp://");
    buf_text(&out, names->vhost);
    if (port)
        buf_append(&out, port, (size_t)(p->rest - port));
    buf_printf(&out, "/%s", names->app);
    return take(tc_url, &out);
}

/* A word of WHIP: the resource of a server of our kind, if it names none. */
static struct err *make_whip_url(char **url, const char *word, const struct parts *p, const struct forward_names *names)
{
    struct buf     out = buf_up_to(RTMP_URL_MAX);
    struct putting putting = { &out, names };
    buf_append(&out, word, p->scheme_len + p->authority_len);
    if (p->n_steps == 0 && !p->has_query) {
        buf_printf(&out, "/rtc/v1/whip/?app=%s&stream=%s", names->app, names->stream);
        if (!str_equal(names->vhost, STREAM_DEFAULT_VHOST))
            buf_printf(&out, "&vhost=%s", names->vhost);
        if (*names->param && names->param[1])
            buf_printf(&out, "&%s", names->param + 1);
    } else {
        variable_replace(&out, p->rest, REPLACED, put_variable, &putting);
    }
    return take(url, &out);
}

struct err *forward_destination_make(struct forward_destination *d, const char *word, const struct forward_names *names)
{
    struct parts p = split(word);
    bool         is_same = p.n_steps == 0 && !p.has_query; /* the same names on another server */
    *d = (struct forward_destination){ .is_whip = conf_rtc_url_is(word, "whip") };
    if (d->is_whip)
        return make_whip_url(&d->url, word, &p, names);
    struct err *e = make_url(&d->url, word, &p, names);
    if (!e && p.n_steps < 2)
        e = make_stream(&d->stream, is_same, names);
    if (!e && is_same && !str_equal(names->vhost, STREAM_DEFAULT_VHOST))
        e = make_tc_url(&d->tc_url, word, &p, names);
    return e;
}

void forward_destination_finish(struct forward_destination *d)
{
    mem_free(d->url);
    mem_free(d->stream);
    mem_free(d->tc_url);
    *d = (struct forward_destination){ 0 };
}
