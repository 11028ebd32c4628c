#include "app/ffmpeg/args.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"

/* ---- options ---- */

/* `name value;` becomes -name value; the dash may be written. */
static void put_option(struct command_maker *m, const struct conf_option *o)
{
    command_printf(m, "%s%s", o->name[0] == '-' ? "" : "-", o->name);
    if (o->value && o->value[0])
        command_word(m, o->value);
}

static void put_options(struct command_maker *m, const struct conf_options *options)
{
    for (size_t i = 0; i < options->count; i++)
        put_option(m, &options->items[i]);
}

/* The one option that also works on what is copied: a filter of the bitstream. */
static void put_filter_of_copy(struct command_maker *m, const struct conf_options *options, const char *name)
{
    for (size_t i = 0; i < options->count; i++)
        if (str_equal(options->items[i].name + (options->items[i].name[0] == '-'), name))
            put_option(m, &options->items[i]);
}

static void put_text(struct command_maker *m, const char *option, const char *value)
{
    if (!value[0])
        return;
    command_word(m, option);
    command_word(m, value);
}

static void put_number(struct command_maker *m, const char *option, int value, const char *unit)
{
    if (value <= 0)
        return;
    command_word(m, option);
    command_printf(m, "%d%s", value, unit);
}

static void put_format(struct command_maker *m, const char *format)
{
    if (!str_equal(format, "off"))
        put_text(m, "-f", format);
}

/* ---- checks ---- */

static bool encodes_video(const struct conf_engine *e)
{
    return !str_equal(e->vcodec, "copy") && !str_equal(e->vcodec, "vn");
}

static bool encodes_audio(const struct conf_engine *e)
{
    return !str_equal(e->acodec, "copy") && !str_equal(e->acodec, "an");
}

static struct err *negative(enum err_code code, const char *name, int value)
{
    return value < 0 ? err_new(code, "%s %d is below 0", name, value) : NULL;
}

static struct err *check_video(const struct conf_engine *e)
{
    struct err *bad = NULL;
    if (!e->vcodec[0])
        return err_new(E_ENCODER_VCODEC, "engine %s has no vcodec", e->name);
    if (!encodes_video(e) || str_equal(e->vcodec, "png"))
        return NULL;
    if (!e->vprofile[0])
        return err_new(E_ENCODER_VPROFILE, "engine %s encodes video and has no vprofile", e->name);
    if (!e->vpreset[0])
        return err_new(E_ENCODER_VPRESET, "engine %s encodes video and has no vpreset", e->name);
    bad = negative(E_ENCODER_VBITRATE, "vbitrate", e->vbitrate_kbps);
    bad = bad ? bad : negative(E_ENCODER_VWIDTH, "vwidth", e->vwidth);
    bad = bad ? bad : negative(E_ENCODER_VHEIGHT, "vheight", e->vheight);
    bad = bad ? bad : negative(E_ENCODER_VTHREADS, "vthreads", e->vthreads);
    if (!bad && e->vfps < 0)
        bad = err_new(E_ENCODER_VFPS, "vfps %g is below 0", e->vfps);
    return bad;
}

static struct err *check_audio(const struct conf_engine *e)
{
    struct err *bad = NULL;
    if (!e->acodec[0])
        return err_new(E_ENCODER_ACODEC, "engine %s has no acodec", e->name);
    if (!encodes_audio(e))
        return NULL;
    bad = negative(E_ENCODER_ABITRATE, "abitrate", e->abitrate_kbps);
    bad = bad ? bad : negative(E_ENCODER_ASAMPLE_RATE, "asample_rate", e->asample_rate);
    if (!bad && (e->achannels < 0 || e->achannels > 2))
        bad = err_new(E_ENCODER_ACHANNELS, "achannels %d is not 0, 1 or 2", e->achannels);
    return bad;
}

static struct err *check_codecs(const struct conf_engine *e)
{
    struct err *bad = check_video(e);
    if (!bad)
        bad = check_audio(e);
    if (!bad && str_equal(e->vcodec, "vn") && str_equal(e->acodec, "an"))
        bad = err_new(E_ENCODER_VCODEC, "engine %s has neither video nor audio", e->name);
    return bad;
}

static struct err *check(const struct ffmpeg_args *a)
{
    if (!a->program[0])
        return err_new(E_ENCODER_PARSE, "no ffmpeg is named");
    if (!a->input[0])
        return err_new(E_ENCODER_NO_INPUT, "no input is named");
    if (!a->output[0])
        return err_new(E_ENCODER_OUTPUT, "no output is named");
    return a->copies ? NULL : check_codecs(a->engine);
}

/* ---- the words ---- */

static void put_video(struct command_maker *m, const struct conf_engine *e)
{
    if (str_equal(e->vcodec, "vn")) {
        command_word(m, "-vn");
        return;
    }
    put_text(m, "-vcodec", e->vcodec);
    if (!encodes_video(e)) {
        put_filter_of_copy(m, &e->vparams, "bsf:v");
        return;
    }
    put_number(m, "-b:v", e->vbitrate_kbps, "k");
    if (e->vfps > 0) {
        command_word(m, "-r");
        command_printf(m, "%g", e->vfps);
    }
    if (e->vwidth > 0 && e->vheight > 0) {
        command_word(m, "-s");
        command_printf(m, "%dx%d", e->vwidth & ~1, e->vheight & ~1);
    }
    put_number(m, "-threads", e->vthreads, "");
    put_text(m, "-profile:v", e->vprofile);
    put_text(m, "-preset", e->vpreset);
    put_options(m, &e->vparams);
}

static void put_audio(struct command_maker *m, const struct conf_engine *e)
{
    if (str_equal(e->acodec, "an")) {
        command_word(m, "-an");
        return;
    }
    put_text(m, "-acodec", e->acodec);
    if (!encodes_audio(e)) {
        put_filter_of_copy(m, &e->aparams, "bsf:a");
        return;
    }
    put_number(m, "-b:a", e->abitrate_kbps, "k");
    put_number(m, "-ar", e->asample_rate, "");
    put_number(m, "-ac", e->achannels, "");
    put_options(m, &e->aparams);
}

static void put_codecs(struct command_maker *m, const struct ffmpeg_args *a)
{
    if (a->copies) {
        put_text(m, "-vcodec", "copy");
        put_text(m, "-acodec", "copy");
        return;
    }
    put_video(m, a->engine);
    put_audio(m, a->engine);
}

/* "level+" puts the level before each message, which tells errors from the rest. */
static void put_log_level(struct command_maker *m, const char *level)
{
    if (!level[0])
        return;
    command_word(m, "-loglevel");
    command_printf(m, "%s%s", strchr(level, '+') ? "" : "level+", level);
}

void ffmpeg_args_put(struct command_maker *m, const struct ffmpeg_args *a)
{
    struct err *e = check(a);
    if (e) {
        command_fail(m, e);
        return;
    }
    command_word(m, a->program);
    command_word(m, "-nostdin");
    put_log_level(m, a->log_level);
    if (a->paces)
        command_word(m, "-re");
    put_options(m, &a->engine->perfile);
    if (str_starts_with(a->input, "rtmp") || !str_equal(a->engine->iformat, "flv"))
        put_format(m, a->engine->iformat);
    put_text(m, "-i", a->input);
    put_options(m, &a->engine->vfilter);
    put_codecs(m, a);
    put_format(m, a->engine->oformat);
    command_word(m, "-y");
    command_word(m, a->output);
}

struct err *ffmpeg_args_output(char **output, const char *written, unsigned set, const struct command_values *values)
{
    struct command_maker m;
    struct command       c;
    command_begin(&m, values);
    command_template(&m, written, set);
    struct err *e = command_end(&m, &c);
    if (!e && strlen(c.bytes) > FFMPEG_OUTPUT_MAX)
        e = err_new(E_LIMIT, "an output of more than %d bytes", FFMPEG_OUTPUT_MAX);
    *output = e ? NULL : mem_strdup(c.bytes);
    command_finish(&c);
    return e || *output ? e : err_no_memory();
}
