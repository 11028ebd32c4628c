/**
 * The public keys that verify tokens, by the files and URLs from which they come. A coroutine reads them, so that nobody at the door waits
 * for a disk or a server: at the start, soon after a reload, and again each minute. Keys that were read stay good while their source cannot be read.
 *
 * Ownership  the process has one store, which ends with key_store_run()
 */
#ifndef APP_AUTH_KEY_STORE_H
#define APP_AUTH_KEY_STORE_H

#include "app/conf/conf.h"
#include "core/clock.h"
#include "protocol/token/keys.h"

/* Sources of keys of all vhosts; how often the configuration is looked at. */
enum { KEY_STORE_MAX = 64, KEY_STORE_LOOK_US = US_PER_SECOND };

/* How often a source is read; the same after a failure, and for a key that it did not have. */
enum { KEY_STORE_AGAIN_US = 60 * US_PER_SECOND, KEY_STORE_RETRY_US = 5 * US_PER_SECOND };

/** The keys of a source, borrowed until the next yield; NULL: they could not be read yet. Does not yield. */
const struct key_set *key_store_find(const char *path);

/** A token names a key that the source did not have: read it again soon. Does not yield. */
void key_store_ask_again(const char *path);

/** A coroutine that reads the keys, until it is cancelled. `arg`: struct conf *const *, the configuration in force. */
void key_store_run(void *arg);

#endif
