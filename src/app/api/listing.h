/**
 * What the answers about vhosts, streams and clients have in common: pages, single members, traffic.
 */
#ifndef APP_API_LISTING_H
#define APP_API_LISTING_H

#include "app/api/reply.h"
#include "app/stat/traffic.h"
#include "core/attr.h"
#include "core/roll.h"

/* `count` of a page when it is not given, and at most. */
enum { API_COUNT_DEFAULT = 10, API_COUNT_MAX = 10000 };

/** `"send_bytes":…,"recv_bytes":…,"kbps":{…}`; a client and a stream are counted as they were sampled last. */
void listing_put_traffic(struct jw *j, const struct traffic *t);

/**
 * A page of the members of a roll, in the order of arrival: `start` and `count` of the query, or all when `paged` is false.
 * Long ones are sent in pieces while members come and go.
 *
 * Errors     out of memory, the socket's
 * Yields     after each piece
 */
struct err *listing_put_page(struct api_reply *r, const char *key, const struct roll *members, bool paged,
                             void (*put)(struct api_reply *r, const char *key, const void *member)) ATTR_MUST_USE;

/** One of them by its id, under `key`; {"code":`not_found`} when `member` is NULL. */
void listing_put_one(struct api_reply *r, const char *key, const void *member, int not_found,
                     void (*put)(struct api_reply *r, const char *key, const void *member));

#endif
