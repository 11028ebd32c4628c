#include "main/signals.h"

#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/io.h"

static sigset_t handled_signals(void)
{
    static const int handled[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGQUIT };
    sigset_t         set;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(handled); i++)
        sigaddset(&set, handled[i]);
    return set;
}

#if !defined(__SANITIZE_ADDRESS__) /* the sanitizers print better reports themselves */
static void crash(int signo)
{
    enum { FRAMES_MAX = 64 };
    static const char note[] = "*** the server crashed; backtrace:\n";
    void             *frames[FRAMES_MAX];
    int               n = backtrace(frames, FRAMES_MAX);
    int               fds[] = { STDERR_FILENO, log_descriptor() };
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (write(fds[i], note, sizeof note - 1) > 0)
            backtrace_symbols_fd(frames, n, fds[i]);
    signal(signo, SIG_DFL);
    raise(signo);
}

static void catch_crashes(void)
{
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    static char      own_stack[64 << 10]; /* the crash may be a stack overflow */
    stack_t          stack = { .ss_sp = own_stack, .ss_size = sizeof own_stack };
    struct sigaction act = { .sa_handler = crash, .sa_flags = SA_ONSTACK | SA_NODEFER };
    void            *warm[1];
    backtrace(warm, 1); /* the first call loads a library, which a handler must not do */
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
        sigaction(crashes[i], &act, NULL);
}
#else
static void catch_crashes(void)
{
}
#endif

void signals_block(void)
{
    sigset_t set = handled_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at the limit of its size is an error of write() */
    catch_crashes();
}

static void stop_by_signal(struct server *s, int signo)
{
    /* A signal may come many times: init scripts repeat it until the server is gone. */
    bool graceful = signo == SIGTERM && s->conf->force_grace_quit;
    log_info("user terminate program, %s quit, signo=%d", graceful ? "grace" : "fast", signo);
    server_request_stop(s, graceful ? SERVER_STOPS_GRACEFULLY : SERVER_STOPS_QUICKLY);
}

static void handle(struct server *s, int signo)
{
    switch (signo) {
    case SIGHUP:
        log_info("reload config, signo=%d", signo);
        server_request_reload(s);
        break;
    case SIGUSR1:
        log_warn("reopen log file, signo=%d", signo);
        log_reopen();
        break;
    case SIGTERM:
    case SIGINT: stop_by_signal(s, signo); break;
    case SIGQUIT:
        log_info("user terminate program, grace quit, signo=%d", signo);
        server_request_stop(s, SERVER_STOPS_GRACEFULLY);
        break;
    default: log_warn("signal %d (%s) does nothing here", signo, strsignal(signo));
    }
}

struct signals {
    struct server *server;
    struct io      io; /* a signalfd */
};

static void run_signals(void *arg)
{
    struct signals *in = arg;
    struct err     *e;
    while (!(e = io_wait_readable(&in->io, DEADLINE_NEVER))) {
        struct signalfd_siginfo info;
        while (read(in->io.fd, &info, sizeof info) == sizeof info)
            handle(in->server, (int)info.ssi_signo);
        io_drained(&in->io);
    }
    err_free(e); /* cancelled: the server ends */
    io_close(&in->io);
    mem_free(in);
}

struct err *signals_start(struct server *s)
{
    struct signals *in = mem_calloc(1, sizeof *in);
    if (!in)
        return err_no_memory();
    *in = (struct signals){ .server = s, .io.fd = -1 };
    sigset_t    set = handled_signals();
    int         fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    struct err *e = fd < 0 ? err_sys(E_SYSTEM_CREATE_PIPE, "create the signalfd") : io_open(&in->io, fd);
    if (!e)
        e = co_go(&s->services, "signals", run_signals, in, NULL);
    if (e) {
        io_close(&in->io);
        mem_free(in);
        return e;
    }
    log_info("signal installed, reload=%d, reopen=%d, fast_quit=%d, grace_quit=%d", SIGHUP, SIGUSR1, SIGTERM, SIGQUIT);
    return NULL;
}
