#include "app/ingest/ingest.h"

#include "app/ingest/spec.h"
#include "app/program/program.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"

static struct service {
    struct co          *co;   /* NULL: does not run */
    struct conf        *conf; /* the configuration that is followed */
    struct ingest_spec *specs;
    struct programs     programs;
    bool                is_stopping;
} service;

/* ---- all of the configuration ---- */

static size_t count_ingests(const struct conf *conf)
{
    size_t n = 0;
    for (size_t v = 0; v < conf->n_vhosts; v++)
        n += conf->vhosts[v].n_ingests;
    return n;
}

/* An ingest on demand belongs to its stream (on_demand.h). */
static struct err *check_on_demand(const struct ingest_spec *spec)
{
    char        key[STREAM_IDENTITY_CAP];
    struct err *e = ingest_spec_key(key, spec);
    if (!e && !*key)
        log_warn("ingest %s of %s never starts: it is on demand, and its output is no stream of its vhost",
                 spec->ingest->id, spec->vhost->name);
    return e;
}

/* `specs` has room for all. */
static struct err *want_all(struct service *s, const struct conf *conf, struct ingest_spec *specs)
{
    struct err *e = specs ? NULL : err_no_memory();
    for (size_t v = 0; !e && v < conf->n_vhosts; v++) {
        const struct conf_vhost *vhost = &conf->vhosts[v];
        for (size_t i = 0; !e && vhost->enabled && i < vhost->n_ingests; i++, specs++) {
            *specs = (struct ingest_spec){ conf, vhost, &vhost->ingests[i] };
            if (vhost->ingests[i].enabled)
                e = vhost->ingests[i].on_demand ? check_on_demand(specs) : ingest_spec_want(&s->programs, specs);
        }
    }
    return e;
}

/* Run what the configuration in force asks for. */
static void follow_conf(struct service *s, struct conf *conf)
{
    struct ingest_spec *old_specs = s->specs, *specs = mem_calloc(count_ingests(conf) + 1, sizeof *specs);
    struct conf        *old = s->conf;
    programs_begin_change(&s->programs);
    struct err *e = want_all(s, conf, specs);
    if (e) {
        programs_abandon_change(&s->programs);
        log_err(LOG_WARN, e, "all ingests stay as they are for now");
        mem_free(specs);
        return;
    }
    programs_end_change(&s->programs);
    s->specs = specs;
    s->conf = conf_ref(conf);
    mem_free(old_specs);
    conf_unref(&old);
}

/* ---- the service ---- */

void ingest_follow_conf(void)
{
    if (service.co)
        co_unpark(service.co);
}

void ingest_stop(void)
{
    service.is_stopping = true;
    ingest_follow_conf();
}

void ingest_run(void *arg)
{
    struct server *server = arg;
    struct err    *e = NULL;
    service = (struct service){ .co = co_self() };
    programs_init(&service.programs, &ingest_spec_kind, &service);
    while (!e && !service.is_stopping) {
        if (service.conf != server->conf)
            follow_conf(&service, server->conf);
        e = err_except(co_park(programs_tend(&service.programs)), E_SOCKET_TIMEOUT);
    }
    programs_finish(&service.programs);
    mem_free(service.specs);
    conf_unref(&service.conf);
    service.co = NULL;
    err_free(e);
}
