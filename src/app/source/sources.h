/**
 * All streams of a server. They are found, begun and ended here.
 *
 * Ownership  a source lives while it has references
 */
#ifndef APP_SOURCE_SOURCES_H
#define APP_SOURCE_SOURCES_H

#include "app/conf/conf.h"
#include "app/source/given_up.h"
#include "app/source/source.h"
#include "app/stat/protocol_stat.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/map.h"
#include "protocol/co.h"

struct attendant;

/** All sources of a server. The key is the same for all spellings of a name (stream_name_key()). */
struct sources {
    struct map              by_key;
    struct given_up         given_up;
    struct histogram        latency;     /* of all streams, of those that have ended too */
    bool                    holds_none;  /* The server ends: no stream is held any more. */
    bool                    delays_none; /* The server ends: no stream is delayed any more. */
    const struct attendant *attendants;  /* table of attendants (attend.h); may be NULL */
    struct co_group         attending;   /* coroutines of the attendants of all streams */
    struct co_group         delays;      /* coroutines of the delays of streams (delaying.h) */
};

/** `attendants` is borrowed: a table that ends with a row without a name, or NULL. */
void sources_init(struct sources *all, const struct attendant *attendants);

/** Free the map. No source is left then. */
void sources_finish(struct sources *all);

/**
 * Find a stream, or begin it.
 *
 * Ownership  the caller gets one reference, and drops it with source_release()
 * Errors     out of memory
 * Yields     no
 */
struct err *source_acquire(struct source **out, struct sources *all, struct conf *conf, const struct conf_vhost *vhost,
                           const char *app, const char *stream) ATTR_MUST_USE;

/** Find a stream, or NULL. Borrowed until a yield. */
struct source *source_find(const struct sources *all, const struct conf_vhost *vhost, const char *app,
                           const char *stream);

/**
 * Find a published stream of that name in any app of the vhost: the stream in `__defaultApp__` if there is one, otherwise the one
 * that has been published for the longest time; or NULL. Borrowed until a yield. Looks at all sources.
 */
struct source *source_find_in_any_app(const struct sources *all, const struct conf_vhost *vhost, const char *stream);

/** A player comes, with these parameters, "?k=v" or "". An edge keeps both of the player for whom it pulls the stream. */
void source_note_player(struct source *s, enum stat_protocol protocol, const char *param);

/** Take the publisher's spelling of the app and the stream, which are names of the same stream. */
void source_spell(struct source *s, const char *app, const char *stream);

/**
 * `n` players that keep up have been sent frames of which the first arrived at that time, and their sockets took some of them by
 * `now`. Does not yield.
 */
static inline void source_count_latency(struct source *s, int64_t arrived_us, int64_t now_us, uint64_t n)
{
    histogram_count_all(&s->latency, now_us - arrived_us, n);
    histogram_count_all(&s->owner->latency, now_us - arrived_us, n);
}

/** Drop the reference. Takes NULL. Yields if it was the last one. */
void source_release(struct source *s);

#endif
