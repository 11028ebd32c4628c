#include "app/rtc/signal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "app/conf/rtc_url.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/client.h"
#include "protocol/http/location.h"
#include "protocol/http/pool.h"
#include "protocol/http/status.h"
#include "protocol/rtc/sdp.h"
#include "protocol/tls/ctx.h"

static const char bearer[] = "bearer:";

enum { AUTHORIZATION_MAX = HTTP_URL_MAX + 16 };

/* ---- URLs ---- */

/* Put the host and what follows; a path that names no resource is the stream on a server of our kind. */
static struct err *put_rest(struct buf *b, const char *rest, const char *word)
{
    size_t      host_len = strcspn(rest, "/?#"), path_len = strcspn(rest + host_len, "?#");
    const char *path = rest + host_len, *slash = memrchr(path, '/', path_len);
    if (!*word || conf_rtc_path_is(rest, word)) {
        buf_text(b, rest);
        return NULL;
    }
    if (!slash || slash == path || slash + 1 == path + path_len)
        return err_new(E_HTTP_PARSE_URI, "the URL names neither a resource nor app/stream");
    buf_printf(b, "%.*s/rtc/v1/%s/?app=%.*s&stream=%.*s", (int)host_len, rest, word, (int)(slash - path - 1), path + 1,
               (int)(path + path_len - slash - 1), slash + 1);
    if (path[path_len] == '?' && path[path_len + 1])
        buf_printf(b, "&%s", path + path_len + 1);
    return NULL;
}

/* Take the URL apart: the scheme that HTTP has, and the token. */
static struct err *take_url(struct rtc_signal *s, const char *url)
{
    bool        is_secure = false;
    const char *word = "", *rest = conf_rtc_behind(url, "http", &is_secure);
    if (!rest && (rest = conf_rtc_behind(url, "whip", &is_secure)))
        word = "whip";
    if (!rest && (rest = conf_rtc_behind(url, "whep", &is_secure)))
        word = "whep";
    if (!rest)
        return err_new(E_HTTP_PARSE_URI, "%.200s is no URL of WHIP or WHEP", url);
    const char *at = memchr(rest, '@', strcspn(rest, "/?#"));
    if (at && strncasecmp(rest, bearer, sizeof bearer - 1) == 0) {
        rest += sizeof bearer - 1;
        if (!(s->token = mem_strndup(rest, (size_t)(at - rest))))
            return err_no_memory();
        rest = at + 1;
    }
    struct buf  b = buf_up_to(HTTP_URL_MAX);
    struct err *e;
    buf_printf(&b, "%s://", is_secure ? "https" : "http");
    if (!(e = put_rest(&b, rest, word)))
        e = buf_error(&b);
    s->url = e ? NULL : buf_take(&b);
    buf_finish(&b);
    return e;
}

static bool is_same_server(const char *a, const char *b)
{
    struct http_location at = { 0 }, bt = { 0 };
    struct err          *e = http_location_parse(&at, a);
    if (!e)
        e = http_location_parse(&bt, b);
    bool is = !e && at.tls == bt.tls && at.port == bt.port && strcasecmp(at.host, bt.host) == 0;
    err_free(e);
    return is;
}

/* ---- requests ---- */

struct judged {
    const struct rtc_signal     *signal;
    const struct rtc_signal_how *how;
};

static struct err *judge(void *arg, int fd)
{
    const struct judged *j = arg;
    return j->how->judge(j->how->judge_arg, j->signal->url, fd);
}

static struct err *ask(struct http_client *c, struct rtc_signal *s, struct http_client_request *r, const char *url,
                       int64_t deadline_us)
{
    struct buf       value = buf_up_to(AUTHORIZATION_MAX);
    struct http_pair field = { "Authorization", NULL };
    struct err      *e = NULL;
    r->url = url;
    r->tls = s->tls;
    if (s->token) {
        buf_printf(&value, "Bearer %s", s->token);
        e = buf_error(&value);
        field.value = value.bytes;
        r->fields = &field;
        r->n_fields = 1;
    }
    if (!e)
        e = http_client_open(c, r, deadline_us);
    r->fields = NULL;
    r->n_fields = 0;
    buf_finish(&value);
    return e;
}

static struct err *resolve(char **out, const char *base, const char *reference)
{
    char       *url = mem_alloc(HTTP_URL_MAX + 1);
    struct err *e = url ? http_location_resolve(base, reference, url) : err_no_memory();
    *out = e ? NULL : mem_strdup(url);
    mem_free(url);
    return e || *out ? e : err_no_memory();
}

/* Go where the answer redirects to. The token stays here if that is another server. */
static struct err *redirect(struct rtc_signal *s, const char *reference)
{
    char       *next;
    struct err *e = resolve(&next, s->url, reference);
    if (e)
        return e;
    if (!is_same_server(s->url, next)) {
        mem_free(s->token);
        s->token = NULL;
    }
    mem_free(s->url);
    s->url = next;
    return NULL;
}

static struct err *take_answer(struct rtc_signal *s, struct http_client *c, int64_t deadline_us)
{
    const char *place = http_response_field(&c->response, "Location");
    socklen_t   len = sizeof s->server;
    struct err *e = NULL;
    if (c->response.status != HTTP_STATUS_CREATED)
        return err_new(E_HTTP_STATUS_INVALID, "%s: status %d", s->url, c->response.status);
    if (place)
        e = resolve(&s->place, s->url, place);
    if (!e && getpeername(c->line->io.fd, (struct sockaddr *)&s->server, &len) < 0)
        e = err_sys(E_ST_CONNECT, "the other end of the connection");
    return e ? e : http_client_read_all(c, SDP_BYTES_MAX, &s->answer, &s->answer_len, deadline_us);
}

static bool is_redirect(int status)
{
    return status == HTTP_STATUS_TEMPORARY_REDIRECT || status == HTTP_STATUS_PERMANENT_REDIRECT;
}

struct err *rtc_signal_offer(struct rtc_signal *s, const struct rtc_signal_how *how, const char *offer, size_t len,
                             int64_t deadline_us)
{
    struct judged              judged = { s, how };
    struct http_client_request r = {
        .method = HTTP_POST,
        .content_type = "application/sdp",
        .body = offer,
        .body_len = len,
        .judge = judge,
        .judge_arg = &judged,
    };
    *s = (struct rtc_signal){ .tls = how->tls ? tls_ctx_ref(how->tls) : NULL };
    struct err *e = take_url(s, how->url);
    bool        is_answered = false;
    for (int n = 0; !e && !is_answered; n++) {
        struct http_client c = { 0 };
        e = ask(&c, s, &r, s->url, deadline_us);
        const char *to = e ? NULL : http_response_field(&c.response, "Location");
        is_answered = e || !to || !is_redirect(c.response.status);
        if (!e && is_answered)
            e = take_answer(s, &c, deadline_us);
        else if (!e)
            e = n < RTC_SIGNAL_REDIRECTS_MAX ? redirect(s, to)
                                             : err_new(E_HTTP_302_INVALID, "%s: too many redirects", s->url);
        http_client_close(&c);
    }
    return e;
}

static struct err *end_session(struct rtc_signal *s, int64_t deadline_us)
{
    struct http_client_request r = { .method = HTTP_DELETE };
    struct http_client         c = { 0 };
    if (!is_same_server(s->url,
                        s->place)) { /* The server says where its session is, but does not get the token there. */
        mem_free(s->token);
        s->token = NULL;
    }
    struct err *e = ask(&c, s, &r, s->place, deadline_us);
    if (!e && c.response.status / 100 != 2 && c.response.status != HTTP_STATUS_NOT_FOUND)
        e = err_new(E_HTTP_STATUS_INVALID, "status %d", c.response.status);
    http_client_close(&c);
    return e;
}

void rtc_signal_end(struct rtc_signal *s, int64_t deadline_us)
{
    struct err *e = s->place ? end_session(s, deadline_us) : NULL;
    if (e)
        log_err(LOG_WARN, e, "the session at %s could not be ended", s->url);
    mem_free(s->answer);
    mem_free(s->url);
    mem_free(s->token);
    mem_free(s->place);
    tls_ctx_unref(&s->tls);
    *s = (struct rtc_signal){ 0 };
}
