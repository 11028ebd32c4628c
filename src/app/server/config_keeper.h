/**
 * Where the configuration of the running server comes from, and the texts that its files had before the API changed them
 * (server/config_store.h keeps them over a restart).
 *
 * Ownership  config_keeper_finish() frees the texts; all zero is an empty one
 * Yields     no
 */
#ifndef APP_SERVER_CONFIG_KEEPER_H
#define APP_SERVER_CONFIG_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf_source.h"
#include "core/attr.h"

/* Texts that are kept, and their bytes together: the oldest ones give way. */
enum { CONFIG_KEPT_MAX = 16, CONFIG_KEPT_BYTES_MAX = 8 << 20, CONFIG_IP_CAP = 64 };

struct config_kept {
    int64_t id; /* 1 for the first change ever */
    int64_t wall_us;
    char    by[CONFIG_IP_CAP]; /* address of who changed it */
    char   *file, *text;
    size_t  len;
};

struct config_keeper {
    struct conf_source  source;
    bool                is_busy; /* one request at a time changes files */
    int64_t             last_id;
    size_t              count, bytes;
    struct config_kept *kept[CONFIG_KEPT_MAX]; /* the oldest first */
    char               *folder;                /* where they are kept over a restart; NULL: nowhere */
};

/** Keep the text that a file had. Copies everything. Returns its id; 0: memory is out, or the text is too long. */
int64_t config_keeper_put(struct config_keeper *k, const char *file, const char *text, size_t len, const char *by);

/** Take in a text of an earlier run, whose id is larger than those so far. Copies everything. False: as above. */
bool config_keeper_restore(struct config_keeper *k, const struct config_kept *kept) ATTR_MUST_USE;

/** The text of that id; 0: the newest one. NULL: there is none. Borrowed until the next put. */
const struct config_kept *config_keeper_find(const struct config_keeper *k, int64_t id);

void config_keeper_finish(struct config_keeper *k);

#endif
