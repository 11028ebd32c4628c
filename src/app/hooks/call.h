/**
 * One call of a callback: a request to one URL, and its answer.
 */
#ifndef APP_HOOKS_CALL_H
#define APP_HOOKS_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/hooks/events.h"
#include "app/hooks/manner.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/histogram.h"

/* The longest body of an answer that is read. */
enum { HOOK_ANSWER_MAX = 64 << 10 };

enum { HOOK_ID_LEN = 16 };

struct hook_wish;

struct hook_call {
    char id[HOOK_ID_LEN + 1]; /* of the event: the same for all of its URLs, and when a request is sent again */
    enum hook_event    event;
    struct hook_manner manner;
    uint64_t           sequence; /* in the journal; 0: none */
    const char        *client_id;
    const char        *vhost;
    bool               id_is_secret; /* neither the id nor the body goes to the log */
    struct hook_wish  *wish;         /* takes what the answer wants beside its yes; NULL: it does not matter */
    const char        *url, *body;   /* the body is not used by HOOK_HLS_NOTIFY */
};

/*
 * X-Callback-Id goes with signed calls and with those of a journal, X-Callback-Sequence with the latter, X-Callback-Timestamp and
 * X-Callback-Signature with signed ones.
 */

/** Give the call of a new event its id. */
void hook_call_name(struct hook_call *c);

/** What a server knows of an event afterwards. */
enum hook_known {
    HOOK_UNKNOWN, /* nothing was sent */
    HOOK_MAYBE,   /* it may have got the request, and has not answered */
    HOOK_REFUSED,
    HOOK_NOT_NOW, /* likewise, with a status by which it says that it cannot answer at the moment: 408, 429, 5xx */
    HOOK_ACCEPTED,
};

/**
 * Call the URL by POST, and judge its answer. Writes the line of the log about a success.
 *
 * Errors     of a server that refuses: those of hook_answer_judge(); of one that cannot be asked: E_ST_CONNECT,
 *            E_SOCKET_TIMEOUT, E_SYSTEM_DNS_RESOLVE, E_HTTP_PARSE_URI, E_BACKEND; E_THREAD_INTERRUPTED, out of memory
 * Yields     yes
 */
struct err *hook_call(const struct hook_call *c, enum hook_known *known) ATTR_MUST_USE;

/**
 * Request the URL of HOOK_HLS_NOTIFY by GET, for the sake of whoever answers: some bytes of the answer are read, whatever it is.
 *
 * Errors     as hook_call() when there is no answer
 * Yields     yes
 */
struct err *hook_fetch(const struct hook_call *c) ATTR_MUST_USE;

/** Calls of one event since the start; `took` is the time to each answer. Calls of HOOK_HLS_NOTIFY are not counted. */
struct hook_counts {
    int64_t          n_accepted, n_refused;
    int64_t          n_failed; /* there was no answer */
    struct histogram took;
};
const struct hook_counts *hook_counts(enum hook_event event);

/** Close the connections that are kept for further calls. Yields. */
void hook_calls_finish(void);

#endif
