#include "app/rtc/arrival.h"

#include "app/rtc/moved.h"
#include "app/rtc/peer.h"
#include "app/rtc/peers.h"
#include "app/rtc/port.h"
#include "protocol/rtc/stun.h"

/*
 * A check goes to the session that it names, because a client may open a second one from the same socket; an answer to the session
 * that asked; all else by the address.
 */
static struct rtc_peer *whose(const struct rtc_addr *from, const uint8_t *bytes, size_t len)
{
    const char    *ufrag;
    size_t         ufrag_len;
    const uint8_t *id = stun_success_id(bytes, len);
    if (id)
        return rtc_peers_find_mark(id);
    if (stun_is(bytes, len) && stun_username(bytes, len, &ufrag, &ufrag_len))
        return rtc_peers_find_ufrag(ufrag, ufrag_len);
    const struct rtc_path *path = rtc_path_find(from);
    return path ? path->peer : NULL;
}

bool rtc_arrival_take(struct rtc_path *way, int64_t now_us, uint8_t *bytes, size_t len)
{
    struct rtc_port_counts *counts = rtc_port_counts();
    struct rtc_peer        *peer = way->to.len && len > 0 ? whose(&way->to, bytes, len) : NULL;
    counts->datagrams++;
    counts->bytes += len;
    if (!peer && way->to.len && rtc_moved_take(way, now_us, bytes, len))
        return true;
    if (!peer) {
        counts->strangers++;
        return false;
    }
    bool was_verified = peer->verified, is_taken = rtc_peer_take(peer, way, now_us, bytes, len);
    if (peer->verified && !was_verified)
        rtc_peers_verified(peer);
    return is_taken;
}
