/**
 * The choice of a variant of a master playlist (a multivariant playlist).
 *
 * Source     RFC 8216 4.3.4.2
 * Yields     no
 */
#ifndef KERNEL_HLS_MASTER_READ_H
#define KERNEL_HLS_MASTER_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** True if the text lists variants, so that it is no media playlist. */
bool hls_is_master(const char *text, size_t len);

struct hls_choice {
    const char *uri; /* of its media playlist */
    int64_t     bandwidth_bps;
    bool        has_audio_elsewhere; /* An AUDIO group is named: its sound may have a playlist of its own. */
};

/**
 * The variant with the highest bandwidth; of equal ones the first. Variants that cannot be read are skipped.
 *
 * Shape      text: writable, and lines end with a line feed; a last line without one is not complete and is left out
 * Ownership  out->uri points into the text
 * Returns    false: no master playlist, or none of its variants can be read
 */
bool hls_master_choose(struct hls_choice *out, char *text, size_t len);

#endif
