#include "protocol/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/list.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/disk_turn.h"
#include "protocol/io.h"
#include "protocol/offload.h"
#include "protocol/output_tail.h"
#include "protocol/program_output.h"
#include "protocol/spawn.h"

/* Interval at which it is checked whether the rest of a group has ended: no event tells that. */
enum { GROUP_LOOK_US = 20 * US_PER_MS };

/* Environment variables that are for the server alone, by their beginnings: its settings, and its service manager's socket. */
static const char *const own_variables[] = { "SRS_", "NOTIFY_SOCKET=" };

/* The job that starts a program on a thread. It outlives the process object if the server ends meanwhile. */
struct start_job {
    struct offload_job job;
    struct spawn       spawn;
    char              *texts[]; /* argv, NULL, envp, NULL; the bytes of all texts follow */
};

struct process {
    struct list         link;
    struct co          *owner;  /* NULL: the owner has released the process */
    struct co          *keeper; /* the coroutine that waits for the child */
    struct start_job   *job;    /* NULL once the pool has it */
    struct disk_turn    turn;   /* at the disk where the program lies */
    enum process_state  state;
    bool                ending;
    int64_t             kill_at_us; /* when the group is killed, if `ending` */
    bool                is_reaped;  /* its process id may be that of another one */
    pid_t               pid;
    int                 status;
    struct err         *error;
    struct io           pidfd;
    struct output_tail *tail; /* NULL: none */
};

static struct {
    struct list     all;
    size_t          count;
    struct co_group keepers;
} children;

void process_init(void)
{
    program_output_init();
    signal(SIGCHLD, SIG_DFL); /* A parent may have left it ignored; then children would vanish without a status. */
    list_init(&children.all);
    children.count = 0;
    co_group_init(&children.keepers);
}

size_t process_count(void)
{
    return children.count;
}

/* ---- the thread's part ---- */

static void start_work(struct offload_job *job)
{
    spawn_run(&CONTAINER_OF(job, struct start_job, job)->spawn);
}

static void close_output(struct spawn *s)
{
    if (s->errors >= 0 && s->errors != s->output)
        close(s->errors);
    if (s->output >= 0)
        close(s->output);
    s->output = s->errors = -1;
}

static void free_job(struct start_job *j)
{
    if (j)
        close_output(&j->spawn);
    mem_free(j);
}

/* The server ends, and no coroutine waits for the child any more. */
static void start_drop(struct offload_job *job)
{
    struct start_job *j = CONTAINER_OF(job, struct start_job, job);
    if (j->spawn.pid > 0) {
        kill(-j->spawn.pid, SIGKILL);
        waitpid(j->spawn.pid, NULL, 0);
        close(j->spawn.pidfd);
    }
    free_job(j);
}

/* Arguments are all passed. Of the environment, what is the server's own is not. */
static bool any_text(const char *argument)
{
    (void)argument;
    return true;
}

static bool is_foreign(const char *variable)
{
    bool foreign = true;
    for (size_t i = 0; i < ARRAY_LEN(own_variables); i++)
        foreign &= !str_starts_with(variable, own_variables[i]);
    return foreign;
}

static size_t count_texts(char *const *texts, bool (*passes)(const char *), size_t *bytes)
{
    size_t n = 0;
    for (; *texts; texts++)
        if (passes(*texts)) {
            *bytes += strlen(*texts) + 1;
            n++;
        }
    return n;
}

static char **copy_texts(char **to, char **bytes, char *const *texts, bool (*passes)(const char *))
{
    for (; *texts; texts++)
        if (passes(*texts))
            *to++ = (char *)str_pack(bytes, *texts, strlen(*texts));
    *to++ = NULL;
    return to;
}

/* Open the ends of the pipes that the program writes to. If both outputs go to the same file, they share one pipe. */
static struct err *open_output(struct spawn *s, const struct process_spec *spec, struct output_tail *tail)
{
    bool        is_one = spec->errors && str_equal(spec->output, spec->errors);
    struct err *e = NULL;
    if (spec->output)
        e = program_output_open(spec->output, PROCESS_OUTPUT_BYTES_MAX, is_one ? tail : NULL, &s->output);
    if (!e && is_one)
        s->errors = s->output;
    else if (!e && (spec->errors || tail))
        e = program_output_open(spec->errors, PROCESS_OUTPUT_BYTES_MAX, tail, &s->errors);
    return e;
}

static struct err *make_job(struct start_job **out, const struct process_spec *spec, struct output_tail *tail)
{
    size_t bytes = 0, n_args = count_texts(spec->argv, any_text, &bytes);
    if (n_args == 0 || bytes > PROCESS_ARGS_BYTES_MAX)
        return err_new(E_LIMIT, "a command of %zu words and %zu bytes", n_args, bytes);
    size_t            n_env = count_texts(environ, is_foreign, &bytes);
    struct start_job *j = mem_calloc(1, sizeof *j + (n_args + n_env + 2) * sizeof(char *) + bytes);
    if (!j)
        return err_no_memory();
    char  *at = (char *)(j->texts + n_args + n_env + 2);
    char **env = copy_texts(j->texts, &at, spec->argv, any_text);
    copy_texts(env, &at, environ, is_foreign);
    j->job = (struct offload_job){ .work = start_work, .drop = start_drop };
    j->spawn = (struct spawn){ .argv = j->texts, .envp = env, .pidfd = -1, .output = -1, .errors = -1 };
    struct err *e = open_output(&j->spawn, spec, tail);
    if (e)
        free_job(j);
    else
        *out = j;
    return e;
}

/* ---- the keeper's part ---- */

static void set_state(struct process *p, enum process_state state)
{
    p->state = state;
    if (p->owner)
        co_unpark(p->owner);
}

/* The process has its turn now. */
static bool begin_turn(struct disk_turn *t)
{
    co_unpark(CONTAINER_OF(t, struct process, turn)->keeper);
    return true;
}

/* A program whose file lies on a frozen disk must not hold up those of other disks. Its folder stands for the disk. */
static bool know_disk(struct process *p)
{
    char        place[PATH_MAX];
    struct str  s = str_over(place, sizeof place);
    const char *program = p->job->spawn.argv[0], *slash = strrchr(program, '/');
    str_printf(&s, "programs of "); /* Writers of files have turns of their own. */
    str_append(&s, slash ? program : "PATH", slash ? (size_t)(slash - program) : strlen("PATH"));
    return disk_turn_join(&p->turn, place);
}

/* Fails if the owner goes meanwhile: then the program need not be started. */
static struct err *wait_for_turn(struct process *p)
{
    struct err *e = NULL;
    if (!know_disk(p))
        return err_no_memory();
    if (disk_turn_take(&p->turn, now_us()))
        return NULL;
    disk_turns_look(now_us());
    while (!e && !p->turn.is_taken)
        e = p->owner ? co_park(DEADLINE_NEVER) : err_new(E_THREAD_INTERRUPTED, "the owner has gone");
    return e;
}

static struct err *start(struct process *p)
{
    struct start_job *j = p->job;
    struct err       *e = wait_for_turn(p);
    p->job = NULL; /* offload() takes the job over. */
    if (e)
        free_job(j);
    else
        e = offload(OFFLOAD_PROCESS, &j->job, DEADLINE_NEVER);
    disk_turn_end(&p->turn, 0, now_us());
    disk_turn_leave(&p->turn);
    if (e)
        return err_wrap(e, "start a program");
    p->pid = j->spawn.pid;
    p->pidfd.fd = j->spawn.pidfd;
    if (j->spawn.error) {
        errno = j->spawn.error;
        e = err_sys(E_ENCODER_FORK, "%s %s", j->spawn.step, j->spawn.what);
    }
    free_job(j);
    return e;
}

/* Send a signal to the group, and to a program that has left it for another group. */
static void send_signal(const struct process *p, int signo)
{
    kill(-p->pid, signo);
    if (!p->is_reaped && getpgid(p->pid) != p->pid)
        kill(p->pid, signo);
}

static bool has_exited(const struct process *p)
{
    siginfo_t info = { 0 };
    return waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == p->pid;
}

static bool group_is_left(const struct process *p)
{
    return kill(-p->pid, 0) == 0 || errno == EPERM;
}

/* Wait for the next event, at most until the deadline. After a cancel, what is left of the group is killed at once. */
static void wait_until(struct process *p, int64_t deadline_us)
{
    int64_t     kill_at_us = p->ending ? p->kill_at_us : DEADLINE_NEVER;
    struct err *e = co_park(kill_at_us < deadline_us ? kill_at_us : deadline_us);
    if (err_code(e) == E_THREAD_INTERRUPTED) {
        p->ending = true;
        p->kill_at_us = 0;
    }
    err_free(e);
}

/* Kill the group if it has used up its time to end. */
static bool kill_if_due(struct process *p)
{
    if (!p->ending || p->kill_at_us == DEADLINE_NEVER || now_us() < p->kill_at_us)
        return false;
    send_signal(p, SIGKILL);
    p->kill_at_us = DEADLINE_NEVER;
    return true;
}

/* Wait until the child itself has ended. Its process id is not used again before the child has been waited for. */
static void wait_for_exit(struct process *p)
{
    struct err *e = io_open(&p->pidfd, p->pidfd.fd);
    int64_t     look_us = e ? GROUP_LOOK_US : 0; /* Without memory for the io, the child is polled. */
    err_free(e);
    while (!has_exited(p)) {
        io_drained(&p->pidfd);
        kill_if_due(p);
        if (co_is_cancelled(co_self()))
            return; /* The child was killed but has not ended yet: it is left until the server ends. */
        wait_until(p, look_us ? now_us() + look_us : DEADLINE_NEVER);
    }
}

/* End the processes that the program has left behind, in the same way as the program. */
static void end_group(struct process *p)
{
    process_end(p);
    while (waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
        ;
    p->is_reaped = true;
    while (group_is_left(p) && !kill_if_due(p) && !co_is_cancelled(co_self()))
        wait_until(p, now_us() + GROUP_LOOK_US);
}

static void process_free(struct process *p)
{
    err_free(p->error);
    output_tail_unref(&p->tail);
    mem_free(p);
}

static void keep(void *arg)
{
    struct process *p = arg;
    p->error = start(p);
    if (!p->error) {
        set_state(p, PROCESS_RUNNING);
        if (p->ending)
            send_signal(p, SIGTERM);
        wait_for_exit(p);
        if (has_exited(p))
            end_group(p);
    }
    io_close(&p->pidfd);
    list_remove(&p->link);
    children.count--;
    p->keeper = NULL;
    if (p->owner)
        set_state(p, p->error ? PROCESS_FAILED : PROCESS_ENDED);
    else
        process_free(p);
}

/* ---- the owner's part ---- */

struct err *process_start(struct process **out, const struct process_spec *spec)
{
    if (children.count >= PROCESSES_MAX)
        return err_new(E_LIMIT, "%d programs run already", PROCESSES_MAX);
    struct process *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->owner = co_self();
    p->pidfd.fd = -1;
    disk_turn_init(&p->turn, begin_turn);
    struct err *e = NULL;
    if (spec->has_tail && !(p->tail = output_tail_create()))
        e = err_no_memory();
    if (!e)
        e = make_job(&p->job, spec, p->tail);
    if (!e)
        e = co_go(&children.keepers, "process", keep, p, &p->keeper);
    if (e) {
        free_job(p->job);
        process_free(p);
        return e;
    }
    list_push(&children.all, &p->link);
    children.count++;
    *out = p;
    return NULL;
}

enum process_state process_state(const struct process *p)
{
    return p->state;
}

pid_t process_id(const struct process *p)
{
    return p->pid;
}

int64_t process_cpu_us(const struct process *p)
{
    clockid_t       clock;
    struct timespec used;
    if (p->state != PROCESS_RUNNING || clock_getcpuclockid(p->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return used.tv_sec * US_PER_SECOND + used.tv_nsec / 1000;
}

int process_status(const struct process *p)
{
    return p->status;
}

struct output_tail *process_tail(const struct process *p)
{
    return p->tail;
}

struct err *process_take_error(struct process *p)
{
    struct err *e = p->error;
    p->error = NULL;
    return e;
}

const char *process_describe(int status, char *buf, size_t cap)
{
    if (WIFSIGNALED(status))
        snprintf(buf, cap, "killed by signal %d", WTERMSIG(status));
    else
        snprintf(buf, cap, "exited with %d", WEXITSTATUS(status));
    return buf;
}

void process_end(struct process *p)
{
    if (p->ending || !p->keeper)
        return;
    p->ending = true;
    p->kill_at_us = now_us() + PROCESS_TERM_US;
    if (p->pid > 0)
        send_signal(p, SIGTERM);
    co_unpark(p->keeper);
}

void process_release(struct process **pp)
{
    struct process *p = *pp;
    *pp = NULL;
    if (!p)
        return;
    p->owner = NULL;
    if (p->keeper)
        process_end(p);
    else
        process_free(p);
}

void process_shutdown(int64_t patience_us)
{
    if (!children.all.next)
        return; /* process_init() was not called. */
    LIST_FOREACH (&children.all, it, after)
        process_end(LIST_ENTRY(it, struct process, link));
    co_group_join(&children.keepers, now_us() + patience_us);
    co_group_cancel_and_join(&children.keepers);
    program_output_shutdown(patience_us);
}
