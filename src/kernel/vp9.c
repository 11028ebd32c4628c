#include "kernel/vp9.h"

#include "core/rd.h"
#include "kernel/bits.h"

enum { VERSION_1 = 0x01000000 }; /* and no flags; as a record it would have a bit depth of 0 */

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

static void skip_color_config(struct bits *b, unsigned profile)
{
    enum { CS_RGB = 7 };
    bool subsampling_told = profile & 1;
    if (profile >= 2)
        bits_u1(b); /* ten_or_twelve_bit */
    if (bits_u(b, 3) != CS_RGB)
        bits_skip(b, subsampling_told ? 1 + 3 : 1); /* color_range; subsampling_x, subsampling_y, reserved */
    else if (subsampling_told)
        bits_u1(b); /* reserved */
}

bool vp9_key_frame_size(const uint8_t *bytes, size_t len, uint32_t *width, uint32_t *height)
{
    enum { FRAME_MARKER = 2, SYNC_CODE = 0x498342 };
    struct bits b = bits_over(bytes, len);
    bool        marked = bits_u(&b, 2) == FRAME_MARKER;
    unsigned    profile = bits_u1(&b);
    profile |= bits_u1(&b) << 1;
    if (profile == 3)
        bits_u1(&b);                          /* reserved */
    bool no_key = bits_u1(&b) || bits_u1(&b); /* show_existing_frame; frame_type, 0 is key */
    bits_skip(&b, 2);                         /* show_frame, error_resilient_mode */
    if (!marked || no_key || bits_u(&b, 24) != SYNC_CODE)
        return false;
    skip_color_config(&b, profile);
    *width = bits_u(&b, 16) + 1;
    *height = bits_u(&b, 16) + 1;
    return !b.bad;
}

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
