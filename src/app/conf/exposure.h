/**
 * What a configuration lets anybody do who reaches the server's ports, and the line that closes each of it.
 *
 * An endpoint on a loopback address is reached by nobody else.
 *
 * Shape      pure: a walk over a snapshot
 * Yields     no
 */
#ifndef APP_CONF_EXPOSURE_H
#define APP_CONF_EXPOSURE_H

#include <stdbool.h>

#include "app/conf/conf.h"

enum { CONF_EXPOSURE_TEXT_MAX = 512 };

enum conf_exposure_kind {
    EXPOSED_API,          /* it can be used without a password */
    EXPOSED_API_PASSWORD, /* its password travels as plain text */
    EXPOSED_WEAK_PASSWORD,
    EXPOSED_RELOAD, /* the API reloads for anybody */
    EXPOSED_UPDATE, /* it changes the configuration for all programs of this host */
    EXPOSED_JSONP,  /* a GET may end a client */
    EXPOSED_TO_PAGES,
    EXPOSED_METRICS, /* other hosts may read them */
    EXPOSED_PUBLISH, /* no rule asks who publishes */
    EXPOSED_HOOKS,   /* callbacks decide, and are not checked themselves */
};

struct conf_exposure {
    enum conf_exposure_kind kind;
    bool                    is_note;                       /* worth knowing; nothing is open */
    const char             *vhost;                         /* NULL: the whole server; borrowed from the snapshot */
    char                    what[CONF_EXPOSURE_TEXT_MAX];  /* a sentence without a full stop */
    char                    close[CONF_EXPOSURE_TEXT_MAX]; /* the directives that close it */
    char                    where[CONF_EXPOSURE_TEXT_MAX]; /* file and line of the block; "" if there is none */
};

/** Call `tell` for each. */
void conf_exposure_walk(const struct conf *c, void (*tell)(void *arg, const struct conf_exposure *e), void *arg);

/** True if the API answers other hosts. False when it is off, or listens on loopback addresses alone. */
bool conf_exposure_api_is_public(const struct conf *c);

#endif
