/**
 * A received FLV body as a frame: the parser behind the maker of frames (frame_make.h).
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
 * Fill in what data[0..len) says about a frame that nobody else holds yet.
 *
 * Shape      kind, len, data and dts_us are set by the caller; codec, track, key, config, idr, note, pts_us,
 *            media_offset and media_len are set here. forms: what the stream's configurations have told, one value for
 *            all its frames, all 0 before the first; NULL: nothing is told.
 * Rules      key     the FLV header says key frame, or the AVC/HEVC access unit holds an IDR; and the body
 *                    does hold bytes of a picture. What encoders call key without an IDR (recovery
 *                    points, intra refresh) stays key; `idr` tells the difference.
 *            config  a configuration record, AV1's MPEG-TS descriptor included
 *            Sequence ends, HDR metadata and channel orders are frames to pass on, neither key nor
 *            config, with media_len 0. A script frame has no codec and is all media.
 * Returns    FLV_PARSE_OK      keep and send the frame
 *            FLV_PARSE_IGNORE  drop it quietly: no bytes, a seek command, an empty configuration
 *            FLV_PARSE_BAD     drop it loudly: too short (codec CODEC_NONE), or a codec or packet type that
 *                              is unknown; flv_body_parse_video() / _audio() and flv_body_codec_text() tell more
 */
enum flv_parse flv_frame_parse(struct frame *f, struct nalu_forms *forms);

/**
 * Make the composition time in the body of a parsed frame that nobody else holds pts_us - dts_us, each rounded to milliseconds.
 *
 * Source     Adobe FLV 10.1 E.4.3.1, CompositionTime: SI24, milliseconds
 * Returns    false when the body has no place for it, or it is out of range: nothing is changed
 */
bool flv_frame_write_cts(struct frame *f) ATTR_MUST_USE;

/**
 * If a parsed AVC or HEVC frame carries its NAL units as Annex B (some encoders do), make it what FLV wants: lengths, of the
 * size that its configuration tells, else of four bytes; and a configuration record out of a configuration frame's parameter
 * sets. What stays as it is: a configuration that lacks a kind of set, and the pictures of such a one of HEVC; a NAL unit that is
 * too long for its length; a body of several tracks; and every other frame.
 *
 * Shape      forms: of flv_frame_parse(); a configuration that was converted is noted there
 * Ownership  `*fp` has one reference and may be replaced by another frame
 * Returns    false when memory is out; `*fp` unchanged
 */
bool flv_frame_to_avcc(struct frame **fp, struct nalu_forms *forms) ATTR_MUST_USE;

#endif
