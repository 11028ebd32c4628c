/**
 * The texts of the configuration that are kept for a rollback, on the disk: over a restart.
 *
 *     objs/srs.kept/3      one text; the file of a text has its id modulo CONFIG_KEPT_MAX as its name
 *
 *     SRS-KEPT 1 19 1795148187850000 1833 192.0.2.7 conf/srs.conf\n      id, time in µs since 1970, bytes, address, file
 *     …                                                                 the bytes of that file
 *
 * Configurations hold passwords, so the files are the server's alone to read. A file that was cut does not have its bytes, and is
 * passed over.
 *
 * Yields     config_store_open() and config_store_put() do
 */
#ifndef APP_SERVER_CONFIG_STORE_H
#define APP_SERVER_CONFIG_STORE_H

#include "app/server/config_keeper.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Read the texts of earlier runs from the folder beside the pid file, `.kept` in place of `.pid`, and keep new ones there from now on.
 * What cannot be read is told in the log.
 */
void config_store_open(struct config_keeper *k, const char *pid_path);

/**
 * Write the text of that id, in place of the oldest one.
 *
 * Errors     of the disk, of offload(); out of memory
 */
struct err *config_store_put(const struct config_keeper *k, int64_t id) ATTR_MUST_USE;

/**
 * Read one file. False: it is none, or was cut.
 *
 * Ownership  *kept points into `bytes`, but for `file`, which is written over the LF behind it
 */
bool config_store_parse(char *bytes, size_t len, struct config_kept *kept) ATTR_MUST_USE;

#endif
