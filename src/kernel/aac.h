/**
 * AAC: the AudioSpecificConfig, and the ADTS header made of it.
 *
 * Source     ISO/IEC 14496-3 1.6.2.1 (AudioSpecificConfig), 1.6.5 (SBR and PS signalling), 4.4.1 (GASpecificConfig,
 *            program_config_element), 1.A.2.2 (ADTS)
 * Yields     no
 */
#ifndef KERNEL_AAC_H
#define KERNEL_AAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "kernel/bits.h"

/* Table 1.17 audioObjectType */
enum aac_object { AAC_MAIN = 1, AAC_LC = 2, AAC_SSR = 3, AAC_LTP = 4, AAC_SBR = 5, AAC_PS = 29 };

enum {
    AAC_ADTS_HEADER_LEN = 7,
    AAC_ADTS_RAW_MAX = 0x1FFF - AAC_ADTS_HEADER_LEN, /* aac_frame_length has 13 bits */
};

struct aac_config {
    uint8_t  object_type;    /* the type of the core: AAC_LC also under SBR and PS */
    bool     sbr, ps;        /* explicit signalling; players may find more in the frames */
    uint8_t  rate_index;     /* samplingFrequencyIndex of the core; 15: the rate is given in full */
    uint8_t  channel_config; /* channelConfiguration; 0: a program_config_element follows */
    uint8_t  channels;       /* channels of the output: two for a mono core with PS */
    uint16_t frame_len;      /* samples of the core in a frame: 1024 or 960 */
    uint32_t core_rate;      /* Hz */
    uint32_t sample_rate;    /* rate of the output, Hz: that of SBR if there is SBR */
};

/** Read an AudioSpecificConfig. Returns false if it is cut or has an impossible value. */
bool aac_config_parse(const uint8_t *bytes, size_t len, struct aac_config *config) ATTR_MUST_USE;

/**
 * Read an AudioSpecificConfig within other bits, as LATM has it: its length is not told, so no extension after it is looked for.
 *
 * Returns    false also for an object type whose length is not known; the place of `b` means nothing then
 */
bool aac_config_read(struct bits *b, struct aac_config *config) ATTR_MUST_USE;

struct aac_adts {
    uint8_t object_type, rate_index, channel_config; /* the same as in struct aac_config */
    size_t  header_len;                              /* 7, or 9 with a CRC */
    size_t  frame_len;                               /* header and raw frame */
};

enum {
    AAC_CONFIG_LEN = 2,   /* number of bytes that aac_config_write() writes */
    AAC_FRAME_LEN = 1024, /* samples of a channel in an ADTS frame; 1.A.2.2 has no way to signal 960 */
};

/**
 * Read the ADTS header of a frame.
 *
 * Returns    false if it is cut, has no syncword or an impossible value, or if the frame has several raw data blocks
 */
bool aac_adts_parse(const uint8_t *bytes, size_t len, struct aac_adts *adts) ATTR_MUST_USE;

/** The same of a frame that may go on beyond the bytes. */
bool aac_adts_parse_header(const uint8_t *bytes, size_t len, struct aac_adts *adts) ATTR_MUST_USE;

/** The sampling frequency of an index, Hz; 0 for a reserved index and for 15. */
uint32_t aac_rate(unsigned rate_index);

/**
 * Write the AudioSpecificConfig of frames that came in ADTS, AAC_CONFIG_LEN bytes. SBR and PS are not signalled: players find
 * them in the frames.
 *
 * Returns    false, with nothing written, if the channels are given by a program_config_element
 */
bool aac_config_write(struct wr *w, const struct aac_adts *adts) ATTR_MUST_USE;

/** The name of the profile: "Main", "LC", "SSR", "HE", "HEv2"; "Other". */
const char *aac_profile_name(const struct aac_config *config);

/**
 * Write the ADTS header of a raw frame of `raw_len` bytes.
 *
 * Returns    false, with nothing written, if ADTS cannot express it: another object type than 1 to 4, a rate
 *            out of the table, channels by program_config_element or above 7, a frame above AAC_ADTS_RAW_MAX
 */
bool aac_write_adts(struct wr *w, const struct aac_config *config, size_t raw_len) ATTR_MUST_USE;

#endif
