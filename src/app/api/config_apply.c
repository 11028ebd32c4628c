#include "app/api/config_apply.h"

#include "app/http/conn.h"
#include "app/server/config_store.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/http/status.h"
#include "protocol/offload.h"

/* The rewrite has longer than a working disk needs, the reload longer than app/reload.c lets it take. LOOK_US: between two looks. */
enum { REWRITE_TIMEOUT_US = 60 * US_PER_SECOND, RELOAD_TIMEOUT_US = 120 * US_PER_SECOND, LOOK_US = 10 * US_PER_MS };

struct rewrite_job {
    struct offload_job   job;
    struct conf         *in_force;
    struct conf_rewrite *rewrite;
};

static void rewrite_work(struct offload_job *job)
{
    conf_rewrite_run(CONTAINER_OF(job, struct rewrite_job, job)->rewrite);
}

static void rewrite_drop(struct offload_job *job)
{
    struct rewrite_job *j = CONTAINER_OF(job, struct rewrite_job, job);
    conf_rewrite_destroy(j->rewrite);
    conf_unref(&j->in_force);
    mem_free(j);
}

/* Run the rewrite on a thread. After an error *w is NULL. */
static struct err *run(struct server *s, struct conf_rewrite **w)
{
    struct rewrite_job *j = mem_calloc(1, sizeof *j);
    if (!j) {
        conf_rewrite_destroy(*w);
        *w = NULL;
        return err_no_memory();
    }
    *j = (struct rewrite_job){ .job = { .work = rewrite_work, .drop = rewrite_drop },
                               .in_force = conf_ref(s->conf),
                               .rewrite = *w };
    j->rewrite->in_force = j->in_force;
    *w = NULL;
    struct err *e = offload(OFFLOAD_CONF, &j->job, now_us() + REWRITE_TIMEOUT_US);
    if (e)
        return e;
    *w = j->rewrite;
    j->rewrite = NULL;
    rewrite_drop(&j->job);
    return NULL;
}

/* Reload, and wait until that has ended. */
static struct err *reload(struct server *s)
{
    uint64_t wanted = s->reloads_begun + 1;
    int64_t  until_us = now_us() + RELOAD_TIMEOUT_US;
    server_request_reload(s);
    while (s->reloads_ended < wanted) {
        struct err *e = co_sleep(LOOK_US);
        if (e)
            return e;
        if (now_us() > until_us)
            return err_new(E_SOCKET_TIMEOUT, "the reload has not ended within %d s",
                           (int)(RELOAD_TIMEOUT_US / US_PER_SECOND));
    }
    if (s->reloaded.code)
        return err_new((enum err_code)s->reloaded.code, "the reload failed: %s", s->reloaded.text);
    return NULL;
}

/* Give the file its old text back: with the new one the next start would fail. */
static struct err *put_back(struct server *s, const struct conf_rewrite *w)
{
    struct conf_rewrite *back = conf_rewrite_create(&s->config.source);
    if (!back)
        return err_no_memory();
    struct err *e = NULL;
    if (conf_rewrite_replace(back, w->file, w->before.bytes, w->before.len))
        e = run(s, &back);
    else
        e = err_no_memory();
    if (!e && back->result != CONF_REWRITE_DONE) {
        e = back->error;
        back->error = NULL;
    }
    conf_rewrite_destroy(back);
    return e;
}

static struct err *take_effect(struct api_reply *r, struct conf_rewrite *w, struct config_outcome *out)
{
    struct server *s = r->server;
    struct err    *e = reload(s);
    if (!e)
        return NULL;
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    out->status = HTTP_STATUS_INTERNAL_SERVER_ERROR;
    struct err *back = put_back(s, w);
    out->error = err_wrap(e, back ? "the file could not be put back" : "the file is as it was before");
    log_err(LOG_WARN, back, "%s: put back after a reload that failed, err", w->file);
    return NULL;
}

static int status_of(enum conf_rewrite_result result)
{
    switch (result) {
    case CONF_REWRITE_DONE: return HTTP_STATUS_OK;
    case CONF_REWRITE_CONFLICT: return HTTP_STATUS_CONFLICT;
    case CONF_REWRITE_INVALID:
    case CONF_REWRITE_NO_EFFECT: return HTTP_STATUS_BAD_REQUEST;
    case CONF_REWRITE_FAILED: break;
    }
    return HTTP_STATUS_INTERNAL_SERVER_ERROR;
}

static struct err *apply(struct api_reply *r, struct conf_rewrite **wp, struct config_outcome *out)
{
    struct config_keeper *keeper = &r->server->config;
    const char           *ip = http_visit_of(r->x)->ip;
    struct err           *e = run(r->server, wp);
    struct conf_rewrite  *w = *wp;
    if (e)
        return e;
    out->status = status_of(w->result);
    out->error = w->error;
    w->error = NULL;
    if (w->result != CONF_REWRITE_DONE || w->dry_run)
        return NULL;
    out->kept_id = config_keeper_put(keeper, w->file, w->before.bytes, w->before.len, ip);
    log_err(LOG_ERROR, config_store_put(keeper, out->kept_id),
            "the earlier text of %s is there for a rollback only until the process ends", w->file);
    log_warn("HTTP client ip=%s: has changed %s, %zu changes for a reload", ip, w->file, w->changes.count);
    return take_effect(r, w, out);
}

struct err *config_apply(struct api_reply *r, struct conf_rewrite **w, struct config_outcome *out)
{
    struct config_keeper *keeper = &r->server->config;
    *out = (struct config_outcome){ .status = HTTP_STATUS_CONFLICT };
    if (keeper->is_busy) {
        out->error = err_new(E_SYSTEM_CONFIG_INVALID, "another request changes the configuration just now");
        return NULL;
    }
    keeper->is_busy = true;
    struct err *e = apply(r, w, out);
    keeper->is_busy = false;
    return e;
}
