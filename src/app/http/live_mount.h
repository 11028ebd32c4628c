/**
 * The live stream that a path means, found by the template of `http_remux { mount; }`.
 *
 *     [vhost]/[app]/[stream].flv      /live/cam1.flv of the vhost that was asked for: app live, stream cam1
 *
 * [stream] stands for any text without a slash, [app] for any text, because apps may have slashes. The host stands before the first
 * slash: [vhost] and __defaultVhost__ mean every host that led to this vhost; any other text must be the host that was asked for.
 * Without [app] the app is the path's folder, without [stream] the stream is its name. A path without a folder means a stream
 * of that name in any app.
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

/* Upper bound of the length of an app and of a stream: longer names match nothing. */
enum { LIVE_NAME_MAX = 512 };

struct live_path {
    struct live_span app, stream; /* app.len 0: any */
    bool             deep;        /* The app has a slash that is not in the template. */
    const char      *ext;         /* extension with its dot; "" when the path has no extension */
};

/**
 * True if the template matches `path`, with any extension. A template that names [app] or [stream] twice matches nothing.
 *
 * Shape      vhost: name of the vhost that has the template; host: host of the request; path: decoded, begins with '/'
 */
bool live_mount_match(const char *mount, const char *vhost, const char *host, const char *path, struct live_path *out);

/** The extension of the template, with its dot; "" if it has none. */
const char *live_mount_ext(const char *mount);

#endif
