/**
 * Remarks about a configuration that is being loaded: lines for the caller to log.
 *
 * Loading itself does not write to the log, so that a reload can do it on a worker thread.
 *
 * Shape      at most CONF_REPORT_MAX messages; further ones are counted in `dropped`
 * Ownership  conf_report_finish() frees the messages; all zero is an empty report
 * Errors     out of memory sets `no_memory`, which conf_load() turns into its error
 * Yields     no
 */
#ifndef APP_CONF_REPORT_H
#define APP_CONF_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "core/log.h"

enum { CONF_REPORT_MAX = 1000, CONF_REPORT_TEXT_MAX = 1024 };

struct conf_message {
    enum log_level level;
    char          *text;
};

struct conf_report {
    struct conf_message *items;
    size_t               count, cap, dropped;
    bool                 no_memory;
};

void conf_report_add(struct conf_report *r, enum log_level level, const char *fmt, ...) ATTR_PRINTF(3, 4);

/** Write the messages to the log. On the loop, after loading. */
void conf_report_log(const struct conf_report *r);

/** For tests: true when a message contains `text`. */
bool conf_report_has(const struct conf_report *r, const char *text);

void conf_report_finish(struct conf_report *r);

#endif
