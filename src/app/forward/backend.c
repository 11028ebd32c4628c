#include "app/forward/backend.h"

#include "app/forward/destination.h"
#include "app/hooks/answer.h"
#include "app/hooks/subject.h"
#include "app/hooks/trust.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/jr.h"
#include "core/jw.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/client.h"
#include "protocol/rtmp/url.h"
#include "protocol/tls/ctx.h"

enum { SHOWN_MAX = 160 };

/* What was answered for one publisher. It is kept for all publishers, because a reload may bring a backend. */
struct asked {
    struct hook_subject *subject;
    char                *url; /* of the backend that has answered; NULL: none has */
    struct conf_words    words;
};

static struct map by_client; /* struct asked */

/* ---- the answer ---- */

void forward_backend_finish_words(struct conf_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        mem_free(words->items[i]);
    mem_free(words->items);
    *words = (struct conf_words){ 0 };
}

static struct err *add_url(struct conf_words *words, const struct jr_value *v, char *url)
{
    if (!jr_string(v, url, RTMP_URL_MAX + 1) || !*url)
        return err_new(E_SYSTEM_FORWARD_LOOP, "http: a member of urls is no URL");
    if (!(words->items[words->count] = mem_strdup(url)))
        return err_no_memory();
    words->count++;
    return NULL;
}

static struct err *read_urls(struct conf_words *words, const struct jr_value *urls)
{
    struct jr_value v;
    struct err     *e = NULL;
    char           *url = mem_alloc(RTMP_URL_MAX + 1);
    words->items = mem_calloc(FORWARD_TARGETS_MAX, sizeof *words->items);
    if (!url || !words->items)
        e = err_no_memory();
    for (size_t at = 0; !e && words->count < FORWARD_TARGETS_MAX && jr_next(urls, &at, &v);)
        e = add_url(words, &v, url);
    mem_free(url);
    return e;
}

struct err *forward_backend_read(struct conf_words *words, int status, const char *body, size_t len)
{
    struct jr_value answer, data, urls;
    struct err     *e = hook_answer_judge(status, body, len);
    *words = (struct conf_words){ 0 };
    if (e)
        return e;
    if (!jr_parse(body, len, &answer) || !jr_member(&answer, "data", &data) || !jr_member(&data, "urls", &urls) ||
        urls.kind != JR_ARRAY)
        return err_new(E_SYSTEM_FORWARD_LOOP, "http: the answer has no data.urls");
    return read_urls(words, &urls);
}

/* ---- the question ---- */

static void write_question(struct jw *j, const struct hook_subject *s)
{
    jw_object(j, NULL);
    jw_string(j, "action", "on_forward");
    jw_string(j, "server_id", s->server_id);
    jw_string(j, "service_id", s->service_id);
    jw_string(j, "client_id", s->client_id);
    jw_string(j, "ip", s->ip);
    jw_string(j, "vhost", s->vhost);
    jw_string(j, "app", s->app);
    jw_string(j, "tcUrl", s->tc_url);
    jw_string(j, "stream", s->stream);
    jw_string(j, "param", hook_subject_param(s));
    jw_object_end(j);
}

struct hook_manner forward_manner(const struct conf *conf, const struct conf_vhost *vhost, int64_t timeout_us)
{
    const struct conf_forward *f = &vhost->forward;
    return (struct hook_manner){
        .timeout_us = timeout_us,
        .tls_verify = f->tls_verify,
        .tls_ca = f->tls_ca ? f->tls_ca : "",
        .conf_serial = conf->serial,
    };
}

/* Send the question, and read the answer's list. */
static struct err *exchange(struct conf_words *words, const struct http_client_request *r, int64_t deadline_us)
{
    struct http_client client;
    char              *answer = NULL;
    size_t             len = 0;
    struct err        *e = http_client_open(&client, r, deadline_us);
    if (e)
        return e;
    e = http_client_read_all(&client, FORWARD_ANSWER_MAX, &answer, &len, deadline_us);
    if (!e)
        e = forward_backend_read(words, client.response.status, answer, len);
    http_client_close(&client);
    mem_free(answer);
    return e;
}

static struct err *ask_backend(struct conf_words *words, const struct hook_subject *s, const struct conf *conf,
                               const struct conf_vhost *vhost)
{
    struct http_client_request r = {
        .method = HTTP_POST,
        .url = vhost->forward.backend,
        .content_type = "application/json",
    };
    const struct hook_manner manner = forward_manner(conf, vhost, vhost->hooks.timeout_us);
    struct jw                j = JW_INIT;
    write_question(&j, s);
    struct err *e = buf_error(&j.text);
    if (!e)
        e = hook_trust_find(&r.tls, r.url, &manner);
    if (!e) {
        r.body = j.text.bytes;
        r.body_len = j.text.len;
        e = exchange(words, &r, now_us() + manner.timeout_us);
    }
    tls_ctx_unref(&r.tls);
    jw_finish(&j);
    if (!e)
        log_info("http: on_forward ok, client_id=%s, url=%.*s, urls=%zu", s->client_id, SHOWN_MAX, r.url, words->count);
    return err_wrap(e, "http: on_forward failed, client_id=%s, url=%.*s", s->client_id, SHOWN_MAX, r.url);
}

bool forward_backend_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->forward.enabled && vhost->forward.backend && *vhost->forward.backend;
}

/* ---- the guard ---- */

static void leave(void *kept)
{
    struct asked *a = kept;
    if (!a)
        return;
    if (a->subject && map_find(&by_client, a->subject->client_id) == a)
        map_remove(&by_client, a->subject->client_id);
    if (by_client.count == 0)
        map_finish(&by_client);
    forward_backend_finish_words(&a->words);
    hook_subject_unref(&a->subject);
    mem_free(a->url);
    mem_free(a);
}

static struct err *ask_at_door(struct asked *a, struct session *s)
{
    session_begin_wait(s);
    struct err *e = session_end_wait(s, ask_backend(&a->words, a->subject, s->conf, s->vhost));
    if (!e && !(a->url = mem_strdup(s->vhost->forward.backend)))
        e = err_no_memory();
    return e;
}

static struct err *ask(struct session *s, void **kept)
{
    struct err *e = NULL;
    if (!s->client.type->publish)
        return NULL;
    struct asked *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_no_memory();
    if (!(a->subject = hook_subject_new(s, NULL)))
        e = err_no_memory();
    if (!e && forward_backend_is_wanted(s->vhost))
        e = ask_at_door(a, s);
    if (!e && !map_put(&by_client, a->subject->client_id, a))
        e = err_no_memory();
    if (e)
        leave(a);
    else
        *kept = a;
    return e;
}

const struct session_guard forward_guard = { .ask = ask, .leave = leave };

/* ---- publishers that were let in ---- */

const struct conf_words *forward_backend_words(const char *client_id)
{
    const struct asked *a = map_find(&by_client, client_id);
    return a && a->url ? &a->words : NULL;
}

bool forward_backend_is_missing(const char *client_id, const struct conf_vhost *vhost)
{
    const struct asked *a = map_find(&by_client, client_id);
    return a && forward_backend_is_wanted(vhost) && !str_equal(a->url, vhost->forward.backend);
}

/* Keep the answer of a backend in place of that before. Takes the words, also after an error. */
static struct err *renew(const char *client_id, const struct conf_vhost *vhost, struct conf_words *words)
{
    struct asked *a = map_find(&by_client, client_id);
    char         *url = a ? mem_strdup(vhost->forward.backend) : NULL;
    if (url) {
        struct conf_words old = a->words;
        a->words = *words;
        *words = old;
        mem_free(a->url);
        a->url = url;
    }
    forward_backend_finish_words(words);
    return a && !url ? err_no_memory() : NULL;
}

struct err *forward_backend_ask(const char *client_id, struct conf *conf, const struct conf_vhost *vhost)
{
    const struct asked *a = map_find(&by_client, client_id);
    struct conf_words   words = { 0 };
    if (!a)
        return NULL;
    struct hook_subject *subject = hook_subject_ref(a->subject);
    struct conf         *held = conf_ref(conf);
    struct err          *e = ask_backend(&words, subject, conf, vhost);
    if (e)
        forward_backend_finish_words(&words);
    else
        e = renew(subject->client_id, vhost, &words);
    conf_unref(&held);
    hook_subject_unref(&subject);
    return e;
}
