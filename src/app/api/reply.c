#include "app/api/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/api/public_url.h"
#include "app/http/conn.h"
#include "core/log.h"
#include "core/mask.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/status.h"

bool api_is_callback(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$";
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$0123456789.";
    size_t            len = strlen(name);
    return len <= API_CALLBACK_MAX && strspn(name, letters) > 0 && strspn(name, more) == len;
}

/* The method that the request means. A page that uses JSONP can only send GET and names another method in a parameter; that is
 * accepted when the method changes nothing, or when the page is of this host. */
static enum http_method meant_by(const struct api_reply *r)
{
    const struct http_request *q = r->request;
    const char                *said = r->callback ? api_param(r, "method") : NULL;
    if (!said || strcmp(said, "GET") == 0)
        return q->method == HTTP_HEAD ? HTTP_GET : q->method;
    if (strcmp(said, "DELETE") == 0 && (r->site == HTTP_SITE_OWN || r->server->conf->http_api.jsonp_delete))
        return HTTP_DELETE;
    log_warn("HTTP client ip=%s: %s with method=%s is refused, for its page is not one of this host; see http_api { "
             "jsonp_delete; trusted_hosts; }",
             http_visit_of(r->x)->ip, q->raw_path, said);
    return HTTP_TRACE;
}

static const char *content_type(const struct api_reply *r)
{
    return r->callback ? "text/javascript" : "application/json";
}

static void wrap_begin(struct api_reply *r)
{
    if (!r->callback)
        return;
    jw_raw(&r->json, r->callback);
    jw_raw(&r->json, "(");
}

static struct err *send_whole(struct api_reply *r)
{
    if (r->is_answered)
        return NULL;
    if (r->callback)
        jw_raw(&r->json, ")");
    const struct buf *text = &r->json.text;
    struct err       *e = buf_error(text);
    if (e)
        return e;
    if (!http_reply_has_begun(r->x))
        return http_reply(r->x, r->status, content_type(r), text->bytes, text->len);
    e = http_reply_write(r->x, text->bytes, text->len);
    return e ? e : http_reply_end(r->x);
}

/* ---- access ---------------------------------------------------------------------------------------------------- */

static const char *or_nothing(const char *value)
{
    return value ? value : "";
}

bool api_may_change(struct api_reply *r)
{
    const struct http_request *q = r->request;
    if (http_site_may_change(r->site, q->method))
        return true;
    log_warn("HTTP client ip=%s: %s %s is refused to a page of another site, Origin=%s, Referer=%s; see http_api { "
             "trusted_hosts; }",
             http_visit_of(r->x)->ip, http_method_str(q->method), q->raw_path,
             or_nothing(http_request_field(q, "Origin")), or_nothing(http_request_field(q, "Referer")));
    api_refuse(r, HTTP_STATUS_FORBIDDEN);
    return false;
}

static bool came_by_own_name(struct api_reply *r)
{
    const struct conf *conf = r->server->conf;
    if (http_conn_of(r->x)->is_tls || conf->http_api.auth || http_site_host_is_own(conf, r->request))
        return true;
    log_warn("HTTP client ip=%s: %s is refused, for Host %s is no name of this server; see http_api { trusted_hosts; }",
             http_visit_of(r->x)->ip, r->request->raw_path, r->request->host_port);
    api_refuse(r, HTTP_STATUS_FORBIDDEN);
    return false;
}

/* JSON without a callback can be read only by a page whose Origin the browser has sent. */
static bool may_show_secrets(const struct api_reply *r)
{
    return r->site == HTTP_SITE_OWN || (!r->callback && r->site != HTTP_SITE_FOREIGN);
}

static struct err *answer(struct http_exchange *x, struct err *(*write)(struct api_reply *r), bool by_own_name)
{
    struct api_reply r = { .x = x,
                           .request = http_request_of(x),
                           .server = http_conn_of(x)->server,
                           .json = JW_INIT,
                           .status = HTTP_STATUS_OK };
    const char      *callback = api_param(&r, "callback");
    struct err      *e = http_add_field(x, "X-Content-Type-Options", "nosniff");
    if (e)
        return e;
    if (callback && !api_is_callback(callback)) {
        api_error(&r, HTTP_STATUS_BAD_REQUEST, E_HTTP_JSONP);
    } else {
        r.callback = callback;
        r.site = http_site_of(r.server->conf, r.request);
        r.shows_secrets = may_show_secrets(&r);
        r.method = meant_by(&r);
        wrap_begin(&r);
        bool is_safe = r.method == HTTP_GET || r.method == HTTP_TRACE;
        if ((is_safe || api_may_change(&r)) && (!by_own_name || came_by_own_name(&r)))
            e = write(&r);
    }
    if (!e)
        e = send_whole(&r);
    jw_finish(&r.json);
    return e;
}

struct err *api_answer(struct http_exchange *x, struct err *(*write)(struct api_reply *r))
{
    return answer(x, write, false);
}

struct err *api_answer_by_own_name(struct http_exchange *x, struct err *(*write)(struct api_reply *r))
{
    return answer(x, write, true);
}

/* ---- the answer ------------------------------------------------------------------------------------------------ */

void api_begin(struct api_reply *r)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    jw_object(&r->json, NULL);
    jw_int(&r->json, "code", E_SUCCESS);
    jw_string(&r->json, "server", r->server->server_id);
    jw_string(&r->json, "service", r->server->service_id);
    jw_string(&r->json, "pid", pid);
}

struct err *api_done(struct api_reply *r)
{
    api_begin(r);
    jw_object_end(&r->json);
    return NULL;
}

void api_begin_data(struct api_reply *r)
{
    api_begin(r);
    jw_object(&r->json, "data");
}

void api_end_data(struct api_reply *r)
{
    jw_object_end(&r->json);
    jw_object_end(&r->json);
}

void api_error(struct api_reply *r, int status, int code)
{
    r->status = status;
    jw_object(&r->json, NULL);
    jw_int(&r->json, "code", code);
    jw_object_end(&r->json);
}

struct err *api_refuse(struct api_reply *r, int status)
{
    api_error(r, status, status);
    return NULL;
}

void api_refuse_with(struct api_reply *r, int status, int code, const char *why)
{
    r->status = status;
    jw_object(&r->json, NULL);
    jw_int(&r->json, "code", code);
    jw_string(&r->json, "msg", why);
    jw_object_end(&r->json);
}

struct err *api_refuse_because(struct api_reply *r, int status, const char *why)
{
    api_refuse_with(r, status, status, why);
    return NULL;
}

struct err *api_refuse_method(struct api_reply *r, const char *allow)
{
    api_refuse(r, HTTP_STATUS_METHOD_NOT_ALLOWED);
    return http_add_field(r->x, "Allow", allow);
}

struct err *api_give_way(struct api_reply *r)
{
    const struct buf *text = &r->json.text;
    if (text->len < API_PIECE_BYTES)
        return NULL;
    struct err *e = buf_error(text);
    if (!e && !http_reply_has_begun(r->x))
        e = http_reply_begin(r->x, r->status, content_type(r), HTTP_LENGTH_UNKNOWN);
    if (!e)
        e = http_reply_write(r->x, text->bytes, text->len);
    if (e)
        return e;
    jw_flushed(&r->json);
    co_give_way();
    return NULL;
}

const char *api_param(const struct api_reply *r, const char *name)
{
    const char *value = http_request_param(r->request, name);
    return value && *value ? value : NULL;
}

const char *api_text(const struct api_reply *r, const char *name)
{
    const char *value = api_param(r, name);
    return value ? value : "";
}

int64_t api_number(const struct api_reply *r, const char *name, int64_t fallback, int64_t max)
{
    const char *text = http_request_param(r->request, name);
    size_t      n_digits = text ? strspn(text, "0123456789") : 0;
    if (n_digits == 0 || text[n_digits])
        return fallback;
    long long value = strtoll(text, NULL, 10);
    return value <= max ? value : max;
}

const char *api_id(const struct api_reply *r, const char *prefix)
{
    return str_starts_with(r->request->path, prefix) ? r->request->path + strlen(prefix) : "";
}

static void put_masked(struct api_reply *r, const char *key, const char *url, bool path)
{
    char text[PUBLIC_URL_CAP];
    mask_put(&r->json, key, r->shows_secrets ? url : public_url(url, path, text));
}

void api_put_url(struct api_reply *r, const char *key, const char *url)
{
    put_masked(r, key, url, true);
}

void api_put_failure(struct api_reply *r, const struct failures *f)
{
    if (!f->n)
        return jw_null(&r->json, "error");
    jw_object(&r->json, "error");
    jw_int(&r->json, "code", f->code);
    jw_string(&r->json, "name", err_code_name(f->code));
    jw_string(&r->json, "text", r->shows_secrets ? f->text : "");
    jw_int(&r->json, "at", f->wall_us / US_PER_SECOND);
    jw_object_end(&r->json);
}

void api_put_page(struct api_reply *r, const char *key, const char *url)
{
    put_masked(r, key, url, false);
}
