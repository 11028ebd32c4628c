/**
 * Takes the facts of streams and refusals out of the server.
 *
 * Ownership  facts borrow from what they were taken of
 * Yields     no
 */
#ifndef APP_DOCTOR_GATHER_H
#define APP_DOCTOR_GATHER_H

#include "app/doctor/facts.h"
#include "core/clock.h"

/* Refusals are told for this long. */
enum { GATHER_RECENT_US = 600 * US_PER_SECOND };

struct server;
struct tls_pair_state;
struct source;

/** `n_fds`, `max_fds`: descriptors (machine.h). */
void gather_server(const struct server *s, int64_t n_fds, int64_t max_fds, struct facts_server *out);

void gather_pair(const struct tls_pair_state *p, int64_t now_us, int64_t wall_now_us, struct facts_pair *out);

void gather_stream(const struct server *server, const struct source *s, int64_t now_us, struct facts_stream *out);

/** For a stream that nobody publishes: what may be meant. Looks at many streams. */
void gather_nearest(const struct server *server, const struct source *s, struct facts_stream *out);

/** True if the refusal is recent, and its reason may still hold: a stream that has come since is no fault any more. */
bool gather_refusal(const struct server *server, const struct refusal *r, int64_t now_us, struct facts_refusal *out);

#endif
