/**
 * The answer to one question about timeshift, shared by all that ask it within a second.
 *
 * Looks are made by threads, HLS_TIMESHIFT_LOOKS_MAX at a time; who asks the same meanwhile waits for the same look.
 *
 * Ownership  counted: hls_timeshift_answer_unref()
 */
#ifndef APP_HLS_TIMESHIFT_ANSWER_H
#define APP_HLS_TIMESHIFT_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/hls/timeshift_look.h"
#include "core/attr.h"
#include "core/err.h"

struct hls_playlist_text;

/* Looks into indexes at a time, and requests that wait for their turn. */
enum { HLS_TIMESHIFT_LOOKS_MAX = 3, HLS_TIMESHIFT_WAITING_MAX = 256 };

/* Answers that are kept, and for how long. */
enum { HLS_TIMESHIFT_KEPT_MAX = 16, HLS_TIMESHIFT_KEPT_US = 1000000 };

struct hls_timeshift_answer {
    int                       refs;
    char                     *question;
    int64_t                   made_us;
    struct hls_timeshift_view view;  /* without its text */
    struct hls_playlist_text *media; /* NULL: nothing was found */
};

/**
 * Ask.
 *
 * Shape      question: equal texts are equal questions
 * Errors     of the look; E_LIMIT when too many wait; E_SOCKET_TIMEOUT; E_THREAD_INTERRUPTED
 * Yields     yes; `w` and its texts must live until then
 */
struct err *hls_timeshift_ask(struct hls_timeshift_answer **out, const char *question,
                              const struct hls_timeshift_wanted *w) ATTR_MUST_USE;

/** *a becomes NULL, and may be NULL before. */
void hls_timeshift_answer_unref(struct hls_timeshift_answer **a);

/** Forget the kept answers, at the end of the server. Does not yield. */
void hls_timeshift_answers_finish(void);

#endif
