/**
 * What every load tool needs: a way to give up, a clock, descriptors, a server's address, a process to watch.
 *
 * Yields     no coroutines here: the tools are plain epoll loops, so that they load the machine as little as they can
 */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/attr.h"
#include "core/clock.h"

/** Print the sentence and end the process with 1. */
_Noreturn void die(const char *fmt, ...) ATTR_PRINTF(1, 2);

/** A whole number of at least `min` out of a command line argument, or die. */
int64_t tool_number(const char *option, const char *text, int64_t min);

/** Let the process have as many descriptors as it may, and die when `wanted` are too many. */
void tool_want_files(size_t wanted);

/** From now on SIGINT and SIGTERM set the one, SIGUSR1 the other, and SIGPIPE does nothing. */
extern volatile sig_atomic_t tool_stop, tool_mark;
void                         tool_catch_signals(void);

/** Whether progress is worth showing: stderr is a terminal, or --progress said so. */
bool tool_is_terminal(void);

/** Which stream to speak to, and how. A `%d` in the stream's name stands for a number. */
enum wire {
    WIRE_RTMP, /* rtmp:// */
    WIRE_HTTP, /* http:// and https://: media in the body of the answer */
    WIRE_RAW,  /* raw://: FLV from the first byte on, as `floor` sends it */
};

/* What the body of an answer holds, by the end of the URL. */
enum container { CONTAINER_FLV, CONTAINER_TS };

struct target {
    enum wire          wire;
    bool               tls;
    enum container     container;
    struct sockaddr_in addr;
    char               host[256], app[256], stream[256], tc_url[768];
};

/** Parse `rtmp://ADDRESS[:PORT]/app/stream`, `http://ADDRESS[:PORT]/app/stream.flv` or the like, or die. */
void target_parse(struct target *t, const char *url);

/** The stream's name with the number in place of `%d`. */
void target_stream(const struct target *t, int number, char *buf, size_t cap);

/** A non-blocking socket that is being connected, or -1 and errno. `receive_buffer` 0 leaves that to the kernel. */
int target_connect(const struct target *t, int receive_buffer);

/** What /proc says about a process. */
struct usage {
    int64_t cpu_us; /* user and system time */
    int64_t rss_bytes;
};

/** False when there is no such process (any more). */
bool usage_read(pid_t pid, struct usage *u);

#endif
