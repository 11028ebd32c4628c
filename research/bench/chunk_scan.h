/**
 * A reader of an RTMP chunk stream that keeps no payload: it gives each message's type and length, and its first bytes.
 *
 * The server's own reader (protocol/rtmp/chunk_reader.h) makes a frame of every message. Ten thousand players in one process
 * have no use and no memory for frames, so this reader skips the payload after its first bytes.
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

/* An RTMP message or an FLV tag that a scanner has skipped. */
struct scanned {
    uint8_t        type;
    uint32_t       timestamp_ms, len;
    const uint8_t *start; /* its first bytes, valid until the next call */
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
    int8_t   current, start_of; /* indices of streams; -1: a header comes next, and none */
    uint8_t  n_streams, carry_len;
    bool     bad; /* the bytes are invalid: close the connection */
    uint16_t n_start;
    uint8_t  carry[RTMP_CHUNK_HEADER_MAX];
    uint8_t  start[SCAN_START_MAX];
};

void chunk_scan_init(struct chunk_scan *s);

/** Skip the next message; false when the bytes are used up, or s->bad. */
bool chunk_scan_next(struct chunk_scan *s, struct rd *in, struct scanned *message);

#endif
