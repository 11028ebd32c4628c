/**
 * The newest refusals: who wanted what, and why it was not given. The doctor tells them (app/doctor).
 *
 * Equal refusals of one stream are one entry that counts. The entry that has not come for the longest time gives its place to a new
 * one, so a flood of names costs others their places and no memory.
 *
 * Ownership  refusals_finish() frees the entries; all zero is an empty list. Texts are copied, cut and tamed. Of the error only
 *            its cause is kept: what the callers tried to do may name tokens, as parameters of URLs
 * Yields     no
 */
#ifndef APP_SESSION_REFUSALS_H
#define APP_SESSION_REFUSALS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum { REFUSALS_MAX = 64, REFUSAL_NAME_CAP = 128, REFUSAL_TEXT_CAP = 256 };

/** What was asked for, borrowed. */
struct refused {
    const char *host, *app, *stream; /* as the client named them; NULL: it did not */
    const char *ip;
    bool        publish;
    bool        at_door; /* Admission refused it; refusals_forget() ends such a refusal. */
};

struct refusal {
    enum err_code code;
    bool          publish, at_door;
    char          host[REFUSAL_NAME_CAP], app[REFUSAL_NAME_CAP], stream[REFUSAL_NAME_CAP];
    char          ip[INET6_ADDRSTRLEN]; /* of the newest */
    char          text[REFUSAL_TEXT_CAP];
    int64_t       newest_us; /* monotonic */
    int64_t       n;
};

struct refusals {
    struct refusal *items; /* NULL: none was noted */
    size_t          count;
};

/** Note a refusal. `why` is only read. Without memory nothing is noted. */
void refusals_note(struct refusals *r, const struct refused *what, const struct err *why, int64_t now_us);

/** Forget the refusals at the door of a client that has been admitted to the same thing now. */
void refusals_forget(struct refusals *r, const struct refused *what);

void refusals_finish(struct refusals *r);

#endif
