#include "protocol/disk_job.h"

#include <pthread.h>
#include <time.h>

#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/disk_pace.h"
#include "protocol/offload.h"

struct disk_crew {
    struct list        link; /* in one of the lists of crews */
    struct offload_job job;
    struct disk_turn   turn;
    struct list        to_do, done; /* The lock protects them once the crew has set out. */
    size_t             n_jobs;
    bool               is_closed;
    int64_t            set_out_us; /* 0: It gathers. */
};

static struct list gathering = { &gathering, &gathering }, under_way = { &under_way, &under_way };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct disk_job *job_at(struct list *link)
{
    return LIST_ENTRY(link, struct disk_job, link);
}

static struct disk_crew *crew_at(struct list *link)
{
    return LIST_ENTRY(link, struct disk_crew, link);
}

/* ---- on a thread ----------------------------------------------------------------------------------------------- */

/* Note that a job was done, NULL: none, and take the next one. */
static struct disk_job *take_next(struct disk_crew *c, struct disk_job *done, bool is_over)
{
    struct disk_job *next = NULL;
    pthread_mutex_lock(&lock);
    if (done)
        list_push(&c->done, &done->link);
    if (!is_over && !list_is_empty(&c->to_do)) {
        next = job_at(c->to_do.next);
        list_remove(&next->link);
    }
    pthread_mutex_unlock(&lock);
    return next;
}

static void rest(struct disk_pace *pace)
{
    const struct timespec time = { .tv_nsec = DISK_PACE_REST_US * 1000 };
    int64_t               before_us = now_us();
    (void)nanosleep(&time, NULL);
    disk_pace_rested(pace, now_us() - before_us, thread_cpu_us());
}

static void work(struct offload_job *job)
{
    struct disk_crew *c = CONTAINER_OF(job, struct disk_crew, job);
    struct disk_pace  pace;
    disk_pace_init(&pace, c->set_out_us, now_us(), thread_cpu_us());
    struct disk_job *j = take_next(c, NULL, false);
    while (j) {
        j->kind->work(j);
        enum disk_pace_step step = disk_pace_next(&pace, now_us(), thread_cpu_us());
        j = take_next(c, j, step == DISK_PACE_LEAVE);
        if (j && step == DISK_PACE_REST)
            rest(&pace);
    }
}

/* ---- crews that come back -------------------------------------------------------------------------------------- */

static void end_turn(struct disk_crew *c, uint64_t device)
{
    disk_turn_end(&c->turn, device, now_us());
    disk_turn_leave(&c->turn);
}

static void begin_again(struct disk_job *j)
{
    j->crew = NULL;
    j->alone = true;
    struct err *e = disk_job_start(j);
    if (e)
        j->kind->failed(j, e);
    err_free(e);
}

static void move_list(struct list *to, struct list *from)
{
    LIST_FOREACH (from, it, after) {
        list_remove(it);
        list_push(to, it);
    }
}

/* What was done comes back, and what was not begun begins again. */
static void take_back(struct list *done, struct list *to_do, bool refused)
{
    while (!list_is_empty(done)) {
        struct disk_job *j = job_at(done->next);
        list_remove(&j->link);
        j->crew = NULL;
        j->alone = false;
        j->kind->back(j, false);
    }
    while (!list_is_empty(to_do)) {
        struct disk_job *j = job_at(to_do->next);
        list_remove(&j->link);
        if (!refused) {
            begin_again(j);
            continue;
        }
        j->crew = NULL;
        j->kind->back(j, true);
    }
}

/* The jobs that were done have seen where their files lie. Returns one of the devices. */
static uint64_t follow_devices(struct list *done)
{
    uint64_t device = 0;
    LIST_FOREACH (done, it, after) {
        struct disk_job *j = job_at(it);
        disk_turn_move(&j->turn, j->device);
        device = j->device ? j->device : device;
    }
    return device;
}

static void crew_is_back(struct offload_job *job)
{
    struct disk_crew *c = CONTAINER_OF(job, struct disk_crew, job);
    struct list       done, to_do;
    list_init(&done);
    list_init(&to_do);
    move_list(&done, &c->done);
    move_list(&to_do, &c->to_do);
    list_remove(&c->link);
    end_turn(c, follow_devices(&done)); /* Those that wait for the disk go first. */
    take_back(&done, &to_do, c->job.refused || offload_has_ended());
    mem_free(c); /* Until now the jobs that were not given back had it. */
}

/* A job hangs in the disk: the others do not wait for it. */
static void leave_late(struct disk_crew *c)
{
    struct list done, to_do;
    list_init(&done);
    list_init(&to_do);
    pthread_mutex_lock(&lock);
    move_list(&done, &c->done);
    move_list(&to_do, &c->to_do);
    pthread_mutex_unlock(&lock);
    (void)follow_devices(&done);
    take_back(&done, &to_do, false);
}

static bool is_late(const struct disk_crew *c)
{
    return c->set_out_us && now_us() - c->set_out_us >= CREW_LATE_US;
}

/* ---- crews that set out ---------------------------------------------------------------------------------------- */

/* No thread takes the crew. */
static void dissolve(struct disk_crew *c, const struct err *e)
{
    struct list jobs;
    list_init(&jobs);
    move_list(&jobs, &c->to_do);
    list_remove(&c->link);
    end_turn(c, 0);
    while (!list_is_empty(&jobs)) {
        struct disk_job *j = job_at(jobs.next);
        list_remove(&j->link);
        j->crew = NULL;
        j->kind->failed(j, e);
    }
    mem_free(c);
}

static void set_out(struct disk_crew *c)
{
    LIST_FOREACH (&c->to_do, it, after)
        job_at(it)->kind->begin(job_at(it));
    c->set_out_us = now_us();
    list_remove(&c->link);
    list_push(&under_way, &c->link);
    struct err *e = offload_start(OFFLOAD_WRITE, &c->job);
    if (e)
        dissolve(c, e);
    err_free(e);
}

/* All jobs have been started that are in this turn of the loop. */
static void look_at_crews(void)
{
    disk_turns_look(now_us());
    LIST_FOREACH (&under_way, it, after)
        if (is_late(crew_at(it)))
            leave_late(crew_at(it));
    while (!list_is_empty(&gathering)) {
        struct disk_crew *c = crew_at(gathering.next);
        if (c->n_jobs)
            set_out(c);
        else
            dissolve(c, NULL);
    }
}

/* ---- crews that gather ----------------------------------------------------------------------------------------- */

static void add(struct disk_crew *c, struct disk_job *j)
{
    j->crew = c;
    list_push(&c->to_do, &j->link);
    c->n_jobs++;
}

static bool takes_more(const struct disk_crew *c)
{
    return !c->is_closed && c->n_jobs < CREW_JOBS_MAX;
}

static bool begin(struct disk_turn *t);

/* Make a crew. It has the job's turn, and takes those along that wait for theirs. */
static bool gather(struct disk_job *j)
{
    struct disk_crew *c = mem_calloc(1, sizeof *c);
    struct disk_turn *t;
    if (!c)
        return false;
    c->job = (struct offload_job){ .work = work, .drop = crew_is_back };
    c->is_closed = j->alone || !j->turn.disk;
    list_init(&c->to_do);
    list_init(&c->done);
    disk_turn_init(&c->turn, NULL);
    disk_turn_pass(&j->turn, &c->turn);
    list_push(&gathering, &c->link);
    add(c, j);
    while (takes_more(c) && (t = disk_turn_next(&c->turn, begin)))
        add(c, CONTAINER_OF(t, struct disk_job, turn));
    co_before_look(look_at_crews);
    return true;
}

/* The job's turn has come after it waited. */
static bool begin(struct disk_turn *t)
{
    struct disk_job *j = CONTAINER_OF(t, struct disk_job, turn);
    if (gather(j))
        return true;
    t->is_taken = false;
    struct err *e = err_no_memory();
    j->kind->failed(j, e);
    err_free(e);
    return false;
}

/* The crew that gathers at the job's disk; NULL: none. */
static struct disk_crew *crew_of(const struct disk_job *j)
{
    LIST_FOREACH (&gathering, it, after)
        if (crew_at(it)->turn.disk == j->turn.disk && takes_more(crew_at(it)))
            return crew_at(it);
    return NULL;
}

void disk_jobs_look(void)
{
    co_before_look(look_at_crews);
}

void disk_job_look(const struct disk_job *j)
{
    if (j->crew ? is_late(j->crew) : disk_turn_waits(&j->turn))
        disk_jobs_look();
}

struct err *disk_job_start(struct disk_job *j)
{
    if (disk_job_is_under_way(j)) {
        disk_job_look(j);
        return NULL;
    }
    if (offload_has_ended())
        return err_new(E_THREAD_TERMINATED, "the threads that write files have ended");
    struct disk_crew *c = j->alone ? NULL : crew_of(j);
    if (c)
        add(c, j);
    else if (disk_turn_take(&j->turn, now_us()) && !gather(j)) {
        disk_turn_end(&j->turn, 0, now_us());
        return err_no_memory();
    }
    return NULL;
}

/* ---- its life -------------------------------------------------------------------------------------------------- */

void disk_job_init(struct disk_job *j, const struct disk_job_kind *kind)
{
    *j = (struct disk_job){ .kind = kind };
    disk_turn_init(&j->turn, begin);
    list_init(&j->link);
}

bool disk_job_join(struct disk_job *j, const char *place)
{
    return disk_turn_join(&j->turn, place);
}

bool disk_job_is_under_way(const struct disk_job *j)
{
    return j->crew || disk_turn_waits(&j->turn);
}

void disk_job_leave(struct disk_job *j)
{
    list_remove(&j->link);
    if (j->crew)
        j->crew->n_jobs--;
    disk_turn_leave(&j->turn);
}
