/* The bytes are parsed as an AudioSpecificConfig, from which an ADTS header is made; then as ADTS, from which a configuration is
 * made. */
#include "fuzzing.h"
#include "kernel/aac.h"

static void check_adts(const struct aac_config *config, size_t raw_len)
{
    uint8_t         frame[AAC_ADTS_HEADER_LEN + 64] = { 0 };
    struct wr       w = wr_over(frame, sizeof frame);
    struct aac_adts adts;
    if (!aac_write_adts(&w, config, raw_len))
        return;
    check(!w.full && wr_len(&w) == AAC_ADTS_HEADER_LEN);
    check(aac_adts_parse(frame, AAC_ADTS_HEADER_LEN + raw_len, &adts));
    check(adts.object_type == config->object_type && adts.rate_index == config->rate_index &&
          adts.channel_config == config->channel_config && adts.frame_len == AAC_ADTS_HEADER_LEN + raw_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct aac_config config;
    struct aac_adts   adts;
    if (aac_config_parse(data, len, &config)) {
        check(config.sample_rate && config.core_rate && aac_profile_name(&config));
        check_adts(&config, 1 + len % 64);
    }
    if (aac_adts_parse(data, len, &adts)) {
        uint8_t   record[AAC_CONFIG_LEN];
        struct wr w = wr_over(record, sizeof record);
        check(adts.frame_len <= len && adts.header_len < adts.frame_len);
        if (aac_config_write(&w, &adts))
            check(aac_config_parse(record, sizeof record, &config) && config.rate_index == adts.rate_index);
    }
    return 0;
}
