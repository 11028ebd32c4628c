#include "protocol/co.h"

#include <assert.h>
#include <errno.h>
#include <st.h>
#include <string.h>

#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/wheel.h"
#include "protocol/stacks.h"

struct co {
    struct stack_job  job;
    struct list       link; /* entry in group->members */
    struct co_group  *group;
    st_cond_t         wake;
    bool              unparked, parked, cancelled, urgent;
    bool              has_begun;
    bool              wants_rest, rests; /* it rests when its function returns; it rests now */
    struct wheel_item rest;              /* until when */
    const char       *name;
    void (*fn)(void *arg);
    void              *arg;
    char               trace[IDENT_CAP];
    struct log_limits *log_limits;
};

static struct co  main_co; /* the first coroutine, which runs main() */
static struct co *current = &main_co;
static size_t     n_coroutines;

static st_utime_t monotonic_for_st(void)
{
    return (st_utime_t)now_us();
}

static struct {
    void (*hooks[CO_LOOK_HOOKS])(void);
    size_t n;
} before_look;

static struct co_times times;
static int64_t         round_us; /* turns since the last look */

static void count_turn(st_utime_t took)
{
    histogram_count(&times.turns, (int64_t)took);
    round_us += (int64_t)took;
}

static void count_round(void)
{
    histogram_count(&times.rounds, round_us);
    round_us = 0;
}

const struct co_times *co_times(void)
{
    return &times;
}

/* Before each look at sockets and timers. */
static void run_look_hook(void)
{
    count_round();
    size_t n = before_look.n;
    void (*hooks[CO_LOOK_HOOKS])(void);
    memcpy(hooks, before_look.hooks, sizeof hooks);
    before_look.n = 0;
    for (size_t i = 0; i < n; i++)
        hooks[i]();
}

#if defined(WATCH_TURNS)
/* The stack census of debug builds: a stack is trimmed before and after each coroutine. */
enum { CENSUS_NAMES = 64 };

static struct census {
    const char *name;
    size_t      n, deepest;
} census[CENSUS_NAMES];

static void count_stack(const struct co *co)
{
    size_t depth = stacks_depth();
    for (struct census *c = census; c < census + CENSUS_NAMES; c++) {
        if (c->name && strcmp(c->name, co->name) != 0)
            continue;
        c->name = co->name;
        c->n++;
        c->deepest = depth > c->deepest ? depth : c->deepest;
        return;
    }
}

static void tell_census(void)
{
    for (const struct census *c = census; c < census + CENSUS_NAMES && c->name; c++)
        log_info("stack census: coroutine=%s, looks=%zu, deepest=%zu bytes", c->name, c->n, c->deepest);
}

/* The next coroutine on this stack begins with a clean one. */
static void leave_stack(const struct co *co)
{
    count_stack(co);
    stacks_trim();
}
#else
static void count_stack(const struct co *co)
{
    (void)co;
}

static void tell_census(void)
{
}

static void leave_stack(const struct co *co)
{
    (void)co;
}
#endif

void co_trim_stack(void)
{
    if (!current || current == &main_co)
        return;
    count_stack(current);
    stacks_trim();
}

/* ---- rests ----------------------------------------------------------------------------------------------------- */

/* A rest ends at most this much after its deadline. */
enum { REST_SLOT_US = 100 * US_PER_MS };

static struct {
    struct wheel wheel;
    st_cond_t    wake;     /* of the clock; NULL: there is none */
    int64_t      looks_us; /* when the clock looks at the wheel next */
    bool         is_ending;
} rests;

static void end_rest(struct co *co)
{
    co->rests = false;
    wheel_take(&rests.wheel, &co->rest);
    stacks_run(&co->job); /* Without memory for a stack it begins when there is some. */
}

static void begin_rest(struct co *co)
{
    int64_t due_us = co->rest.due_us;
    if (co->unparked || co->cancelled) {
        stacks_run(&co->job);
        return;
    }
    co->rests = true;
    if (due_us == DEADLINE_NEVER)
        return;
    wheel_put(&rests.wheel, &co->rest, due_us);
    if (due_us < rests.looks_us)
        st_cond_signal(rests.wake);
}

void co_rest(int64_t deadline_us)
{
    current->wants_rest = true;
    current->rest.due_us = deadline_us;
}

/* End the rests whose time is over. It is no coroutine, because it is there whether there are any or not. */
static void *run_clock(void *arg)
{
    (void)arg;
    while (!rests.is_ending) {
        struct wheel_item *item;
        while ((item = wheel_pop(&rests.wheel, now_us())))
            end_rest(CONTAINER_OF(item, struct co, rest));
        rests.looks_us = wheel_next_us(&rests.wheel);
        int64_t left_us = rests.looks_us - now_us();
        st_cond_timedwait(rests.wake, rests.looks_us == DEADLINE_NEVER ? ST_UTIME_NO_TIMEOUT
                                      : left_us > 0                    ? (st_utime_t)left_us
                                                                       : 0);
    }
    st_cond_destroy(rests.wake);
    rests.wake = NULL;
    return NULL;
}

static bool begin_clock(void)
{
    wheel_init(&rests.wheel, REST_SLOT_US, now_us());
    rests.is_ending = false;
    rests.looks_us = DEADLINE_NEVER;
    rests.wake = st_cond_new();
    return rests.wake && st_thread_create(run_clock, NULL, 0, 0);
}

static void end_clock(void)
{
    rests.is_ending = true;
    while (rests.wake) {
        st_cond_signal(rests.wake);
        st_usleep(0);
    }
}

struct err *co_init(void)
{
    if (st_set_eventsys(ST_EVENTSYS_ALT) != 0)
        return err_sys(E_ST_SET_EPOLL, "choose epoll for state-threads");
    if (strcmp(st_get_eventsys_name(), "epoll") != 0)
        return err_new(E_ST_SET_EPOLL, "state-threads offers %s only, it was built without epoll",
                       st_get_eventsys_name());
    st_set_utime_function(monotonic_for_st);
    if (st_init() != 0)
        return err_sys(E_ST_INITIALIZE, "start state-threads");
    st_set_look_hook(run_look_hook);
    st_set_turn_hook(count_turn);
    stacks_init();
    main_co.name = "main";
    main_co.wake = st_cond_new();
    return main_co.wake && begin_clock() ? NULL : err_no_memory();
}

void co_finish(void)
{
    end_clock();
    stacks_finish();
    tell_census();
    st_cond_destroy(main_co.wake);
    main_co.wake = NULL;
}

void co_group_init(struct co_group *g)
{
    *g = (struct co_group){ 0 };
    list_init(&g->members);
}

static void co_free(struct co *co)
{
    if (co->wake)
        st_cond_destroy(co->wake);
    mem_free(co);
}

/* Time after a standstill in which bytes of peers can be read before deadlines are judged. */
enum { STANDSTILL_GRACE_US = US_PER_SECOND };

int64_t co_deadline(int64_t deadline_us)
{
    st_utime_t from, to;
    st_last_standstill(&from, &to);
    int64_t heard_us = (int64_t)to + STANDSTILL_GRACE_US;
    return to && deadline_us >= (int64_t)from && deadline_us < heard_us ? heard_us : deadline_us;
}

/* The time that the present turn has lasted; 0 before the first yield of the process. */
static int64_t turn_us(void)
{
    int64_t began_us = (int64_t)st_turn_began();
    return began_us ? now_us() - began_us : 0;
}

bool co_slice_is_over(void)
{
    return turn_us() >= CO_SLICE_US;
}

/* Log a turn that kept all others waiting, in debug builds, at most once a second. */
static void watch_turn(const struct co *co)
{
#if defined(WATCH_TURNS)
    enum { LONG_US = 10 * US_PER_MS };
    static int64_t told_us;
    static int     n_untold;
    int64_t        now = now_us(), took_us = turn_us();
    if (took_us < LONG_US)
        return;
    if (told_us && now - told_us < US_PER_SECOND) {
        n_untold++;
        return;
    }
    log_warn("coroutine %s ran for %lldms without a yield, untold=%d", co->name, (long long)(took_us / US_PER_MS),
             n_untold);
    told_us = now;
    n_untold = 0;
#else
    (void)co;
#endif
}

static void end(struct co *self)
{
    struct co_group *g = self->group;
    list_remove(&self->link);
    g->count--;
    n_coroutines--;
    if (g->joiner)
        co_unpark(g->joiner);
    co_free(self);
}

/* A stack runs the coroutine: for the first time, or after a rest. */
static void run(struct stack_job *job)
{
    struct co *self = CONTAINER_OF(job, struct co, job);
    current = self;
    self->wants_rest = false;
    if (self->has_begun)
        self->unparked = false; /* It goes on after a rest, and looks at everything: a wake-up has no more to tell. */
    else
        stacks_clean(); /* It may stay for days, so it does not keep what others have touched. */
    self->has_begun = true;
    if (self->urgent)
        st_thread_set_urgent(st_thread_self(), true);
    self->fn(self->arg);
    leave_stack(self);
    watch_turn(self);
    if (self->wants_rest)
        begin_rest(self);
    else
        end(self);
    current = NULL; /* Others run now. */
}

struct err *co_go(struct co_group *g, const char *name, void (*fn)(void *arg), void *arg, struct co **started)
{
    struct co *co = mem_calloc(1, sizeof *co);
    if (!co)
        return err_no_memory();
    co->wake = st_cond_new();
    if (!co->wake) {
        co_free(co);
        return err_no_memory();
    }
    co->group = g;
    co->name = name;
    co->fn = fn;
    co->arg = arg;
    co->job.run = run;
    ident_random(co->trace, IDENT_LEN);

    if (!stacks_run_alone(&co->job)) {
        co_free(co);
        return err_sys(E_THREAD_CREATE, "start coroutine %s", name);
    }
    list_push(&g->members, &co->link);
    g->count++;
    n_coroutines++;
    if (started)
        *started = co;
    return NULL;
}

void co_group_cancel(struct co_group *g)
{
    LIST_FOREACH (&g->members, it, after)
        co_cancel(LIST_ENTRY(it, struct co, link));
}

/* Wait until unparked, or until a cancel if `heed_cancel`. False at the deadline. */
static bool wait_unparked(struct co *self, int64_t deadline_us, bool heed_cancel)
{
    while (!self->unparked && !(heed_cancel && self->cancelled)) {
        st_utime_t timeout = ST_UTIME_NO_TIMEOUT;
        if (deadline_us != DEADLINE_NEVER) {
            int64_t left = deadline_us - now_us();
            if (left <= 0)
                return false;
            timeout = (st_utime_t)left;
        }
        watch_turn(self);
        stacks_hand_over();
        self->parked = true;
        st_cond_timedwait(self->wake, timeout);
        self->parked = false;
        current = self;
    }
    self->unparked = false;
    return true;
}

bool co_group_join(struct co_group *g, int64_t deadline_us)
{
    struct co *self = current;
    g->joiner = self;
    while (g->count > 0 && wait_unparked(self, deadline_us, false))
        ;
    g->joiner = NULL;
    self->unparked = true; /* The caller may have lost a wake-up for another wait, so it gets a spurious one. */
    return g->count == 0;
}

void co_group_cancel_and_join(struct co_group *g)
{
    co_group_cancel(g);
    co_group_join(g, DEADLINE_NEVER);
}

struct co *co_self(void)
{
    return current;
}

void co_cancel(struct co *co)
{
    co->cancelled = true;
    co_unpark(co);
}

void co_end_cancel(void)
{
    current->cancelled = false;
}

bool co_is_cancelled(const struct co *co)
{
    return co->cancelled;
}

struct err *co_park(int64_t deadline_us)
{
    struct co *self = current;
    bool       in_time = wait_unparked(self, deadline_us, true);
    if (self->cancelled)
        return err_new(E_THREAD_INTERRUPTED, "cancelled");
    return in_time ? NULL : err_new(E_SOCKET_TIMEOUT, "timed out");
}

void co_unpark(struct co *co)
{
    co->unparked = true;
    if (co->rests)
        end_rest(co);
    else if (co->parked)
        st_cond_signal(co->wake);
}

struct err *co_sleep(int64_t duration_us)
{
    int64_t now = now_us();
    int64_t deadline_us = duration_us < DEADLINE_NEVER - now ? now + duration_us : DEADLINE_NEVER;
    for (;;) {
        struct err *e = co_park(deadline_us);
        if (e)
            return err_except(e, E_SOCKET_TIMEOUT);
    }
}

/* Wait until sockets have been looked at, and all coroutines that are ahead in the queue by then have run. */
static void yield(struct co *self)
{
    watch_turn(self);
    stacks_hand_over();
    st_usleep(0);
    current = self;
}

void co_give_way(void)
{
    struct co *self = current;
    if (self->urgent)
        st_thread_set_urgent(st_thread_self(), false);
    yield(self);
    if (self->urgent)
        st_thread_set_urgent(st_thread_self(), true);
}

void co_give_way_to_urgent(void)
{
    yield(current);
}

void co_set_urgent(bool urgent)
{
    current->urgent = urgent;
    st_thread_set_urgent(st_thread_self(), urgent);
}

void co_before_look(void (*hook)(void))
{
    for (size_t i = 0; i < before_look.n; i++)
        if (before_look.hooks[i] == hook)
            return;
    assert(before_look.n < CO_LOOK_HOOKS);
    before_look.hooks[before_look.n++] = hook;
}

bool co_give_way_by_time(void)
{
    bool is_over = co_slice_is_over();
    if (is_over)
        co_give_way();
    return is_over;
}

int64_t co_give_way_timed(void)
{
    int64_t began = thread_cpu_us();
    co_give_way();
    return thread_cpu_us() - began;
}

void co_set_trace(const char *trace)
{
    str_copy(current->trace, sizeof current->trace, trace);
}

const char *co_trace(void)
{
    if (!main_co.trace[0])
        ident_random(main_co.trace, IDENT_LEN); /* Lines before co_init() already have the id of the main coroutine. */
    return current ? current->trace : "";
}

void co_set_log_limits(struct log_limits *limits)
{
    current->log_limits = limits;
}

struct log_limits *co_log_limits(void)
{
    return current ? current->log_limits : NULL;
}

size_t co_count(void)
{
    return n_coroutines;
}
