#include "app/program/program.h"

#include <string.h>
#include <sys/wait.h>

#include "core/backoff.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/output_tail.h"
#include "protocol/process.h"

/* Most bytes of a command that the log shows. */
enum { SHOWN_MAX = 512 };

/* How long the end of a set waits for its programs: each is killed after PROCESS_TERM_US. */
enum { END_PATIENCE_US = 3 * PROCESS_TERM_US };

static struct roll roll;

const struct roll *programs_of_all(void)
{
    return &roll;
}

bool program_publishes(const struct program_kind *kind, const char *key)
{
    struct roll_cursor    at = roll_seek(&roll, 0);
    const struct program *p;
    while ((p = roll_next(&roll, &at)))
        if (p->set->kind == kind && str_equal(p->target, key))
            return true;
    return false;
}

/* ---- one program ---- */

static struct program *program_create(const struct programs *s, const struct program_plan *plan)
{
    const char *const from[] = { plan->subject, plan->name, plan->key, plan->slot };
    size_t            bytes = 0;
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        bytes += strlen(from[i]) + 1;
    struct program *p = mem_calloc(1, sizeof *p + bytes);
    if (!p)
        return NULL;
    char              *at = (char *)(p + 1);
    const char **const to[] = { &p->subject, &p->name, &p->key, &p->slot };
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        *to[i] = str_pack(&at, from[i], strlen(from[i]));
    p->set = s;
    p->may_complete = plan->may_complete;
    if (roll_add(&roll, &p->place, p))
        return p;
    mem_free(p);
    return NULL;
}

/* A program that runs ends, and is not waited for. */
static void program_destroy(struct program *p)
{
    process_release(&p->process);
    list_remove(&p->link);
    roll_remove(&roll, &p->place);
    mem_free(p->target);
    output_tail_unref(&p->tail);
    mem_free(p);
}

bool program_is_running(const struct program *p)
{
    return p->process && process_state(p->process) == PROCESS_RUNNING;
}

static bool has_ended(const struct program *p)
{
    return p->process && process_state(p->process) >= PROCESS_FAILED;
}

static void log_start(const struct program *p, const struct command *c)
{
    char       shown[SHOWN_MAX];
    struct str out = str_over(shown, sizeof shown);
    for (char **arg = c->argv; *arg; arg++)
        str_printf(&out, "%s%s", out.len ? " " : "", *arg);
    str_tame(shown, out.len);
    log_info("%s of %s starts %s%s", p->set->kind->name, p->subject, shown, out.cut ? " ..." : "");
}

/* Set the time of the next start. The pause grows while the program keeps ending at once. */
static void schedule(struct program *p, bool is_complete)
{
    bool quick = !is_complete && (!p->began_us || now_us() - p->began_us < PROGRAM_QUICK_US);
    p->pause_us = backoff_next_us(quick ? p->pause_us : 0, PROGRAM_PAUSE_US, PROGRAM_PAUSE_MAX_US);
    p->start_us = now_us() + p->pause_us;
}

/* Takes the error over. */
static void note_failure(struct program *p, struct err *e)
{
    p->n_failures++;
    schedule(p, false);
    err_text(e, p->reason, sizeof p->reason);
    log_err(LOG_WARN, e, "%s of %s: %s is not started, next try in %lldms", p->set->kind->name, p->subject, p->name,
            (long long)(p->pause_us / US_PER_MS));
}

static void note_end(struct program *p, int status)
{
    bool is_complete = p->may_complete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    p->n_failures += !is_complete;
    schedule(p, is_complete);
    process_describe(status, p->reason, sizeof p->reason);
    log_info("%s of %s: %s %s %s after %lldms, it starts again in %lldms", p->set->kind->name, p->subject, p->name,
             WIFSIGNALED(status) ? "was" : "has", p->reason, (long long)((now_us() - p->began_us) / US_PER_MS),
             (long long)(p->pause_us / US_PER_MS));
}

/* The last error that a run has printed. A run that has failed without one is represented by its last line. */
static const char *error_of_run(const struct program *p)
{
    if (!p->tail)
        return "";
    return p->tail->error[0] || p->process || !p->reason[0] ? p->tail->error : p->tail->message;
}

const char *program_last_error(const struct program *p)
{
    const char *said = error_of_run(p);
    return said[0] ? said : p->said;
}

/* A run begins: what the last one has said is kept as text. */
static void renew_tail(struct program *p)
{
    const char *said = error_of_run(p);
    if (said[0])
        str_copy(p->said, sizeof p->said, said);
    output_tail_unref(&p->tail);
}

/* Start the command, whose target becomes that of the program. */
static struct err *run(struct program *p, struct command *c)
{
    struct process_spec spec = {
        .argv = c->argv, .output = c->output, .errors = c->errors, .has_tail = p->set->kind->has_tail
    };
    log_start(p, c);
    mem_free(p->target);
    p->target = c->target;
    c->target = NULL;
    renew_tail(p);
    struct err *e = process_start(&p->process, &spec);
    if (!e)
        p->tail = output_tail_ref(process_tail(p->process));
    return e;
}

static struct err *try_to_start(struct program *p)
{
    struct command command;
    struct err    *e = p->set->kind->make(&command, p->spec, p->set->owner, wall_now_us());
    if (!e)
        e = run(p, &command);
    command_finish(&command);
    return e; /* cppcheck-suppress returnDanglingLifetime; cppcheck mistakes the error of a kind for &command. */
}

static void start(struct program *p)
{
    p->began_us = now_us();
    struct err *e = try_to_start(p);
    if (e)
        note_failure(p, e);
    else
        p->n_starts++;
}

/* Release the process of a program that has ended. A program that leaves is destroyed with it. */
static void bury(struct program *p)
{
    struct err *e = process_take_error(p->process);
    int         status = process_status(p->process);
    process_release(&p->process);
    if (p->is_leaving) {
        err_free(e);
        program_destroy(p);
    } else if (p->anew) {
        err_free(e);
        p->anew = false;
        p->pause_us = p->start_us = 0;
    } else if (e) {
        note_failure(p, e);
    } else {
        note_end(p, status);
    }
}

/* ---- the set ---- */

void programs_init(struct programs *s, const struct program_kind *kind, void *owner)
{
    *s = (struct programs){ .kind = kind, .owner = owner, .retry_us = DEADLINE_NEVER };
    list_init(&s->items);
}

void programs_begin_change(struct programs *s)
{
    LIST_FOREACH (&s->items, it, after)
        LIST_ENTRY(it, struct program, link)->is_wanted = false;
}

/* A program that leaves already is told to end, so it does not count. */
static struct program *find(const struct programs *s, const char *key)
{
    LIST_FOREACH (&s->items, it, after) {
        struct program *p = LIST_ENTRY(it, struct program, link);
        if (!p->is_wanted && !p->is_leaving && str_equal(p->key, key))
            return p;
    }
    return NULL;
}

static struct err *want(struct programs *s, const struct program_plan *plan)
{
    struct program *p = find(s, plan->key);
    if (!p) {
        p = program_create(s, plan);
        if (!p)
            return err_no_memory();
        p->is_new = true;
        list_push(&s->items, &p->link);
    }
    p->is_wanted = true;
    p->next_spec = plan->spec;
    return NULL;
}

/* The words and files of the command, or the error that it makes, with a byte between them that hardly any text has. */
static struct err *put_key(struct buf *key, const struct programs *s, const struct program_plan *plan)
{
    struct command c;
    char           text[ERR_TEXT_MAX];
    struct err    *e = s->kind->make(&c, plan->spec, s->owner, PROGRAM_KEY);
    bool           has_memory = err_code(e) != E_NO_MEMORY;
    if (e)
        buf_text(key, err_text(e, text, sizeof text));
    for (char **word = e ? NULL : c.argv; word && *word; word++)
        buf_printf(key, "%s\x1f", *word);
    if (!e)
        buf_printf(key, "%s\x1f%s", c.output ? c.output : "", c.errors ? c.errors : "");
    err_free(e);
    command_finish(&c);
    return has_memory ? buf_error(key) : err_no_memory();
}

struct err *programs_want(struct programs *s, const struct program_plan *plan)
{
    struct program_plan p = *plan;
    struct buf          key = buf_up_to(2 * COMMAND_BYTES_MAX);
    struct err         *e = p.key ? NULL : put_key(&key, s, plan);
    p.key = p.key ? p.key : key.bytes;
    e = e ? e : want(s, &p);
    buf_finish(&key);
    return e;
}

void programs_end_change(struct programs *s)
{
    s->retry_us = DEADLINE_NEVER;
    LIST_FOREACH (&s->items, it, after) {
        struct program *p = LIST_ENTRY(it, struct program, link);
        if (p->is_wanted) {
            p->is_new = false;
            p->spec = p->next_spec;
            continue;
        }
        p->is_leaving = true;
        p->spec = NULL;
        if (p->process)
            process_end(p->process);
        else
            program_destroy(p);
    }
}

void programs_abandon_change(struct programs *s)
{
    s->retry_us = now_us() + PROGRAM_PAUSE_US;
    LIST_FOREACH (&s->items, it, after) {
        struct program *p = LIST_ENTRY(it, struct program, link);
        if (p->is_new)
            program_destroy(p);
        else
            p->is_wanted = !p->is_leaving;
    }
}

bool programs_have_process(const struct programs *s)
{
    for (const struct list *it = s->items.next; it != &s->items; it = it->next)
        if (LIST_ENTRY(it, struct program, link)->process)
            return true;
    return false;
}

static void bury_ended(struct programs *s)
{
    LIST_FOREACH (&s->items, it, after)
        if (has_ended(LIST_ENTRY(it, struct program, link)))
            bury(LIST_ENTRY(it, struct program, link));
}

/* True while a program that leaves the same slot has not ended. Its end wakes the owner. */
static bool slot_is_taken(const struct programs *s, const struct program *for_whom)
{
    LIST_FOREACH (&s->items, it, after) {
        const struct program *p = LIST_ENTRY(it, struct program, link);
        if (p->is_leaving && str_equal(p->slot, for_whom->slot))
            return true;
    }
    return false;
}

int64_t programs_tend(struct programs *s)
{
    int64_t next_us = s->retry_us;
    bury_ended(s);
    LIST_FOREACH (&s->items, it, after) {
        struct program *p = LIST_ENTRY(it, struct program, link);
        if (p->process || slot_is_taken(s, p))
            continue;
        if (p->start_us <= now_us())
            start(p);
        if (!p->process && p->start_us < next_us)
            next_us = p->start_us;
    }
    return next_us;
}

void programs_begin_anew(struct programs *s)
{
    LIST_FOREACH (&s->items, it, after) {
        struct program *p = LIST_ENTRY(it, struct program, link);
        p->anew = p->process != NULL;
        p->pause_us = p->start_us = 0;
        if (p->process)
            process_end(p->process);
    }
}

struct err *programs_end(struct programs *s)
{
    struct err *e = NULL;
    int64_t     deadline_us = now_us() + END_PATIENCE_US;
    programs_begin_change(s);
    programs_end_change(s);
    bury_ended(s);
    while (!e && !list_is_empty(&s->items)) {
        e = co_park(deadline_us);
        bury_ended(s);
    }
    e = err_except(e, E_SOCKET_TIMEOUT);
    if (!e && !list_is_empty(&s->items)) {
        const struct program *p = LIST_ENTRY(s->items.next, struct program, link);
        log_warn("%s of %s: programs have not ended in %ds and are left to themselves, %s is one", s->kind->name,
                 p->subject, (int)(END_PATIENCE_US / US_PER_SECOND), p->name);
    }
    return e;
}

void programs_finish(struct programs *s)
{
    LIST_FOREACH (&s->items, it, after)
        program_destroy(LIST_ENTRY(it, struct program, link));
}
