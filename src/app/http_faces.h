/**
 * The paths that the HTTP ports serve. A new feature adds a table in http_faces.c.
 *
 * Yields     no
 */
#ifndef APP_HTTP_FACES_H
#define APP_HTTP_FACES_H

#include "app/http/port.h"

/** The tables of a port that serves the API alone. */
const struct http_face *const *http_api_faces(const struct conf *conf);

/** The tables of a port that serves metrics alone. */
const struct http_face *const *http_exporter_faces(const struct conf *conf);

/** The tables of a port that streams are posted to. */
const struct http_face *const *http_caster_faces(const struct conf *conf);

/** The tables of a port that serves streams and files, and the API if both have the same `listen`. */
const struct http_face *const *http_stream_faces(const struct conf *conf);

#endif
