/**
 * The inverse of a template (segment/template.h): which names of an app and a stream may have given a path.
 *
 *     [app]/[stream]-[seq].ts and live/a-b-7.ts      live, a-b; also live, a with 'b-7' as number
 *
 * Yields     no
 */
#ifndef APP_SEGMENT_TEMPLATE_MATCH_H
#define APP_SEGMENT_TEMPLATE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

/* Steps of a search: an ordinary path needs a few hundred. */
enum { TEMPLATE_MATCH_STEPS_MAX = 20000 };

/** Names, not terminated; a name that the template does not have is empty. */
struct template_match_names {
    const char *app, *stream;
    size_t      app_len, stream_len;
};

/**
 * True if the template gives the path with names for which `accept` is true; NULL accepts all. Variables other than [vhost], [app] and
 * [stream] stand for any text but an empty one.
 *
 * Shape      path: without a slash at its beginning
 */
bool template_match(const char *text, const char *vhost, const char *path,
                    bool (*accept)(void *arg, const struct template_match_names *names), void *arg) ATTR_MUST_USE;

#endif
