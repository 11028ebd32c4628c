#include "protocol/rtmp/handshake.h"

#include <stdlib.h>
#include <string.h>

/* The first byte chooses the side, the others are the peer's bytes; missing bytes are zero. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t           in[RTMP_S0S1S2_LEN], out[RTMP_S0S1S2_LEN];
    enum rtmp_handshake_kind kind;
    struct err              *e;
    if (len < 1)
        return 0;
    size_t n = len - 1 < sizeof in ? len - 1 : sizeof in;
    memset(in, 0, sizeof in);
    memcpy(in, data + 1, n);
    if (data[0] & 1) {
        struct rtmp_handshake_client client;
        if (rtmp_handshake_offer(&client, out, data[0] & 2, 1))
            abort();
        e = rtmp_handshake_finish(&client, in, out, &kind);
    } else {
        e = rtmp_handshake_answer(in, out, "fuzz", 1, &kind);
        if (!e && kind != RTMP_HANDSHAKE_PLAIN) { /* our own client must find what we signed */
            struct rtmp_handshake_client client = { 0 };
            static uint8_t               c2[RTMP_C2_LEN];
            struct err                  *again = rtmp_handshake_finish(&client, out, c2, &kind);
            if (again)
                abort();
        }
    }
    size_t proxied;
    err_free(e);
    e = rtmp_handshake_proxy_len(in, &proxied);
    if (!e && proxied > RTMP_PROXY_DATA_MAX)
        abort();
    err_free(e);
    return 0;
}
