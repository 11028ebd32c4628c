/**
 * `forward.backend`: a server that is asked at each publish where the stream goes, before the publisher is let in. A backend that a reload
 * brings is also asked about the publishers of that time.
 *
 *     {"action":"on_forward","server_id":…,"service_id":…,"client_id":…,"ip":…,"vhost":…,"app":…,"tcUrl":…,"stream":…,"param":…}
 *     {"code":0,"data":{"urls":["rtmp://10.0.0.1/live/s?k=v"]}}
 *
 * An answer without a list of URLs refuses the publisher, as one with another code does, and a backend that cannot be asked. An empty list
 * pushes nowhere. A URL may be any word of `destination` (destination.h).
 *
 * Source     SRS 7: the action, the order of its members, the answer, and that only one backend is asked
 */
#ifndef APP_FORWARD_BACKEND_H
#define APP_FORWARD_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/hooks/manner.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/err.h"

/* The longest answer. */
enum { FORWARD_ANSWER_MAX = 64 << 10 };

/** How the servers of a vhost's `forward` are called: which certificates are trusted. Borrows the vhost's texts. */
struct hook_manner forward_manner(const struct conf *conf, const struct conf_vhost *vhost, int64_t timeout_us);

/** True if the vhost has its backend asked. Does not yield. */
bool forward_backend_is_wanted(const struct conf_vhost *vhost);

/** The guard of publishers; its row is in app/guards.c. */
extern const struct session_guard forward_guard;

/**
 * What a backend has answered for the publisher of this id; NULL: none has. Borrowed while the publisher's session lasts, or until a
 * yield. Does not yield.
 */
const struct conf_words *forward_backend_words(const char *client_id);

/** True if the vhost has a backend asked that has not answered for this publisher. Does not yield. */
bool forward_backend_is_missing(const char *client_id, const struct conf_vhost *vhost);

/**
 * Ask the vhost's backend about a publisher that was let in before. Its answer takes the place of that of another backend.
 *
 * Errors     those of the guard; all stays as it was
 * Yields     yes. The publisher may be gone afterwards
 */
struct err *forward_backend_ask(const char *client_id, struct conf *conf, const struct conf_vhost *vhost) ATTR_MUST_USE;

/**
 * Read an answer's list of URLs, FORWARD_TARGETS_MAX at most. Does not yield.
 *
 * Ownership  *words is released with forward_backend_finish_words(), also after an error
 * Errors     E_RESPONSE_CODE and the others of hook_answer_judge(); E_SYSTEM_FORWARD_LOOP: no list of URLs, or a URL that is too long;
 *            out of memory
 */
struct err *forward_backend_read(struct conf_words *words, int status, const char *body, size_t len) ATTR_MUST_USE;

void forward_backend_finish_words(struct conf_words *words);

#endif
