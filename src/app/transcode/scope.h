/**
 * The scope of a `transcode` block: which streams of the vhost it is for.
 *
 *     (none)         all
 *     live           those of the app live
 *     live/cam       that one
 *
 * Source     `transcode` of SRS 7.0.18. Names are compared in their normal form (protocol/stream_name.h)
 * Yields     no
 */
#ifndef APP_TRANSCODE_SCOPE_H
#define APP_TRANSCODE_SCOPE_H

#include <stdbool.h>

/** True if the scope has the stream. */
bool scope_has(const char *scope, const char *app, const char *stream);

#endif
