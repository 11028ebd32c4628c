/**
 * Variables such as [app] in words and paths of a configuration.
 *
 * Who replaces variables chooses which ones, and writes their values by itself, because the limits of what a client may put
 * there are its own: a word of a command is not a path of a file. What is common stands here: the names, finding them, and
 * the time.
 *
 * Source     SRS 7.0.18: a variable that a directive does not support stays in the text, brackets included
 * Yields     no
 */
#ifndef APP_CONF_VARIABLE_H
#define APP_CONF_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/buf.h"

enum variable {
    VARIABLE_VHOST,
    VARIABLE_APP,
    VARIABLE_STREAM,
    VARIABLE_PARAM,
    VARIABLE_ENGINE,
    VARIABLE_TC_URL,
    VARIABLE_SWF_URL,
    VARIABLE_PAGE_URL,
    VARIABLE_PORT,
    VARIABLE_URL,
    VARIABLE_SEQ,
    VARIABLE_DURATION,
    VARIABLE_YEAR,
    VARIABLE_MONTH,
    VARIABLE_DAY,
    VARIABLE_HOUR,
    VARIABLE_MINUTE,
    VARIABLE_SECOND,
    VARIABLE_MILLISECOND,
    VARIABLE_TIMESTAMP,
    VARIABLES
};

/* Sets of variables. */
enum {
    VARIABLES_NAMES = 1 << VARIABLE_VHOST | 1 << VARIABLE_APP | 1 << VARIABLE_STREAM,
    VARIABLES_TIME = 1 << VARIABLE_YEAR | 1 << VARIABLE_MONTH | 1 << VARIABLE_DAY | 1 << VARIABLE_HOUR |
                     1 << VARIABLE_MINUTE | 1 << VARIABLE_SECOND | 1 << VARIABLE_MILLISECOND | 1 << VARIABLE_TIMESTAMP,
};

/** A moment, in the parts that the variables of time name. */
struct variable_time {
    int64_t   wall_us;
    struct tm parts;
};

void variable_time_init(struct variable_time *t, int64_t wall_us, bool utc);

/** The variable of the set at the beginning of a text, or VARIABLES. */
enum variable variable_at(const char *text, unsigned set);

/** Writes the value of a variable. */
typedef void variable_put(void *arg, enum variable variable);

/** Append `text`, and call `put` in the place of each variable of the set; `put` appends to the same buffer. */
void variable_replace(struct buf *out, const char *text, unsigned set, variable_put *put, void *arg);

/** Append the value of a variable of VARIABLES_TIME. */
void variable_put_time(struct buf *out, enum variable variable, const struct variable_time *t);

#endif
