/**
 * `relay`: streams that are pulled from other servers, all the time or while they are watched.
 *
 * One service keeps the pulls (pull.h): it makes those of the configuration, follows each reload, runs those that are always on, and ends
 * all when the server stops. A pull on demand is run by an attendance (source/attend.h) of its stream that begins with the first reader;
 * its row is in app/attendants.c.
 */
#ifndef APP_RELAY_RELAY_H
#define APP_RELAY_RELAY_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;
struct server;
struct source;

enum { RELAYS_ADDED_MAX = 1000 };

/* ---- the service ---- */

/** Run the relays until relay_stop() or a cancel; `arg` is the struct server. Yields. */
void relay_run(void *arg);

/** Follow the configuration in force. Does not yield. */
void relay_follow_conf(void);

/** End all relays; no new one is started. Does not yield. */
void relay_stop(void);

/* ---- the attendance ---- */

/** True if the vhost may have a relay on demand. */
bool relay_is_wanted(const struct conf_vhost *vhost);

/** True if the stream has a relay on demand. */
bool relay_brings(const struct source *s);

/** Run the stream's relay on demand. Yields. */
struct err *relay_attend(struct attendance *a) ATTR_MUST_USE;

/* ---- what the API adds ---- */

/**
 * Add a relay, which lasts until it is removed, or the server ends.
 *
 * Errors     E_SYSTEM_STREAM_BUSY: the stream has one; E_SYSTEM_CONFIG_INVALID: it names no stream; E_LIMIT: there are RELAYS_ADDED_MAX, or
 *            the server ends; out of memory
 * Yields     no
 */
struct err *relay_add(const char *vhost, const struct conf_relay *relay) ATTR_MUST_USE;

/** Remove a relay that was added. False: there is none for the stream of this key. Does not yield. */
bool relay_remove(const char *key);

#endif
