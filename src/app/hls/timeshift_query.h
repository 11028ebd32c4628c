/**
 * What a request for a playlist asks of timeshift.
 *
 *     ?delay=90                                        the live playlist as it was 90 s ago
 *     ?start=2026-11-30T06:00:00Z&end=1764486000       a range of time: ISO 8601, or seconds since 1970
 *     ?start=…                                         up to now
 *
 * A time without a zone is UTC. A `+` in a query is a blank to many programs, so that a blank before the zone is taken for one.
 *
 * Source     RFC 3339 5.6; ISO 8601 allows the zone without a colon
 * Yields     no
 */
#ifndef APP_HLS_TIMESHIFT_QUERY_H
#define APP_HLS_TIMESHIFT_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

struct http_request;

struct hls_timeshift_query {
    int64_t delay_us; /* 0: a range is asked for */
    int64_t start_us, end_us;
    bool    has_end;
};

enum hls_timeshift_asks { HLS_TIMESHIFT_ASKS_NOTHING, HLS_TIMESHIFT_ASKS, HLS_TIMESHIFT_ASKS_NONSENSE };

/** True if one of its parameters is there. */
bool hls_timeshift_is_asked(const struct http_request *r);

/** Read the parameters; *why is a literal that says what is wrong. */
enum hls_timeshift_asks hls_timeshift_query_read(struct hls_timeshift_query *q, const struct http_request *r,
                                                 const char **why) ATTR_MUST_USE;

/** The same from texts; NULL: not there. */
enum hls_timeshift_asks hls_timeshift_query_parse(struct hls_timeshift_query *q, const char *delay, const char *start,
                                                  const char *end, const char **why) ATTR_MUST_USE;

/** A time: ISO 8601, or seconds since 1970 with up to 6 decimals. False if it is neither. */
bool hls_timeshift_time_parse(const char *text, int64_t *wall_us) ATTR_MUST_USE;

#endif
