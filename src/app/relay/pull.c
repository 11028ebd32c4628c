#include "app/relay/pull.h"

#include "app/relay/attempt.h"
#include "app/relay/forms.h"
#include "app/source/attend.h"
#include "app/source/life.h"
#include "app/source/seaming.h"
#include "app/source/source.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"

/* ---- when it ends ---- */

/* The time at which a stream without readers is given up; DEADLINE_NEVER: it has some, or is not pulled on demand. */
static int64_t unwatched_until_us(const struct pull *p)
{
    return p->attendance ? source_unwatched_until_us(p->attendance->source, p->order.linger_us) : DEADLINE_NEVER;
}

static bool is_over(const struct pull *p)
{
    return p->leaves || (p->attendance && (attendance_is_over(p->attendance) || now_us() >= unwatched_until_us(p)));
}

/* Wait until something happens, or until the deadline, which is no error. */
static struct err *wait(struct pull *p, int64_t deadline_us)
{
    unsigned moments = 0;
    int64_t  until_us = unwatched_until_us(p) < deadline_us ? unwatched_until_us(p) : deadline_us;
    return err_except(p->attendance ? attendance_wait(p->attendance, until_us, &moments) : co_park(until_us),
                      E_SOCKET_TIMEOUT);
}

/* ---- one try ---- */

static size_t next_of(const struct pull *p, size_t failed)
{
    const struct conf_words *urls = &p->order.urls;
    if (p->order.kind->choose)
        return p->order.kind->choose(urls, failed);
    return failed == PULL_URL_NONE ? 0 : (failed + 1) % urls->count;
}

/* The URL that failed is followed by another one. */
static void choose_next(struct pull *p, int64_t began_us)
{
    int64_t lasted_us = began_us ? now_us() - began_us : 0;
    if (lasted_us >= PULL_STEADY_US)
        p->pause_us = 0;
    p->n_failed_in_row = lasted_us >= PULL_ROUND_US ? 1 : p->n_failed_in_row + 1;
    p->at = next_of(p, p->at);
}

static int64_t next_pause_us(struct pull *p)
{
    p->pause_us = backoff_next_us(p->pause_us, PULL_PAUSE_US, p->order.kind->pause_max_us);
    return backoff_spread_us(p->pause_us);
}

/* Takes `why`. */
static void judge(struct pull *p, int64_t began_us, struct err *why)
{
    const char *url = p->order.urls.items[p->at];
    failures_note(&p->failures, why);
    choose_next(p, began_us);
    p->round_over = p->n_failed_in_row % p->order.urls.count == 0 && !standby_is_ready(&p->standby);
    int64_t pause_us = p->round_over ? next_pause_us(p) : 0;
    p->next_try_us = now_us() + pause_us;
    log_err(LOG_WARN, why, "%s of %s from %s has failed, next try in %lldms", p->order.kind->name, p->order.key, url,
            (long long)(pause_us / US_PER_MS));
    if (p->order.kind->failed)
        p->order.kind->failed(p);
}

static void end_attempt(struct pull *p)
{
    struct attempt *a = p->attempt;
    if (!a)
        return;
    co_group_cancel_and_join(&a->group);
    p->bytes_before += a->bytes_in;
    p->frames_before += a->n_frames;
    p->attempt = NULL;
    standby_compare(&p->standby, NULL);
    attempt_destroy(a);
}

static struct err *begin_attempt(struct pull *p)
{
    if (standby_is_ready(&p->standby)) {
        p->at = p->standby.at;
        p->attempt = standby_take(&p->standby);
        log_info("%s of %s: %s has stood by, and takes over", p->order.kind->name, p->order.key, p->attempt->url);
        return NULL;
    }
    const char   *url = p->order.urls.items[p->at];
    attempt_form *form = forms_find(url);
    if (!form)
        return err_new(E_SYSTEM_CONFIG_INVALID, "%s is no URL that can be pulled", url);
    return attempt_create(&p->attempt, p->server, &p->order, url, form);
}

/* See to the server that stands by, while the stream comes. The time of the next look. */
static int64_t look_at_standby(struct pull *p)
{
    enum { LOOK_US = STANDBY_AHEAD_US / 4 };
    if (!p->order.has_standby || !p->attempt->began_us)
        return DEADLINE_NEVER;
    int64_t next_us = standby_look(&p->standby, p->server, &p->order, p->at, next_of(p, p->at));
    standby_compare(&p->standby, &p->attempt->heard_us);
    int64_t silent_us = p->attempt->heard_us + STANDBY_AHEAD_US, soon_us = now_us() + LOOK_US;
    silent_us = silent_us > soon_us ? silent_us : soon_us;
    return p->standby.attempt && silent_us < next_us ? silent_us : next_us;
}

/* The server is silent, and the one that stands by is not. */
static bool is_behind_standby(const struct pull *p)
{
    return p->order.has_standby && p->attempt->began_us && standby_is_ahead(&p->standby, p->attempt->heard_us);
}

static void leave_for_standby(struct pull *p)
{
    p->ended_in_order = false;
    judge(p, p->attempt->began_us,
          err_new(E_SOCKET_TIMEOUT, "no frame came for %lldms, and %s has newer ones",
                  (long long)((now_us() - p->attempt->heard_us) / US_PER_MS), p->standby.attempt->url));
}

static struct err *try_once(struct pull *p)
{
    struct err *e = begin_attempt(p);
    if (e) {
        judge(p, 0, e);
        return NULL;
    }
    co_trim_stack(); /* It may wait for days. */
    while (!e && !p->attempt->ended && !is_over(p) && !is_behind_standby(p)) {
        int64_t seam_us = p->attendance ? seaming_tend(p->attendance->source) : DEADLINE_NEVER;
        int64_t look_us = look_at_standby(p);
        look_us = seam_us < look_us ? seam_us : look_us;
        if (!p->attempt->ended && !is_over(p))
            e = wait(p, look_us);
    }
    if (!e && p->attempt->ended) {
        if (p->attempt->began_us || p->attempt->ended_in_order)
            p->ended_in_order = p->attempt->ended_in_order;
        judge(p, p->attempt->began_us, p->attempt->why);
        p->attempt->why = NULL;
    } else if (!e && !is_over(p)) {
        leave_for_standby(p);
    }
    end_attempt(p);
    return e;
}

static struct err *pause_before_next(struct pull *p)
{
    struct err *e = NULL;
    p->waits = true;
    while (!e && !is_over(p) && now_us() < p->next_try_us)
        e = wait(p, p->next_try_us);
    p->waits = false;
    return e;
}

/* ---- its life ---- */

/* Wait while another publisher has the stream. */
static struct err *wait_until_free(struct pull *p, struct source *s)
{
    struct err *e = NULL;
    while (!e && !is_over(p) && s->publisher) {
        standby_end(&p->standby);
        e = wait(p, DEADLINE_NEVER);
    }
    source_pull_begin(s);
    return e;
}

struct err *pull_run(struct pull *p, struct attendance *a)
{
    struct err *e = NULL;
    p->co = co_self();
    p->attendance = a;
    p->at = next_of(p, PULL_URL_NONE);
    p->n_failed_in_row = 0;
    p->pause_us = 0;
    while (!e && !is_over(p)) {
        if (a)
            e = wait_until_free(p, a->source);
        if (!e && !is_over(p))
            e = try_once(p);
        if (!e && !is_over(p))
            e = pause_before_next(p);
    }
    standby_end(&p->standby);
    if (a)
        source_pull_end(a->source);
    p->co = NULL;
    p->attendance = NULL;
    if (p->owner)
        co_unpark(p->owner);
    return e;
}

struct err *pull_create(struct pull **out, struct server *server, struct pull_order *order)
{
    struct pull *p = mem_calloc(1, sizeof *p);
    *out = NULL;
    if (!p) {
        pull_order_finish(order);
        return err_no_memory();
    }
    *p = (struct pull){ .server = server, .order = *order };
    *order = (struct pull_order){ 0 };
    list_init(&p->link);
    *out = p;
    return NULL;
}

void pull_leave(struct pull *p)
{
    p->leaves = true;
    if (p->co)
        co_unpark(p->co);
}

void pull_destroy(struct pull *p)
{
    if (!p)
        return;
    list_remove(&p->link);
    pull_order_finish(&p->order);
    mem_free(p);
}

/* ---- what is shown of it ---- */

enum pull_state pull_state(const struct pull *p)
{
    if (p->attempt)
        return p->attempt->began_us ? PULL_PULLING : PULL_CONNECTING;
    return p->waits ? PULL_WAITING : PULL_IDLE;
}

const char *pull_state_name(enum pull_state state)
{
    static const char *const names[] = {
        [PULL_IDLE] = "idle",
        [PULL_CONNECTING] = "connecting",
        [PULL_PULLING] = "pulling",
        [PULL_WAITING] = "waiting",
    };
    return names[state];
}

int64_t pull_bytes(const struct pull *p)
{
    return p->bytes_before + p->standby.bytes_in + (p->attempt ? p->attempt->bytes_in : 0);
}

int64_t pull_frames(const struct pull *p)
{
    return p->frames_before + (p->attempt && p->attempt->publishes ? p->attempt->entry.session.client.n_messages : 0);
}
