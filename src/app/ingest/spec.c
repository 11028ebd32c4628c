#include "app/ingest/spec.h"

#include <string.h>

#include "app/conf/variable.h"
#include "app/ffmpeg/args.h"
#include "app/ffmpeg/own_url.h"
#include "core/mem.h"
#include "core/str.h"

/* Variables of an output, and of the name of a log file. */
enum {
    OUTPUT_SET = 1 << VARIABLE_VHOST | 1 << VARIABLE_PORT | VARIABLES_TIME,
    LOG_SET = VARIABLES_NAMES,
};

/* Longest name of a slot: a vhost and the id of an ingest; a longer one is cut, which only makes an ingest wait for another. */
enum { SLOT_CAP = 512 };

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
static struct err *make_output(char **output, const struct ingest_spec *spec, const struct command_values *values)
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

static void put_command(struct command_maker *m, const struct ingest_spec *spec, const char *output, bool is_run)
{
    const struct conf        *conf = spec->conf;
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

static struct command_values values_of(const struct ingest_spec *spec, int64_t wall_us)
{
    return (struct command_values){
        .vhost = spec->vhost->name, .port = own_url_port(spec->conf), .wall_us = wall_us, .utc = spec->conf->utc_time
    };
}

/* Note which stream of this server the output means. */
static struct err *note_target(struct command *c, const struct ingest_spec *spec, const char *output)
{
    char key[STREAM_IDENTITY_CAP];
    c->target = mem_strdup(own_url_key(key, spec->conf, output, ""));
    return c->target ? NULL : err_no_memory();
}

static struct err *make(struct command *c, const void *spec_of, void *owner, int64_t wall_us)
{
    const struct ingest_spec *spec = spec_of;
    struct command_values     values = values_of(spec, wall_us);
    struct rtmp_url           url = { 0 };
    struct command_maker      m;
    char                     *output;
    (void)owner;
    struct err *e = make_output(&output, spec, &values);
    *c = (struct command){ 0 };
    if (!e)
        e = find_names(&url, output, spec->ingest, &values);
    if (!e) {
        command_begin(&m, &values);
        put_command(&m, spec, output, wall_us != PROGRAM_KEY);
        e = command_end(&m, c);
    }
    if (!e)
        e = note_target(c, spec, output);
    rtmp_url_finish(&url);
    mem_free(output);
    return e;
}

const struct program_kind ingest_spec_kind = { .name = "ingest", .has_tail = true, .make = make };

/* ---- what others ask of it ---- */

struct err *ingest_spec_want(struct programs *programs, const struct ingest_spec *spec)
{
    char                slot[SLOT_CAP];
    struct str          out = str_over(slot, sizeof slot);
    struct program_plan plan = { .subject = spec->vhost->name,
                                 .name = spec->ingest->id[0] ? spec->ingest->id : "the ingest without a name",
                                 .slot = slot,
                                 .spec = spec,
                                 .may_complete = spec->ingest->type == CONF_INGEST_FILE };
    str_printf(&out, "%s/%s", spec->vhost->name, spec->ingest->id);
    return programs_want(programs, &plan);
}

/* True if the key is that of a stream of the vhost. */
static bool is_of_vhost(const char *key, const char *vhost)
{
    size_t len = str_equal(vhost, STREAM_DEFAULT_VHOST) ? 0 : strlen(vhost);
    return strncmp(key, vhost, len) == 0 && key[len] == '/';
}

struct err *ingest_spec_key(char key[static STREAM_IDENTITY_CAP], const struct ingest_spec *spec)
{
    const struct command_values values = values_of(spec, PROGRAM_KEY);
    char                       *output;
    struct err                 *e = make_output(&output, spec, &values);
    key[0] = '\0';
    if (!e)
        own_url_key(key, spec->conf, output, "");
    if (!is_of_vhost(key, spec->vhost->name))
        key[0] = '\0';
    mem_free(output);
    if (err_code(e) == E_NO_MEMORY)
        return e;
    err_free(e);
    return NULL;
}
