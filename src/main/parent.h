/**
 * `asprocess on`: the server ends when the process that started it does.
 */
#ifndef MAIN_PARENT_H
#define MAIN_PARENT_H

#include "core/attr.h"
#include "core/err.h"

struct server;

/** Errors     E_SYSTEM_ASSERT_FAILED when the parent is process 1 already */
struct err *parent_watch_start(struct server *s) ATTR_MUST_USE;

#endif
