/**
 * Names that a user may have meant: spelling, app or vhost differ.
 *
 * Ownership  results are borrowed until the next yield; NULL: none is near
 * Yields     no. Long lists are looked at in part (NEAREST_LOOKED_MAX)
 */
#ifndef APP_DOCTOR_NEAREST_H
#define APP_DOCTOR_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct server;

/* Most names that are compared, and the longest part of a name. */
enum { NEAREST_LOOKED_MAX = 2000, NEAREST_NAME_MAX = 64 };

/** Number of letters to change, add or take out between two names, letters without regard to case; above `max`: `max` + 1. */
size_t nearest_distance(const char *a, const char *b, size_t max);

/** The name of the published stream that may be meant. `other_vhost`: app and stream are the same, the vhost is not. */
const char *nearest_stream(const struct server *s, const char *vhost, const char *app, const char *stream,
                           bool *other_vhost);

/** The name of the vhost that may be meant. */
const char *nearest_vhost(const struct conf *conf, const char *name);

#endif
