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
    struct ingest_spec  *specs;     /* at most ON_DEMAND_PROGRAMS_MAX */
    int64_t              linger_us; /* the longest of its ingests */
};

bool on_demand_is_wanted(const struct conf_vhost *vhost)
{
    for (size_t i = 0; i < vhost->n_ingests; i++)
        if (vhost->ingests[i].enabled && vhost->ingests[i].on_demand)
            return true;
    return false;
}

/* Does the ingest make this stream on demand? */
static struct err *ask(bool *makes, const struct source *s, const struct conf_ingest *ingest)
{
    const struct ingest_spec spec = { s->conf, s->vhost, ingest };
    char                     key[STREAM_IDENTITY_CAP];
    *makes = false;
    if (!ingest->enabled || !ingest->on_demand)
        return NULL;
    struct err *e = ingest_spec_key(key, &spec);
    *makes = !e && str_equal(key, s->key);
    return e;
}

bool on_demand_brings(const struct source *s)
{
    bool brings = false;
    for (size_t i = 0; i < s->vhost->n_ingests && !brings; i++)
        err_free(ask(&brings, s, &s->vhost->ingests[i]));
    return brings;
}

/* ---- the ingests of the configuration ---- */

static struct err *want_all(struct on_demand *d, struct ingest_spec *specs, int64_t *linger_us)
{
    const struct source *s = d->source;
    struct err          *e = specs ? NULL : err_no_memory();
    size_t               n = 0;
    *linger_us = 0;
    for (size_t i = 0; !e && i < s->vhost->n_ingests && n < ON_DEMAND_PROGRAMS_MAX; i++) {
        const struct conf_ingest *ingest = &s->vhost->ingests[i];
        bool                      makes;
        if ((e = ask(&makes, s, ingest)) || !makes)
            continue;
        specs[n] = (struct ingest_spec){ s->conf, s->vhost, ingest };
        *linger_us = ingest->linger_us > *linger_us ? ingest->linger_us : *linger_us;
        e = ingest_spec_want(&d->programs, &specs[n++]);
    }
    return e;
}

static void follow_conf(struct on_demand *d)
{
    struct conf *old = d->conf;
    int64_t      linger_us;
    if (d->conf == d->source->conf)
        return;
    struct ingest_spec *specs = mem_calloc(ON_DEMAND_PROGRAMS_MAX, sizeof *specs), *old_specs = d->specs;
    programs_begin_change(&d->programs);
    struct err *e = want_all(d, specs, &linger_us);
    if (e) {
        programs_abandon_change(&d->programs);
        log_err(LOG_WARN, e, "ingest of %s: its programs stay as they are for now", d->source->identity);
        mem_free(specs);
        return;
    }
    programs_end_change(&d->programs);
    d->linger_us = linger_us;
    d->specs = specs;
    d->conf = conf_ref(d->source->conf);
    mem_free(old_specs);
    conf_unref(&old);
}

/* ---- while it is watched ---- */

/* The time at which the programs end. */
static int64_t end_us(const struct on_demand *d)
{
    return source_unwatched_until_us(d->source, d->linger_us);
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
    mem_free(d->specs);
    conf_unref(&d->conf);
    mem_free(d);
    return e;
}
