#include "app/exec/exec.h"

#include "app/exec/command.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/process.h"

/* Most bytes of a command that the log shows. */
enum { SHOWN_MAX = 512 };

/* How long the end of an attendance waits for its programs: each is killed after PROCESS_TERM_US. */
enum { END_PATIENCE_US = 3 * PROCESS_TERM_US };

struct program {
    const struct conf_words *words;   /* words of its line in exec.conf */
    struct process          *process; /* NULL: the program is started at start_us */
    int64_t                  began_us, start_us;
    int64_t                  pause_us; /* pause before the last start; 0: none */
    bool                     anew;     /* The program ends, to be started again for another publisher. */
};

struct exec {
    struct source *source;
    struct conf   *conf; /* configuration that has the lines of the programs */
    struct program programs[EXEC_PROGRAMS_MAX];
    size_t         n_programs;
    /* Programs of lines that are gone, until they have ended: new programs may want their files and names. */
    struct process *leaving[EXEC_PROGRAMS_MAX];
    size_t          n_leaving;
};

bool exec_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->exec.enabled && vhost->exec.publish.count > 0;
}

/* ---- one program ---- */

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

static struct command_values values_of(const struct source *s)
{
    static const struct publisher none;
    const struct publisher       *p = s->publisher ? s->publisher : &none;
    return (struct command_values){
        .vhost = s->vhost->name,
        .app = s->app,
        .stream = s->stream,
        .param = text_or_empty(p->param),
        .host = text_or_empty(p->host),
        .tc_url = text_or_empty(p->tc_url),
        .swf_url = text_or_empty(p->swf_url),
        .page_url = text_or_empty(p->page_url),
        .port = p->port,
        .wall_us = wall_now_us(),
        .utc = s->conf->utc_time,
    };
}

static void log_start(const struct exec *x, const struct command *c)
{
    char       shown[SHOWN_MAX];
    struct str out = str_over(shown, sizeof shown);
    for (char **arg = c->argv; *arg; arg++)
        str_printf(&out, "%s%s", out.len ? " " : "", *arg);
    str_tame(shown, out.len);
    log_info("exec of %s starts %s%s", x->source->identity, shown, out.cut ? " ..." : "");
}

/* Set the time of the next start. The pause grows while the program keeps ending at once. */
static void schedule(struct program *p)
{
    bool quick = !p->began_us || now_us() - p->began_us < EXEC_QUICK_US;
    p->pause_us = !quick || !p->pause_us                ? EXEC_PAUSE_US
                  : p->pause_us * 2 < EXEC_PAUSE_MAX_US ? p->pause_us * 2
                                                        : EXEC_PAUSE_MAX_US;
    p->start_us = now_us() + p->pause_us;
}

/* The name of a program in the log; a line may be empty. */
static const char *name_of(const struct program *p)
{
    return p->words->count ? p->words->items[0] : "a line without words";
}

static void log_failure(const struct exec *x, const struct program *p, struct err *e)
{
    log_err(LOG_WARN, e, "exec of %s: %s is not started, next try in %lldms", x->source->identity, name_of(p),
            (long long)(p->pause_us / US_PER_MS));
}

static struct err *try_to_start(struct exec *x, struct program *p)
{
    struct command_values values = values_of(x->source);
    struct command        command;
    struct err           *e = command_make(&command, p->words, &values);
    if (!e) {
        struct process_spec spec = { .argv = command.argv, .output = command.output, .errors = command.errors };
        log_start(x, &command);
        e = process_start(&p->process, &spec);
    }
    command_finish(&command);
    return e;
}

static void start(struct exec *x, struct program *p)
{
    p->began_us = now_us();
    struct err *e = try_to_start(x, p);
    if (!e)
        return;
    schedule(p);
    log_failure(x, p, e);
}

/* Log the end of a program, or why it could not be started, and release its process. */
static void bury(struct exec *x, struct program *p)
{
    char        text[64];
    struct err *e = process_take_error(p->process);
    int         status = process_status(p->process);
    process_release(&p->process);
    if (p->anew) {
        err_free(e);
        p->anew = false;
        p->pause_us = 0;
        p->start_us = 0;
        return;
    }
    schedule(p);
    if (e)
        log_failure(x, p, e);
    else
        log_info("exec of %s: %s has %s after %lldms, it starts again in %lldms", x->source->identity, name_of(p),
                 process_describe(status, text, sizeof text), (long long)((now_us() - p->began_us) / US_PER_MS),
                 (long long)(p->pause_us / US_PER_MS));
}

static bool has_ended(const struct process *p)
{
    return p && process_state(p) >= PROCESS_FAILED;
}

/* ---- all of a stream ---- */

static void bury_leaving(struct exec *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n_leaving; i++)
        if (has_ended(x->leaving[i]))
            process_release(&x->leaving[i]);
        else
            x->leaving[n++] = x->leaving[i];
    x->n_leaving = n;
}

/* Clean up after programs that have ended, and start those that are due. Returns the time of the next start. */
static int64_t tend(struct exec *x)
{
    int64_t next_us = DEADLINE_NEVER;
    bury_leaving(x);
    for (struct program *p = x->programs; p < x->programs + x->n_programs; p++) {
        if (has_ended(p->process))
            bury(x, p);
        if (x->n_leaving > 0)
            continue; /* The end of a process wakes this coroutine. */
        if (!p->process && p->start_us <= now_us())
            start(x, p);
        if (!p->process && p->start_us < next_us)
            next_us = p->start_us;
    }
    return next_us;
}

static bool same_words(const struct conf_words *a, const struct conf_words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = str_equal(a->items[i], b->items[i]);
    return same;
}

/* The program of a line: the running one if the line was there before, otherwise a new one. */
static struct program take_program(struct exec *x, const struct conf_words *words)
{
    for (size_t i = 0; i < x->n_programs; i++) {
        struct program found = x->programs[i];
        if (!same_words(found.words, words))
            continue;
        x->programs[i] = x->programs[--x->n_programs];
        found.words = words;
        return found;
    }
    return (struct program){ .words = words };
}

/* End the programs and keep them until they have ended; what finds no place ends without being waited for. */
static void let_programs_leave(struct exec *x)
{
    for (size_t i = 0; i < x->n_programs; i++) {
        struct process **p = &x->programs[i].process;
        if (!*p)
            continue;
        process_end(*p);
        if (x->n_leaving < EXEC_PROGRAMS_MAX)
            x->leaving[x->n_leaving++] = *p;
        else
            process_release(p);
    }
    x->n_programs = 0;
}

static void release_leaving(struct exec *x)
{
    for (size_t i = 0; i < x->n_leaving; i++)
        process_release(&x->leaving[i]);
    x->n_leaving = 0;
}

/* Follow the lines of the configuration in force. */
static void follow_conf(struct exec *x)
{
    const struct conf_commands *lines = &x->source->vhost->exec.publish;
    struct program              programs[EXEC_PROGRAMS_MAX];
    size_t                      n = 0;
    if (x->conf == x->source->conf)
        return;
    if (lines->count > EXEC_PROGRAMS_MAX)
        log_warn("exec of %s has %zu programs, only the first %d are started", x->source->identity, lines->count,
                 EXEC_PROGRAMS_MAX);
    for (; n < lines->count && n < EXEC_PROGRAMS_MAX; n++)
        programs[n] = take_program(x, &lines->items[n]);
    let_programs_leave(x); /* Those that are left belong to lines that are gone. */
    for (size_t i = 0; i < n; i++)
        x->programs[i] = programs[i];
    x->n_programs = n;
    struct conf *old = x->conf;
    x->conf = conf_ref(x->source->conf);
    conf_unref(&old);
}

/* End all programs, to start them again for another publisher that has taken the stream over. */
static void begin_anew(struct exec *x)
{
    for (struct program *p = x->programs; p < x->programs + x->n_programs; p++) {
        p->anew = p->process != NULL;
        p->pause_us = p->start_us = 0;
        if (p->process)
            process_end(p->process);
    }
}

/* Wait for a moment. A deadline is no error. */
static struct err *wait(struct attendance *a, int64_t deadline_us, unsigned *moments)
{
    return err_except(attendance_wait(a, deadline_us, moments), E_SOCKET_TIMEOUT);
}

/*
 * End all programs and wait for it: if the stream comes back at once, they must not use the same files as the new ones. A program
 * that is still being started then, from a disk that hangs, ends without being waited for.
 */
static struct err *end_programs(struct exec *x)
{
    struct err *e = NULL;
    int64_t     deadline_us = now_us() + END_PATIENCE_US;
    let_programs_leave(x);
    bury_leaving(x);
    while (!e && x->n_leaving > 0) {
        e = co_park(deadline_us);
        bury_leaving(x);
    }
    e = err_except(e, E_SOCKET_TIMEOUT);
    if (!e && x->n_leaving > 0)
        log_warn("exec of %s: %zu programs have not ended in %ds and are left to themselves", x->source->identity,
                 x->n_leaving, (int)(END_PATIENCE_US / US_PER_SECOND));
    return e;
}

struct err *exec_run(struct attendance *a)
{
    struct exec *x = mem_calloc(1, sizeof *x);
    struct err  *e = NULL;
    unsigned     moments = 0;
    if (!x)
        return err_no_memory();
    x->source = a->source;
    while (!e && !attendance_is_over(a)) {
        if (moments & moment_bit(MOMENT_UNPUBLISHED))
            begin_anew(x);
        follow_conf(x);
        e = wait(a, tend(x), &moments);
    }
    if (!e)
        e = end_programs(x);
    let_programs_leave(x);
    release_leaving(x);
    conf_unref(&x->conf);
    mem_free(x);
    return e;
}
