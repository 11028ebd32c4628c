/**
 * Which streams are variants of one another (`hls_variants _720 _480`): cam, cam_720 and cam_480 are one group, named cam.
 *
 * Shape      names of streams are in normal form (stream_name.h)
 * Yields     no
 */
#ifndef APP_SEGMENT_VARIANTS_H
#define APP_SEGMENT_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "protocol/stream_name.h"

/** The name of the group of a stream: its own without the longest suffix that it has. False: the vhost has no variants. */
bool variants_group_of(char group[static STREAM_NAME_MAX + 1], const struct conf_vhost *vhost, const char *stream);

/** The stream of the group that comes in this place: 0 is that without a suffix, then as configured. Of no group: SIZE_MAX. */
size_t variants_place_of(const struct conf_vhost *vhost, const char *stream);

#endif
