#include "tool.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/str.h"

volatile sig_atomic_t tool_stop, tool_mark;

void die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

int64_t tool_number(const char *option, const char *text, int64_t min)
{
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < min)
        die("--%s %s: a whole number of at least %lld is wanted", option, text, (long long)min);
    return value;
}

void tool_want_files(size_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        die("getrlimit: %s", strerror(errno));
    if (limit.rlim_max < wanted) { /* root may raise the limit */
        struct rlimit more = { wanted, wanted };
        if (setrlimit(RLIMIT_NOFILE, &more) < 0)
            die("%zu descriptors are needed, %zu are allowed (ulimit -Hn)", wanted, (size_t)limit.rlim_max);
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void stop(int signal_number)
{
    (void)signal_number;
    tool_stop = 1;
}

static void mark(int signal_number)
{
    (void)signal_number;
    tool_mark = 1;
}

void tool_catch_signals(void)
{
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    signal(SIGUSR1, mark);
    signal(SIGPIPE, SIG_IGN);
}

bool tool_is_terminal(void)
{
    return isatty(STDERR_FILENO);
}

static const struct {
    const char *scheme;
    enum wire   wire;
    uint16_t    port;
    bool        tls;
} schemes[] = {
    { "rtmp://", WIRE_RTMP, 1935, false },
    { "http://", WIRE_HTTP, 8080, false },
    { "https://", WIRE_HTTP, 8088, true },
    { "raw://", WIRE_RAW, 1935, false },
};

/* Copy the text up to `end` (or to its end) into `buf`. Returns the place after it. */
static const char *cut(char *buf, size_t cap, const char *from, const char *end, const char *url)
{
    size_t len = end ? (size_t)(end - from) : strlen(from);
    if (len >= cap)
        die("%s is too long", url);
    memcpy(buf, from, len);
    buf[len] = '\0';
    return end ? end + 1 : from + len;
}

void target_parse(struct target *t, const char *url)
{
    *t = (struct target){ .addr.sin_family = AF_INET };
    const char *rest = NULL;
    uint16_t    port = 0;
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (str_starts_with(url, schemes[i].scheme)) {
            rest = url + strlen(schemes[i].scheme);
            t->wire = schemes[i].wire;
            t->tls = schemes[i].tls;
            port = schemes[i].port;
        }
    }
    if (!rest)
        die("%s: rtmp://, http://, https:// or raw:// is wanted", url);

    char host[256], text[64];
    rest = cut(host, sizeof host, rest, strchr(rest, '/'), url);
    const char *colon = strchr(host, ':');
    cut(text, sizeof text, host, colon, url);
    if (colon)
        port = (uint16_t)tool_number("port", colon + 1, 1);
    if (inet_pton(AF_INET, text, &t->addr.sin_addr) != 1)
        die("%s: an IPv4 address is wanted in place of %s", url, text);
    t->addr.sin_port = htons(port);
    snprintf(t->host, sizeof t->host, "%s:%u", text, port);

    if (t->wire != WIRE_RAW) {
        const char *slash = strrchr(rest, '/');
        if (!slash || slash == rest || !slash[1])
            die("%s: /app/stream is wanted", url);
        cut(t->app, sizeof t->app, rest, slash, url);
        str_copy(t->stream, sizeof t->stream, slash + 1);
        const char *dot = strrchr(t->stream, '.');
        t->container = dot && strcmp(dot, ".ts") == 0 ? CONTAINER_TS : CONTAINER_FLV;
    }
    snprintf(t->tc_url, sizeof t->tc_url, "rtmp://%s/%s", t->host, t->app);
}

void target_stream(const struct target *t, int number, char *buf, size_t cap)
{
    const char *mark = strstr(t->stream, "%d");
    if (!mark)
        str_copy(buf, cap, t->stream);
    else
        snprintf(buf, cap, "%.*s%d%s", (int)(mark - t->stream), t->stream, number, mark + 2);
}

int target_connect(const struct target *t, int receive_buffer)
{
    static const int on = 1;
    int              fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (connect(fd, (const struct sockaddr *)&t->addr, sizeof t->addr) < 0 && errno != EINPROGRESS) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* Read the file's text; false when it cannot be read. */
static bool slurp(pid_t pid, const char *file, char *buf, size_t cap)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    size_t len = fread(buf, 1, cap - 1, f);
    fclose(f);
    buf[len] = '\0';
    return len > 0;
}

/* Read the processor time in whole ticks of 10 ms. */
static bool read_ticks(pid_t pid, int64_t *cpu_us)
{
    char          text[1024];
    unsigned long user, system;
    if (!slurp(pid, "stat", text, sizeof text))
        return false;
    /* proc(5): the name, in parentheses, may hold anything; utime and stime are fields 14 and 15 */
    const char *behind_name = strrchr(text, ')');
    if (!behind_name ||
        sscanf(behind_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return false;
    *cpu_us = (int64_t)(user + system) * US_PER_SECOND / sysconf(_SC_CLK_TCK);
    return true;
}

/* The processor time of all threads, exact to the nanosecond, from each thread's schedstat; 0 if the kernel keeps none. */
static int64_t threads_cpu_us(pid_t pid)
{
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR     *tasks = opendir(path);
    uint64_t sum_ns = 0, ns;
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        snprintf(path, sizeof path, "task/%.20s/schedstat", task->d_name);
        if (task->d_name[0] != '.' && slurp(pid, path, text, sizeof text) && sscanf(text, "%" SCNu64, &ns) == 1)
            sum_ns += ns;
    }
    if (tasks)
        closedir(tasks);
    return (int64_t)(sum_ns / 1000);
}

bool usage_read(pid_t pid, struct usage *u)
{
    char text[128];
    long pages;
    if (!read_ticks(pid, &u->cpu_us))
        return false;
    int64_t threads_us = threads_cpu_us(pid); /* less than the process's time when threads have ended */
    if (threads_us > u->cpu_us)
        u->cpu_us = threads_us;
    if (!slurp(pid, "statm", text, sizeof text) || sscanf(text, "%*d %ld", &pages) != 1)
        return false;
    u->rss_bytes = pages * sysconf(_SC_PAGESIZE);
    return true;
}
