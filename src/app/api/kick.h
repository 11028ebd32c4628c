/**
 * Kicks: ends of clients that the API was asked for. Each is in the log, with who asked.
 *
 * Errors     out of memory
 */
#ifndef APP_API_KICK_H
#define APP_API_KICK_H

#include "app/api/reply.h"
#include "app/session/client.h"
#include "core/attr.h"

/** End one client and answer; NULL: {"code":2049}. */
struct err *kick_client(struct api_reply *r, struct client *c) ATTR_MUST_USE;

/**
 * End the clients that the parameters of the query mean (filter.h), and answer how many they were. At least one must be there, and none
 * that is empty or not known: a misspelt one would end everybody. Yields by time.
 */
struct err *kick_selected(struct api_reply *r) ATTR_MUST_USE;

/** End the publisher and the players of a stream, or those of them that the query means, and answer how many. Yields by time. */
struct err *kick_stream(struct api_reply *r, const char *stream_id) ATTR_MUST_USE;

/** Answer {"code":`code`}: whoever should be ended is not there. */
struct err *kick_nobody(struct api_reply *r, int code) ATTR_MUST_USE;

#endif
