#include "kernel/vp9.h"

#include "core/rd.h"
#include "kernel/bits.h"

enum { VERSION_1 = 0x01000000 }; /* version 1 without flags; as a record, these bytes would have a bit depth of 0 */

bool vp9_config_parse(const uint8_t *bytes, size_t len, struct vp9_config *config)
{
    struct rd r = rd_over(bytes, len);
    if (rd_u32(&r) != VERSION_1)
        r = rd_over(bytes, len);
    *config = (struct vp9_config){ .profile = rd_u8(&r) };
    config->level = rd_u8(&r);
    uint8_t depth = rd_u8(&r);
    config->bit_depth = depth >> 4;
    config->chroma_subsampling = depth >> 1 & 7;
    config->full_range = depth & 1;
    config->primaries = rd_u8(&r);
    config->transfer = rd_u8(&r);
    config->matrix = rd_u8(&r);
    rd_bytes(&r, rd_u16(&r)); /* codecInitializationData: none in VP8 and VP9 */
    return !r.bad && config->profile <= 3 &&
           (config->bit_depth == 8 || config->bit_depth == 10 || config->bit_depth == 12);
}

/* 6.2.2 color_config() */
static void read_color(struct bits *b, struct vp9_config *c)
{
    enum { CS_RGB = 7, CS_UNSPECIFIED = 2 };
    /* 7.2.2 color_space: the matrix_coefficients of ISO/IEC 23091-2 that it stands for */
    static const uint8_t matrices[] = { CS_UNSPECIFIED, 5, 1, 6, 7, 9, CS_UNSPECIFIED, 0 };
    bool                 subsampling_told = c->profile & 1;
    c->bit_depth = 8;
    if (c->profile >= 2)
        c->bit_depth = bits_u1(b) ? 12 : 10; /* ten_or_twelve_bit */
    unsigned space = bits_u(b, 3);
    bool     x = space != CS_RGB, y = x;
    if (space != CS_RGB)
        c->full_range = bits_u1(b);
    if (subsampling_told && space != CS_RGB) {
        x = bits_u1(b);
        y = bits_u1(b);
    }
    if (subsampling_told)
        bits_u1(b); /* reserved */
    c->full_range |= space == CS_RGB;
    c->chroma_subsampling = x && y ? 1 : x ? 2 : 3;
    c->primaries = c->transfer = CS_UNSPECIFIED;
    c->matrix = matrices[space];
}

/* Read uncompressed_header() of a key frame up to the size. */
static bool read_key_frame(struct bits *b, struct vp9_config *c)
{
    enum { FRAME_MARKER = 2, SYNC_CODE = 0x498342 };
    bool marked = bits_u(b, 2) == FRAME_MARKER;
    *c = (struct vp9_config){ .profile = (uint8_t)bits_u1(b) };
    c->profile |= (uint8_t)(bits_u1(b) << 1);
    if (c->profile == 3)
        bits_u1(b);                         /* reserved */
    bool no_key = bits_u1(b) || bits_u1(b); /* show_existing_frame; frame_type, 0 is key */
    bits_skip(b, 2);                        /* show_frame, error_resilient_mode */
    if (!marked || no_key || bits_u(b, 24) != SYNC_CODE)
        return false;
    read_color(b, c);
    return !b->bad;
}

bool vp9_config_of_key_frame(const uint8_t *bytes, size_t len, struct vp9_config *config)
{
    struct bits b = bits_over(bytes, len);
    return read_key_frame(&b, config);
}

bool vp9_key_frame_size(const uint8_t *bytes, size_t len, uint32_t *width, uint32_t *height)
{
    struct bits       b = bits_over(bytes, len);
    struct vp9_config config;
    if (!read_key_frame(&b, &config))
        return false;
    *width = bits_u(&b, 16) + 1;
    *height = bits_u(&b, 16) + 1;
    return !b.bad;
}

void vp9_config_write(struct wr *w, const struct vp9_config *c)
{
    wr_u32(w, VERSION_1);
    wr_u8(w, c->profile);
    wr_u8(w, c->level);
    wr_u8(w, (uint8_t)(c->bit_depth << 4 | c->chroma_subsampling << 1 | c->full_range));
    wr_u8(w, c->primaries);
    wr_u8(w, c->transfer);
    wr_u8(w, c->matrix);
    wr_u16(w, 0); /* codecInitializationData: none in VP8 and VP9 */
}

const struct vp9_config vp8_config = {
    .bit_depth = 8,
    .chroma_subsampling = 1,
    .primaries = 2,
    .transfer = 2,
    .matrix = 2,
};

const char *vp9_profile_name(unsigned profile)
{
    static const char *const names[] = { "Profile 0", "Profile 1", "Profile 2", "Profile 3" };
    return profile < ARRAY_LEN(names) ? names[profile] : "Other";
}

const char *vp9_level_name(unsigned level)
{
    static const char *const names[] = {
        [10] = "1",   [11] = "1.1", [20] = "2",   [21] = "2.1", [30] = "3", [31] = "3.1", [40] = "4",
        [41] = "4.1", [50] = "5",   [51] = "5.1", [52] = "5.2", [60] = "6", [61] = "6.1", [62] = "6.2",
    };
    return level < ARRAY_LEN(names) && names[level] ? names[level] : "Other";
}
