/**
 * Parts that the answers about vhosts, streams and clients share: pages, single members, traffic.
 *
 * A page is asked for by `start` and `count`, in the order of arrival, or by `cursor`: the answer then has the cursor of the next page,
 * which keeps its place while members come and go. `sort` names a column, `-` before it means the largest first.
 */
#ifndef APP_API_LISTING_H
#define APP_API_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/api/filter.h"
#include "app/api/reply.h"
#include "app/stat/traffic.h"
#include "core/attr.h"
#include "core/roll.h"

/* Default and maximum of a page's `count`; the maximum of a page that is sorted. */
enum { API_COUNT_DEFAULT = 10, API_COUNT_MAX = 10000, API_SORTED_MAX = 1000 };

/** What a list can be sorted by: a number or a text of a member. */
struct listing_column {
    const char *name;
    int64_t (*number)(const void *member);
    const char *(*text)(const void *member); /* may return NULL for no text */
    size_t offset;                           /* number() and text() get the part of the member that begins there */
};

/* clang-format off */
/* The columns of what listing_put_traffic() writes, of members that have `traffic`. */
#define LISTING_TRAFFIC_COLUMNS(type) \
    { "send_bytes", .number = listing_send_bytes, .offset = offsetof(type, traffic) }, \
    { "recv_bytes", .number = listing_recv_bytes, .offset = offsetof(type, traffic) }, \
    { "send_30s", .number = listing_send_30s, .offset = offsetof(type, traffic) }, \
    { "recv_30s", .number = listing_recv_30s, .offset = offsetof(type, traffic) }
/* clang-format on */

int64_t listing_send_bytes(const void *traffic);
int64_t listing_recv_bytes(const void *traffic);
int64_t listing_send_30s(const void *traffic);
int64_t listing_recv_30s(const void *traffic);

struct listing {
    const char        *key; /* "streams" */
    const struct roll *members;
    bool               paged; /* `count` has a default; otherwise all members are listed */
    bool (*takes)(const struct filter *f, const struct api_reply *r, const void *member); /* NULL: all are taken */
    void (*put)(struct api_reply *r, const char *key, const void *member);
    const struct listing_column *columns;
    size_t                       n_columns;
};

/** Write `"send_bytes":…,"recv_bytes":…,"kbps":{…}`, as of the last sample. */
void listing_put_traffic(struct jw *j, const struct traffic *t);

/**
 * Write the page that the query asks for. A long page is sent in pieces while members come and go. A mistake in `sort`, `cursor`
 * or a filter is answered with 400.
 *
 * Errors     out of memory, the socket's
 * Yields     after each piece, and by time
 */
struct err *listing_put_page(struct api_reply *r, const struct listing *list) ATTR_MUST_USE;

/** Write one member under `key`, or {"code":`not_found`} when `member` is NULL. */
void listing_put_one(struct api_reply *r, const char *key, const void *member, int not_found,
                     void (*put)(struct api_reply *r, const char *key, const void *member));

#endif
