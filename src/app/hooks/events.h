/**
 * The events of `http_hooks`: their names, and the URLs that a vhost has for each.
 *
 * Ownership  everything is borrowed from the configuration
 * Yields     no
 */
#ifndef APP_HOOKS_EVENTS_H
#define APP_HOOKS_EVENTS_H

#include <stdbool.h>

#include "app/conf/conf.h"

/* Another output that tells of its files is a word here and a row in events.c. */
enum hook_event {
    HOOK_CONNECT,
    HOOK_CLOSE,
    HOOK_PUBLISH,
    HOOK_UNPUBLISH,
    HOOK_PLAY,
    HOOK_STOP,
    HOOK_DVR,
    HOOK_HLS,
    HOOK_HLS_NOTIFY,
    HOOK_UPDATE,
    HOOK_BATCH,
    HOOK_KAFKA,  /* has no URL in a vhost */
    HOOK_EVENTS, /* the number of events */
};

/** The name that the configuration, the log and `action` have: "on_connect". */
const char *hook_event_name(enum hook_event event);

/** The event of that name. False: there is none. */
bool hook_event_find(const char *name, enum hook_event *out);

/** The URLs that are called in their order; none while `http_hooks` is off. */
const struct conf_words *hook_event_urls(const struct conf_vhost *v, enum hook_event event);

#endif
