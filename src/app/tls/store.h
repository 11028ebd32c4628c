/**
 * The certificates that the server shows, by the paths of their files: read at start, again at a reload, and again when
 * the files change. A client that is connected keeps the one that it began with.
 *
 * A pair that cannot be used is refused with a line in the log that names both files, and the one before stays.
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

struct tls_store {
    struct list pairs;
};

/* How often the files are looked at. */
enum { TLS_STORE_LOOK_US = 2000000 };

void tls_store_init(struct tls_store *st);
void tls_store_finish(struct tls_store *st);

bool tls_store_is_empty(const struct tls_store *st);

/**
 * Read all pairs that `conf` names, at the start: one that cannot be used is an ERROR in the log, its port stays closed,
 * and it is looked at again until it can.
 *
 * Errors     the first unusable pair when `conf` listens nowhere without TLS; else only what is out of order here
 * Yields     yes
 */
struct err *tls_store_open(struct tls_store *st, const struct conf *conf) ATTR_MUST_USE;

/**
 * Say in the log which pairs of `conf` cannot be used, as the start would: for a check of the configuration.
 *
 * Errors     as tls_store_open()
 * Yields     no, it reads files
 */
struct err *tls_store_check(const struct conf *conf) ATTR_MUST_USE;

/**
 * Read all pairs that `conf` names, at a reload.
 *
 * Errors     a pair that was not there before is unusable. One that was only makes a line in the log.
 * Yields     yes
 */
struct err *tls_store_load(struct tls_store *st, const struct conf *conf) ATTR_MUST_USE;

/** Keep what `conf` names, and nothing else. Does not yield. */
void tls_store_keep(struct tls_store *st, const struct conf *conf);

/** Read again the files that have changed. True when a pair can be used that could not before. Yields. */
bool tls_store_look(struct tls_store *st);

/** Borrowed until the next yield; NULL: there is no such pair. */
struct tls_ctx *tls_store_find(const struct tls_store *st, const char *key, const char *cert);

/**
 * The server's side of TLS on an accepted connection: with the pair of the vhost that the client asks for if that has
 * one, else with the port's. `resumable` is that of tls_accept().
 *
 * Ownership  `conf` names the vhosts' pairs, and is kept meanwhile; `port` is of it
 * Errors     as tls_accept(); E_HTTPS_KEY_CRT when the port has no pair any more
 * Yields     yes
 */
struct err *tls_store_accept(const struct tls_store *st, struct conf *conf, struct io *io,
                             const struct conf_https *port, bool resumable, int64_t deadline_us) ATTR_MUST_USE;

#endif
