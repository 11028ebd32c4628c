/**
 * `asprocess on`: the server ends when the process that started it ends.
 */
#ifndef MAIN_PARENT_H
#define MAIN_PARENT_H

#include "core/attr.h"
#include "core/err.h"

struct server;

/**
 * Watch the parent process, in a coroutine among the server's services.
 *
 * Errors     E_SYSTEM_ASSERT_FAILED when the parent is process 1 already
 */
struct err *parent_watch_start(struct server *s) ATTR_MUST_USE;

#endif
