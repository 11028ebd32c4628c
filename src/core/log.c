#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/log_tail.h"
#include "core/mask.h"
#include "core/str.h"

static struct {
    /* Settings that are read for each line, while log_setup() may run on another thread. */
    _Atomic int  level;
    _Atomic bool utc, colour;
    const char *(*trace_id)(void);
    struct log_limits *(*limits)(void);

    struct log_settings settings;
    int                 fd; /* -1: console */

    pthread_mutex_t lock;
    pthread_cond_t  more, drained;
    pthread_t       writer;
    bool            running, stopping, reopen_wanted, busy;
    struct buf      filling; /* lines wait here while the writer thread empties the previous buffer */
    unsigned long   dropped;
} state = {
    .level = LOG_INFO,
    .settings = { .level = LOG_INFO, .to_console = true },
    .fd = -1,
    .filling = BUF_UP_TO(LOG_QUEUE_BYTES_MAX),
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .more = PTHREAD_COND_INITIALIZER,
    .drained = PTHREAD_COND_INITIALIZER,
};

int log_descriptor(void)
{
    return state.fd >= 0 ? state.fd : STDOUT_FILENO;
}

/* Another process may have made the terminal or pipe non-blocking: wait for room as a blocking write would. */
static bool wait_for_room(int fd)
{
    struct pollfd room = { .fd = fd, .events = POLLOUT };
    return poll(&room, 1, -1) > 0 || errno == EINTR;
}

static void write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_room(fd))))
            continue;
        if (n <= 0)
            return; /* a full disk or a closed pipe loses lines, and the server goes on */
        bytes += n;
        len -= (size_t)n;
    }
}

/* Opening a pipe without a reader fails at once. Later writes wait for the reader. */
static int open_log_file(const char *path, int flags)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0644);
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

static struct err *cannot_open(const char *path)
{
    return err_sys(E_SYSTEM_FILE_OPEN, "open log file %s: %s", path, strerror(errno));
}

struct err *log_check(const struct log_settings *settings)
{
    int fd = settings->to_console ? -1 : open_log_file(settings->path, 0);
    if (fd >= 0)
        close(fd);
    else if (!settings->to_console && errno != ENOENT && errno != EACCES && errno != EPERM)
        return cannot_open(settings->path);
    return NULL;
}

struct err *log_setup(const struct log_settings *settings)
{
    int fd = -1;
    if (!settings->to_console && (fd = open_log_file(settings->path, O_CREAT)) < 0)
        return cannot_open(settings->path);

    pthread_mutex_lock(&state.lock);
    int old = state.fd;
    state.settings = *settings;
    state.fd = fd;
    state.utc = settings->utc;
    state.colour = settings->to_console && isatty(STDOUT_FILENO);
    state.level = (int)settings->level;
    while (state.busy) /* the writer thread still uses the old descriptor */
        pthread_cond_wait(&state.drained, &state.lock);
    pthread_mutex_unlock(&state.lock);
    if (old >= 0)
        close(old);
    return NULL;
}

/* Called on the writer thread. If the new file cannot be opened, lines go on into the old one, and the first says why. */
static void reopen_file(const char *path)
{
    int fd = open_log_file(path, O_CREAT);
    if (fd < 0) {
        char note[LOG_PATH_MAX + 128];
        int  n = snprintf(note, sizeof note, "(the log cannot be opened at %s: %s; it goes on where it was)\n", path,
                          strerror(errno));
        write_all(log_descriptor(), note, (size_t)n);
        return;
    }
    pthread_mutex_lock(&state.lock);
    int unused = fd;
    if (state.fd >= 0 && str_equal(state.settings.path, path)) { /* otherwise log_setup() has moved the log meanwhile */
        unused = state.fd;
        state.fd = fd;
    }
    pthread_mutex_unlock(&state.lock);
    close(unused);
}

void log_reopen(void)
{
    pthread_mutex_lock(&state.lock);
    bool threaded = state.running;
    state.reopen_wanted = state.fd >= 0;
    if (threaded)
        pthread_cond_signal(&state.more);
    pthread_mutex_unlock(&state.lock);
    if (!threaded && state.reopen_wanted) {
        state.reopen_wanted = false;
        reopen_file(state.settings.path);
    }
}

static void *writer_main(void *unused)
{
    (void)unused;
    struct buf spare = buf_up_to(LOG_QUEUE_BYTES_MAX);
    pthread_mutex_lock(&state.lock);
    for (;;) {
        while (!state.filling.len && !state.stopping && !state.reopen_wanted)
            pthread_cond_wait(&state.more, &state.lock);
        if (!state.filling.len && !state.reopen_wanted)
            break; /* stopping, and everything is written */

        struct buf full = state.filling;
        state.filling = spare;
        bool reopen = state.reopen_wanted;
        state.reopen_wanted = false;
        state.busy = true;
        int                 fd = log_descriptor();
        struct log_settings settings = state.settings;
        pthread_mutex_unlock(&state.lock);

        write_all(fd, full.bytes, full.len);
        if (reopen)
            reopen_file(settings.path);
        buf_clear(&full);
        spare = full;

        pthread_mutex_lock(&state.lock);
        state.busy = false;
        pthread_cond_broadcast(&state.drained);
    }
    pthread_mutex_unlock(&state.lock);
    buf_finish(&spare);
    return NULL;
}

struct err *log_start_writer(void)
{
    state.stopping = false;
    state.running = true;
    int r = pthread_create(&state.writer, NULL, writer_main, NULL);
    if (r) {
        state.running = false;
        errno = r;
        return err_sys(E_THREAD_CREATE, "start the log's writer thread");
    }
    return NULL;
}

void log_stop(long patience_us)
{
    if (state.running) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        int64_t ns = until.tv_nsec + patience_us % US_PER_SECOND * 1000;
        until.tv_sec += patience_us / US_PER_SECOND + ns / 1000000000;
        until.tv_nsec = (long)(ns % 1000000000);

        pthread_mutex_lock(&state.lock);
        state.stopping = true;
        pthread_cond_signal(&state.more);
        pthread_mutex_unlock(&state.lock);
        if (pthread_timedjoin_np(state.writer, NULL, &until) != 0)
            return; /* the disk hangs: thread and buffers live until the process ends */
        state.running = false;
    }
    buf_finish(&state.filling);
    if (state.fd >= 0)
        close(state.fd);
    state.fd = -1;
}

void log_set_trace_source(const char *(*trace_id)(void))
{
    state.trace_id = trace_id;
}

void log_set_limits_source(struct log_limits *(*limits)(void))
{
    state.limits = limits;
}

bool log_enabled(enum log_level level)
{
    return level < LOG_OFF && (int)level >= state.level;
}

static void emit(const char *line, size_t len)
{
    if (!state.running) {
        write_all(log_descriptor(), line, len);
        return;
    }
    pthread_mutex_lock(&state.lock);
    size_t len_before = state.filling.len;
    if (state.dropped)
        buf_printf(&state.filling, "(the log could not keep up: %lu lines dropped)\n", state.dropped);
    buf_append(&state.filling, line, len);
    if (state.filling.fault) {
        buf_rewind(&state.filling,
                   len_before); /* a note comes only with a line behind it: notes alone would fill the queue */
        state.dropped++;
    } else {
        state.dropped = 0;
    }
    pthread_cond_signal(&state.more);
    pthread_mutex_unlock(&state.lock);
}

/* Date and time, "2026-11-20 07:12:45"; computed once a second. */
static const char *second_text(time_t second)
{
    static time_t cached_second = -1;
    static bool   cached_utc;
    static char   cached[32];
    bool          utc = state.utc;
    if (second != cached_second || utc != cached_utc) {
        struct tm parts;
        if (utc)
            gmtime_r(&second, &parts);
        else
            localtime_r(&second, &parts);
        strftime(cached, sizeof cached, "%Y-%m-%d %H:%M:%S", &parts);
        cached_second = second;
        cached_utc = utc;
    }
    return cached;
}

static const char *current_trace(void)
{
    return state.trace_id ? state.trace_id() : "";
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR" };
    return names[level];
}

static void put_head(struct str *line, int64_t wall, enum log_level level, const char *trace, int errnum)
{
    str_printf(line, "[%s.%03d][%s][%d][%s]", second_text((time_t)(wall / US_PER_SECOND)),
               (int)(wall / US_PER_MS % 1000), log_level_name(level), (int)getpid(), trace);
    if (level >= LOG_WARN)
        str_printf(line, "[%d]", errnum);
    str_append(line, " ", 1);
}

static void log_vwrite(enum log_level level, const char *trace, int errnum, struct err *e, const char *fmt,
                       va_list args)
{
    static const char *const colour_on[] = { [LOG_WARN] = "\033[33m", [LOG_ERROR] = "\033[31m" };
    static char              line_bytes[LOG_LINE_MAX],
        text_bytes[LOG_LINE_MAX]; /* used up before the next yield; kept off every stack */

    struct str text = str_over(text_bytes, sizeof text_bytes);
    struct str line = str_over(line_bytes, sizeof line_bytes - sizeof "\033[0m\n");
    bool       colour = state.colour && level >= LOG_WARN;
    if (colour)
        str_printf(&line, "%s", colour_on[level]);
    int64_t wall = wall_now_us();
    put_head(&line, wall, level, trace, errnum);
    size_t head = line.len;
    str_vprintf(&text, fmt, args);
    str_tame(text.buf, text.len);
    if (e) {
        str_append(&text, " ", 1);
        if (level >= LOG_ERROR)
            err_describe(e, (int)getpid(), trace, text.buf + text.len, text.cap - text.len);
        else
            err_summary(e, text.buf + text.len, text.cap - text.len);
        text.len += strlen(text.buf + text.len);
    }
    mask_append(&line, text.buf, text.len);
    log_tail_put(
        &(struct log_tail_line){ .wall_us = wall, .level = (int)level, .trace = trace, .text = line.buf + head });
    line.cap = sizeof line_bytes; /* now with the room that was kept for the ending */
    str_printf(&line, "%s\n", colour ? "\033[0m" : "");
    emit(line.buf, line.len);
}

static void write_plain(enum log_level level, const char *fmt, ...) ATTR_PRINTF(2, 3);

static void write_plain(enum log_level level, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    log_vwrite(level, current_trace(), 0, NULL, fmt, args);
    va_end(args);
}

static void tell_held(struct log_limits *l, int64_t now)
{
    struct log_limit held;
    while (log_limits_take_held(l, now, &held))
        if (log_enabled((enum log_level)held.level))
            write_plain((enum log_level)held.level, "(%llu more like \"%s\" were not logged)",
                        (unsigned long long)held.n_held, held.kind);
}

void log_tell_held(struct log_limits *l)
{
    tell_held(l, INT64_MAX);
}

/* False when a line of this kind has been written within the last second. NULL: no limits apply. */
static bool is_within(struct log_limits *l, enum log_level level, const char *kind)
{
    if (!l || level < LOG_INFO)
        return true;
    int64_t now = now_us();
    tell_held(l, now);
    return log_limits_pass(l, kind, (int)level, now);
}

static struct log_limits *own_limits(void)
{
    return state.limits ? state.limits() : NULL;
}

static void write_within(struct log_limits *l, enum log_level level, const char *fmt, va_list args)
{
    int errnum = errno; /* kept for the caller; the line prints 0, for errno rarely belongs to it */
    if (!is_within(l, level, fmt))
        return;
    log_vwrite(level, current_trace(), 0, NULL, fmt, args);
    errno = errnum;
}

void log_write(enum log_level level, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    va_list args;
    va_start(args, fmt);
    write_within(own_limits(), level, fmt, args);
    va_end(args);
}

void log_write_within(struct log_limits *l, enum log_level level, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    va_list args;
    va_start(args, fmt);
    write_within(l, level, fmt, args);
    va_end(args);
}

void log_write_as(const char *trace_id, enum log_level level, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    int     errnum = errno;
    va_list args;
    va_start(args, fmt);
    log_vwrite(level, trace_id, 0, NULL, fmt, args);
    va_end(args);
    errno = errnum;
}

void log_err(enum log_level level, struct err *e, const char *fmt, ...)
{
    if (e && log_enabled(level) && is_within(own_limits(), level, fmt)) {
        va_list args;
        va_start(args, fmt);
        log_vwrite(level, current_trace(), err_errno(e), e, fmt, args);
        va_end(args);
    }
    err_free(e);
}

struct level_word {
    const char    *word;
    enum log_level level;
};

static enum log_level find_word(const struct level_word *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(words[i].word, word))
            return words[i].level;
    return LOG_OFF;
}

enum log_level log_level_from_old_word(const char *word)
{
    static const struct level_word words[] = {
        { "verbose", LOG_TRACE }, { "info", LOG_DEBUG },  { "trace", LOG_INFO },
        { "warn", LOG_WARN },     { "error", LOG_ERROR },
    };
    return find_word(words, ARRAY_LEN(words), word);
}

enum log_level log_level_from_word(const char *word)
{
    static const struct level_word words[] = {
        { "trace", LOG_TRACE }, { "debug", LOG_DEBUG }, { "info", LOG_INFO },
        { "warn", LOG_WARN },   { "error", LOG_ERROR },
    };
    return find_word(words, ARRAY_LEN(words), word);
}
