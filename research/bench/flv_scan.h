/**
 * A reader of an FLV stream that keeps no payload, like chunk_scan.h, for HTTP-FLV and for the stream of `floor`.
 *
 * Source: Adobe FLV 10.1, Annex E
 */
#ifndef BENCH_FLV_SCAN_H
#define BENCH_FLV_SCAN_H

#include "chunk_scan.h" /* struct scanned */
#include "kernel/flv.h"

struct flv_scan {
    enum { FLV_SCAN_FILE_HEADER, FLV_SCAN_TAG_HEADER, FLV_SCAN_BODY, FLV_SCAN_TRAILER } at;
    bool           bad;
    uint8_t        n_held; /* bytes held of the header or trailer that is being read */
    uint16_t       n_start;
    uint32_t       body_left;
    struct scanned tag;
    uint8_t        held[16];
    uint8_t        start[SCAN_START_MAX];
};

void flv_scan_init(struct flv_scan *s);

/** Skip the next tag; false when the bytes are used up, or s->bad. */
bool flv_scan_next(struct flv_scan *s, struct rd *in, struct scanned *tag);

#endif
