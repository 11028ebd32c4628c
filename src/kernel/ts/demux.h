/**
 * The transport stream demuxer: bytes in pieces of any size in, units of one program out, from which frame_make.h makes frames.
 *
 *     ts_demux_init(&d, 0);
 *     struct rd in = rd_over(bytes, len);
 *     while (ts_demux_next(&d, &in, &unit))      until all of the piece is taken
 *         …
 *     while (ts_demux_flush(&d, &unit))          at the end: the last pictures
 *         …
 *     ts_demux_finish(&d);
 *
 * Codecs     H.264, HEVC; AAC in ADTS and LATM, MPEG audio, AC-3, E-AC-3, Opus. Beside them ID3 tags and sections of SCTE-35
 * Programs   One is read: that of the number given, or the first one of the PAT. What a PMT no longer names ends; its last unit
 *            still comes
 * Loss       A gap in the continuity counters ends a unit, which is marked as damaged (stream.h). A packet that is repeated counts
 *            once. Bytes that are no packets are skipped (packets.h)
 * Times      33-bit stamps become times that do not wrap (clock.h). A jump of the sender's clock is passed on
 * Memory     TS_STREAMS_MAX streams, each with two PES packets of at most TS_PICTURE_MAX; all PES packets that are being collected have
 *            at most TS_DEMUX_BYTES_MAX bytes
 *
 * Source     ISO/IEC 13818-1
 * Ownership  ts_demux_finish() frees all; units borrow bytes of the demuxer and of the piece until the next call
 * Yields     no
 */
#ifndef KERNEL_TS_DEMUX_H
#define KERNEL_TS_DEMUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/ts/clock.h"
#include "kernel/ts/packets.h"
#include "kernel/ts/psi_read.h"
#include "kernel/ts/section.h"
#include "kernel/ts/stream.h"

/* Most bytes of all PES packets that are being collected. */
enum { TS_DEMUX_BYTES_MAX = 16 << 20 };

/* The sections of one PID. */
struct ts_table {
    struct ts_section section;
    uint8_t           cc;
    bool              has_cc;
};

struct ts_demux {
    struct ts_packets packets;
    struct ts_clock   clock;
    uint16_t          wanted;           /* program number; 0: the first */
    uint16_t          program, pmt_pid; /* the one that is read, once the PAT has named it */
    struct ts_table   pat_table, pmt_table;
    struct ts_pat     pat; /* the newest */
    struct ts_pmt     pmt; /* the one in force; n is 0 before the first */
    struct ts_pmt     next_pmt;
    bool              changing; /* The streams that next_pmt does not have are being ended. */
    struct ts_stream  streams[TS_STREAMS_MAX];
    size_t            n;
    struct ts_stream *draining; /* the stream that may have more units */
    uint8_t           raw[LATM_ELEMENT_MAX];

    int64_t n_gaps; /* places where packets of this program are missing */
};

void ts_demux_init(struct ts_demux *d, uint16_t program);
void ts_demux_finish(struct ts_demux *d);

/** The next unit. False when all of the piece is taken. */
bool ts_demux_next(struct ts_demux *d, struct rd *piece, struct ts_demuxed *unit) ATTR_MUST_USE;

/** The next unit of what is left at the end of the stream. False when there is none. */
bool ts_demux_flush(struct ts_demux *d, struct ts_demuxed *unit) ATTR_MUST_USE;

/** The next piece begins with a packet, as a datagram does. */
static inline void ts_demux_restart(struct ts_demux *d)
{
    ts_packets_restart(&d->packets);
}

#endif
