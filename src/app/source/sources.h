/**
 * All streams of a server: they are found, begun and ended here.
 *
 * Ownership  a source lives while somebody holds a reference to it
 */
#ifndef APP_SOURCE_SOURCES_H
#define APP_SOURCE_SOURCES_H

#include "app/conf/conf.h"
#include "app/source/given_up.h"
#include "app/source/source.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/map.h"
#include "protocol/co.h"

struct attendant;

/** All sources of a server, by the key that all spellings of a name share (stream_name_key()). */
struct sources {
    struct map              by_key;
    struct given_up         given_up;
    const struct attendant *attendants; /* the table of attend.h; NULL without attendants */
    struct co_group         attending;  /* the coroutines of attendants of all streams */
};

/** `attendants` is borrowed: a table that ends with a row without a name, or NULL. */
void sources_init(struct sources *all, const struct attendant *attendants);

/** Called when no source is left. */
void sources_finish(struct sources *all);

/**
 * Find the stream, or begin it.
 *
 * Ownership  one reference for the caller, for source_release()
 * Errors     out of memory
 * Yields     no
 */
struct err *source_acquire(struct source **out, struct sources *all, struct conf *conf, const struct conf_vhost *vhost,
                           const char *app, const char *stream) ATTR_MUST_USE;

/** The stream if it is there, or NULL. Borrowed until a yield. */
struct source *source_find(const struct sources *all, const struct conf_vhost *vhost, const char *app,
                           const char *stream);

/**
 * The published stream of that name in any app of the vhost: in `__defaultApp__` if there is one, else the one that has
 * been published for the longest time; or NULL. Borrowed until a yield. Looks at every source.
 */
struct source *source_find_in_any_app(const struct sources *all, const struct conf_vhost *vhost, const char *stream);

/** Call the stream by the names that its publisher uses. They are another spelling of those that it has. */
void source_spell(struct source *s, const char *app, const char *stream);

/** Drop the reference. Takes NULL. Yields when it was the last one. */
void source_release(struct source *s);

#endif
