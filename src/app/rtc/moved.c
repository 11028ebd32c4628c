#include "app/rtc/moved.h"

#include <string.h>

#include "app/rtc/peer.h"
#include "app/rtc/peers.h"
#include "core/clock.h"
#include "protocol/rtc/rtp.h"
#include "protocol/rtc/srtp.h"

/* Packets of strangers that were tried in the second that began at `began_us`. */
static struct {
    int64_t began_us;
    int     n;
} tried;

static bool may_try(int64_t now_us)
{
    if (now_us - tried.began_us >= US_PER_SECOND) {
        tried.began_us = now_us;
        tried.n = 0;
    }
    return tried.n++ < MOVED_PACKETS_MAX;
}

/* RFC 7983 7: the first byte of RTP and RTCP. */
static bool is_media(const uint8_t *bytes, size_t len)
{
    return len >= RTP_HEAD_LEN && len <= RTC_DATAGRAM_MAX && bytes[0] >= 128 && bytes[0] <= 191;
}

bool rtc_moved_take(struct rtc_path *way, int64_t now_us, const uint8_t *bytes, size_t len)
{
    if (!is_media(bytes, len) || !may_try(now_us))
        return false;
    struct rtc_peer *peer = NULL;
    for (int i = 0; i < MOVED_TRIES_MAX; i++) {
        peer = rtc_peers_next_moved(peer, &way->to, now_us - MOVED_SILENT_US);
        if (!peer)
            return false;
        uint8_t copy[RTC_DATAGRAM_MAX]; /* A key that is not its own would leave nothing of it. */
        memcpy(copy, bytes, len);
        if (rtc_peer_take_moved(peer, way, now_us, copy, len))
            return true;
    }
    return false;
}
