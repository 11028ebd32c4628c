#include "app/ingest/ingest.h"

#include <string.h>

#include "app/conf/variable.h"
#include "app/ffmpeg/args.h"
#include "app/ffmpeg/own_url.h"
#include "app/program/program.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* Variables of an output, and of the name of a log file. */
enum {
    OUTPUT_SET = 1 << VARIABLE_VHOST | 1 << VARIABLE_PORT | VARIABLES_TIME,
    LOG_SET = VARIABLES_NAMES,
};

/* Longest name of a slot: a vhost and the id of an ingest; a longer one is cut, which only makes an ingest wait for another. */
enum { SLOT_CAP = 512 };

/* An ingest of the configuration and the vhost that has it. */
struct spec {
    const struct conf_vhost  *vhost;
    const struct conf_ingest *ingest;
};

static struct service {
    struct co      *co;   /* NULL: does not run */
    struct conf    *conf; /* the configuration that is followed */
    struct spec    *specs;
    struct programs programs;
    bool            is_stopping;
} service;

/* ---- one ingest ---- */

static void cut(char *text, const char *what, const char *instead)
{
    char *at = strstr(text, what);
    if (!at)
        return;
    size_t len = strlen(instead);
    memcpy(at, instead, len);
    memmove(at + len, at + strlen(what), strlen(at + strlen(what)) + 1);
}

/*
 * The output without `vhost=__defaultVhost__`: that is the vhost of every host that no other one serves. The separators that are
 * left over go too, as in SRS.
 */
static void tidy_output(char *output)
{
    cut(output, "vhost=" STREAM_DEFAULT_VHOST, "");
    cut(output, "?&", "?");
    cut(output, "?/", "/");
}

static struct err *check(const struct conf_ingest *i)
{
    if (i->type == CONF_INGEST_UNKNOWN)
        return err_new(E_ENCODER_INPUT_TYPE, "the type of the input is neither file nor stream");
    if (!i->n_engines)
        return err_new(E_ENCODER_OUTPUT, "there is no engine, so no output");
    return NULL;
}

/* The output as ffmpeg gets it. The caller releases it with mem_free(). */
static struct err *make_output(char **output, const struct spec *spec, const struct command_values *values)
{
    struct err *e = check(spec->ingest);
    *output = NULL;
    if (!e)
        e = ffmpeg_args_output(output, spec->ingest->engines[0].output, OUTPUT_SET, values);
    if (!e)
        tidy_output(*output);
    return e;
}

/* An engine that is off, or lacks a codec, copies. */
static bool copies(const struct conf_engine *e)
{
    return !e->enabled || !e->vcodec[0] || !e->acodec[0];
}

static void put_command(struct command_maker *m, const struct conf *conf, const struct spec *spec, const char *output,
                        bool is_run)
{
    const struct conf_ingest *i = spec->ingest;
    struct ffmpeg_args        args = { .program = i->ffmpeg,
                                       .log_level = is_run ? conf->ff_log_level : "",
                                       .engine = &i->engines[0],
                                       .copies = copies(&i->engines[0]),
                                       .paces = true,
                                       .input = i->url,
                                       .output = output };
    ffmpeg_args_put(m, &args);
    if (is_run && !str_equal(conf->ff_log_dir, "/dev/null"))
        command_log(m, conf->ff_log_dir, "ffmpeg-ingest-[vhost]-[app]-[stream].log", LOG_SET);
}

/* The names of the stream for the name of the log file: those of the output, or the ingest's own if the output is no RTMP URL. */
static struct err *find_names(struct rtmp_url *url, const char *output, const struct conf_ingest *i,
                              struct command_values *values)
{
    struct err *e = rtmp_url_parse(url, output, "");
    bool        is_known = !e && url->stream[0];
    values->app = is_known ? url->app : "output";
    values->stream = is_known ? url->stream : i->id;
    return err_except(e, E_RTMP_REQ_TCURL);
}

static struct err *make(struct command *c, const void *spec_of, void *owner, int64_t wall_us)
{
    const struct spec    *spec = spec_of;
    const struct service *s = owner;
    struct command_values values = {
        .vhost = spec->vhost->name, .port = own_url_port(s->conf), .wall_us = wall_us, .utc = s->conf->utc_time
    };
    struct rtmp_url      url = { 0 };
    struct command_maker m;
    char                *output;
    struct err          *e = make_output(&output, spec, &values);
    *c = (struct command){ 0 };
    if (!e)
        e = find_names(&url, output, spec->ingest, &values);
    if (!e) {
        command_begin(&m, &values);
        put_command(&m, s->conf, spec, output, wall_us != PROGRAM_KEY);
        e = command_end(&m, c);
    }
    rtmp_url_finish(&url);
    mem_free(output);
    return e;
}

static const struct program_kind ingest_kind = { .name = "ingest", .has_tail = true, .make = make };

/* ---- all of the configuration ---- */

static size_t count_ingests(const struct conf *conf)
{
    size_t n = 0;
    for (size_t v = 0; v < conf->n_vhosts; v++)
        n += conf->vhosts[v].n_ingests;
    return n;
}

static struct err *want(struct service *s, const struct spec *spec)
{
    char                slot[SLOT_CAP];
    struct str          out = str_over(slot, sizeof slot);
    struct program_plan plan = { .subject = spec->vhost->name,
                                 .name = spec->ingest->id[0] ? spec->ingest->id : "the ingest without a name",
                                 .slot = slot,
                                 .spec = spec,
                                 .may_complete = spec->ingest->type == CONF_INGEST_FILE };
    str_printf(&out, "%s/%s", spec->vhost->name, spec->ingest->id);
    return programs_want(&s->programs, &plan);
}

static struct err *want_all(struct service *s)
{
    struct err *e = NULL;
    size_t      n = 0;
    for (size_t v = 0; !e && v < s->conf->n_vhosts; v++) {
        const struct conf_vhost *vhost = &s->conf->vhosts[v];
        for (size_t i = 0; !e && vhost->enabled && i < vhost->n_ingests; i++) {
            s->specs[n] = (struct spec){ vhost, &vhost->ingests[i] };
            if (vhost->ingests[i].enabled)
                e = want(s, &s->specs[n++]);
        }
    }
    return e;
}

/* Run what the configuration in force asks for. */
static void follow_conf(struct service *s, struct conf *conf)
{
    struct spec *old_specs = s->specs, *specs = mem_calloc(count_ingests(conf) + 1, sizeof *specs);
    struct conf *old = s->conf;
    struct err  *e = specs ? NULL : err_no_memory();
    if (specs) {
        s->specs = specs;
        s->conf = conf_ref(conf);
        programs_begin_change(&s->programs);
        e = want_all(s);
        programs_end_change(&s->programs);
        mem_free(old_specs);
        conf_unref(&old);
    }
    log_err(LOG_WARN, e, "not all ingests are started, the next reload tries again");
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
    programs_init(&service.programs, &ingest_kind, &service);
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
