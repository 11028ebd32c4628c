#include "kernel/vp9.h"

#include "core/rd.h"

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
    rd_bytes(&r, 3);          /* colour primaries, transfer, matrix */
    rd_bytes(&r, rd_u16(&r)); /* codecInitializationData: none in VP8 and VP9 */
    return !r.bad && config->profile <= 3 &&
           (config->bit_depth == 8 || config->bit_depth == 10 || config->bit_depth == 12);
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
