/**
 * The limit of open files: raised to what the connections need.
 *
 * Yields     no
 */
#ifndef APP_CONF_OPEN_FILES_H
#define APP_CONF_OPEN_FILES_H

#include "core/attr.h"
#include "core/err.h"

/* Descriptors in addition to one a connection: listeners, log, files, the epoll instance. SRS counts the same number. */
enum { OPEN_FILES_SPARE = 128 };

/** Errors     E_SYSTEM_CONFIG_INVALID when the hard limit is too low for `max_connections` */
struct err *open_files_reserve(int max_connections) ATTR_MUST_USE;

#endif
