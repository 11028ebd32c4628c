/**
 * Reading an FLV stream without keeping it: chunk_scan.h for HTTP-FLV and for what `floor` sends.
 *
 * The head of an HTTP answer is stepped over, and chunked transfer coding undone, when the stream begins so.
 * Source: Adobe FLV 10.1, Annex E; RFC 9112, 7.1
 */
#ifndef BENCH_FLV_SCAN_H
#define BENCH_FLV_SCAN_H

#include "chunk_scan.h" /* struct scanned */
#include "kernel/flv.h"

enum { FLV_SCAN_LINE_MAX = 128 };

struct flv_scan {
    enum { FLV_SCAN_HEAD, FLV_SCAN_FILE_HEADER, FLV_SCAN_TAG_HEADER, FLV_SCAN_BODY, FLV_SCAN_TRAILER } at;
    bool           http, chunked, refused, bad;
    uint8_t        n_held; /* of the header or trailer being read */
    uint16_t       n_line;
    uint16_t       n_start;
    uint32_t       body_left;
    uint64_t       chunk_left; /* of the transfer coding; 0: a size line is due */
    struct scanned tag;
    uint8_t        held[16];
    char           line[FLV_SCAN_LINE_MAX];
    uint8_t        start[SCAN_START_MAX];
};

void flv_scan_init(struct flv_scan *s, bool http);

/** Step over the next tag; false when the bytes are used up, or s->bad. `s->refused`: the answer is not 200. */
bool flv_scan_next(struct flv_scan *s, struct rd *in, struct scanned *tag);

#endif
