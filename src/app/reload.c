#include "app/reload.h"

#include <string.h>

#include "app/conf/conf_load.h"
#include "app/conf/diff.h"
#include "app/conf/open_files.h"
#include "app/listener.h"
#include "app/server/server.h"
#include "app/services.h"
#include "app/source/life.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/offload.h"
#include "protocol/service_notify.h"

/* Much longer than any load takes: a disk that hangs must not end reloading for ever. */
enum { LOAD_TIMEOUT_US = 60 * US_PER_SECOND };

struct reload {
    struct server     *server;
    struct conf_source from;
};

/* Read, parse and check on a worker thread. */
struct load_job {
    struct offload_job job;
    struct conf_source from;
    struct conf       *conf;
    struct conf_report report;
    struct err        *error;
};

static void load_work(struct offload_job *job)
{
    struct load_job *l = CONTAINER_OF(job, struct load_job, job);
    l->error = conf_load(&l->from, &l->conf, &l->report);
}

static void load_drop(struct offload_job *job)
{
    struct load_job *l = CONTAINER_OF(job, struct load_job, job);
    err_free(l->error);
    conf_unref(&l->conf);
    conf_report_finish(&l->report);
    mem_free(l);
}

/* Open another log on a worker thread: a disk that hangs delays nobody. */
struct log_job {
    struct offload_job  job;
    struct log_settings settings;
    struct err         *error;
};

static void log_work(struct offload_job *job)
{
    struct log_job *l = CONTAINER_OF(job, struct log_job, job);
    l->error = log_setup(&l->settings);
}

static void log_drop(struct offload_job *job)
{
    struct log_job *l = CONTAINER_OF(job, struct log_job, job);
    err_free(l->error);
    mem_free(l);
}

static struct err *apply_log(const struct log_settings *settings)
{
    struct log_job *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_no_memory();
    l->job = (struct offload_job){ .work = log_work, .drop = log_drop };
    l->settings = *settings;
    struct err *e = offload(OFFLOAD_CONF, &l->job, now_us() + LOAD_TIMEOUT_US);
    if (e)
        return e;
    e = l->error;
    l->error = NULL;
    log_drop(&l->job);
    return e;
}

static bool log_differs(const struct log_settings *a, const struct log_settings *b)
{
    return a->level != b->level || a->to_console != b->to_console || a->utc != b->utc || strcmp(a->path, b->path) != 0;
}

/* What differs, a line each; what needs a restart is a warning. */
static void say_difference(const struct conf *old, const struct conf *new)
{
    struct conf_changes changes = { 0 };
    struct err         *e = conf_diff(old, new, &changes);
    for (size_t i = 0; i < changes.count; i++)
        log_write(conf_change_needs_restart(&changes.items[i]) ? LOG_WARN : LOG_INFO, "%s", changes.items[i].text);
    if (!e && !changes.count)
        log_info("nothing has changed");
    log_err(LOG_WARN, e, "compare the configurations");
    conf_changes_finish(&changes);
}

static void apply_to_sources(struct server *s, struct conf *conf)
{
    size_t         at = 0;
    struct source *source;
    while ((source = map_next(&s->sources.by_key, &at, NULL))) {
        const struct conf_vhost *vhost = conf_find_vhost(conf, source->vhost->name);
        bool                     same = vhost && strcmp(vhost->name, source->vhost->name) == 0;
        if (!same)
            log_info("vhost %s is gone, its stream %s goes on as it was", source->vhost->name, source->identity);
        source_apply_conf(source, conf, same ? vhost : NULL);
    }
}

/* From here on a failure leaves everything as it was. */
static struct err *apply(struct server *s, struct conf *conf)
{
    struct err *e = open_files_reserve(conf->max_connections);
    if (!e)
        e = listeners_apply(s, listen_services, conf);
    if (e)
        return e;
    if (log_differs(&conf->log, &s->conf->log) && (e = apply_log(&conf->log)))
        log_err(LOG_WARN, e, "the log stays where it is");

    say_difference(s->conf, conf);
    struct conf *old = s->conf;
    s->conf = conf_ref(conf);
    apply_to_sources(s, conf);
    server_apply_memory_limit(s);
    conf_unref(&old);
    return NULL;
}

static void report_failure(struct reload_result *result, struct err *e, enum reload_state state)
{
    result->code = (int)err_code(e);
    result->state = state;
    err_summary(e, result->text, sizeof result->text);
    log_err(LOG_WARN, e, "reload failed, state=%d, the configuration stays as it was, err", state);
}

static void reload_once(struct reload *r)
{
    struct reload_result *result = &r->server->reloaded;
    *result = (struct reload_result){ .state = RELOAD_PARSING };
    ident_random(result->id, sizeof result->id - 1);
    log_info("starting reload config.");
    if (r->from.env_only) {
        report_failure(result,
                       err_new(E_SYSTEM_CONFIG_INVALID, "empty config: the environment of a process does not change"),
                       RELOAD_PARSING);
        return;
    }
    struct load_job *l = mem_calloc(1, sizeof *l);
    struct err      *e = l ? NULL : err_no_memory();
    if (l) {
        l->job = (struct offload_job){ .work = load_work, .drop = load_drop };
        l->from = r->from;
        e = offload(OFFLOAD_CONF, &l->job, now_us() + LOAD_TIMEOUT_US);
    }
    if (e) {
        if (err_code(e) == E_SOCKET_TIMEOUT)
            e = err_wrap(e, "read %s within %d s: a disk or a file server hangs", r->from.path,
                         (int)(LOAD_TIMEOUT_US / US_PER_SECOND));
        report_failure(result, e, RELOAD_PARSING);
        return;
    }
    conf_report_log(&l->report);
    result->state = RELOAD_APPLYING;
    if (l->error) {
        report_failure(result, l->error, RELOAD_CHECKING);
        l->error = NULL;
    } else if ((e = tls_store_load(&r->server->tls, l->conf)) || (e = apply(r->server, l->conf))) {
        report_failure(result, e, RELOAD_APPLYING);
    } else {
        result->state = RELOAD_DONE;
        log_info("reload config success, state=%d.", RELOAD_DONE);
    }
    tls_store_keep(&r->server->tls, r->server->conf);
    load_drop(&l->job);
}

/* A service manager waits for the end of a reload that it has asked for, whatever the outcome. */
static void reload_and_notify(struct reload *r)
{
    const struct reload_result *result = &r->server->reloaded;
    char                        status[RELOAD_TEXT_CAP + 64];
    struct str                  text = str_over(status, sizeof status);
    service_notify_reloading();
    reload_once(r);
    if (result->state == RELOAD_DONE)
        str_printf(&text, "serving, configuration reloaded");
    else
        str_printf(&text, "serving, configuration unchanged: the reload failed: %s", result->text);
    service_notify_ready(status);
}

/* Wait until a reload is requested. Meanwhile look at the certificates. */
static struct err *wait_for_request(const struct reload *r)
{
    struct tls_store *certificates = &r->server->tls;
    for (;;) {
        bool        any = !tls_store_is_empty(certificates);
        struct err *e = co_park(any ? now_us() + TLS_STORE_LOOK_US : DEADLINE_NEVER);
        if (err_code(e) != E_SOCKET_TIMEOUT)
            return e;
        err_free(e);
        if (tls_store_look(certificates))
            log_err(LOG_ERROR, listeners_apply(r->server, listen_services, r->server->conf),
                    "listen where the certificate was missing");
        if (r->server->reload_wanted)
            return NULL;
    }
}

static void run_reloads(void *arg)
{
    struct reload *r = arg;
    struct err    *e = NULL;
    while (!e) {
        while (r->server->reload_wanted && !co_is_cancelled(co_self())) {
            r->server->reload_wanted = false;
            reload_and_notify(r);
        }
        e = wait_for_request(r);
    }
    err_free(e);
    r->server->reloader = NULL;
    mem_free(r);
}

struct err *reload_start(struct server *s, const struct conf_source *from)
{
    struct reload *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    *r = (struct reload){ .server = s, .from = *from };
    struct err *e = co_go(&s->services, "reload", run_reloads, r, &s->reloader);
    if (e)
        mem_free(r);
    return e;
}
