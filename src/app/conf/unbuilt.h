/**
 * The features that SRS has, this server does not have yet, and whose absence a client or operator would otherwise find
 * out by accident: one table, from which come the warnings about a configuration, the refusals of vhosts that would be
 * unsafe or useless without the feature, and the replies on its HTTP paths. A feature that is built loses its rows.
 *
 * Ownership  rows are static
 * Yields     no
 */
#ifndef APP_CONF_UNBUILT_H
#define APP_CONF_UNBUILT_H

#include "app/conf/tree.h"

enum { UNBUILT_NEEDS_MAX = 4 };

struct conf_unbuilt {
    const char *feature;                  /* what people call it */
    const char *directive;                /* the path of the block that asks for it, "vhost.http_hooks"; NULL: none */
    const char *name, *word;              /* asked for when the block says `name word;` */
    const char *needs[UNBUILT_NEEDS_MAX]; /* and gives one of these a value; none: that is enough */
    bool        refuses;     /* without it the vhost is unsafe or useless: publishers and players are refused */
    const char *path;        /* over HTTP: "/metrics", "/rtc/v1/" and all below, "*.m3u8"; NULL: none */
    bool        may_be_file; /* a file of somebody else may lie there, which is served */
    const char *effect;      /* what does not happen: the end of a sentence */
};

/** The row that a block at `path` of the table of directives asks for, one that refuses before others; or NULL. */
const struct conf_unbuilt *conf_unbuilt_asked(const char *path, const struct conf_node *block);

/** The row for which a vhost refuses its clients, or NULL. */
const struct conf_unbuilt *conf_unbuilt_refusal(const struct conf_node *vhost);

/** The row of an HTTP path, without query; or NULL. */
const struct conf_unbuilt *conf_unbuilt_at(const char *http_path);

/** The rows, for tests. */
const struct conf_unbuilt *conf_unbuilt_rows(size_t *count);

#endif
