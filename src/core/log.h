/**
 * Levelled log lines with the trace id of whoever writes them.
 *
 *     [2026-11-20 07:12:45.123][WARN][4711][7f3a90bc][11] text
 *
 * A line never waits for the disk or the terminal: it goes into a bounded queue that a thread of the
 * log's own drains. When the queue is full, lines are dropped and the next one written says how many.
 * Before log_start_writer() and after log_stop() lines are written at once, by the caller. What one connection writes is
 * limited (core/log_limit.h); what many short connections write together is bounded by the queue alone.
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

/* LOG_OFF is a setting only: a line of that level is not written. */
enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

enum { LOG_LINE_MAX = 8192, LOG_PATH_MAX = 1024, LOG_QUEUE_BYTES_MAX = 4 << 20 };

struct log_settings {
    enum log_level level;
    bool           to_console; /* else to `path` */
    bool           utc;
    char           path[LOG_PATH_MAX];
};

/**
 * Where lines go from now on. Opening the file fails: the error, and the log stays as it was. It waits for a line that is
 * being written, so a disk may hold it up: a server that runs calls it on a thread.
 */
struct err *log_setup(const struct log_settings *settings) ATTR_MUST_USE;

/**
 * What log_setup() would say of what stands at the file's path: a directory, a pipe without a reader. Nothing is created,
 * and what only a right or a directory is missing for is no error: another user may start the server.
 */
struct err *log_check(const struct log_settings *settings) ATTR_MUST_USE;

/** Close and open the file again, after rotation; the writer thread does it. */
void log_reopen(void);

/** Start the writer thread: after the last fork. */
struct err *log_start_writer(void) ATTR_MUST_USE;

/** Drain what is queued, wait for it at most `patience_us`, end the thread, close the file. */
void log_stop(long patience_us);

/** Where lines go: for a crash handler, which may only write(). */
int log_descriptor(void);

/** Ask this for the trace id of each line; NULL or "" means none. */
void log_set_trace_source(const char *(*trace_id)(void));

/** Ask this for the limits of whoever writes a line; NULL means that its lines are not limited. */
void log_set_limits_source(struct log_limits *(*limits)(void));

/** Write how many lines of each kind were held back: at the end of the connection that kept `l`. */
void log_tell_held(struct log_limits *l);

/** True when a line of that level would be written: guards costly arguments. */
bool log_enabled(enum log_level level);

void log_write(enum log_level level, const char *fmt, ...) ATTR_PRINTF(2, 3);

/** Within these limits in place of the connection's own: for a line that any of many connections may cause. */
void log_write_within(struct log_limits *l, enum log_level level, const char *fmt, ...) ATTR_PRINTF(3, 4);

/** On behalf of somebody else: with that trace id, not limited. */
void log_write_as(const char *trace_id, enum log_level level, const char *fmt, ...) ATTR_PRINTF(3, 4);

#define log_trace(...) log_write(LOG_TRACE, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

/** Log an error's whole story, with the errno that it remembers, behind the words, at that level, and free it. NULL writes nothing. */
void log_err(enum log_level level, struct err *e, const char *fmt, ...) ATTR_PRINTF(3, 4);

/** The level of a configuration word, in the old spelling (`trace` = LOG_INFO) or the new one. */
enum log_level log_level_from_old_word(const char *word); /* srs_log_level; an unknown word is LOG_OFF */
enum log_level log_level_from_word(const char *word);     /* srs_log_level_v2 */

#endif
