/**
 * The boxes that describe AC-3 and E-AC-3 to a decoder, made of a first frame.
 *
 * Source     ETSI TS 102 366 F.4 (AC3SpecificBox), F.6 (EC3SpecificBox)
 * Shape      bytes: a syncframe; of E-AC-3 with the dependent substreams after it
 * Yields     no
 */
#ifndef KERNEL_MP4_AC3_BOX_H
#define KERNEL_MP4_AC3_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"

enum { MP4_DAC3_LEN = 3 };

/** Write the contents of dac3, MP4_DAC3_LEN bytes; nothing if the bytes are no syncframe. */
void mp4_dac3_write(struct wr *w, const uint8_t *bytes, size_t len);

/** The number of bytes that mp4_dec3_write() writes. */
size_t mp4_dec3_len(const uint8_t *bytes, size_t len);

/** Write the contents of dec3; nothing if the bytes are no syncframe. */
void mp4_dec3_write(struct wr *w, const uint8_t *bytes, size_t len);

#endif
