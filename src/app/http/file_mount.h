/**
 * Which folder a path's files are in: those that vhosts mount by `http_static`, else `http_server.dir`.
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
    const char *below;            /* the path below the mount's own; points into the path */
    bool        is_vhosts;        /* of `http_static` with a path of its own, longer than "/" */
    bool        slash_is_missing; /* the mount's path but for its last character */
};

/**
 * The longest mount that is the path's, of those that serve the host or any host.
 *
 * Shape      host: http_request_vhost(); path: decoded
 * Returns    false when there is none, as on a port without `http_server`
 */
bool file_mount_find(const struct conf *conf, const char *host, const char *path, struct file_mount *out);

#endif
