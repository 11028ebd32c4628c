/**
 * How the NAL units of a stream's pictures are wrapped: behind lengths of one to four bytes, as its configuration tells, or
 * behind start codes, as some encoders send them all the same.
 *
 * A length of 256 to 511 bytes reads 00 00 01 xx, so it looks like a start code. The configuration is believed: start codes
 * are only found where reading them as lengths is impossible and reading them as start codes is whole.
 *
 * Source     ISO/IEC 14496-15 5.3.3, 8.3.3 (lengthSizeMinusOne); ITU-T H.264 and H.265 7.3.1, 7.4.1, Annex B
 * Yields     no
 */
#ifndef KERNEL_NALU_FORM_H
#define KERNEL_NALU_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"

/* 1 to 4: behind lengths of that many bytes. */
enum nalu_form { NALU_UNTOLD, NALU_LENGTHS_1, NALU_LENGTHS_2, NALU_LENGTHS_3, NALU_LENGTHS_4, NALU_ANNEXB };

/* Tracks whose configurations are remembered; those of any other are untold. */
enum { NALU_TRACKS_MAX = 16 };

/* What the newest configuration of each track told, and for which codec. */
struct nalu_forms {
    struct {
        uint8_t codec, form;  /* enum codec, enum nalu_form: as the publisher sends them */
        bool    is_converted; /* players got a record in place of a configuration behind start codes */
    } tracks[NALU_TRACKS_MAX];
};

/** Remember what a configuration frame of AVC or HEVC tells. `forms` may be NULL: nothing is remembered. */
void nalu_forms_learn(struct nalu_forms *forms, const struct frame *config);

/** What is remembered for the frame's track and codec; NALU_UNTOLD for `forms` NULL. */
enum nalu_form nalu_forms_told(const struct nalu_forms *forms, const struct frame *f);

/**
 * How the bytes of one access unit are wrapped.
 *
 * Shape      told: by the configuration. Bytes behind the last NAL unit, and a last NAL unit that is cut, do not count
 *            against it.
 * Returns    never NALU_UNTOLD. Start codes are certain when the first length, read as `told` says, cannot be: it belongs to
 *            a NAL unit whose header is impossible, or it is too long and the first slice behind the start codes begins a
 *            picture; and the header of every NAL unit behind a start code is possible.
 */
enum nalu_form nalu_form_of_picture(const uint8_t *bytes, size_t len, bool hevc, enum nalu_form told);

/** Whether an access unit in that form holds a picture that a decoder may start on: an IDR, or any IRAP of HEVC. */
bool nalu_holds_idr(const uint8_t *bytes, size_t len, bool hevc, enum nalu_form form);

#endif
