#include "kernel/amf3.h"

#include <stdlib.h>
#include <string.h>

/* The converted AMF0 can be read to its end, holds no AMF3, and is converted to itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { CAP = 64 << 10 };
    static uint8_t            out[CAP], again[CAP];
    static struct amf3_tables tables;
    struct wr                 w = wr_over(out, CAP), twice = wr_over(again, CAP);
    if (!amf3_to_amf0(&w, data, len, &tables) || wr_len(&w) == 0)
        return 0;
    struct rd r = rd_over(out, wr_len(&w));
    while (rd_left(&r) && !r.bad)
        amf0_skip(&r);
    if (r.bad)
        abort();
    if (out[0] == AMF3_STRING) /* this marker means undefined in AMF0 */
        return 0;
    if (!amf3_to_amf0(&twice, out, wr_len(&w), &tables) || wr_len(&twice) != wr_len(&w) ||
        memcmp(out, again, wr_len(&w)) != 0)
        abort();
    return 0;
}
