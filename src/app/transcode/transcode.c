#include "app/transcode/transcode.h"

#include "app/conf/variable.h"
#include "app/ffmpeg/args.h"
#include "app/ffmpeg/own_url.h"
#include "app/program/program.h"
#include "app/program/stream_values.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "app/transcode/scope.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"

/* Variables of an output, and of the name of a log file. */
enum {
    OUTPUT_SET = VARIABLES_NAMES | VARIABLES_TIME | 1 << VARIABLE_PORT | 1 << VARIABLE_PARAM | 1 << VARIABLE_ENGINE,
    LOG_SET = VARIABLES_NAMES | 1 << VARIABLE_ENGINE,
};

/* Longest URL of an input: names may be escaped. */
enum { INPUT_BYTES_MAX = 8 << 10 };

/* An engine of the configuration, and the program that it names. */
struct spec {
    const char               *ffmpeg;
    const struct conf_engine *engine;
};

struct transcoder {
    struct source  *source;
    struct conf    *conf; /* configuration that has the engines */
    struct programs programs;
    struct spec    *specs;     /* at most TRANSCODE_PROGRAMS_MAX */
    bool            follows;   /* The programs are those of `conf` and of this publish. */
    bool            is_output; /* The stream is one that a transcoder publishes. */
};

bool transcode_is_wanted(const struct conf_vhost *vhost)
{
    bool any = false;
    for (size_t t = 0; t < vhost->n_transcodes; t++)
        for (size_t e = 0; e < vhost->transcodes[t].n_engines; e++)
            any |= vhost->transcodes[t].enabled && vhost->transcodes[t].engines[e].enabled;
    return any;
}

/* ---- one program ---- */

/* [port] is the one by which the publisher has come, if it is ours. */
static struct command_values values_of(const struct transcoder *x, const struct spec *spec, int64_t wall_us)
{
    struct command_values v = stream_values(x->source);
    if (!own_url_has_port(x->source->conf, v.port))
        v.port = own_url_port(x->source->conf);
    v.engine = spec->engine->name;
    v.wall_us = wall_us;
    return v;
}

/* Note which stream of this server the output means. */
static struct err *note_target(struct command *c, const struct transcoder *x, const char *output,
                               const struct command_values *values)
{
    char key[STREAM_IDENTITY_CAP];
    own_url_key(key, x->source->conf, output, values->host);
    if (str_equal(key, x->source->key))
        return err_new(E_ENCODER_LOOP, "the output of engine %s is its input", values->engine);
    c->target = mem_strdup(key);
    return c->target ? NULL : err_no_memory();
}

static void put_command(struct command_maker *m, const struct spec *spec, const struct conf *conf, const char *input,
                        const char *output, bool is_run)
{
    struct ffmpeg_args args = { .program = spec->ffmpeg,
                                .log_level = is_run ? conf->ff_log_level : "",
                                .engine = spec->engine,
                                .input = input,
                                .output = output };
    ffmpeg_args_put(m, &args);
    if (is_run && !str_equal(conf->ff_log_dir, "/dev/null"))
        command_log(m, conf->ff_log_dir, "ffmpeg-encoder-[vhost]-[app]-[stream]-[engine].log", LOG_SET);
}

static struct err *make(struct command *c, const void *spec_of, void *owner, int64_t wall_us)
{
    const struct spec       *spec = spec_of;
    const struct transcoder *x = owner;
    const struct source     *s = x->source;
    struct command_values    values = values_of(x, spec, wall_us);
    struct buf               input = buf_up_to(INPUT_BYTES_MAX);
    struct command_maker     m;
    char                    *output;
    struct err              *e = ffmpeg_args_output(&output, spec->engine->output, OUTPUT_SET, &values);
    *c = (struct command){ 0 };
    own_url_put(&input, s->conf, s->vhost->name, s->app, s->stream);
    if (!e)
        e = buf_error(&input);
    if (!e) {
        command_begin(&m, &values);
        put_command(&m, spec, s->conf, input.bytes, output, wall_us != PROGRAM_KEY);
        e = command_end(&m, c);
    }
    if (!e)
        e = note_target(c, x, output, &values);
    buf_finish(&input);
    mem_free(output);
    return e;
}

static const struct program_kind transcode_kind = { .name = "transcode", .has_tail = true, .make = make };

/* ---- the engines of the configuration ---- */

static struct err *want(struct transcoder *x, const struct spec *spec)
{
    struct program_plan plan = { .subject = x->source->identity,
                                 .name = spec->engine->name[0] ? spec->engine->name : "an engine without a name",
                                 .slot = "",
                                 .spec = spec };
    return programs_want(&x->programs, &plan);
}

/* Collect the engines that are for this stream. Returns how many. */
static size_t find_engines(const struct transcoder *x, struct spec specs[static TRANSCODE_PROGRAMS_MAX])
{
    const struct conf_vhost *v = x->source->vhost;
    size_t                   n = 0;
    for (size_t i = 0; i < v->n_transcodes && !x->is_output; i++) {
        const struct conf_transcode *t = &v->transcodes[i];
        if (!t->enabled || !scope_has(t->scope, x->source->app, x->source->stream))
            continue;
        for (size_t j = 0; j < t->n_engines; j++) {
            if (!t->engines[j].enabled)
                continue;
            if (n < TRANSCODE_PROGRAMS_MAX)
                specs[n] = (struct spec){ t->ffmpeg, &t->engines[j] };
            n++;
        }
    }
    if (n > TRANSCODE_PROGRAMS_MAX)
        log_warn("transcode of %s has %zu engines, only the first %d are started", x->source->identity, n,
                 TRANSCODE_PROGRAMS_MAX);
    return n < TRANSCODE_PROGRAMS_MAX ? n : TRANSCODE_PROGRAMS_MAX;
}

static struct err *want_all(struct transcoder *x, struct spec *specs)
{
    size_t      n = specs ? find_engines(x, specs) : 0;
    struct err *e = specs ? NULL : err_no_memory();
    for (size_t i = 0; !e && i < n; i++)
        e = want(x, &specs[i]);
    return e;
}

/* Follow the engines of the configuration in force. */
static void follow_conf(struct transcoder *x)
{
    if (x->follows && x->conf == x->source->conf)
        return;
    struct spec *specs = mem_calloc(TRANSCODE_PROGRAMS_MAX, sizeof *specs), *old_specs = x->specs;
    struct conf *old = x->conf;
    programs_begin_change(&x->programs);
    struct err *e = want_all(x, specs);
    if (e) {
        programs_abandon_change(&x->programs);
        log_err(LOG_WARN, e, "transcode of %s: its programs stay as they are for now", x->source->identity);
        mem_free(specs);
        return;
    }
    programs_end_change(&x->programs);
    x->follows = true;
    x->specs = specs;
    x->conf = conf_ref(x->source->conf);
    mem_free(old_specs);
    conf_unref(&old);
}

/* A publish begins. Whether it comes from a transcoder does not change until the next one. */
static void begin_publish(struct transcoder *x)
{
    x->is_output = program_publishes(&transcode_kind, x->source->key);
    if (x->is_output)
        log_info("transcode of %s: a transcoder publishes it, so it is not transcoded again", x->source->identity);
    programs_begin_anew(&x->programs);
    x->follows = false;
}

struct err *transcode_run(struct attendance *a)
{
    struct transcoder *x = mem_calloc(1, sizeof *x);
    struct err        *e = NULL;
    unsigned           moments = moment_bit(MOMENT_PUBLISHED);
    if (!x)
        return err_no_memory();
    x->source = a->source;
    programs_init(&x->programs, &transcode_kind, x);
    while (!e && !attendance_is_over(a)) {
        if (moments & moment_bit(MOMENT_PUBLISHED))
            begin_publish(x);
        follow_conf(x);
        e = err_except(attendance_wait(a, programs_tend(&x->programs), &moments), E_SOCKET_TIMEOUT);
    }
    if (!e)
        e = programs_end(&x->programs);
    programs_finish(&x->programs);
    mem_free(x->specs);
    conf_unref(&x->conf);
    mem_free(x);
    return e;
}
