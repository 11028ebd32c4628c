/**
 * The limit of open files: raised to what the connections need.
 *
 * Yields     no
 */
#ifndef APP_CONF_OPEN_FILES_H
#define APP_CONF_OPEN_FILES_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/process.h"

struct conf;

/* Descriptors in addition to one a connection: listeners, log, files, the epoll instance. SRS counts the same number. */
enum { OPEN_FILES_SPARE = 128 };

/* Descriptors that connections and files of HTTP leave to callbacks, if a vhost has some: clients cannot shut its backend out. */
enum { OPEN_FILES_CALLBACKS = 64 };

/* Descriptors of the programs of `exec`: for each a pidfd, the pipes of its output, and the files that they lead to. */
enum { OPEN_FILES_PROGRAMS = 5 * PROCESSES_MAX };

/** Errors     E_SYSTEM_CONFIG_INVALID when the hard limit is too low for `max_connections` */
struct err *open_files_reserve(int max_connections) ATTR_MUST_USE;

/**
 * The same for a configuration. If a vhost runs programs, or has callbacks, of which each connection may wait for one, the limit is
 * raised for them too, as far as the hard limit lets it; a warning tells when it does not, because they may then take the descriptors of
 * connections.
 */
struct err *open_files_reserve_for(const struct conf *c) ATTR_MUST_USE;

/** True if a descriptor that a client has just got is one of those that are left to callbacks. From any thread. */
bool open_files_are_short(int fd);

#endif
