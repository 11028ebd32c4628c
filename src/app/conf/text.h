/**
 * Text that grows: for listings and comparisons whose length nobody knows beforehand.
 *
 * Ownership  all zero is empty; conf_text_finish() frees it
 * Errors     out of memory sets `no_memory`; what was there stays
 * Yields     no
 */
#ifndef APP_CONF_TEXT_H
#define APP_CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

struct conf_text {
    char  *buf; /* terminated; NULL while empty */
    size_t len, cap;
    bool   no_memory;
};

void conf_text_printf(struct conf_text *t, const char *fmt, ...) ATTR_PRINTF(2, 3);
void conf_text_append(struct conf_text *t, const char *bytes, size_t len);
void conf_text_finish(struct conf_text *t);

#endif
