/**
 * Closed captions in pictures: which services of CEA-608 and CEA-708 an access unit of AVC or HEVC has in its SEI messages.
 *
 * The captions themselves stay where they are: players read them from the pictures.
 *
 * Source     ITU-T H.264 7.3.2.3, D.1.6 and H.265 7.3.5, D.2.6 (user_data_registered_itu_t_t35); ATSC A/53 Part 4, 6.2.3 (GA94,
 *            cc_data); CTA-708-E 4.4, 5, 6 (packets, service blocks); CTA-608-E 8.4 (channels)
 * Ownership  borrows the frame
 * Yields     no
 */
#ifndef KERNEL_CAPTIONS_H
#define KERNEL_CAPTIONS_H

#include <stdint.h>

#include "kernel/frame.h"

/* A set of services. CC1 to CC4 are the bits 0 to 3, SERVICE1 to SERVICE6 the bits 4 to 9. */
enum {
    CAPTIONS_CC_N = 4,
    CAPTIONS_SERVICE_N = 6,
    CAPTIONS_N = CAPTIONS_CC_N + CAPTIONS_SERVICE_N,
    CAPTIONS_SILENT = 1 << CAPTIONS_N, /* The pictures have room for captions, and it may still be empty. */
};

/** The services that the picture has something for. Frames that are no pictures of AVC or HEVC have none. */
uint32_t captions_of_frame(const struct frame *f);

/** The name of a service in HLS (INSTREAM-ID): "CC1", "SERVICE1". Shape  bit: below CAPTIONS_N */
const char *captions_name(unsigned bit);

#endif
