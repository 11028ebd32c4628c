/* The bytes are parsed as a FLAC configuration, in each of its three forms, and as a frame. */
#include "fuzzing.h"
#include "kernel/flac.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct flac_info info;
    check(flac_frame_samples(data, len) <= 65535);
    if (!flac_info_parse(data, len, &info))
        return 0;
    check(info.sample_rate && info.channels >= 1 && info.channels <= 8);
    check(info.streaminfo >= data && info.streaminfo + FLAC_STREAMINFO_LEN <= data + len);
    return 0;
}
