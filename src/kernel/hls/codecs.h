/**
 * The CODECS attribute of a variant, of the configuration frames of its tracks.
 *
 * It names a codec as players of HLS know it. That is the codecs parameter of MP4 (kernel/mp4/sample_entry), whatever carries
 * the stream, except that MP3 is "mp4a.40.34" and FLAC "fLaC".
 *
 * Source     RFC 8216 4.3.4.2; RFC 6381; Apple, HLS Authoring Specification
 * Yields     no
 */
#ifndef KERNEL_HLS_CODECS_H
#define KERNEL_HLS_CODECS_H

#include <stdbool.h>

#include "core/str.h"
#include "kernel/frame.h"

/**
 * Append the name of a track's codec, after a comma if the text has a name already.
 *
 * Shape      config: a configuration frame of the codec; NULL: none is known, or the codec has none
 * Returns    false if the name is not known, and then nothing is appended: the attribute has to name every codec, so it has to
 *            be left out
 */
bool hls_codecs_append(struct str *s, enum codec codec, const struct frame *config);

#endif
