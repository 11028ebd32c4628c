/* A section of any contents under a right header and checksum; and any text. Their durations are not absurd. */
#include "fuzzing.h"

#include "core/wr.h"
#include "kernel/crc32.h"
#include "kernel/scte35.h"

enum { HEADER_LEN = 3, CRC_LEN = 4 };

static void read_section(const uint8_t *data, size_t len)
{
    size_t        whole = HEADER_LEN + len + CRC_LEN;
    uint8_t      *section = malloc(whole);
    struct scte35 s;
    struct wr     w = wr_over(section, whole);
    wr_u8(&w, 0xFC);
    wr_u16(&w, (uint16_t)(0x3000 | (len + CRC_LEN)));
    wr_bytes(&w, data, len);
    wr_u32(&w, crc32_mpeg(section, HEADER_LEN + len));
    if (scte35_read(section, whole, &s))
        check(s.duration_us >= -1 && s.duration_us < INT64_C(1) << 44);
    free(section);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t       section[SCTE35_LEN_MAX];
    struct scte35 s;
    check(scte35_decode((const char *)data, len, section, &s) <= SCTE35_LEN_MAX);
    if (len <= SCTE35_LEN_MAX - HEADER_LEN - CRC_LEN)
        read_section(data, len);
    return 0;
}
