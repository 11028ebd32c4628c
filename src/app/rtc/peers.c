#include "app/rtc/peers.h"

#include <string.h>

#include "app/rtc/peer.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/map.h"
#include "core/str.h"
#include "protocol/co.h"

/* How often peers are looked at that say nothing. */
enum { LOOK_US = US_PER_SECOND };

static struct map  by_ufrag, by_token, by_mark;
static struct list all = { &all, &all };
static size_t      n_all;

static struct rtc_waiters waiting = RTC_WAITERS_NONE(waiting, "sessions");

static struct rtc_peer_counts ended; /* the sums of sessions that are over */

size_t rtc_peers_count(void)
{
    return n_all;
}

size_t rtc_peers_waiting(void)
{
    return waiting.n;
}

/* Make it found by a name that nobody else has. */
static bool enter(struct map *m, const char *name, struct rtc_peer *peer)
{
    return !map_find(m, name) && map_put(m, name, peer);
}

static bool enter_all(struct rtc_peer *peer)
{
    if (!enter(&by_ufrag, peer->ufrag, peer))
        return false;
    if (enter(&by_token, peer->token, peer)) {
        if (enter(&by_mark, peer->mark, peer))
            return true;
        map_remove(&by_token, peer->token);
    }
    map_remove(&by_ufrag, peer->ufrag);
    return false;
}

bool rtc_peers_add(struct rtc_peer *peer)
{
    if (!enter_all(peer))
        return false;
    peer->waiting = (struct rtc_waiter){ .ip = peer->ip, .trace = peer->trace, .co = peer->co };
    rtc_waiters_add(&waiting, &peer->waiting, peer->server->conf->max_connections);
    list_push(&all, &peer->link);
    n_all++;
    return true;
}

static void add_counts(struct rtc_peer_counts *sum, const struct rtc_peer_counts *n)
{
    sum->bytes_in += n->bytes_in;
    sum->bytes_out += n->bytes_out;
    sum->packets_in += n->packets_in;
    sum->packets_out += n->packets_out;
    sum->nacks_in += n->nacks_in;
    sum->nacks_out += n->nacks_out;
    sum->plis_in += n->plis_in;
    sum->plis_out += n->plis_out;
    sum->resent += n->resent;
    sum->lost += n->lost;
    sum->freezes += n->freezes;
}

void rtc_peers_sum(struct rtc_peer_counts *sum)
{
    *sum = ended;
    LIST_FOREACH (&all, it, after)
        add_counts(sum, &LIST_ENTRY(it, struct rtc_peer, link)->counts);
}

void rtc_peers_remove(struct rtc_peer *peer)
{
    add_counts(&ended, &peer->counts);
    map_remove(&by_ufrag, peer->ufrag);
    map_remove(&by_token, peer->token);
    map_remove(&by_mark, peer->mark);
    rtc_waiters_remove(&waiting, &peer->waiting);
    list_remove(&peer->link);
    n_all--;
    if (n_all == 0) {
        map_finish(&by_ufrag);
        map_finish(&by_token);
        map_finish(&by_mark);
    }
}

void rtc_peers_verified(struct rtc_peer *peer)
{
    rtc_waiters_remove(&waiting, &peer->waiting);
}

bool rtc_peers_rename(struct rtc_peer *peer, const char *ufrag)
{
    if (!enter(&by_ufrag, ufrag, peer))
        return false;
    map_remove(&by_ufrag, peer->ufrag);
    str_copy(peer->ufrag, sizeof peer->ufrag, ufrag);
    return true;
}

static struct rtc_peer *find(const struct map *m, const char *name, size_t len)
{
    char key[RTC_CREDENTIAL_CAP];
    if (len == 0 || len >= sizeof key)
        return NULL;
    memcpy(key, name, len);
    key[len] = 0;
    return map_find(m, key);
}

struct rtc_peer *rtc_peers_find_ufrag(const char *ufrag, size_t len)
{
    return find(&by_ufrag, ufrag, len);
}

struct rtc_peer *rtc_peers_find_token(const char *token, size_t len)
{
    return find(&by_token, token, len);
}

struct rtc_peer *rtc_peers_find_mark(const uint8_t *id)
{
    return find(&by_mark, (const char *)id, ICE_MARK_LEN);
}

struct rtc_peer *rtc_peers_next_moved(struct rtc_peer *after, const struct rtc_addr *from, int64_t since_us)
{
    for (struct list *it = after ? after->link.next : all.next; it != &all; it = it->next) {
        struct rtc_peer *peer = LIST_ENTRY(it, struct rtc_peer, link);
        if (rtc_peer_may_have_moved(peer, from, since_us))
            return peer;
    }
    return NULL;
}

void rtc_peer_end(struct rtc_peer *peer)
{
    peer->hung_up = true;
    co_cancel(peer->co);
}

static bool has_path(const struct rtc_peer *peer)
{
    for (int i = 0; i < RTC_PATHS_MAX; i++)
        if (peer->paths[i].peer)
            return true;
    return false;
}

void rtc_peers_leave_port(const struct rtc_port *port)
{
    LIST_FOREACH (&all, it, after) {
        struct rtc_peer *peer = LIST_ENTRY(it, struct rtc_peer, link);
        bool             had = has_path(peer);
        rtc_peer_unlink(peer, port);
        if (had && !has_path(peer))
            co_cancel(peer->co);
    }
}

void rtc_peers_run(void *arg)
{
    struct err *e;
    (void)arg;
    while (!(e = co_sleep(LOOK_US))) {
        int64_t now = now_us();
        LIST_FOREACH (&all, it, after) {
            struct rtc_peer *peer = LIST_ENTRY(it, struct rtc_peer, link);
            if (rtc_transport_due_us(peer->transport) <= now)
                rtc_transport_tick(peer->transport, now);
        }
    }
    err_free(e);
}
