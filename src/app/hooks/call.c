#include "app/hooks/call.h"

#include <errno.h>
#include <string.h>

#include "app/hooks/answer.h"
#include "app/hooks/sign.h"
#include "app/hooks/trust.h"
#include "app/stat/live_events.h"
#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/client.h"
#include "protocol/http/pool.h"
#include "protocol/tls/ctx.h"

/* The longest time for HOOK_HLS_NOTIFY, whose answer nobody waits for. */
enum { NOTIFY_TIMEOUT_US = 10 * US_PER_SECOND };

/* What the log shows of a request and of an answer. */
enum { SHOWN_MAX = 1024, ANSWER_SHOWN_MAX = 160, REQUEST_IN_ERROR_MAX = 160 };

/* How often a call looks whether there is a descriptor for it. */
enum { DESCRIPTOR_LOOK_US = 20 * US_PER_MS };

static struct http_pool pool;
static bool             has_pool;

static struct http_pool *get_pool(void)
{
    if (!has_pool)
        http_pool_init(&pool);
    has_pool = true;
    return &pool;
}

void hook_calls_finish(void)
{
    if (has_pool)
        http_pool_finish(&pool);
    has_pool = false;
}

/* An error of the connection to the server, whose code means something else at the end of a client's connection. */
static struct err *of_backend(struct err *e)
{
    char          text[ERR_TEXT_MAX];
    enum err_code code = err_code(e);
    switch (code) {
    case E_END_OF_STREAM:
    case E_SOCKET_READ:
    case E_SOCKET_WRITE:
    case E_HTTPS_HANDSHAKE:
    case E_HTTPS_READ:
    case E_HTTPS_WRITE:
    case E_HTTP_PARSE_HEADER:
    case E_HTTP_INVALID_CHUNK_HEADER:
    case E_HTTP_CONTENT_LENGTH:
    case E_HTTP_RESPONSE_EOF: code = E_BACKEND; break;
    case E_SOCKET_CONNECT: code = E_ST_CONNECT; break;
    default: return e;
    }
    struct err *other = err_new(code, "%s", err_text(e, text, sizeof text));
    err_free(e);
    return other;
}

/* Without a descriptor for the call, the client waits for one: others get their answers, or give up. */
static struct err *open_client(struct http_client *client, const struct http_client_request *r, int64_t deadline_us)
{
    static struct log_limits limits;
    for (;;) {
        struct err *e = http_client_open(client, r, deadline_us);
        if (err_errno(e) != EMFILE || now_us() + DESCRIPTOR_LOOK_US >= deadline_us)
            return e;
        err_free(e);
        log_write_within(&limits, LOG_WARN, "callbacks wait for a descriptor: all open files are taken");
        if ((e = co_sleep(DESCRIPTOR_LOOK_US)))
            return e;
    }
}

static struct err *exchange(const struct hook_call *c, const struct http_client_request *r, int *status, char **answer,
                            size_t *len, enum hook_known *known)
{
    int64_t            deadline_us = now_us() + c->manner.timeout_us;
    struct http_client client;
    struct err        *e = open_client(&client, r, deadline_us);
    if (client.was_sent)
        *known = HOOK_MAYBE;
    if (!e) {
        *status = client.response.status;
        e = http_client_read_all(&client, HOOK_ANSWER_MAX, answer, len, deadline_us);
        http_client_close(&client);
    }
    return of_backend(e);
}

/* Read this many bytes of an answer, or all that there are. */
static struct err *read_some(struct http_client *client, size_t wanted, int64_t deadline_us)
{
    struct err *e = NULL;
    size_t      n = 1;
    for (size_t len = 0; !e && n > 0 && len < wanted; len += n) {
        const void *piece;
        e = http_client_read(client, &piece, &n, deadline_us);
    }
    return e;
}

struct err *hook_fetch(const struct hook_call *c)
{
    struct http_client_request r = {
        .method = HTTP_GET, .url = c->url, .body = "", .content_type = "application/json", .pool = get_pool()
    };
    int64_t            timeout_us = c->manner.timeout_us < NOTIFY_TIMEOUT_US ? c->manner.timeout_us : NOTIFY_TIMEOUT_US;
    int64_t            deadline_us = now_us() + timeout_us;
    int                status = 0;
    struct http_client client = { 0 };
    struct err        *e = hook_trust_find(&r.tls, c->url, &c->manner);
    if (!e && !(e = http_client_open(&client, &r, deadline_us))) {
        status = client.response.status;
        e = read_some(&client, (size_t)c->manner.notify_bytes, deadline_us);
    }
    http_client_close(&client);
    tls_ctx_unref(&r.tls);
    if (e)
        return err_wrap(of_backend(e), "http: %s failed, client_id=%s, url=%.160s", hook_event_name(c->event),
                        c->client_id, c->url);
    log_info("http: %s ok, client_id=%s, url=%.*s, status=%d", hook_event_name(c->event), c->client_id, SHOWN_MAX,
             c->url, status);
    return NULL;
}

static const char *request_shown(const struct hook_call *c)
{
    return c->id_is_secret ? "-" : c->body;
}

void hook_call_name(struct hook_call *c)
{
    ident_random(c->id, HOOK_ID_LEN);
}

enum { FIELDS_MAX = 4 };

/* The fields of a call that has an id, and their texts. */
struct fields {
    struct http_pair pairs[FIELDS_MAX];
    size_t           n;
    char             sequence[24], timestamp[24], signature[HOOK_SIGNATURE_CAP];
};

static void add_field(struct fields *f, const char *name, const char *value)
{
    f->pairs[f->n++] = (struct http_pair){ name, value };
}

static void number(struct fields *f, const struct hook_call *c)
{
    struct str text = str_over(f->sequence, sizeof f->sequence);
    if (!c->sequence)
        return;
    str_printf(&text, "%llu", (unsigned long long)c->sequence);
    add_field(f, "X-Callback-Sequence", f->sequence);
}

static struct err *sign(struct fields *f, const struct hook_call *c)
{
    if (!*c->manner.secret)
        return NULL;
    struct str time = str_over(f->timestamp, sizeof f->timestamp);
    str_printf(&time, "%lld", (long long)(wall_now_us() / US_PER_SECOND));
    if (!hook_sign(f->signature, c->manner.secret, f->timestamp, c->body))
        return err_new(E_OPEN_SSL_CREATE_HMAC, "sign a callback");
    add_field(f, "X-Callback-Timestamp", f->timestamp);
    add_field(f, "X-Callback-Signature", f->signature);
    return NULL;
}

static struct err *set_fields(struct fields *f, const struct hook_call *c, struct http_client_request *r)
{
    f->n = 0;
    if (c->sequence || *c->manner.secret)
        add_field(f, "X-Callback-Id", c->id);
    number(f, c);
    struct err *e = sign(f, c);
    r->fields = f->pairs;
    r->n_fields = f->n;
    return e;
}

/* The server has answered, and says that it could not do anything with the request. */
static bool is_busy(int status)
{
    return status == HTTP_STATUS_REQUEST_TIMEOUT || status == HTTP_STATUS_TOO_MANY_REQUESTS || status >= 500;
}

static struct err *fail(const struct hook_call *c, struct err *e, int status, const char *answer)
{
    return err_wrap(e, "http: %s failed, client_id=%.*s, url=%.160s, request=%.*s, response=%s, code=%d",
                    hook_event_name(c->event), IDENT_LEN, c->client_id, c->url, REQUEST_IN_ERROR_MAX, request_shown(c),
                    answer, status);
}

static struct err *call(const struct hook_call *c, enum hook_known *known)
{
    struct http_client_request r = {
        .method = HTTP_POST, .url = c->url, .content_type = "application/json", .pool = get_pool()
    };
    char         *answer = NULL, shown[ANSWER_SHOWN_MAX];
    size_t        len = 0;
    int           status = 0;
    struct fields fields;
    r.body = c->body;
    r.body_len = strlen(c->body);
    *known = HOOK_UNKNOWN;
    struct err *e = set_fields(&fields, c, &r);
    if (!e)
        e = hook_trust_find(&r.tls, c->url, &c->manner);
    if (!e)
        e = exchange(c, &r, &status, &answer, &len, known);
    tls_ctx_unref(&r.tls);
    if (!e && (e = hook_answer_judge(status, answer, len)))
        *known = is_busy(status) ? HOOK_NOT_NOW : HOOK_REFUSED;
    if (!e && c->wish && (e = hook_answer_wish(answer, len, c->wish)))
        *known = HOOK_ACCEPTED; /* it wants what cannot be done */
    str_printable(answer ? answer : "", len, shown, sizeof shown);
    mem_free(answer);
    if (e)
        return fail(c, e, status, shown);
    *known = HOOK_ACCEPTED;
    log_info("http: %s ok, client_id=%.*s, url=%.*s, request=%.*s, response=%s", hook_event_name(c->event), IDENT_LEN,
             c->client_id, SHOWN_MAX, c->url, SHOWN_MAX, request_shown(c), shown);
    return NULL;
}

static struct hook_counts counts[HOOK_EVENTS];

/* Consoles hear of calls without an answer. Neither the URL nor the error's text: both may have tokens. */
static void tell_event(const struct hook_call *c, const struct err *e)
{
    struct jw j = JW_INIT;
    if (!live_events_are_wanted())
        return;
    jw_object(&j, NULL);
    jw_string(&j, "event", hook_event_name(c->event));
    jw_string(&j, "vhost", c->vhost ? c->vhost : "");
    jw_int(&j, "err", err_code(e));
    jw_string(&j, "msg", err_code_name(err_code(e)));
    jw_object_end(&j);
    live_events_tell("callback", &j);
}

struct err *hook_call(const struct hook_call *c, enum hook_known *known)
{
    struct hook_counts *n = &counts[c->event];
    int64_t             began_us = now_us();
    struct err         *e = call(c, known);
    n->n_accepted += *known == HOOK_ACCEPTED;
    n->n_refused += *known == HOOK_REFUSED;
    n->n_failed += *known != HOOK_ACCEPTED && *known != HOOK_REFUSED;
    if (*known == HOOK_ACCEPTED || *known == HOOK_REFUSED)
        histogram_count(&n->took, now_us() - began_us);
    else
        tell_event(c, e);
    return e;
}

const struct hook_counts *hook_counts(enum hook_event event)
{
    return &counts[event];
}
