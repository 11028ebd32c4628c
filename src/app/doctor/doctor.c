#include "app/doctor/doctor.h"

#include <string.h>

#include "app/conf/unbuilt.h"
#include "app/doctor/checks.h"
#include "app/doctor/gather.h"
#include "app/doctor/machine.h"
#include "app/doctor/nearest.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

/* Streams without a publisher for which names that are near are searched in one visit. */
enum { SEARCHES_MAX = 32 };

/* One visit. It is on the heap, for its findings are larger than a stack. */
struct visit {
    struct server                *server;
    const struct doctor_question *question;
    const struct doctor_listener *to;
    struct doctor_summary        *sum;
    size_t                        n_searches;
    struct findings               findings; /* of the subject that is looked at */
};

/* Tell what was found of one subject, and let others run. */
static struct err *tell(struct visit *v)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < v->findings.count; i++) {
        v->sum->n_findings++;
        v->sum->n_of[v->findings.items[i].severity]++;
        e = v->to->tell(v->to->arg, &v->findings.items[i]);
    }
    v->sum->n_dropped += v->findings.n_dropped;
    v->findings.count = v->findings.n_dropped = 0;
    co_give_way_by_time();
    return e;
}

/* ---- the server -------------------------------------------------------------------------------------------------- */

static struct err *look_at_machine(struct visit *v, const struct conf *conf)
{
    struct machine_reading m;
    struct facts_server    facts;
    struct err            *e = machine_read(conf, &m);
    if (e)
        return e;
    gather_server(v->server, m.n_fds, m.max_fds, &facts);
    for (size_t i = 0; doctor_server_checks[i]; i++)
        doctor_server_checks[i](&facts, &v->findings);
    for (size_t n = 0; n < m.n_folders; n++)
        for (size_t i = 0; doctor_folder_checks[i]; i++)
            doctor_folder_checks[i](&m.folders[n], &v->findings);
    return tell(v);
}

static struct err *look_at_certificates(struct visit *v)
{
    struct tls_pair_state pair;
    struct err           *e = NULL;
    for (size_t at = 0; !e && tls_store_next(&v->server->tls, &at, &pair);) {
        struct facts_pair facts;
        gather_pair(&pair, now_us(), wall_now_us(), &facts);
        for (size_t i = 0; doctor_pair_checks[i]; i++)
            doctor_pair_checks[i](&facts, &v->findings);
        e = tell(v);
    }
    return e;
}

static struct err *look_at_unbuilt(struct visit *v, const struct conf *conf)
{
    struct conf_unbuilt_walk  at = { 0 };
    struct conf_unbuilt_found found;
    struct err               *e = NULL;
    while (!e && conf_unbuilt_step(conf, &at, &found)) {
        if (found.row) {
            const struct facts_unbuilt facts = {
                .feature = found.row->feature,
                .effect = found.row->effect,
                .vhost = found.vhost,
                .where = found.where,
            };
            for (size_t i = 0; doctor_unbuilt_checks[i]; i++)
                doctor_unbuilt_checks[i](&facts, &v->findings);
        }
        e = tell(v);
    }
    return e;
}

/* A reload may come meanwhile: what is looked at is the configuration that was in force at the beginning. */
static struct err *look_at_server(struct visit *v)
{
    struct conf *conf = conf_ref(v->server->conf);
    struct err  *e = look_at_machine(v, conf);
    if (!e)
        e = look_at_certificates(v);
    if (!e)
        e = look_at_unbuilt(v, conf);
    conf_unref(&conf);
    return e;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static bool is_asked(const struct doctor_question *q, const char *vhost, const char *app, const char *stream)
{
    return (!q->vhost || str_equal_nocase(q->vhost, vhost)) && (!q->app || str_equal(q->app, app)) &&
           (!q->stream || str_equal(q->stream, stream));
}

static void look_at_stream(struct visit *v, const struct source *s)
{
    struct facts_stream facts;
    gather_stream(v->server, s, now_us(), &facts);
    if (!facts.is_live && facts.n_players && v->n_searches++ < SEARCHES_MAX)
        gather_nearest(v->server, s, &facts);
    for (size_t i = 0; doctor_stream_checks[i]; i++)
        doctor_stream_checks[i](&facts, &v->findings);
    v->sum->n_streams++;
}

/* Nobody publishes, plays, or was refused: what is published under a name that is near? */
static void tell_unknown(struct visit *v)
{
    const struct doctor_question *q = v->question;
    struct finding               *f;
    bool                          other;
    const char                   *near_name = nearest_stream(v->server, q->vhost ? q->vhost : STREAM_DEFAULT_VHOST,
                                           q->app ? q->app : "live", q->stream, &other);
    f = findings_add(&v->findings, "not-published", FINDING_ERROR, FINDING_STREAM, q->stream);
    finding_seen(f, "Nobody publishes or plays this stream.%s%s", near_name ? " Near is " : "",
                 near_name ? near_name : "");
    finding_cure(f, "Start the publisher, or compare its URL with that of the players.");
}

static struct err *look_at_streams(struct visit *v)
{
    const struct roll *roll = &v->server->registry.stream_roll;
    struct roll_cursor at = roll_seek(roll, 0);
    struct err        *e = NULL;
    for (const struct source *s; !e && (s = roll_next(roll, &at));) {
        if (is_asked(v->question, s->vhost->name, s->app, s->stream))
            look_at_stream(v, s);
        e = tell(v);
    }
    return e;
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

/* A path has the name of a stream and an ending. */
static bool is_asked_of_path(const struct doctor_question *q, const char *vhost, const struct refusal *r)
{
    size_t                 len = q->stream ? strlen(q->stream) : 0;
    struct doctor_question rest = { q->vhost, q->app, NULL };
    return len && strncmp(r->stream, q->stream, len) == 0 && r->stream[len] == '.' &&
           is_asked(&rest, vhost, r->app, "");
}

static void look_at_refusal(struct visit *v, const struct refusal *r)
{
    const struct conf_vhost *vhost = conf_find_vhost(v->server->conf, r->host);
    struct facts_refusal     facts;
    const char              *name = vhost ? vhost->name : r->host;
    if ((!is_asked(v->question, name, r->app, r->stream) && !is_asked_of_path(v->question, name, r)) ||
        !gather_refusal(v->server, r, now_us(), &facts))
        return;
    for (size_t i = 0; doctor_refusal_checks[i]; i++)
        doctor_refusal_checks[i](&facts, &v->findings);
}

static struct err *look_at_refusals(struct visit *v)
{
    const struct refusals *all = &v->server->registry.refusals;
    struct err            *e = NULL;
    for (size_t i = 0; !e && i < all->count; i++) {
        look_at_refusal(v, &all->items[i]);
        e = tell(v);
    }
    return e;
}

struct err *doctor_visit(struct server *s, const struct doctor_question *q, const struct doctor_listener *to,
                         struct doctor_summary *sum)
{
    struct visit *v = mem_calloc(1, sizeof *v);
    if (!v)
        return err_no_memory();
    *sum = (struct doctor_summary){ 0 };
    v->server = s;
    v->question = q;
    v->to = to;
    v->sum = sum;
    struct err *e = look_at_server(v);
    size_t      n_of_server = sum->n_findings;
    if (!e)
        e = look_at_streams(v);
    if (!e)
        e = look_at_refusals(v);
    if (!e && q->stream && sum->n_streams == 0 && sum->n_findings == n_of_server) {
        tell_unknown(v);
        e = tell(v);
    }
    mem_free(v);
    return e;
}
