#include "app/exec/exec.h"

#include "app/exec/line.h"
#include "app/program/program.h"
#include "app/program/stream_values.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/mem.h"

/* Most bytes of the key of a line. */
enum { KEY_BYTES_MAX = 64 << 10 };

struct exec {
    struct source  *source;
    struct conf    *conf; /* configuration that has the lines of the programs */
    struct programs programs;
};

bool exec_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->exec.enabled && vhost->exec.publish.count > 0;
}

static struct err *make(struct command *c, const void *line, void *owner, int64_t wall_us)
{
    const struct exec    *x = owner;
    struct command_values values = stream_values(x->source);
    values.wall_us = wall_us;
    return line_make(c, line, &values);
}

static const struct program_kind exec_kind = { .name = "exec", .make = make };

/* ---- the lines of the configuration ---- */

/* The words of a line with an unlikely byte between them. */
static struct err *put_key(struct buf *key, const struct conf_words *line)
{
    buf_clear(key);
    buf_text(key, "");
    for (size_t i = 0; i < line->count; i++)
        buf_printf(key, "%s\x1f", line->items[i]);
    return buf_error(key);
}

static struct err *want(struct exec *x, const struct conf_words *line)
{
    struct buf  key = buf_up_to(KEY_BYTES_MAX);
    struct err *e = put_key(&key, line);
    if (!e) {
        struct program_plan plan = { .subject = x->source->identity,
                                     .name = line->count ? line->items[0] : "a line without words",
                                     .key = key.bytes ? key.bytes : "",
                                     .slot = "",
                                     .spec = line };
        e = programs_want(&x->programs, &plan);
    }
    buf_finish(&key);
    return e;
}

/* Follow the lines of the configuration in force. */
static void follow_conf(struct exec *x)
{
    const struct conf_commands *lines = &x->source->vhost->exec.publish;
    struct err                 *e = NULL;
    if (x->conf == x->source->conf)
        return;
    if (lines->count > EXEC_PROGRAMS_MAX)
        log_warn("exec of %s has %zu programs, only the first %d are started", x->source->identity, lines->count,
                 EXEC_PROGRAMS_MAX);
    programs_begin_change(&x->programs);
    for (size_t i = 0; !e && i < lines->count && i < EXEC_PROGRAMS_MAX; i++)
        e = want(x, &lines->items[i]);
    if (e) {
        programs_abandon_change(&x->programs);
        log_err(LOG_WARN, e, "exec of %s: its programs stay as they are for now", x->source->identity);
        return;
    }
    programs_end_change(&x->programs);
    struct conf *old = x->conf;
    x->conf = conf_ref(x->source->conf);
    conf_unref(&old);
}

/* Wait for a moment. A deadline is no error. */
static struct err *wait(struct attendance *a, int64_t deadline_us, unsigned *moments)
{
    return err_except(attendance_wait(a, deadline_us, moments), E_SOCKET_TIMEOUT);
}

struct err *exec_run(struct attendance *a)
{
    struct exec *x = mem_calloc(1, sizeof *x);
    struct err  *e = NULL;
    unsigned     moments = 0;
    if (!x)
        return err_no_memory();
    x->source = a->source;
    programs_init(&x->programs, &exec_kind, x);
    while (!e && !attendance_is_over(a)) {
        if (moments & moment_bit(MOMENT_UNPUBLISHED))
            programs_begin_anew(&x->programs);
        follow_conf(x);
        e = wait(a, programs_tend(&x->programs), &moments);
    }
    if (!e)
        e = programs_end(&x->programs);
    programs_finish(&x->programs);
    conf_unref(&x->conf);
    mem_free(x);
    return e;
}
