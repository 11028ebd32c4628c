/**
 * Which live stream a path means: the template of `http_remux { mount; }`, turned around.
 *
 *     [vhost]/[app]/[stream].flv      /live/cam1.flv of the vhost that was asked for: app live, stream cam1
 *
 * A placeholder stands for any text without a slash; so a path has as many slashes as its template. What comes before
 * the first slash is the host: [vhost] and __defaultVhost__ are any that led to this vhost, others must be
 * the one that was asked for. Without [app] the app is the path's folder, without [stream] the stream is its name.
 *
 * Ownership  what was found points into the path
 * Yields     no
 */
#ifndef APP_HTTP_LIVE_MOUNT_H
#define APP_HTTP_LIVE_MOUNT_H

#include <stdbool.h>
#include <stddef.h>

struct live_span {
    const char *text;
    size_t      len;
};

struct live_path {
    struct live_span app, stream;
    const char      *ext; /* with its dot; "" when the path has none */
};

/**
 * Whether `path` is one that the template makes, whatever its extension.
 *
 * Shape      vhost: the name of the vhost whose template this is; host: what was asked for; path: decoded, begins with '/'
 */
bool live_mount_match(const char *mount, const char *vhost, const char *host, const char *path, struct live_path *out);

/** The template's own extension, with its dot; "" when it has none. */
const char *live_mount_ext(const char *mount);

#endif
