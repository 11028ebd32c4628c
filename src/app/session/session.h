/**
 * One client and what it came for: to publish or to play one stream, whatever the protocol.
 *
 * A protocol fills in what it knows of the client and calls these in this order:
 *
 *     session_admit(&s, door)     everything that may refuse is asked: NULL and a source, or an error and s.verdict
 *     session_enter(&s)           the client is counted, listed by the API, and can be kicked
 *     session_leave(&s)           always, after a refusal too
 *
 * and it translates the verdict into its own words. A session needs no connection and no socket: a playlist that is polled, or
 * datagrams of one peer, are sessions as well.
 *
 * What decides is an array of guards (door.guards): a row asks one question, and may end what it began when the session leaves, so
 * that notices of a beginning and of an end come in pairs.
 *
 * Life       zero, filled in, admitted, entered, left; then it may be filled in again
 * Ownership  all texts are borrowed from the protocol until session_leave()
 */
#ifndef APP_SESSION_SESSION_H
#define APP_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/session/client.h"
#include "app/session/registry.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/stream_name.h"
#include "protocol/token/password.h"

struct io;
struct session;
struct session_connection;
struct session_guard;
struct source;
struct sources;

/** What all sessions of a server share. */
struct session_door {
    struct conf *const                *conf; /* the server's, which a reload replaces */
    struct sources                    *sources;
    struct registry                   *registry;
    const struct session_guard *const *guards; /* asked in this order; ends with NULL. At most SESSION_GUARDS_MAX */
    const char                        *server_id, *service_id; /* the names of this server and of this run of it */
};

enum { SESSION_GUARDS_MAX = 16 };

/** The parameter of URLs by which the servers of a cluster count how often a client was sent on (cluster/url.h). */
#define SESSION_HOP_PARAM "cluster_hop"

/** A request of HTTP, as it was sent. */
struct session_opening {
    const char *path, *query; /* both encoded; "" for no query, which has no `?` */
    bool        is_tls;
};

/** What a protocol has to tell its client. */
enum session_verdict {
    SESSION_ADMITTED,
    SESSION_NOT_FOUND,   /* there is no such vhost */
    SESSION_DENIED,      /* a rule refuses */
    SESSION_UNNAMED,     /* the client has not said who it is: session.challenge asks it to */
    SESSION_REDIRECTED,  /* the client is sent to session.place */
    SESSION_BUSY,        /* another client publishes the stream */
    SESSION_UNAVAILABLE, /* the origin that decides about the client cannot be asked */
    SESSION_FAILED,      /* a fault of this server */
};

/** Who a client has shown to be, in which vhost, before it named its stream. */
struct session_login {
    char user[PASSWORD_USER_MAX + 1];
    char vhost[STREAM_VHOST_MAX + 1];
};

struct session {
    struct client client; /* who: the protocol fills in its part */

    const struct session_login *login; /* who it has shown to be at an earlier step; NULL: nobody */
    char                        user[PASSWORD_USER_MAX + 1]; /* client.user points here */

    /* What for, in the client's words. */
    const char    *host;                 /* by which the vhost is found */
    const char    *app, *stream, *param; /* `param`: "?k=v", or "" */
    const uint8_t *args;                 /* the second object of connect, as AMF0; NULL: none */
    size_t         args_len;
    const char    *authorization; /* the field of HTTP, valid in session_admit(); NULL: there is none */

    /* The request of HTTP by which a client of another protocol opens its session, by which it can be sent to another server. */
    const struct session_opening *opening; /* valid in session_admit(); NULL: there is none */

    /* The configuration, while the session is being admitted; afterwards the source holds the one in force. */
    struct conf             *conf;
    const struct conf_vhost *vhost;

    struct io                 *io; /* of the client, for guards that wait; NULL: none. Borrowed by session_admit() */
    struct session_connection *connection; /* over which the client came; NULL: its protocol has none of its own */

    const struct session_door *door; /* NULL: admission has not begun */
    enum session_verdict       verdict;
    char                      *place;                    /* URL of SESSION_REDIRECTED; session_leave() frees it */
    const char                *challenge;                /* WWW-Authenticate of SESSION_UNNAMED, a literal */
    unsigned                   n_passed;                 /* guards that let the session in */
    void                      *kept[SESSION_GUARDS_MAX]; /* what each of them keeps for the session */
    struct source             *source;                   /* a reference, once the session is admitted */
};

/** A connection on which one session may come after another. All zero at its beginning; its protocol ends it. */
struct session_connection {
    const struct session_door *door;
    int64_t                    until_us; /* when each session on it must end, by now_us(); 0: never */
    int                        kbps_max; /* a bound for each session on it; 0: none */
    bool                       has_passed[SESSION_GUARDS_MAX]; /* the guard has let the connection in */
    void                      *kept[SESSION_GUARDS_MAX];
};

/** One question that every session is asked. */
struct session_guard {
    /** Asked again when the configuration was replaced, or session_rules_changed() called, while a later guard waited. */
    bool by_conf;

    /** The question is about the connection: asked with the first session on it, and not at all of a session without one. */
    bool of_connection;

    /**
     * NULL lets the session pass. An error refuses it; the verdict is SESSION_DENIED unless the guard sets another one.
     * May yield: s->conf and s->vhost stay valid. May replace s->app and s->stream by texts that live until leave().
     * *kept is NULL, and is handed to leave().
     */
    struct err *(*ask)(struct session *s, void **kept);

    /**
     * The end of a session, or connection, that has passed: once each, the last guard first. Its coroutine may be cancelled,
     * so no wait succeeds. NULL: nothing to do.
     */
    void (*leave)(void *kept);
};

/** Tell that something changed which `by_conf` guards look at beside the configuration, such as the bans. Does not yield. */
void session_rules_changed(void);

/** The guards of this server, in their order (app/guards.c). */
extern const struct session_guard *const session_guards[];

/** Those that ask about streams which the server itself fetches: the configuration has let them in already. */
extern const struct session_guard *const session_own_guards[];

/** Those that ask about streams which an edge takes from an origin. Callbacks hear of its own clients alone. */
extern const struct session_guard *const session_edge_guards[];

/**
 * Ask all guards and acquire the source.
 *
 * Errors     of the guard that refuses, or out of memory; s->verdict tells what the client is to hear
 * Yields     as its guards do. The answer is of the configuration in force when this returns
 */
struct err *session_admit(struct session *s, const struct session_door *door) ATTR_MUST_USE;

/**
 * Count and list the client of an admitted session.
 *
 * Errors     out of memory
 * Yields     no
 */
struct err *session_enter(struct session *s) ATTR_MUST_USE;

/** Note why the client does not get what it came for, for the doctor. session_admit() notes its own refusals. `why` is only read. */
void session_note_refusal(const struct session *s, const struct err *why);

/**
 * Begin and end the wait of a guard for somebody else's answer. A client that hangs up meanwhile ends the wait, whatever the answer would be,
 * and is not refused.
 *
 * Ownership  session_end_wait() takes `e` over, the error of the wait
 * Errors     E_END_OF_STREAM: the client has hung up; otherwise `e`
 * Yields     no
 */
void        session_begin_wait(struct session *s);
struct err *session_end_wait(struct session *s, struct err *e) ATTR_MUST_USE;

/** Set the time, by now_us(), at which the session must end; 0: never. The earliest of several times counts. For guards. */
void session_end_at(struct session *s, int64_t deadline_us);

/** Bound its bit rate: a client that exceeds it is ended (rate_bounds.h). The lowest of several bounds counts. For guards. */
void session_limit_kbps(struct session *s, int kbps);

/** Why the session has ended, from the error with which its wait ended: its time may be over. Takes `e` over. */
struct err *session_end_reason(const struct session *s, struct err *e) ATTR_MUST_USE;

/** Undo what has been done of the two. Takes a session that is all zero. Yields when it holds the source's last reference. */
void session_leave(struct session *s);

/** The connection ends, after its last session. Takes one on which none was admitted. May yield. */
void session_connection_end(struct session_connection *c);

#endif
