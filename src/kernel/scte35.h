/**
 * Splice information of SCTE-35: sections that tell where a program is left for advertisements, and where it goes on.
 *
 * The section itself is passed on as it is. Read is only what a playlist has to know: whether it is the way out or the way back, and
 * which two belong together.
 *
 * Source     ANSI/SCTE 35 9.6 (splice_info_section), 9.7 (commands), 10.3.3 (segmentation_descriptor); RFC 8216 4.3.2.7.1
 * Ownership  borrows the bytes
 * Yields     no
 */
#ifndef KERNEL_SCTE35_H
#define KERNEL_SCTE35_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* Longest section that is taken; those of a real program have 30 to 200 bytes. */
enum { SCTE35_LEN_MAX = 1024 };

enum scte35_kind {
    SCTE35_OTHER, /* another command, or one that is encrypted */
    SCTE35_OUT,
    SCTE35_IN,
    SCTE35_CANCEL, /* An announced event does not happen. */
};

struct scte35 {
    enum scte35_kind kind;
    uint32_t         event_id;    /* of a way out and its way back; otherwise 0 */
    int64_t          duration_us; /* planned duration of a way out; negative: not told */
};

/**
 * Read a section.
 *
 * Returns    false if the bytes are not exactly one section with a right checksum
 */
bool scte35_read(const uint8_t *bytes, size_t len, struct scte35 *s) ATTR_MUST_USE;

/**
 * Find a section in a text: hexadecimal, with or without 0x, or base64.
 *
 * Shape      section: room for SCTE35_LEN_MAX bytes; s: what scte35_read() finds in it
 * Returns    the length of the section; 0: the text is something else
 */
size_t scte35_decode(const char *text, size_t len, uint8_t *section, struct scte35 *s) ATTR_MUST_USE;

#endif
