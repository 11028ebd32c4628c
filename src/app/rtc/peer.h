/**
 * A WebRTC session: one client that publishes or plays one stream over the media port (service.h).
 *
 * A session has a coroutine of its own from rtc_open() (open.h) on. It waits until the transport is connected, at most stun_timeout;
 * then it calls role->run(), and when that returns, it ends the session: role->end(), goodbye, statistics, hooks. A kick, the end of
 * a stream, DELETE, a takeover and the stop of the server cancel this coroutine, or end run() by themselves.
 *
 * What a player and a publisher do is a role: player.h, publisher.h.
 *
 * Yields     no
 */
#ifndef APP_RTC_PEER_H
#define APP_RTC_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/paths.h"
#include "app/rtc/waiters.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/ident.h"
#include "core/list.h"
#include "protocol/rtc/addr.h"
#include "protocol/rtc/ice.h"
#include "protocol/rtc/sdp_agree.h"
#include "protocol/rtc/transport.h"

struct co;
struct rtc_peer;
struct server;

enum {
    RTC_TOKEN_LEN = 16, /* of DELETE and PATCH: 82 bits */
    RTC_LOCAL_UFRAG_LEN = 8,
    RTC_LOCAL_PWD_LEN = 32,
    RTC_CREDENTIAL_CAP = 33, /* of ours: a client may choose up to 32 characters */
    RTC_CNAME_LEN = 16,
    RTC_MARK_CAP = ICE_MARK_LEN + 1,
};

/* What a session does with its stream. Two instances: rtc_player_role (player.h), rtc_publisher_role (publisher.h). */
struct rtc_role {
    const struct client_type *type; /* rtc-play, rtc-publish */

    /**
     * The codecs that this role can take for the session, best first: set wish->video, wish->audio, their numbers,
     * must_video_codec. Everything else in the wish is set already. peer->session is admitted, so its source can be looked at. Must not
     * yield. NULL: all that sdp_agree() knows.
     */
    void (*wish)(struct rtc_peer *peer, struct sdp_wish *wish);

    /**
     * The session is admitted and agreed upon; the client does not know yet. Set peer->role_state. A publisher becomes the publisher
     * of its source here. An error refuses the client; peer->session.verdict tells what it hears (SESSION_BUSY). After an error
     * end() is not called. May yield, as source_publish() does.
     */
    struct err *(*begin)(struct rtc_peer *peer);

    /* From the reader of the port, decrypted; after begin(), before end(), once the transport is connected. Must not yield. */
    void (*take_rtp)(struct rtc_peer *peer, int64_t now_us, uint8_t *bytes, size_t len);
    void (*take_rtcp)(struct rtc_peer *peer, int64_t now_us, uint8_t *bytes, size_t len);

    /**
     * In the session's coroutine, when the transport is connected. It returns when the session is over: any wait fails with
     * E_THREAD_INTERRUPTED when it is ended from outside. Everything that waits is one co_park(); rtc_peer_check(peer) after each wake tells
     * whether the peer is still there. NULL as result: the stream has ended in order.
     */
    struct err *(*run)(struct rtc_peer *peer);

    /** Always after a begin() that has succeeded; run() may never have been called. `e` is only read. */
    void (*end)(struct rtc_peer *peer, const struct err *e);
};

/* What is counted of a session, for the API, the metrics and the log. The roles count the lower ones. */
struct rtc_peer_counts {
    int64_t bytes_in, bytes_out;     /* datagrams' payload, everything */
    int64_t packets_in, packets_out; /* RTP */
    int64_t nacks_in, nacks_out;     /* packets that were asked for again, by the peer, by us */
    int64_t plis_in, plis_out;       /* and FIRs */
    int64_t resent;                  /* packets sent again */
    int64_t lost;                    /* in: never came; out: as the peer's reports tell */
    int64_t rtt_us;                  /* by the last report; 0: not known */
    int64_t jitter_us;               /* of the peer's last report, or ours */
    int64_t freezes;                 /* in: pictures that could not be completed in time */
    int64_t estimate_bps;            /* what the way is thought to carry; 0: not known */
};

struct rtc_peer {
    struct list            link;    /* of all peers */
    struct rtc_waiter      waiting; /* until the first check comes */
    struct server         *server;
    struct session         session;
    const struct rtc_role *role;
    void                  *role_state;
    struct rtc_transport  *transport;
    struct rtc_agreement  *agreed; /* on the heap, for its size */
    struct co             *co;
    struct rtc_path        paths[RTC_PATHS_MAX]; /* where the client was verified */
    struct rtc_path       *arrival;              /* of the datagram that is being taken; else NULL */
    struct rtc_peer_counts counts;
    bool                   verified;        /* A check has come. */
    bool                   connected, over; /* Media may flow; the client said goodbye, or is lost. */
    bool                   hung_up;         /* It has left by the API of its signalling. */
    bool                   refused;         /* It never began. */
    int64_t                opened_us, connected_us;
    char                   trace[IDENT_CAP];
    char                   token[RTC_TOKEN_LEN + 1];
    char                   ufrag[RTC_CREDENTIAL_CAP], pwd[RTC_CREDENTIAL_CAP]; /* ours */
    char                   mark[RTC_MARK_CAP];                                 /* of the checks that it is asked by */
    char                   ip[INET6_ADDRSTRLEN];
    char                   cname[RTC_CNAME_LEN + 1];
    char                  *host, *app, *stream, *param, *tc_url, *page_url; /* texts of the session */
};

/* ---- for roles ---- */

/**
 * Seal a packet and queue it: it goes out with others at the end of this turn. `bytes` is changed; it has room for RTC_SEAL_MAX bytes
 * behind `len`. Does not yield. False: not connected, or dropped because the socket is full, which is counted.
 */
bool rtc_peer_send_rtp(struct rtc_peer *peer, uint8_t *bytes, size_t len);
bool rtc_peer_send_rtcp(struct rtc_peer *peer, uint8_t *bytes, size_t len);

/** True while much waits for the way to the peer: what can wait is not sent now. */
bool rtc_peer_is_behind(struct rtc_peer *peer);

/** NULL while the peer is there; an error once it has said goodbye, failed, or was silent too long: return it from run(). */
struct err *rtc_peer_check(const struct rtc_peer *peer) ATTR_MUST_USE;

/** The vhost's settings in force. Borrowed until a yield. */
const struct conf_vhost *rtc_peer_vhost(const struct rtc_peer *peer);

/* ---- for the port, and for the session's coroutine ---- */

/** What the transport tells of goes to this peer: for struct rtc_transport_setup. */
struct rtc_events rtc_peer_events(struct rtc_peer *peer);

/** Take a packet. `way`: from where to where it came. A check that is right sets peer->verified. False: it was dropped. */
bool rtc_peer_take(struct rtc_peer *peer, struct rtc_path *way, int64_t now_us, uint8_t *bytes, size_t len);

/** The same for media from an address that is nobody's, of which only their authentication tells whose they are. False: not this peer's. */
bool rtc_peer_take_moved(struct rtc_peer *peer, struct rtc_path *way, int64_t now_us, uint8_t *bytes, size_t len);

/** True if the peer is reached at the host of `from`, and nothing has come from there since `since_us`. */
bool rtc_peer_may_have_moved(struct rtc_peer *peer, const struct rtc_addr *from, int64_t since_us);

/** Forget the addresses by which the peer is reached at a port; NULL: at all ports. */
void rtc_peer_unlink(struct rtc_peer *peer, const struct rtc_port *port);

#endif
