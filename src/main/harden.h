/**
 * The option --harden: a report of what the configuration leaves open.
 *
 * Yields     no
 */
#ifndef MAIN_HARDEN_H
#define MAIN_HARDEN_H

#include "app/conf/conf.h"

/* Exit statuses. A configuration that does not load has those of -t. */
enum { HARDEN_CLOSED = 0, HARDEN_OPEN = 2 };

/** Print what is open, each with the line that closes it, and return the exit status. Notes do not count. */
int harden_print(const struct conf *c);

#endif
