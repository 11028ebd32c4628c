/**
 * Parts that the answers about vhosts, streams and clients share: pages, single members, traffic.
 */
#ifndef APP_API_LISTING_H
#define APP_API_LISTING_H

#include "app/api/reply.h"
#include "app/stat/traffic.h"
#include "core/attr.h"
#include "core/roll.h"

/* Default and maximum of a page's `count`. */
enum { API_COUNT_DEFAULT = 10, API_COUNT_MAX = 10000 };

/** Write `"send_bytes":…,"recv_bytes":…,"kbps":{…}`, as of the last sample. */
void listing_put_traffic(struct jw *j, const struct traffic *t);

/**
 * Write a page of the members of a roll, in the order of arrival: `start` and `count` come from the query; when `paged` is
 * false all members are written. A long page is sent in pieces while members come and go.
 *
 * Errors     out of memory, the socket's
 * Yields     after each piece
 */
struct err *listing_put_page(struct api_reply *r, const char *key, const struct roll *members, bool paged,
                             void (*put)(struct api_reply *r, const char *key, const void *member)) ATTR_MUST_USE;

/** Write one member under `key`, or {"code":`not_found`} when `member` is NULL. */
void listing_put_one(struct api_reply *r, const char *key, const void *member, int not_found,
                     void (*put)(struct api_reply *r, const char *key, const void *member));

#endif
