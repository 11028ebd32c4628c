/**
 * Helpers of all load tools: ending with an error, options, descriptors, a server's address, a process to watch.
 *
 * Yields     there are no coroutines: the tools are plain epoll loops, so that they load the machine as little as possible
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

/** Parse an argument that is a whole number of at least `min`, or die. */
int64_t tool_number(const char *option, const char *text, int64_t min);

/** Raise the limit of descriptors as far as allowed, and die when it stays below `wanted`. */
void tool_want_files(size_t wanted);

/** After tool_catch_signals() SIGINT and SIGTERM set tool_stop, SIGUSR1 sets tool_mark, and SIGPIPE does nothing. */
extern volatile sig_atomic_t tool_stop, tool_mark;
void                         tool_catch_signals(void);

/** True when progress should be shown: stderr is a terminal, or --progress was given. */
bool tool_is_terminal(void);

/** The stream to use and its protocol. `%d` in the stream's name stands for a number. */
enum wire {
    WIRE_RTMP, /* rtmp:// */
    WIRE_HTTP, /* http:// and https://: media in the body of the answer */
    WIRE_RAW,  /* raw://: FLV without a request, as `floor` sends it */
};

/* The container in the body of an answer, by the end of the URL. */
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

/** Open a non-blocking socket and begin to connect; -1 and errno on an error. `receive_buffer` 0: the kernel's default. */
int target_connect(const struct target *t, int receive_buffer);

/** The figures of /proc about a process. */
struct usage {
    int64_t cpu_us; /* user and system time */
    int64_t rss_bytes;
};

/** Read the figures; false when the process does not exist (any more). */
bool usage_read(pid_t pid, struct usage *u);

#endif
