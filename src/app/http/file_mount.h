/**
 * The folder that has the files of a path: a mount of a vhost (`http_static`), otherwise `http_server.dir`.
 *
 * Yields     no
 */
#ifndef APP_HTTP_FILE_MOUNT_H
#define APP_HTTP_FILE_MOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/conf.h"

enum { FILE_MOUNT_DIR_MAX = 1024 };

struct file_mount {
    char        dir[FILE_MOUNT_DIR_MAX];
    const char *below;            /* rest of the path, below the mount; points into the path */
    bool        is_vhosts;        /* The mount is an `http_static` with a path longer than "/". */
    bool        slash_is_missing; /* The path is that of the mount without its last slash. */
};

/**
 * Find the longest mount that contains the path, among those of the host or of any host.
 *
 * Shape      host: http_request_vhost(); path: decoded
 * Returns    false if there is none, for example without `http_server`
 */
bool file_mount_find(const struct conf *conf, const char *host, const char *path, struct file_mount *out);

#endif
