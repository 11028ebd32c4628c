/**
 * The answer of a callback's server: yes, or why not.
 *
 * Source     SRS 7: status 200 or 201, and a body that is the character `0` or a JSON object whose `code` is the integer 0
 * Yields     no
 */
#ifndef APP_HOOKS_ANSWER_H
#define APP_HOOKS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/stream_name.h"

/* The longest URL to which an answer may send a client; the highest bit rate and the longest time that it may give one. */
enum { HOOK_REDIRECT_MAX = 1023, HOOK_LIMIT_KBPS_MAX = 10000000 };
#define HOOK_LIMIT_SECONDS_MAX (INT64_C(10) * 366 * 24 * 3600)

/** What an answer wants beside its yes. All empty: nothing. */
struct hook_wish {
    int     limit_kbps;                  /* how much it may send, or be sent, in 1000 bits a second; 0: no bound */
    int64_t limit_us;                    /* how long the client may stay; 0: as long as it likes */
    char    stream[STREAM_NAME_MAX + 1]; /* the name that the stream gets, a safe one */
    char    redirect[HOOK_REDIRECT_MAX +
                  1]; /* where the client is sent: an URL of rtmp, rtmps, http or https, in printable ASCII */
};

/**
 * Judge an answer.
 *
 * Returns    NULL for yes; E_HTTP_STATUS_INVALID, E_HTTP_DATA_INVALID for a body that is neither `0` nor an object,
 *            E_RESPONSE_CODE for an object without an integer `code`, or with another one
 */
struct err *hook_answer_judge(int status, const char *body, size_t len) ATTR_MUST_USE;

/**
 * Read the members `limit_seconds`, `limit_kbps`, `stream` and `redirect` of an answer that was judged to be a yes. One that is absent or null
 * leaves what *wish has.
 *
 * Errors     E_RESPONSE_CODE for a value of another type, a name that no stream may have, or what is no URL to be sent to
 */
struct err *hook_answer_wish(const char *body, size_t len, struct hook_wish *wish) ATTR_MUST_USE;

#endif
