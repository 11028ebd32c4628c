/**
 * How connections and sessions end: one table says what an error at the end means, and how loud the log tells it.
 *
 * ERROR is for a fault of this server, WARN for a client that was refused, cut or not understood, INFO for one that left.
 *
 * Yields     no
 */
#ifndef APP_SESSION_GOODBYE_H
#define APP_SESSION_GOODBYE_H

#include "core/err.h"
#include "core/log.h"

enum goodbye {
    GOODBYE_FINISHED,  /* the client has had all that it asked for */
    GOODBYE_GONE,      /* the client closed its connection, or lost it */
    GOODBYE_NO_TLS,    /* the TLS handshake failed */
    GOODBYE_SILENT,    /* the client was waited for in vain */
    GOODBYE_CLOSED,    /* by this server, on purpose: kicked, taken over, idle, at its duration's end */
    GOODBYE_REFUSED,   /* by a rule, a bound, or because the stream's name was taken */
    GOODBYE_MALFORMED, /* what the client said breaks its protocol */
    GOODBYE_FAULT,     /* of this server */
};

/** What it means that a connection ended with this code. A code that the table does not know is a fault. */
enum goodbye goodbye_of(enum err_code code);

/** The level of a log line that tells such an end. */
enum log_level goodbye_level(enum goodbye ending);

/**
 * Tell the end of a connection by the lines that readers of the log know: `client finished.`, `client disconnect peer. ret=N`,
 * `server disconnect. ret=N`, `serve error code=N…`. Takes `e` over; NULL is a good end.
 */
void goodbye_say(struct err *e);

#endif
