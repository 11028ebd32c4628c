#include "protocol/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/attr.h"

/* Stack of the child until it executes; the search in PATH takes some 8 KiB of it. */
enum { CHILD_STACK_BYTES = 256 << 10 };

/* The first descriptor that is not a standard one; the child closes all from here on. */
enum { FIRST_OTHER = 3 };

struct child {
    struct spawn *spawn;
    pid_t         parent;
    int           fds[FIRST_OTHER]; /* descriptors that become the child's standard ones */
};

/* The child must not run a handler of the server, and must not inherit ignored signals. */
static void reset_signals(void)
{
    sigset_t none;
    for (int signo = 1; signo < NSIG; signo++)
        signal(signo, SIG_DFL); /* It fails for the signals that cannot be changed. */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The child until it executes. It shares the memory of the server, and the thread that made it waits, so it makes only system
 * calls. Its descriptors and signal handlers are its own.
 */
__attribute__((no_sanitize("address", "undefined"))) static int become_program(void *arg)
{
    struct child *c = arg;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != c->parent)
        _exit(1); /* The server died before the child had asked to be told. */
    for (int fd = 0; fd < FIRST_OTHER; fd++)
        if (dup2(c->fds[fd], fd) < 0) {
            c->spawn->error = errno;
            _exit(1);
        }
    close_range(FIRST_OTHER, UINT_MAX, 0);
    setpriority(PRIO_PROCESS, 0, 0); /* It fails where the niceness may not be lowered. */
    reset_signals();
    execvpe(c->spawn->argv[0], c->spawn->argv, c->spawn->envp);
    c->spawn->error = errno;
    _exit(1);
}

static void fail(struct spawn *s, const char *step, const char *what)
{
    s->error = errno;
    s->step = step;
    s->what = what;
}

/* Open /dev/null above the standard descriptors, so that dup2() overwrites no descriptor before it has been copied. */
static int open_null(void)
{
    int low = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FIRST_OTHER);
    if (low >= 0)
        close(low);
    return fd;
}

/* Make the child while all signals are blocked: a handler would run in the child and change the server's memory. */
static void clone_child(struct child *c, char *stack)
{
    struct spawn *s = c->spawn;
    sigset_t      all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int pid =
        clone(become_program, stack + CHILD_STACK_BYTES, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, c, &s->pidfd);
    if (pid < 0) {
        s->pidfd = -1;
        fail(s, "make a process for", s->argv[0]);
    } else if (s->error) { /* The child has ended already. */
        s->step = "execute";
        s->what = s->argv[0];
        close(s->pidfd);
        s->pidfd = -1;
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    } else {
        s->pid = pid;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void spawn_run(struct spawn *s)
{
    int          null = open_null();
    struct child c = { .spawn = s, .parent = getpid(), .fds = { null, s->output, s->errors } };
    s->pid = 0;
    s->pidfd = -1;
    s->error = 0;
    for (int i = 0; i < FIRST_OTHER; i++)
        c.fds[i] = c.fds[i] < 0 ? null : c.fds[i];
    if (null < 0) {
        fail(s, "open", "/dev/null");
    } else {
        void *stack =
            mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (stack == MAP_FAILED) {
            fail(s, "find memory for", s->argv[0]);
        } else {
            clone_child(&c, stack);
            munmap(stack, CHILD_STACK_BYTES);
        }
    }
    if (null >= 0)
        close(null);
}
