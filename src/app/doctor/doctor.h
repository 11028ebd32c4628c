/**
 * The doctor: names the cause when a stream does not play, or plays badly, with what to do about it.
 *
 * It takes facts (facts.h), one subject after another, and asks the checks (checks.h). Nothing is kept between two visits: what must
 * be remembered is remembered where it happens (source/pulse.h, session/refusals.h).
 *
 * Yields     yes, between two subjects
 */
#ifndef APP_DOCTOR_DOCTOR_H
#define APP_DOCTOR_DOCTOR_H

#include "app/doctor/finding.h"
#include "core/attr.h"
#include "core/err.h"

struct server;

/** What is asked about; NULL: any. Borrowed during the visit. */
struct doctor_question {
    const char *vhost, *app, *stream;
};

/** Who is told each finding. `tell` may yield; `f` is valid until it returns. An error ends the visit. */
struct doctor_listener {
    struct err *(*tell)(void *arg, const struct finding *f);
    void *arg;
};

/** What was looked at. */
struct doctor_summary {
    size_t n_streams, n_findings, n_dropped;
    size_t n_of[FINDING_ERROR + 1]; /* findings of each severity */
};

/**
 * Look at the server and its streams. With a question, streams and refusals that do not answer to it are left out, and a stream that
 * nobody publishes is itself a finding.
 *
 * Errors     out of memory, those of the listener
 */
struct err *doctor_visit(struct server *s, const struct doctor_question *q, const struct doctor_listener *to,
                         struct doctor_summary *sum) ATTR_MUST_USE;

#endif
