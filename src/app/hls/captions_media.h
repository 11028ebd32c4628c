/**
 * Closed captions in a master playlist: EXT-X-MEDIA of the services that the pictures of its variants have.
 *
 * Source     RFC 8216 4.3.4.1, 4.3.4.2 (CLOSED-CAPTIONS)
 * Yields     no
 */
#ifndef APP_HLS_CAPTIONS_MEDIA_H
#define APP_HLS_CAPTIONS_MEDIA_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/captions.h"
#include "kernel/hls/master.h"

/** Describe a set of services. Returns their number. */
size_t hls_captions_list(struct hls_rendition renditions[static CAPTIONS_N], uint32_t services);

/**
 * CLOSED-CAPTIONS of each variant: the group, or "NONE". NULL while it cannot be told, because there is room for captions in the
 * pictures and none have come.
 */
const char *hls_captions_group(uint32_t services);

#endif
