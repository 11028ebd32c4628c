/**
 * The newest lines of the log, in memory: for a console, wherever the log itself goes.
 *
 *     for (uint64_t n = log_tail_oldest(); n < log_tail_end(); n++) {
 *         struct log_tail_line line = log_tail_at(n);
 *         …
 *     }
 *
 * Each line has a number; numbers have no gaps. Old lines give way to new ones. No call allocates.
 *
 * Shape      at most LOG_TAIL_LINES lines, LOG_TAIL_BYTES of text together
 * Units      wall_us: microseconds since 1970
 * Ownership  texts belong to the tail, and are good until the next line
 * Threads    all calls are the loop's, as all log lines are
 * Yields     no
 */
#ifndef CORE_LOG_TAIL_H
#define CORE_LOG_TAIL_H

#include <stdint.h>

enum { LOG_TAIL_LINES = 2048, LOG_TAIL_BYTES = 512 << 10, LOG_TAIL_TEXT_MAX = 4 << 10, LOG_TAIL_TRACE_MAX = 64 };

struct log_tail_line {
    int64_t     wall_us;
    int         level; /* enum log_level */
    const char *trace, *text;
};

/** Append a line. Copies both texts, which have no NUL inside; they are cut at LOG_TAIL_TRACE_MAX and LOG_TAIL_TEXT_MAX. */
void log_tail_put(const struct log_tail_line *line);

/** Numbers of the oldest line that is kept, and behind the newest one. They are equal while there is none. */
uint64_t log_tail_oldest(void);
uint64_t log_tail_end(void);

/** The line of that number, which log_tail_oldest() <= number < log_tail_end(). */
struct log_tail_line log_tail_at(uint64_t number);

#endif
