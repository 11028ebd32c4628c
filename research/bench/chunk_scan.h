/**
 * Reading an RTMP chunk stream without keeping it: what messages pass by, and how each begins.
 *
 * The server's own reader (protocol/rtmp/chunk_reader.h) makes a frame of every message. Ten thousand players in
 * one process have no use for frames and no room; here a payload is stepped over, but for its first bytes.
 *
 *     chunk_scan_init(&s);
 *     struct rd in = rd_over(buf, n);
 *     while (chunk_scan_next(&s, &in, &message))
 *         ...
 *
 * Set Chunk Size is obeyed inside. Source: RTMP 1.0, 5.3
 */
#ifndef BENCH_CHUNK_SCAN_H
#define BENCH_CHUNK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rd.h"
#include "protocol/rtmp/chunk_reader.h" /* RTMP_CHUNK_HEADER_MAX */

/* What a scanner has seen pass by: an RTMP message, or an FLV tag. */
struct scanned {
    uint8_t        type;
    uint32_t       timestamp_ms, len;
    const uint8_t *start; /* its first bytes, until the next call */
    size_t         n_start;
};

enum { SCAN_START_MAX = 256, CHUNK_SCAN_STREAMS = 6 };

struct chunk_scan {
    struct chunk_scan_stream {
        uint32_t csid, timestamp_ms, field, len, seen;
        uint8_t  type;
        bool     extended;
    } streams[CHUNK_SCAN_STREAMS];
    uint32_t chunk_size, chunk_left;
    int8_t   current, start_of; /* streams by index; -1: a header is due, nobody's */
    uint8_t  n_streams, carry_len;
    bool     bad; /* what came cannot be: give the connection up */
    uint16_t n_start;
    uint8_t  carry[RTMP_CHUNK_HEADER_MAX];
    uint8_t  start[SCAN_START_MAX];
};

void chunk_scan_init(struct chunk_scan *s);

/** Step over the next message; false when the bytes are used up, or s->bad. */
bool chunk_scan_next(struct chunk_scan *s, struct rd *in, struct scanned *message);

#endif
