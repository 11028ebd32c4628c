#include "protocol/offload.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/priority.h"
#include "protocol/co.h"
#include "protocol/io.h"

/* The threads of one kind and the jobs that wait for them. */
struct pool {
    pthread_cond_t more;
    pthread_t      threads[OFFLOAD_TURNS_THREADS_MAX];
    int            n_threads, n_idle;
    int            n_hung; /* threads in abandoned jobs (`left`) */
    struct list    waiting;
    size_t         n_waiting;
    int64_t        n_jobs, n_refused;
};

static_assert(OFFLOAD_THREADS_MAX + OFFLOAD_HUNG_MAX <= OFFLOAD_TURNS_THREADS_MAX,
              "the threads of every kind have room");

static struct {
    pthread_mutex_t lock;
    bool            stopping, started;
    struct pool     pools[OFFLOAD_KINDS];
    struct list     finished;
    int             event_fd; /* an eventfd that threads ring and the loop reads */
    struct co_group group;    /* group of the coroutine that takes finished jobs */
} off = { .lock = PTHREAD_MUTEX_INITIALIZER, .event_fd = -1 };

static void ring_loop(void)
{
    const uint64_t one = 1;
    while (write(off.event_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/*
 * Pictures and sound to decode, tables to read and many handshakes take much computing time, and nobody waits for them within a turn of
 * the loop.
 */
static bool is_bulk(const struct pool *pool)
{
    return pool == &off.pools[OFFLOAD_CODEC] || pool == &off.pools[OFFLOAD_PICTURE] ||
           pool == &off.pools[OFFLOAD_SOUND] || pool == &off.pools[OFFLOAD_SHAKE] || pool == &off.pools[OFFLOAD_INDEX];
}

/*
 * Hand a finished job to the loop. The lock is held, but not while the loop is woken, which would run into it. Whoever finds the
 * list empty wakes the loop, which takes all jobs of the list.
 */
static void hand_back(struct pool *pool, struct offload_job *job)
{
    bool is_first = list_is_empty(&off.finished);
    job->worked = true;
    pool->n_hung -= job->left;
    list_push(&off.finished, &job->link);
    if (!is_first)
        return;
    pthread_mutex_unlock(&off.lock);
    ring_loop();
    pthread_mutex_lock(&off.lock);
}

static void *work_main(void *arg)
{
    struct pool *pool = arg;
    if (is_bulk(pool))
        priority_give_way();
    if (pool == &off.pools[OFFLOAD_WRITE])
        priority_interrupt_nobody();
    pthread_mutex_lock(&off.lock);
    for (;;) {
        pool->n_idle++;
        while (list_is_empty(&pool->waiting) && !off.stopping)
            pthread_cond_wait(&pool->more, &off.lock);
        pool->n_idle--;
        if (off.stopping)
            break;
        struct offload_job *job = LIST_ENTRY(pool->waiting.next, struct offload_job, link);
        list_remove(&job->link);
        pool->n_waiting--;
        job->begun = true;
        job->left = !job->waiter;
        pool->n_hung += job->left;
        pthread_mutex_unlock(&off.lock);

        job->work(job);

        pthread_mutex_lock(&off.lock);
        hand_back(pool, job);
    }
    pthread_mutex_unlock(&off.lock);
    return NULL;
}

/* Hand one finished job back: to its waiter, or to `drop` when no coroutine waits for it. */
static void finish_job(struct offload_job *job)
{
    job->done = true;
    if (job->waiter)
        co_unpark(job->waiter);
    else
        job->drop(job);
}

/* Hand back a job that no thread will ever begin with. */
static void refuse_job(struct offload_job *job)
{
    job->refused = true;
    if (job->waiter)
        co_unpark(job->waiter);
    else
        job->drop(job);
}

static struct offload_job *take(struct list *jobs)
{
    pthread_mutex_lock(&off.lock);
    struct offload_job *job = NULL;
    if (!list_is_empty(jobs)) {
        job = LIST_ENTRY(jobs->next, struct offload_job, link);
        list_remove(&job->link);
    }
    pthread_mutex_unlock(&off.lock);
    return job;
}

static void take_finished_jobs(void *unused)
{
    (void)unused;
    struct io   bell = { .fd = -1 };
    struct err *e = io_open(&bell, dup(off.event_fd)); /* a copy: a thread that hangs may ring the other for ever */
    while (!e && !(e = io_wait_readable(&bell, DEADLINE_NEVER))) {
        uint64_t rings;
        while (read(bell.fd, &rings, sizeof rings) > 0)
            ;
        io_drained(&bell);
        struct offload_job *job;
        while ((job = take(&off.finished)))
            finish_job(job);
    }
    io_close(&bell);
    log_err(LOG_ERROR, err_except(e, E_THREAD_INTERRUPTED), "offloaded jobs cannot come back");
}

struct err *offload_init(void)
{
    list_init(&off.finished);
    for (int i = 0; i < OFFLOAD_KINDS; i++) {
        off.pools[i] = (struct pool){ .more = PTHREAD_COND_INITIALIZER };
        list_init(&off.pools[i].waiting);
    }
    off.stopping = false;
    off.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (off.event_fd < 0)
        return err_sys(E_SYSTEM_CREATE_PIPE, "create the offload pool's eventfd");
    co_group_init(&off.group);
    struct err *e = co_go(&off.group, "offload", take_finished_jobs, NULL, NULL);
    off.started = !e;
    return e;
}

/* Wait for the threads of a kind. False if some still hang; those stay in the pool. */
static bool join_threads(struct pool *pool, const struct timespec *until)
{
    int n_hung = 0;
    for (int t = 0; t < pool->n_threads; t++)
        if (pthread_timedjoin_np(pool->threads[t], NULL, until) != 0)
            pool->threads[n_hung++] = pool->threads[t];
    pool->n_threads = n_hung;
    return n_hung == 0;
}

void offload_shutdown(int64_t patience_us)
{
    if (!off.started)
        return;
    int64_t         end_us = wall_now_us() + patience_us;
    struct timespec until = { .tv_sec = end_us / US_PER_SECOND, .tv_nsec = end_us % US_PER_SECOND * 1000 };
    bool            hung = false;

    pthread_mutex_lock(&off.lock);
    off.stopping = true;
    for (int i = 0; i < OFFLOAD_KINDS; i++)
        pthread_cond_broadcast(&off.pools[i].more);
    pthread_mutex_unlock(&off.lock);
    for (int i = 0; i < OFFLOAD_KINDS; i++)
        hung |= !join_threads(&off.pools[i], &until);

    co_group_cancel_and_join(&off.group);
    struct offload_job *job;
    for (int i = 0; i < OFFLOAD_KINDS; i++)
        while ((job = take(&off.pools[i].waiting)))
            refuse_job(job);
    while ((job = take(&off.finished)))
        finish_job(job);
    if (!hung) { /* A thread that hangs may still ring it. */
        close(off.event_fd);
        off.event_fd = -1;
    }
    off.started = hung;
}

bool offload_has_ended(void)
{
    return off.stopping; /* The loop alone sets it. */
}

static bool replaces_hung(const struct pool *pool)
{
    return pool == &off.pools[OFFLOAD_READ] || pool == &off.pools[OFFLOAD_CONF] || pool == &off.pools[OFFLOAD_CERTS];
}

/* Start one more thread if all are busy and more are allowed. The lock is held. */
static struct err *ensure_thread(struct pool *pool)
{
    int most = OFFLOAD_THREADS_MAX + (replaces_hung(pool) ? pool->n_hung : 0);
    if (pool == &off.pools[OFFLOAD_WRITE] || pool == &off.pools[OFFLOAD_PROCESS])
        most = OFFLOAD_TURNS_THREADS_MAX;
    if (pool == &off.pools[OFFLOAD_PICTURE])
        most = OFFLOAD_PICTURE_THREADS_MAX;
    if (pool == &off.pools[OFFLOAD_SHAKE])
        most = OFFLOAD_SHAKE_THREADS_MAX;
    if (replaces_hung(pool) && pool->n_hung >= OFFLOAD_HUNG_MAX)
        return err_new(E_LIMIT, "%d earlier jobs of this kind hang", pool->n_hung);
    if (pool->n_idle > (int)pool->n_waiting || pool->n_threads >= most)
        return NULL;
    int r = pthread_create(&pool->threads[pool->n_threads], NULL, work_main, pool);
    if (r == 0)
        pool->n_threads++;
    else if (pool->n_threads == 0) {
        errno = r;
        return err_sys(E_THREAD_CREATE, "start an offload thread");
    }
    return NULL; /* the existing threads will take the job */
}

/* Stop waiting for a job. It is dropped when it is finished. */
static void leave(struct pool *pool, struct offload_job *job)
{
    pthread_mutex_lock(&off.lock);
    job->waiter = NULL;
    job->left = job->begun && !job->worked;
    pool->n_hung += job->left;
    pthread_mutex_unlock(&off.lock);
}

/* Queue the job for the threads of its kind. Does not yield. */
static struct err *submit(struct pool *pool, struct offload_job *job, struct co *waiter)
{
    struct err *e = NULL;
    job->waiter = waiter;
    job->done = job->refused = job->begun = job->worked = job->left = false;

    pthread_mutex_lock(&off.lock);
    if (off.stopping)
        e = err_new(E_THREAD_TERMINATED, "the offload threads have ended");
    else if (pool->n_waiting >= OFFLOAD_QUEUE_MAX)
        e = err_new(E_LIMIT, "%d jobs wait for the offload threads already", OFFLOAD_QUEUE_MAX);
    else
        e = ensure_thread(pool);
    if (!e) {
        list_push(&pool->waiting, &job->link);
        pool->n_waiting++;
        pool->n_jobs++;
    } else {
        pool->n_refused++;
    }
    pthread_mutex_unlock(&off.lock);
    if (!e)
        pthread_cond_signal(&pool->more); /* Under the lock, the thread would wake only to wait for it. */
    return e;
}

struct offload_state offload_state(enum offload_kind kind)
{
    const struct pool *pool = &off.pools[kind];
    pthread_mutex_lock(&off.lock);
    struct offload_state state = {
        .n_threads = pool->n_threads,
        .n_idle = pool->n_idle,
        .n_hung = pool->n_hung,
        .n_waiting = pool->n_waiting,
        .n_jobs = pool->n_jobs,
        .n_refused = pool->n_refused,
    };
    pthread_mutex_unlock(&off.lock);
    return state;
}

const char *offload_name(enum offload_kind kind)
{
    static const char *const names[OFFLOAD_KINDS] = {
        [OFFLOAD_DISK] = "disk",          [OFFLOAD_WRITE] = "write",
        [OFFLOAD_READ] = "read",          [OFFLOAD_CONF] = "conf",
        [OFFLOAD_CERTS] = "certificates", [OFFLOAD_STAT] = "stat",
        [OFFLOAD_PROCESS] = "process",    [OFFLOAD_DNS] = "dns",
        [OFFLOAD_CODEC] = "codec",        [OFFLOAD_PICTURE] = "picture",
        [OFFLOAD_SOUND] = "sound",        [OFFLOAD_SHAKE] = "handshake",
        [OFFLOAD_INDEX] = "index",
    };
    return names[kind];
}

struct err *offload_start(enum offload_kind kind, struct offload_job *job)
{
    return submit(&off.pools[kind], job, NULL);
}

struct err *offload(enum offload_kind kind, struct offload_job *job, int64_t deadline_us)
{
    struct pool *pool = &off.pools[kind];
    struct err  *e = submit(pool, job, co_self());
    if (e) {
        job->drop(job);
        return e;
    }

    while (!job->done) {
        e = co_park(co_deadline(deadline_us));
        if (job->refused) {
            err_free(e);
            job->drop(job);
            return err_new(E_THREAD_TERMINATED, "the offload threads ended before the job began");
        }
        if (err_code(e) == E_SOCKET_TIMEOUT && !job->done && now_us() < co_deadline(deadline_us)) {
            err_free(e); /* the process stood still, and so did the threads */
            continue;
        }
        if (e && !job->done) {
            leave(pool, job);
            return err_wrap(e, "wait for an offloaded job");
        }
        err_free(e);
    }
    return NULL;
}
