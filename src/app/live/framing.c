#include "app/live/framing.h"

#include "protocol/http/websocket_frame.h"

static size_t chunk_line(size_t len, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t            n = 1;
    while (n < 16 && len >> 4 * n)
        n++;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)digits[len >> 4 * (n - 1 - i) & 0xF];
    out[n] = '\r';
    out[n + 1] = '\n';
    return n + 2;
}

size_t framing_before(enum framing framing, size_t len, uint8_t out[static FRAMING_BEFORE_MAX])
{
    switch (framing) {
    case FRAMING_CHUNK: return chunk_line(len, out);
    case FRAMING_WEBSOCKET: return websocket_head(out, WEBSOCKET_BINARY, len);
    default: return 0;
    }
}

size_t framing_after(enum framing framing, const char **bytes)
{
    *bytes = "\r\n";
    return framing == FRAMING_CHUNK ? 2 : 0;
}
