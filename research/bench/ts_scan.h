/**
 * A reader of an MPEG transport stream that keeps no payload: it gives the beginning of each access unit.
 *
 * Source: ISO/IEC 13818-1, 2.4.3.2 (packet) and 2.4.3.6 (PES)
 */
#ifndef BENCH_TS_SCAN_H
#define BENCH_TS_SCAN_H

#include "chunk_scan.h" /* struct scanned */

enum { TS_SCAN_PACKET_LEN = 188 };

struct ts_scan {
    bool    bad;    /* a packet without its sync byte */
    uint8_t n_held; /* bytes held of a packet that came in pieces */
    uint8_t held[TS_SCAN_PACKET_LEN];
};

void ts_scan_init(struct ts_scan *s);

/**
 * Step to the next packet that begins a PES of audio or video; false when the bytes are used up, or s->bad.
 *
 * Shape      unit->type as in FLV; unit->start is what this packet holds of the PES, its header included
 */
bool ts_scan_next(struct ts_scan *s, struct rd *in, struct scanned *unit);

#endif
