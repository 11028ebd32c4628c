/**
 * The parser of received FLV bodies, on which the maker of frames is built (frame_make.h).
 *
 * Source     flv_body.h
 * Yields     no
 */
#ifndef KERNEL_FLV_FRAME_H
#define KERNEL_FLV_FRAME_H

#include <stdbool.h>

#include "core/attr.h"
#include "kernel/flv_body.h"
#include "kernel/frame.h"
#include "kernel/nalu_form.h"

/**
 * Fill in the fields of a frame, of which the caller has the only reference, from data[0..len).
 *
 * Shape      kind, len, data and dts_us are set by the caller; codec, track, key, config, idr, note, pts_us,
 *            media_offset and media_len are set here. forms: the state learned from the stream's configurations, one value
 *            for all its frames, all 0 before the first; NULL: none.
 * Rules      key     the FLV header says key frame, or the AVC/HEVC access unit has an IDR; and the body
 *                    has bytes of a picture. Key frames of encoders without an IDR (recovery points,
 *                    intra refresh) stay key; `idr` tells the difference.
 *            config  a configuration record, AV1's MPEG-TS descriptor included
 *            Sequence ends, HDR metadata and channel orders are frames to pass on, neither key nor
 *            config, with media_len 0. A script frame has no codec and is all media.
 * Returns    FLV_PARSE_OK      keep and send the frame
 *            FLV_PARSE_IGNORE  drop it without a log line: no bytes, a seek command, an empty configuration
 *            FLV_PARSE_BAD     drop it with a log line: too short (codec CODEC_NONE), or a codec or packet type that
 *                              is unknown; flv_body_parse_video() / _audio() and flv_body_codec_text() tell more
 */
enum flv_parse flv_frame_parse(struct frame *f, struct nalu_forms *forms);

/**
 * Write pts_us - dts_us, each rounded to milliseconds, as the composition time into the body of a parsed frame, of which the
 * caller has the only reference.
 *
 * Source     Adobe FLV 10.1 E.4.3.1, CompositionTime: SI24, milliseconds
 * Returns    false, with nothing changed, if the body has no place for it, or it is out of range
 */
bool flv_frame_write_cts(struct frame *f) ATTR_MUST_USE;

/**
 * Convert a parsed AVC or HEVC frame whose NAL units are in Annex B (some encoders send that) to the form of FLV: NAL units
 * with lengths, of the size in the configuration or else of four bytes; and a configuration record in place of the parameter
 * sets of a configuration frame. These frames are not changed: a configuration that lacks a kind of set, and for HEVC its
 * pictures; a NAL unit that is too long for its length; a body of several tracks; and every other frame.
 *
 * Shape      forms: the state of flv_frame_parse(); a configuration that was converted is noted there
 * Ownership  `*fp` has one reference and may be replaced by another frame
 * Returns    false if memory is out; then `*fp` is unchanged
 */
bool flv_frame_to_avcc(struct frame **fp, struct nalu_forms *forms) ATTR_MUST_USE;

#endif
