/**
 * Files of streams that are banned (app/bans), where the HTTP server would give them to everybody: those that views have written, as long
 * as they lie there.
 *
 * Yields     no
 */
#ifndef APP_HTTP_BANNED_FILE_H
#define APP_HTTP_BANNED_FILE_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * E_BANNED: a stream that is banned may have written the file. The time grows with the number of banned streams.
 *
 * Shape      path: as file_path_final() gives it
 */
struct err *banned_file_check(const struct conf *conf, const char *path) ATTR_MUST_USE;

#endif
