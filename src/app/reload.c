#include "app/reload.h"

#include "app/conf/conf_load.h"
#include "app/reload_steps.h"
#include "app/server/server.h"
#include "app/stat/live_events.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/offload.h"
#include "protocol/service_notify.h"

/* Much longer than any load takes. After it the reload fails, so that a disk that hangs does not prevent later reloads. */
enum { LOAD_TIMEOUT_US = 60 * US_PER_SECOND };

struct reload {
    struct server     *server;
    struct conf_source from;
};

/* A job for a worker thread: read, parse and check the configuration. */
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
    } else if ((e = reload_steps_take(reload_steps, r->server, l->conf))) {
        report_failure(result, e, RELOAD_APPLYING);
    } else {
        result->state = RELOAD_DONE;
        log_info("reload config success, state=%d.", RELOAD_DONE);
    }
    load_drop(&l->job);
}

static void tell_event(const struct reload_result *result)
{
    struct jw j = JW_INIT;
    if (!live_events_are_wanted())
        return;
    jw_object(&j, NULL);
    jw_string(&j, "rid", result->id);
    jw_int(&j, "err", result->code);
    jw_string(&j, "msg", result->state == RELOAD_DONE ? "Success" : result->text);
    jw_int(&j, "state", result->state);
    jw_object_end(&j);
    live_events_tell("reload", &j);
}

/* Reload, and tell the service manager when it has ended, successful or not: it waits for that. */
static void reload_and_notify(struct reload *r)
{
    const struct reload_result *result = &r->server->reloaded;
    char                        status[RELOAD_TEXT_CAP + 64];
    struct str                  text = str_over(status, sizeof status);
    service_notify_reloading();
    reload_once(r);
    tell_event(result);
    if (result->state == RELOAD_DONE)
        str_printf(&text, "serving, configuration reloaded");
    else
        str_printf(&text, "serving, configuration unchanged: the reload failed: %s", result->text);
    service_notify_ready(status);
}

static void run_reloads(void *arg)
{
    struct reload *r = arg;
    struct err    *e = NULL;
    while (!e) {
        while (r->server->reload_wanted && !co_is_cancelled(co_self())) {
            r->server->reload_wanted = false;
            r->server->reloads_begun++;
            reload_and_notify(r);
            r->server->reloads_ended++;
        }
        e = co_park(DEADLINE_NEVER);
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
    s->config.source = *from;
    struct err *e = co_go(&s->services, "reload", run_reloads, r, &s->reloader);
    if (e)
        mem_free(r);
    return e;
}
