/**
 * Which paths the HTTP ports serve: a feature more is a table more in http_faces.c.
 *
 * Yields     no
 */
#ifndef APP_HTTP_FACES_H
#define APP_HTTP_FACES_H

#include "app/http/port.h"

/** A port of the API alone. */
const struct http_face *const *http_api_faces(const struct conf *conf);

/** A port of streams and files, and of the API where both have the same `listen`. */
const struct http_face *const *http_stream_faces(const struct conf *conf);

#endif
