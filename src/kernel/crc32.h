/**
 * The checksum of sections in transport streams.
 *
 * Source     ISO/IEC 13818-1 Annex A
 * Yields     no
 */
#ifndef KERNEL_CRC32_H
#define KERNEL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** The checksum of the bytes. Over a section with its checksum it is 0. */
uint32_t crc32_mpeg(const uint8_t *p, size_t len);

#endif
