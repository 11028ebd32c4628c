#include "app/ingest/on_demand.h"

#include "app/ingest/spec.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

struct on_demand {
    const struct source *source;
    struct conf         *conf; /* configuration that has the ingests */
    struct programs      programs;
    struct ingest_spec   specs[ON_DEMAND_PROGRAMS_MAX];
    size_t               n_specs;
    int64_t              linger_us; /* the longest of its ingests */
};

bool on_demand_is_wanted(const struct conf_vhost *vhost)
{
    for (size_t i = 0; i < vhost->n_ingests; i++)
        if (vhost->ingests[i].enabled && vhost->ingests[i].on_demand)
            return true;
    return false;
}

static bool makes(const struct source *s, const struct conf_ingest *ingest)
{
    const struct ingest_spec spec = { s->conf, s->vhost, ingest };
    char                     key[STREAM_IDENTITY_CAP];
    return ingest->enabled && ingest->on_demand && str_equal(ingest_spec_key(key, &spec), s->key);
}

bool on_demand_brings(const struct source *s)
{
    for (size_t i = 0; i < s->vhost->n_ingests; i++)
        if (makes(s, &s->vhost->ingests[i]))
            return true;
    return false;
}

/* ---- the ingests of the configuration ---- */

static void find_ingests(struct on_demand *d)
{
    const struct source *s = d->source;
    d->n_specs = 0;
    d->linger_us = 0;
    for (size_t i = 0; i < s->vhost->n_ingests && d->n_specs < ON_DEMAND_PROGRAMS_MAX; i++) {
        const struct conf_ingest *ingest = &s->vhost->ingests[i];
        if (!makes(s, ingest))
            continue;
        d->specs[d->n_specs++] = (struct ingest_spec){ s->conf, s->vhost, ingest };
        d->linger_us = ingest->linger_us > d->linger_us ? ingest->linger_us : d->linger_us;
    }
}

static void follow_conf(struct on_demand *d)
{
    struct err  *e = NULL;
    struct conf *old = d->conf;
    if (d->conf == d->source->conf)
        return;
    programs_begin_change(&d->programs);
    find_ingests(d);
    for (size_t i = 0; !e && i < d->n_specs; i++)
        e = ingest_spec_want(&d->programs, &d->specs[i]);
    programs_end_change(&d->programs);
    log_err(LOG_WARN, e, "ingest of %s: not all programs are started", d->source->identity);
    d->conf = conf_ref(d->source->conf);
    conf_unref(&old);
}

/* ---- while it is watched ---- */

/* The time at which the programs end. */
static int64_t end_us(const struct on_demand *d)
{
    return d->source->n_readers > 0 ? DEADLINE_NEVER : d->source->unwatched_since_us + d->linger_us;
}

/* True while another client publishes the stream: a program that was started now would be refused. */
static bool is_taken(const struct on_demand *d)
{
    return source_is_live(d->source) && !programs_have_process(&d->programs);
}

/* Start what is due. Returns when to look again. */
static int64_t tend(struct on_demand *d)
{
    int64_t next_us = is_taken(d) ? DEADLINE_NEVER : programs_tend(&d->programs);
    return next_us < end_us(d) ? next_us : end_us(d);
}

struct err *on_demand_run(struct attendance *a)
{
    struct on_demand *d = mem_calloc(1, sizeof *d);
    struct err       *e = NULL;
    unsigned          moments;
    if (!d)
        return err_no_memory();
    d->source = a->source;
    programs_init(&d->programs, &ingest_spec_kind, d);
    while (!e && !attendance_is_over(a) && now_us() < end_us(d)) {
        follow_conf(d);
        e = err_except(attendance_wait(a, tend(d), &moments), E_SOCKET_TIMEOUT);
    }
    if (!e)
        e = programs_end(&d->programs);
    programs_finish(&d->programs);
    conf_unref(&d->conf);
    mem_free(d);
    return e;
}
