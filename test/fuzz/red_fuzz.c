/* The payload of a packet with redundant sound: blocks are within the bytes, and what is written is what was read. */
#include <string.h>

#include "protocol/rtc/red.h"

#include "fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[1 << 16];
    struct rtp_red red;
    size_t         sum = 1;
    if (size > sizeof bytes || !rtp_red_parse(&red, data, size))
        return 0;
    check(red.n >= 1 && red.n <= RTP_RED_BLOCKS_MAX);
    for (size_t i = 0; i < red.n; i++) {
        check(red.blocks[i].bytes >= data && red.blocks[i].len <= (size_t)(data + size - red.blocks[i].bytes));
        sum += red.blocks[i].len + (i + 1 < red.n ? RTP_RED_HEAD_LEN : 0);
    }
    check(sum == size);
    struct wr w = wr_over(bytes, sizeof bytes);
    rtp_red_write(&w, &red);
    check(!w.full && wr_len(&w) == size);
    check(memcmp(bytes, data, size) == 0);
    return 0;
}
