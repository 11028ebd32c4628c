/**
 * Log lines with a level, and with the trace id of the coroutine that writes them.
 *
 *     [2026-11-20 07:12:45.123][WARN][4711][7f3a90bc][11] text
 *
 * A line never waits for the disk or the terminal: it goes into a bounded queue, which a thread of the log drains. When
 * the queue is full, lines are dropped, and the next line that is written says how many. Before log_start_writer() and
 * after log_stop() the caller writes its lines itself. The lines of one connection are limited (core/log_limit.h); those
 * of many short connections are bounded by the queue alone. The newest lines stay in memory, too (core/log_tail.h).
 *
 * Secrets in a text are masked (core/mask.h), whoever has written it.
 *
 * Shape      text is cut at LOG_LINE_MAX
 * Yields     no
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/log_limit.h"

/* LOG_OFF is a setting: nothing is logged. No line has that level. */
enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

enum { LOG_LINE_MAX = 8192, LOG_PATH_MAX = 1024, LOG_QUEUE_BYTES_MAX = 4 << 20 };

struct log_settings {
    enum log_level level;
    bool           to_console; /* otherwise to `path` */
    bool           utc;
    char           path[LOG_PATH_MAX];
};

/**
 * Where lines go from now on. When the file cannot be opened, the log stays as it was. The call waits for a line that is
 * being written, so the disk may hold it up: a running server makes it on a thread.
 */
struct err *log_setup(const struct log_settings *settings) ATTR_MUST_USE;

/**
 * The error that log_setup() would return because of what is at the file's path: a directory, a pipe without a reader.
 * Nothing is created. A missing permission or directory is no error here: another user may start the server.
 */
struct err *log_check(const struct log_settings *settings) ATTR_MUST_USE;

/** Close and open the file again, after it has been rotated. The writer thread does it. */
void log_reopen(void);

/** Start the writer thread. To be called after the last fork. */
struct err *log_start_writer(void) ATTR_MUST_USE;

/** Write the queued lines, within `patience_us`, end the thread and close the file. */
void log_stop(long patience_us);

/** The descriptor that lines go to: for a crash handler, which may call nothing but write(). */
int log_descriptor(void);

/** The function that gives each line its trace id; NULL or "" means none. */
void log_set_trace_source(const char *(*trace_id)(void));

/** The function that gives the limits for a line; NULL means that it is not limited. */
void log_set_limits_source(struct log_limits *(*limits)(void));

/** Log how many lines of each kind were held back. To be called when the connection that owns `l` ends. */
void log_tell_held(struct log_limits *l);

/** True when a line of that level would be written. Saves the making of costly arguments. */
bool log_enabled(enum log_level level);

void log_write(enum log_level level, const char *fmt, ...) ATTR_PRINTF(2, 3);

/** Limited by `l` in place of the connection's own limits: for a line that each of many connections may cause. */
void log_write_within(struct log_limits *l, enum log_level level, const char *fmt, ...) ATTR_PRINTF(3, 4);

/** Logged under the given trace id, and not limited. */
void log_write_as(const char *trace_id, enum log_level level, const char *fmt, ...) ATTR_PRINTF(3, 4);

#define log_trace(...) log_write(LOG_TRACE, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

/** Log the words, then the error's whole story with its errno, and free the error. NULL writes nothing. */
void log_err(enum log_level level, struct err *e, const char *fmt, ...) ATTR_PRINTF(3, 4);

/** The name that a level has in log lines, such as "WARN". `level` is below LOG_OFF. */
const char *log_level_name(enum log_level level);

/** The level that a configuration word means, in the old spelling (`trace` = LOG_INFO) or the new one. */
enum log_level log_level_from_old_word(const char *word); /* srs_log_level; an unknown word is LOG_OFF */
enum log_level log_level_from_word(const char *word);     /* srs_log_level_v2 */

#endif
