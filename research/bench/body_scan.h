/**
 * A reader of the body of an HTTP answer: the head is skipped, chunked transfer coding is decoded. The body is endless, or (`has_end`)
 * ends by Content-Length or its last chunk, so that another answer may follow.
 *
 *     body_scan_init(&s);
 *     struct rd in = rd_over(buf, n), part;
 *     while (body_scan_next(&s, &in, &part))
 *         ... part is a piece of the body, inside buf
 *     if (body_scan_is_over(&s))
 *         ... the answer was complete; bytes behind it are left in `in`
 *
 * Source: RFC 9112, 6.1, 6.2 and 7.1
 */
#ifndef BENCH_BODY_SCAN_H
#define BENCH_BODY_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rd.h"

enum { BODY_SCAN_LINE_MAX = 128 };

struct body_scan {
    enum {
        BODY_SCAN_HEAD,
        BODY_SCAN_PLAIN,
        BODY_SCAN_SIZE,
        BODY_SCAN_CHUNK,
        BODY_SCAN_CHUNK_END,
        BODY_SCAN_TRAILER,
        BODY_SCAN_OVER
    } at;
    bool        chunked, has_end, has_length;
    const char *failure; /* reason to close the connection; NULL: none */
    uint8_t     n_line;
    uint64_t    left; /* bytes left of the chunk, or of the body if its length is known */
    char        line[BODY_SCAN_LINE_MAX];
};

void body_scan_init(struct body_scan *s);

/** The same for an answer with an end. */
void body_scan_init_with_end(struct body_scan *s);

/** True when the whole of an answer with an end was read. */
static inline bool body_scan_is_over(const struct body_scan *s)
{
    return s->at == BODY_SCAN_OVER && s->has_end && !s->failure;
}

/** The next piece of the body; false when the bytes are used up, or s->failure. */
bool body_scan_next(struct body_scan *s, struct rd *in, struct rd *part);

#endif
