#include "app/forward/forward.h"

#include "app/forward/backend.h"
#include "app/forward/forwards.h"
#include "app/forward/target.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* Pause before another try to start a target for which there was no memory. */
enum { NO_MEMORY_PAUSE_US = 3 * US_PER_SECOND };

bool forward_is_wanted(const struct conf_vhost *vhost)
{
    const struct conf_forward *conf = &vhost->forward;
    return (conf->enabled && conf->destinations.count > 0) || forward_backend_is_wanted(vhost) ||
           forwards_has_vhost(vhost->name);
}

/* The words of configuration or backend that count for the present publisher. */
static const struct conf_words *words_of(const struct source *s)
{
    static const struct conf_words none;
    if (!s->vhost->forward.enabled)
        return &none;
    if (!forward_backend_is_wanted(s->vhost))
        return &s->vhost->forward.destinations;
    const struct conf_words *answer = forward_backend_words(s->publisher->trace);
    return answer ? answer : &none;
}

static struct forward_names names_of(const struct source *s)
{
    const char *param = s->publisher->param;
    return (struct forward_names){ s->vhost->name, s->app, s->stream, param ? param : "" };
}

/* ---- following the configuration and the publisher ---- */

static bool same_destination(const struct forward_destination *a, const struct forward_destination *b)
{
    return str_equal(a->url, b->url) && str_equal(a->stream, b->stream) && str_equal(a->tc_url, b->tc_url);
}

/* The target of a word, unless it leaves. */
static struct target *find(const struct forward *f, const char *word)
{
    for (struct list *it = f->targets.next; it != &f->targets; it = it->next) {
        struct target *t = LIST_ENTRY(it, struct target, link);
        if (!t->leaves && str_equal(t->word, word))
            return t;
    }
    return NULL;
}

static bool is_listed(const struct forward *f, const char *word)
{
    const struct conf_words *words = words_of(f->source);
    for (size_t i = 0; i < words->count && i < FORWARD_TARGETS_MAX; i++)
        if (str_equal(words->items[i], word))
            return true;
    return forwards_has(f->source->key, word);
}

/* True if the target does what its word means for the present publisher. */
static bool is_right(const struct forward *f, const struct target *t)
{
    struct forward_destination now;
    struct forward_names       names = names_of(f->source);
    struct err                *e = forward_destination_make(&now, t->word, &names);
    bool                       same = !e && same_destination(&now, &t->to);
    forward_destination_finish(&now);
    err_free(e);
    return same;
}

static void drop_targets(struct forward *f)
{
    for (struct list *it = f->targets.next; it != &f->targets; it = it->next) {
        struct target *t = LIST_ENTRY(it, struct target, link);
        if (!t->leaves && (!is_listed(f, t->word) || !is_right(f, t)))
            target_leave(t);
    }
}

static void start_target(struct forward *f, const char *word)
{
    struct forward_names names = names_of(f->source);
    struct target       *t;
    struct err          *e = target_create(&t, &f->group, f->source, word, &names);
    if (!e) {
        list_push(&f->targets, &t->link);
        return;
    }
    f->retry_us = now_us() + NO_MEMORY_PAUSE_US;
    log_err(LOG_WARN, e, "forward of %s to %s cannot be started", f->source->identity, word);
}

static size_t n_staying(const struct forward *f)
{
    size_t n = 0;
    for (struct list *it = f->targets.next; it != &f->targets; it = it->next)
        n += !LIST_ENTRY(it, struct target, link)->leaves;
    return n;
}

/* Start what the API has added. The bound is that of configuration and API together. */
static void start_added(struct forward *f)
{
    const struct list *added = forwards_added();
    for (struct list *it = added->next; it != added && n_staying(f) < FORWARD_TARGETS_MAX; it = it->next) {
        const struct forward_added *a = LIST_ENTRY(it, struct forward_added, link);
        if (str_equal(a->key, f->source->key) && !find(f, a->word))
            start_target(f, a->word);
    }
}

static void warn_of_surplus(struct forward *f, size_t n_words)
{
    if (n_words <= FORWARD_TARGETS_MAX || f->warned == f->source->conf->serial)
        return;
    f->warned = f->source->conf->serial;
    log_warn("forward of %s has %zu destinations, only the first %d are used", f->source->identity, n_words,
             FORWARD_TARGETS_MAX);
}

/* ---- a backend that a reload has brought ---- */

/* The time of the question; DEADLINE_NEVER: there is none to ask. */
static int64_t question_us(const struct forward *f)
{
    const struct source *s = f->source;
    if (f->is_asking || !s->publisher || !forward_backend_is_missing(s->publisher->trace, s->vhost))
        return DEADLINE_NEVER;
    return f->ask_us;
}

static void note_no_answer(struct forward *f, struct err *e)
{
    f->pause_us = backoff_next_us(f->pause_us, TARGET_PAUSE_US, TARGET_PAUSE_MAX_US);
    int64_t pause_us = backoff_spread_us(f->pause_us);
    f->ask_us = now_us() + pause_us;
    log_err(LOG_WARN, err_except(e, E_THREAD_INTERRUPTED), "forward of %s: its backend is asked again in %lldms",
            f->source->identity, (long long)(pause_us / US_PER_MS));
}

static void ask(void *arg)
{
    struct forward      *f = arg;
    const struct source *s = f->source;
    struct err          *e = s->publisher ? forward_backend_ask(s->publisher->trace, s->conf, s->vhost) : NULL;
    if (e)
        note_no_answer(f, e);
    else
        f->ask_us = f->pause_us = 0;
    f->is_asking = false;
    co_unpark(f->owner);
}

static void ask_backend(struct forward *f)
{
    if (question_us(f) > now_us())
        return;
    struct err *e = co_go(&f->group, "forward backend", ask, f, NULL);
    if (e)
        note_no_answer(f, e);
    else
        f->is_asking = true;
}

/* ---- the targets that are wanted ---- */

/* Begin and end targets. While the publisher is expected back, all stay as they are. */
static void follow(struct forward *f)
{
    f->retry_us = DEADLINE_NEVER;
    if (!f->source->publisher)
        return;
    ask_backend(f);
    const struct conf_words *words = words_of(f->source);
    drop_targets(f);
    for (size_t i = 0; i < words->count && i < FORWARD_TARGETS_MAX; i++)
        if (!find(f, words->items[i]))
            start_target(f, words->items[i]);
    start_added(f);
    warn_of_surplus(f, words->count);
}

/* ---- the end ---- */

/* Destroy targets that have ended, and cancel those that leave too slowly. Returns when to look again. */
static int64_t tend(struct forward *f)
{
    int64_t next_us = f->retry_us < question_us(f) ? f->retry_us : question_us(f);
    LIST_FOREACH (&f->targets, it, after) {
        struct target *t = LIST_ENTRY(it, struct target, link);
        int64_t        at_us = target_tend(t);
        next_us = at_us < next_us ? at_us : next_us;
        if (t->state == TARGET_ENDED)
            target_destroy(t);
    }
    return next_us;
}

/* Let all targets send what is due. A stream that comes back in the meantime does not wait for slow ones. */
static struct err *end_targets(struct forward *f, const struct attendance *a)
{
    struct err *e = NULL;
    f->retry_us = DEADLINE_NEVER;
    for (struct list *it = f->targets.next; it != &f->targets; it = it->next)
        target_leave(LIST_ENTRY(it, struct target, link));
    while (!e && attendance_is_over(a)) {
        int64_t next_us = tend(f);
        if (list_is_empty(&f->targets))
            break;
        e = err_except(co_park(next_us), E_SOCKET_TIMEOUT);
    }
    return e;
}

struct err *forward_run(struct attendance *a)
{
    struct forward f = { .source = a->source, .owner = co_self() };
    struct err    *e = NULL;
    unsigned       moments = 0;
    list_init(&f.link);
    list_init(&f.targets);
    co_group_init(&f.group);
    list_push(forwards_running(), &f.link);
    while (!e && !attendance_is_over(a)) {
        follow(&f);
        e = err_except(attendance_wait(a, tend(&f), &moments), E_SOCKET_TIMEOUT);
    }
    if (!e)
        e = end_targets(&f, a);
    co_group_cancel_and_join(&f.group);
    tend(&f);
    list_remove(&f.link);
    return e;
}
