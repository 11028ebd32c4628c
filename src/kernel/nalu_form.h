/**
 * The form of the NAL units in a stream's pictures: lengths of one to four bytes, as the configuration says, or start codes,
 * which some encoders send in spite of it.
 *
 * A length of 256 to 511 bytes reads 00 00 01 xx, so it looks like a start code. The configuration takes precedence: bytes are
 * read as start codes only if they cannot be lengths and are complete as start codes.
 *
 * Source     ISO/IEC 14496-15 5.3.3, 8.3.3 (lengthSizeMinusOne); ITU-T H.264 and H.265 7.3.1, 7.4.1, Annex B
 * Yields     no
 */
#ifndef KERNEL_NALU_FORM_H
#define KERNEL_NALU_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rd.h"
#include "kernel/frame.h"
#include "kernel/nalu.h"

/* The values 1 to 4 are lengths of that many bytes. */
enum nalu_form { NALU_UNTOLD, NALU_LENGTHS_1, NALU_LENGTHS_2, NALU_LENGTHS_3, NALU_LENGTHS_4, NALU_ANNEXB };

/* Most tracks whose configurations are remembered; all others are NALU_UNTOLD. */
enum { NALU_TRACKS_MAX = 16 };

/* The form in the newest configuration of each track, and the codec of that. */
struct nalu_forms {
    struct {
        uint8_t codec, form;  /* enum codec, enum nalu_form: what the publisher sends */
        bool    is_converted; /* Players got a record in place of a configuration with start codes. */
    } tracks[NALU_TRACKS_MAX];
};

/** Remember the form in a configuration frame of AVC or HEVC. If `forms` is NULL, nothing is remembered. */
void nalu_forms_learn(struct nalu_forms *forms, const struct frame *config);

/** The form that is remembered for the frame's track and codec; NALU_UNTOLD if `forms` is NULL. */
enum nalu_form nalu_forms_told(const struct nalu_forms *forms, const struct frame *f);

/**
 * Find the form of the NAL units in one access unit.
 *
 * Shape      told: the form in the configuration. Bytes after the last NAL unit, and a last NAL unit that is cut, are no
 *            evidence against it
 * Returns    never NALU_UNTOLD. NALU_ANNEXB is returned if the first length, in the form `told`, is impossible, and the headers
 *            of all NAL units after start codes are possible. A length is impossible if its NAL unit has an impossible header,
 *            or if it is too long and the first slice after the start codes begins a picture
 */
enum nalu_form nalu_form_of_picture(const uint8_t *bytes, size_t len, bool hevc, enum nalu_form told);

/** Read the next NAL unit of an access unit in that form. False at the end, or at a NAL unit that is cut. */
bool nalu_form_next(struct rd *r, enum nalu_form form, struct nalu *nalu);

/** True if an access unit in that form has a picture with which a decoder may start: an IDR, or any IRAP of HEVC. */
bool nalu_holds_idr(const uint8_t *bytes, size_t len, bool hevc, enum nalu_form form);

#endif
