/**
 * The client and the stream that an event is about, and the body of its request.
 *
 * A subject is made when the beginning is told, and kept for the end, so that both name the same things whatever has changed
 * meanwhile.
 *
 * Source     the bodies are those of SRS 7: names and order of their members
 * Yields     no
 */
#ifndef APP_HOOKS_SUBJECT_H
#define APP_HOOKS_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/hooks/events.h"
#include "app/server/finished_file.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/jw.h"

/** All texts are in the block of the subject; the names of the server are borrowed from the door. */
struct hook_subject {
    int         refs;
    const char *server_id, *service_id;
    const char *client_id, *ip, *vhost, *app, *stream, *param, *tc_url, *page_url;
    const char *stream_url, *stream_id; /* "/live/cam" and "vid-…"; NULL: not known */
    bool        id_is_secret;           /* whoever knows client_id can play: it is not logged */
    bool        is_whip;                /* of WHIP or WHEP: bodies have `param` without its '?', as in SRS */
    char        texts[];
};

/**
 * The subject of a session that is being admitted.
 *
 * Shape      source: of the session; NULL: none, for events of a connection
 * Returns    NULL when memory is out
 * Ownership  the caller gets a reference
 */
struct hook_subject *hook_subject_new(const struct session *s, const struct source *source) ATTR_MUST_USE;

static inline struct hook_subject *hook_subject_ref(struct hook_subject *s)
{
    s->refs++;
    return s;
}

/** Drop the reference; *s becomes NULL, and may be NULL before. */
void hook_subject_unref(struct hook_subject **s);

/** `param` as bodies have it. */
const char *hook_subject_param(const struct hook_subject *s);

/** Write the body of a request about a client. The counters are those of HOOK_CLOSE, from the server's view. */
void hook_subject_write(const struct hook_subject *s, enum hook_event event, int64_t sent, int64_t received,
                        struct jw *j);

/** Begin the body of HOOK_UPDATE: the client and its stream. The caller adds members and ends the object. */
void hook_subject_write_open(const struct hook_subject *s, enum hook_event event, struct jw *j);

/** Write the body of HOOK_HLS or HOOK_DVR, by the kind of the file. `cwd` is the working directory of the server. */
void hook_subject_write_file(const struct hook_subject *s, const struct finished_file *f, const char *cwd,
                             struct jw *j);

#endif
