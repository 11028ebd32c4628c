/**
 * A new configuration for a running server, without dropping anybody.
 *
 * The file is read and checked on a worker thread. If anything is wrong with it, or an endpoint cannot be
 * opened, nothing changes and the log says why.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "app/conf/conf_load.h"
#include "core/attr.h"
#include "core/err.h"

struct server;

/* The id of a reload, and what is told of one that failed. */
enum { RELOAD_ID_CAP = 8, RELOAD_TEXT_CAP = 512 };

/* How far a reload got. */
enum reload_state {
    RELOAD_NONE_YET = 0,
    RELOAD_PARSING = 10,
    RELOAD_CHECKING = 20,
    RELOAD_APPLYING = 50,
    RELOAD_DONE = 90
};

/** How the last reload went, or how far it is: the server's `reloaded`. */
struct reload_result {
    int               code; /* enum err_code */
    enum reload_state state;
    char              id[RELOAD_ID_CAP];     /* random; empty before the first one */
    char              text[RELOAD_TEXT_CAP]; /* empty: nothing is wrong */
};

/** Start the coroutine that reloads, among the server's services; `from` is copied. */
struct err *reload_start(struct server *s, const struct conf_source *from) ATTR_MUST_USE;

/** Reload soon; requests that come while one runs are answered by one more. Does not yield. */
void reload_request(struct server *s);

#endif
