/**
 * The features of SRS that are not built yet, in one table. It gives the warnings about a configuration, and the replies on
 * their HTTP paths. Building a feature removes its rows.
 *
 * Ownership  rows are static
 * Yields     no
 */
#ifndef APP_CONF_UNBUILT_H
#define APP_CONF_UNBUILT_H

#include "app/conf/conf.h"
#include "app/conf/tree.h"

struct conf_unbuilt {
    const char *feature;     /* its usual name */
    const char *directive;   /* path of the block that asks for it, "vhost.dvr"; NULL: none */
    const char *name, *word; /* the block asks for it by `name word;` */
    const char *path;        /* over HTTP: "/metrics", "/rtc/v1/" and everything below it, "*.m3u8"; NULL: none */
    const char *effect;      /* the consequence, as the end of a sentence */
};

/** The row whose feature is asked for by a block, or a directive in it, at `path`, or NULL. */
const struct conf_unbuilt *conf_unbuilt_asked(const char *path, const struct conf_node *at);

/** The row of an HTTP path (without query), or NULL. */
const struct conf_unbuilt *conf_unbuilt_at(const char *http_path);

/** Something that a configuration asks for and that is not built. */
struct conf_unbuilt_found {
    const struct conf_unbuilt *row;
    const char                *vhost; /* NULL: it is asked for outside of vhosts */
    char                       where[CONF_WHERE_MAX];
};

/** A place in a walk. All zero: before the first step. */
struct conf_unbuilt_walk {
    const struct conf_node *vhost; /* the last one; NULL: none yet */
    bool                    is_below;
    size_t                  row;
};

/**
 * Take one step: the root, or one vhost.
 *
 * Returns    false at the end; otherwise out->row is the next thing that is not built, or NULL where a vhost has no more of them
 */
bool conf_unbuilt_step(const struct conf *c, struct conf_unbuilt_walk *at, struct conf_unbuilt_found *out);

/** For tests: all rows. */
const struct conf_unbuilt *conf_unbuilt_rows(size_t *count);

#endif
