/* The bytes are parsed as a VP8 or VP9 record, which is written and read again; then as a key frame, from which a record is
 * made. */
#include "fuzzing.h"
#include "kernel/vp9.h"

static void check_written(const struct vp9_config *config)
{
    uint8_t           record[VP9_CONFIG_LEN];
    struct wr         w = wr_over(record, sizeof record);
    struct vp9_config again;
    vp9_config_write(&w, config);
    check(!w.full && vp9_config_parse(record, sizeof record, &again));
    check(again.profile == config->profile && again.level == config->level && again.bit_depth == config->bit_depth &&
          again.chroma_subsampling == config->chroma_subsampling && again.full_range == config->full_range &&
          again.matrix == config->matrix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct vp9_config config;
    uint32_t          width, height;
    if (vp9_config_parse(data, len, &config))
        check_written(&config);
    if (vp9_config_of_key_frame(data, len, &config))
        check_written(&config);
    check(!vp9_key_frame_size(data, len, &width, &height) || (width && height));
    return 0;
}
