/**
 * The bans of this server: who and what is refused, whatever the configuration says.
 *
 * A ban covers the clients of every protocol. It is in force as soon as it is in the table: clients that are being admitted are
 * asked about it again, and a coroutine (keep.h) ends those that are there already.
 *
 * Ownership  bans belong to the table. A pointer to one is good until the next yield
 * Yields     no
 */
#ifndef APP_BANS_BANS_H
#define APP_BANS_BANS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "app/bans/ban.h"
#include "app/session/client.h"
#include "core/attr.h"
#include "core/err.h"

/* Bans at a time; those that the server made by itself have this share of them, and the oldest of them gives way to a new one. */
enum { BANS_MAX = 10000, BANS_AUTOMATIC_MAX = 5000 };

/**
 * Put a ban in force. A ban of the same subject is replaced, and its id stays; one that somebody made is not replaced by one that
 * the server makes by itself.
 *
 * Ownership  *out may be NULL
 * Errors     E_LIMIT: there are BANS_MAX; out of memory
 */
struct err *bans_add(const struct ban_wish *wish, const struct ban **out) ATTR_MUST_USE;

/** Lift a ban. False: none has this id. */
bool bans_lift(const char *id);

const struct ban *bans_find_by_id(const char *id);

/** The ban that covers it now, or NULL. An address that cannot be read is in no range. */
const struct ban *bans_find_ip(const char *ip);
const struct ban *bans_find_user(const char *user); /* NULL is nobody */
const struct ban *bans_find_stream(const char *key);

/** True if a ban covers the address; but this machine is not shut out of the API, by which a ban is lifted. */
bool bans_shut_out_ip(const char *ip, bool of_api);
bool bans_shut_out_peer(const struct sockaddr *peer, bool of_api);

/** True if there are bans of that kind. */
bool bans_has(enum ban_kind kind);

/** The ban that covers a client that has entered, or NULL. */
const struct ban *bans_find_client(const struct client *c);

/** All bans, in the order in which they were made. Those whose time is over leave once a second, when something is asked. */
const struct roll *bans_roll(void);

/** Changes with each ban that is made, lifted or over. */
uint64_t bans_version(void);

/** The number of bans that were made, without those that were read from the file. */
uint64_t bans_made(void);

void bans_finish(void);

#endif
