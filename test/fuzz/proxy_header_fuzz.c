#include "protocol/proxy_header.h"

#include <stdlib.h>

/* The result must not depend on the cuts: a result at one cut is the result at all later ones. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct proxy_header whole, part;
    struct rd           in = rd_over(data, len);
    enum proxy_read     verdict = proxy_header_read(&in, &whole);
    if (verdict != PROXY_GOT && (in.p != data || whole.has_source))
        abort();
    if (verdict == PROXY_GOT && (size_t)(in.p - data) > PROXY_HEADER_LEN_MAX)
        abort();
    size_t last = len < 256 ? len : 256;
    for (size_t cut = 0; cut < last; cut++) {
        struct rd       prefix = rd_over(data, cut);
        enum proxy_read early = proxy_header_read(&prefix, &part);
        if (early != PROXY_NEED_MORE && early != verdict)
            abort();
    }
    return 0;
}
