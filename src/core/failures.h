/**
 * What an API shows of tries that have failed: their number, and the last one with its time and its text, without secrets.
 */
#ifndef CORE_FAILURES_H
#define CORE_FAILURES_H

#include <stdint.h>

#include "core/err.h"

enum { FAILURES_TEXT_CAP = 256 };

struct failures {
    int64_t n;
    int     code; /* of the last one, like those below */
    int64_t wall_us;
    char    text[FAILURES_TEXT_CAP];
};

/** Note another one. The error stays the caller's. */
void failures_note(struct failures *f, const struct err *e);

#endif
