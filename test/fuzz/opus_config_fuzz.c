/* The bytes are parsed as an OpusHead, and as a packet. */
#include "fuzzing.h"
#include "kernel/opus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { SAMPLES_MAX = OPUS_RATE * 120 / 1000 };
    struct opus_head head;
    if (opus_head_parse(data, len, &head)) {
        check(head.channels > 0 && (head.mapping_family != 0 || head.channels <= 2));
        check(!head.mapping || (head.mapping >= data && head.mapping + 2 + head.channels <= data + len));
    }
    check(opus_packet_samples(data, len) <= SAMPLES_MAX);
    return 0;
}
