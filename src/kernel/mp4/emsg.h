/**
 * The box that stands before a fragment and carries an event (emsg).
 *
 * Source     ISO/IEC 23009-1 5.10.3.3 (emsg, version 1);
 *            Carriage of ID3 Timed Metadata in CMAF (AOMedia) 2.1; ANSI/SCTE 214-3 7.3.2 (SCTE-35 in emsg)
 * Ownership  borrows its arguments during the call
 * Yields     no
 */
#ifndef KERNEL_MP4_EMSG_H
#define KERNEL_MP4_EMSG_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"

#define EMSG_SCHEME_ID3 "https://aomedia.org/emsg/ID3"
#define EMSG_SCHEME_SCTE35 "urn:scte:scte35:2013:bin"

enum { EMSG_BYTES_MAX = 1 << 20 }; /* longest message; an ID3 tag or a splice section has some hundred bytes */

#define EMSG_NO_DURATION 0xFFFFFFFFu

struct emsg {
    const char    *scheme, *value; /* `value` may be NULL: empty */
    uint32_t       timescale;      /* ticks in a second */
    uint64_t       time;     /* ticks, on the time line of the fragments: a fragment's tfdt may be compared with it */
    uint32_t       duration; /* ticks; EMSG_NO_DURATION: unknown */
    uint32_t       id;       /* Messages with equal scheme, value and id are one event, which a player shows once. */
    const uint8_t *bytes;    /* an ID3 tag; a splice_info_section */
    size_t         len;      /* at most EMSG_BYTES_MAX */
};

/** The number of bytes that emsg_write() writes. */
size_t emsg_len(const struct emsg *e);

/** Write the box; a message that is too long sets `full`. */
void emsg_write(struct wr *w, const struct emsg *e);

#endif
