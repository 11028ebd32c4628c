/**
 * Aggregate messages: several audio, video and data messages in one, as FLV tags.
 *
 * Source     RTMP 1.0, 7.1.6; Adobe FLV 10.1, Annex E.4.1
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_AGGREGATE_H
#define PROTOCOL_RTMP_AGGREGATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/rd.h"

/** One of the messages in an aggregate. */
struct rtmp_part {
    uint8_t  type_id;
    uint32_t timestamp_ms; /* rebased: the first part has the time of the aggregate, the others keep their distance */
    const uint8_t *body;   /* points into the aggregate */
    uint32_t       len;
};

/** A walk over an aggregate; borrows its body. */
struct rtmp_aggregate {
    struct rd r;
    uint32_t  timestamp_ms, shift_ms;
    bool      begun;
};

struct rtmp_aggregate rtmp_aggregate_over(const uint8_t *body, size_t len, uint32_t timestamp_ms);

/**
 * Read the next part.
 *
 * Returns    `*got` false: there is no further part
 * Errors     E_RTMP_AGGREGATE  a tag is cut short, or holds another aggregate
 */
struct err *rtmp_aggregate_next(struct rtmp_aggregate *a, struct rtmp_part *part, bool *got) ATTR_MUST_USE;

#endif
