/**
 * The limit of open files: raised to what the connections need.
 *
 * Yields     no
 */
#ifndef APP_CONF_OPEN_FILES_H
#define APP_CONF_OPEN_FILES_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/process.h"

struct conf;

/* Descriptors in addition to one a connection: listeners, log, files, the epoll instance. SRS counts the same number. */
enum { OPEN_FILES_SPARE = 128 };

/* Descriptors of the programs of `exec`: for each a pidfd, the pipes of its output, and the files that they lead to. */
enum { OPEN_FILES_PROGRAMS = 5 * PROCESSES_MAX };

/** Errors     E_SYSTEM_CONFIG_INVALID when the hard limit is too low for `max_connections` */
struct err *open_files_reserve(int max_connections) ATTR_MUST_USE;

/**
 * The same for a configuration. If a vhost runs programs, the limit is raised for them too, as far as the hard limit lets it;
 * a warning tells when it does not, because programs may then take the descriptors of connections.
 */
struct err *open_files_reserve_for(const struct conf *c) ATTR_MUST_USE;

#endif
