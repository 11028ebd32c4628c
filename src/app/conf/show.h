/**
 * A word of a configuration file as messages show it.
 *
 * Yields     no
 */
#ifndef APP_CONF_SHOW_H
#define APP_CONF_SHOW_H

#include <stddef.h>

enum { CONF_SHOW_MAX = 112 };

/** Control characters as \xNN, cut after some 100 bytes. Returns `buf`. */
const char *conf_show(const char *word, char *buf, size_t cap);

#endif
