#include "protocol/stacks.h"

#include <st.h>
#include <sys/mman.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/page.h"

/* Deep enough for vfprintf and OpenSSL's digests (about 6 KiB each); only touched pages cost memory. The
 * sanitizers' frames are several times larger. */
#if defined(__SANITIZE_ADDRESS__)
enum { STACK_BYTES = 512 << 10 };
#else
enum { STACK_BYTES = 64 << 10 };
#endif

/* Stacks that are kept without a job. */
enum { IDLE_MAX = 16 };

/* Jobs run one after the other for this long; then other stacks have their turn, and sockets are looked at. */
enum { TURN_US = US_PER_MS / 2 };

/* Stacks that are called when a job waits before others: if they wait, too, each of them calls as many. */
enum { PER_WAIT = 2 };

/* What calls a stack, until the stack has seen it. */
struct call {
    st_cond_t         wake;
    bool              is_there;
    struct stack_job *job; /* NULL: the jobs that all stacks share */
};

struct stack {
    struct list  link; /* entry in all.idle */
    struct call *call;
    uintptr_t    high; /* its high end */
    bool         is_dirty;
};

static struct {
    struct list jobs, idle; /* shared jobs that have not begun; stacks without a job, the last one used at the end */
    size_t      n_jobs, n_idle, n;
    size_t      n_called; /* stacks that were called for shared jobs and have not looked at them yet */
    int         key;      /* by which a stack finds itself */
    bool        is_ending;
} all;

void stacks_init(void)
{
    if (all.jobs.next)
        return;
    list_init(&all.jobs);
    list_init(&all.idle);
    st_key_create(&all.key, NULL); /* It is the first of sixteen. */
}

/* ---- memory ---- */

size_t stacks_bytes(void)
{
    return all.n * STACK_BYTES;
}

static struct stack *mine(void)
{
    return st_thread_getspecific(all.key);
}

void stacks_trim(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    enum { KEEP_BYTES = 1024 };
    struct stack *s = mine();
    uintptr_t     low = s ? s->high - STACK_BYTES : 0;
    uintptr_t     unused_end = ((uintptr_t)__builtin_frame_address(0) - KEEP_BYTES) & ~(uintptr_t)(PAGE_BYTES - 1);
    if (s && unused_end > low)
        madvise((void *)low, unused_end - low, MADV_DONTNEED); /* If it fails, the pages only stay resident. */
    if (s)
        s->is_dirty = false;
#endif
}

void stacks_clean(void)
{
    const struct stack *s = mine();
    if (s && s->is_dirty)
        stacks_trim();
}

/* What is below the deepest use is zero, because the pages were given back. */
size_t stacks_depth(void)
{
    const struct stack *s = mine();
    if (!s)
        return 0;
    uintptr_t at = s->high - STACK_BYTES + PAGE_BYTES;
    while (at < s->high && !*(const volatile uintptr_t *)at)
        at += sizeof at;
    return s->high - at;
}

/* ---- stacks ---- */

static void run(struct stack_job *job)
{
    job->run(job);
    mine()->is_dirty = true;
    st_thread_set_urgent(st_thread_self(), false);
}

static void run_shared_jobs(void)
{
    while (!list_is_empty(&all.jobs)) {
        struct stack_job *job = LIST_ENTRY(all.jobs.next, struct stack_job, link);
        list_remove(&job->link);
        all.n_jobs--;
        run(job);
        if (now_us() - (int64_t)st_turn_began() >= TURN_US)
            st_usleep(0);
    }
}

static void answer_call(struct call *c)
{
    struct stack_job *job = c->job;
    c->is_there = false;
    if (job)
        run(job);
    else
        all.n_called--;
    run_shared_jobs();
}

/* False if this stack is not needed any more. */
static bool wait_for_call(struct stack *s)
{
    if (all.is_ending || all.n_idle == IDLE_MAX)
        return false;
    list_push(&all.idle, &s->link);
    all.n_idle++;
    while (!s->call->is_there)
        st_cond_wait(s->call->wake);
    return true;
}

static void *live(void *arg)
{
    struct stack self = { .call = arg };
    /* The stack's high end is the page border above its first frame. */
    self.high = ((uintptr_t)__builtin_frame_address(0) + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
    st_thread_setspecific(all.key, &self);
    do
        answer_call(self.call);
    while (wait_for_call(&self));
    stacks_trim(); /* state-threads keeps it for the next one. */
    st_cond_destroy(self.call->wake);
    mem_free(self.call);
    all.n--;
    return NULL;
}

static bool make_stack(struct stack_job *job)
{
    struct call *c = mem_alloc(sizeof *c);
    if (!c)
        return false;
    *c = (struct call){ .wake = st_cond_new(), .is_there = true, .job = job };
    if (c->wake && st_thread_create(live, c, 0, STACK_BYTES)) {
        all.n++;
        return true;
    }
    if (c->wake)
        st_cond_destroy(c->wake);
    mem_free(c);
    return false;
}

static void call_idle_stack(struct stack_job *job)
{
    struct stack *s = LIST_ENTRY(all.idle.prev, struct stack, link);
    list_remove(&s->link);
    all.n_idle--;
    s->call->is_there = true;
    s->call->job = job;
    st_cond_signal(s->call->wake);
}

static bool call_stack(struct stack_job *job)
{
    if (list_is_empty(&all.idle))
        return make_stack(job);
    call_idle_stack(job);
    return true;
}

/* Call stacks for shared jobs until so many are on their way. */
static void call_stacks(size_t n)
{
    while (all.n_called < n && all.n_called < all.n_jobs && call_stack(NULL))
        all.n_called++;
}

/* ---- jobs ---- */

bool stacks_run_alone(struct stack_job *job)
{
    return call_stack(job);
}

void stacks_run(struct stack_job *job)
{
    list_push(&all.jobs, &job->link);
    all.n_jobs++;
    call_stacks(1);
}

void stacks_hand_over(void)
{
    if (all.n_jobs > 0)
        call_stacks(PER_WAIT);
}

void stacks_finish(void)
{
    all.is_ending = true;
    while (!list_is_empty(&all.idle)) {
        all.n_called++;
        call_idle_stack(NULL);
    }
    while (all.n > 0)
        st_usleep(0);
    all.is_ending = false;
}
