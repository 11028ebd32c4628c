#include "protocol/rtc/handshake.h"

#include <string.h>

#include "core/mem.h"

bool rtc_handshake_put(struct rtc_handshake *h, const uint8_t *bytes, size_t len)
{
    if (h->n == RTC_HANDSHAKE_DATAGRAMS || len > RTC_HANDSHAKE_BYTES - h->used)
        return false;
    memcpy(h->bytes + h->used, bytes, len);
    h->len[h->n++] = len;
    h->used += len;
    return true;
}

void rtc_handshake_compute(struct rtc_handshake *h)
{
    if (h->starts)
        dtls_start(h->dtls);
    for (size_t i = 0, at = 0; i < h->n; at += h->len[i], i++)
        dtls_take(h->dtls, h->bytes + at, h->len[i]);
}

void rtc_handshake_free(struct rtc_handshake **hp)
{
    struct rtc_handshake *h = *hp;
    *hp = NULL;
    if (!h)
        return;
    dtls_free(&h->dtls);
    mem_free(h);
}
