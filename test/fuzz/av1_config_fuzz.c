/* The bytes are parsed as an AV1 record; then as OBUs, from which a record is made that must parse and say the same. */
#include "fuzzing.h"
#include "kernel/av1.h"

static void check_written(struct rd obus)
{
    uint8_t             record[512], again[512];
    struct wr           w = wr_over(record, sizeof record), w_again = wr_over(again, sizeof again);
    struct av1_config   config;
    struct av1_sequence of_stream, of_record;
    if (!av1_config_write(&w, obus) || w.full)
        return;
    check(av1_config_parse(record, wr_len(&w), &config));
    check(av1_sequence_parse(obus, &of_stream) && av1_sequence_parse(config.obus, &of_record));
    check(of_stream.width == of_record.width && of_stream.height == of_record.height &&
          of_stream.profile == config.profile && of_stream.level_idx == config.level_idx &&
          of_stream.tier == config.tier);
    check(av1_config_write(&w_again, config.obus));
    check(wr_len(&w_again) == wr_len(&w) && memcmp(record, again, wr_len(&w)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct av1_config   config;
    struct av1_sequence sequence;
    if (av1_config_parse(data, len, &config)) {
        check(config.bit_depth == 8 || config.bit_depth == 10 || config.bit_depth == 12);
        check(!av1_sequence_parse(config.obus, &sequence) || (sequence.width && sequence.height));
        check_written(config.obus);
    }
    check_written(rd_over(data, len));
    av1_is_key(rd_over(data, len));
    return 0;
}
