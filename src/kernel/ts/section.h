/**
 * Sections, collected from the packets of one PID.
 *
 *     struct rd payload = …;                               of a packet
 *     while (ts_section_next(&s, &payload, &begins))       a whole section with a right checksum: s.bytes
 *
 * Source     ISO/IEC 13818-1 2.4.4 (pointer_field, sections), Annex A (checksum)
 * Ownership  ts_section_finish() frees the bytes
 * Yields     no
 */
#ifndef KERNEL_TS_SECTION_H
#define KERNEL_TS_SECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/rd.h"

/* section_length has 12 bits. */
enum { TS_SECTION_HEADER_LEN = 3, TS_SECTION_CRC_LEN = 4, TS_SECTION_MAX = TS_SECTION_HEADER_LEN + 0xFFF };

enum ts_section_state {
    TS_SECTION_CLOSED,  /* Wait for a packet in which a section begins. */
    TS_SECTION_OPEN,    /* A section is being collected. */
    TS_SECTION_FOLLOWS, /* A section has ended in this packet: another one follows, or stuffing. */
};

struct ts_section {
    struct buf            bytes; /* a whole section after ts_section_next(), otherwise the part that has come */
    enum ts_section_state state;
};

void ts_section_init(struct ts_section *s);
void ts_section_finish(struct ts_section *s);

/** Packets are missing: drop the section that was being collected. */
void ts_section_reset(struct ts_section *s);

/**
 * The next section that ends in this payload.
 *
 * Shape      *begins: payload_unit_start_indicator, at the first call for a packet; it is changed
 * Returns    false when the payload is used up. Sections that are broken, or find no memory, are left out
 */
bool ts_section_next(struct ts_section *s, struct rd *payload, bool *begins) ATTR_MUST_USE;

#endif
