/**
 * The certificates that the server shows, by the paths of their files: read at start, again at a reload, and again when
 * the files change. A connected client keeps the certificate that it began with.
 *
 * A pair that cannot be used is refused with a line in the log that names both files, and the previous one stays in use.
 *
 * Several coroutines may call at once: after a wait each pair is looked up again.
 */
#ifndef APP_TLS_STORE_H
#define APP_TLS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/io.h"
#include "protocol/tls/ctx.h"

struct tls_offer;

struct tls_store {
    struct list pairs;
};

/* The files are looked at this often. */
enum { TLS_STORE_LOOK_US = 2000000 };

/** What is known about a pair. Texts are borrowed until the next yield. */
struct tls_pair_state {
    const char *key, *cert;
    bool        is_usable;
    int64_t     wall_expiry_s;
    const char *why;       /* the reason of the last failure to read it; "": none */
    const char *missed;    /* the newest name that a client asked for and the certificate has not; "": none */
    int64_t     missed_us; /* monotonic */
};

/** Walk the pairs: begin with *at = 0. False: there are no more. Does not yield. */
bool tls_store_next(const struct tls_store *st, size_t *at, struct tls_pair_state *out);

void tls_store_init(struct tls_store *st);
void tls_store_finish(struct tls_store *st);

bool tls_store_is_empty(const struct tls_store *st);

/**
 * Read all pairs that `conf` names, at the start. A pair that cannot be used is an ERROR in the log; its port stays closed
 * until tls_store_look() finds the pair usable.
 *
 * Errors     the first unusable pair when `conf` listens nowhere without TLS; otherwise only out of memory and the like
 * Yields     yes
 */
struct err *tls_store_open(struct tls_store *st, const struct conf *conf) ATTR_MUST_USE;

/**
 * Log which pairs of `conf` cannot be used, as the start would. This is for a check of the configuration.
 *
 * Errors     as tls_store_open()
 * Yields     no, it reads files
 */
struct err *tls_store_check(const struct conf *conf) ATTR_MUST_USE;

/**
 * Read all pairs that `conf` names, at a reload.
 *
 * Errors     a pair that is new is unusable. A pair that was known before only causes a line in the log.
 * Yields     yes
 */
struct err *tls_store_load(struct tls_store *st, const struct conf *conf) ATTR_MUST_USE;

/** Drop all pairs that `conf` does not name. Does not yield. */
void tls_store_keep(struct tls_store *st, const struct conf *conf);

/** Read again the files that have changed. True when a pair became usable. Yields. */
bool tls_store_look(struct tls_store *st);

/** Find the context of a pair, borrowed until the next yield; NULL when there is no such pair. */
struct tls_ctx *tls_store_find(const struct tls_store *st, const char *key, const char *cert);

/**
 * The server's side of the TLS handshake on an accepted connection. The client is shown the pair of the vhost that it asks
 * for if that vhost has one, else the pair of the port. `offer` is passed to tls_accept().
 *
 * Ownership  takes a reference to `conf` until it returns; `port` is part of `conf`
 * Errors     as tls_accept(); E_HTTPS_KEY_CRT when the port has no pair any more
 * Yields     yes
 */
struct err *tls_store_accept(const struct tls_store *st, struct conf *conf, struct io *io,
                             const struct conf_https *port, const struct tls_offer *offer,
                             int64_t deadline_us) ATTR_MUST_USE;

#endif
