/**
 * The ICE agent of one session: it answers checks, and knows the peer's addresses and the one that is used.
 *
 * As a server it is ICE-lite: the peer chooses. As a client (`calls`) it is the controlling one: it checks the candidates of the peer's
 * answer, ice_call(), takes the first that answers, nominates it by a second check, and asks for consent from time to time, ice_renew().
 *
 * The source of a datagram may be forged, and a check may be a copy that somebody else sends again. So an address is sent to only
 * once it has shown that it is reached: it is asked by a check of our own, with a random id, and answers with the peer's password. The
 * newest nomination wins, but within ICE_CONTEST_US of the last one only that of a higher priority: a peer that nominates all its pairs
 * (RFC 5245 8.1.1.2) chooses by that. A check whose transaction has come before, from another address, is a replay and changes nothing.
 *
 * Source     RFC 8445 2.5, 6.1.1, 7.3 (checks that come in), 7.2, 8.1.1 (checks and nomination by a client), 5.1.2.1 (priorities);
 *            RFC 7675 5.1 (consent); RFC 8839 5.4 (credentials);
 *            RFC 9000 8.1, 8.2 (why and how an address is validated)
 * Units      microseconds of now_us()
 * Yields     no
 */
#ifndef PROTOCOL_RTC_ICE_H
#define PROTOCOL_RTC_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/wr.h"
#include "protocol/rtc/addr.h"
#include "protocol/rtc/stun.h"

/* RFC 8839 5.4: a ufrag has 4 to 256 characters, a password 22 to 256. */
enum { ICE_UFRAG_MIN = 4, ICE_UFRAG_MAX = 256, ICE_PWD_MIN = 22, ICE_PWD_MAX = 256 };

enum {
    ICE_ADDRS_MAX = 8,        /* addresses of the peer that are remembered; the one heard longest ago gives way */
    ICE_TRANSACTIONS_MAX = 8, /* transactions that are remembered, to know a replay */
    ICE_ANSWER_MAX = 128,     /* the longest answer to a check */
    ICE_ASK_MAX = 640,        /* the longest check of ours: with two ufrags of 256 characters */
    ICE_MARK_LEN = 6,         /* what the ids of our checks begin with; the rest is random */
    ICE_CONTEST_US = 1000000,
};

struct ice_credentials {
    const char *local_ufrag, *local_pwd;
    const char *remote_ufrag; /* "": any */
    const char *remote_pwd;   /* NULL: not known, and addresses are believed without being asked */
};

/* An address from which a check with the right integrity came. */
struct ice_addr {
    struct rtc_addr addr;
    int64_t         heard_us, nominated_us; /* its last check; the last with a nomination */
    uint32_t        priority;               /* of its last check */
    bool            nominates;
    bool            is_controlled; /* what its last check claims */
    bool            is_asked;      /* It is to be sent to, and has not answered yet. */
    uint8_t         id[STUN_ID_LEN];
};

/* A check that was answered: what came again from the same address is answered again, from another one it is a replay. */
struct ice_transaction {
    uint64_t        id; /* the first bytes of the transaction's id */
    struct rtc_addr addr;
};

/* Begin with all zero, then ice_begin(). */
struct ice_agent {
    struct ice_credentials is;    /* each text is in `texts` */
    char                  *texts; /* one allocation */
    bool                   strict_roles;
    bool                   calls; /* We choose the pair; set by the caller. */
    uint64_t               tie_breaker;
    char                   mark[ICE_MARK_LEN]; /* set by the caller */
    bool                   is_nominated;
    int64_t                nominated_us; /* when the peer nominated `peer` */
    uint32_t               priority;     /* of that nomination */
    struct rtc_addr        peer;         /* where to send; len 0: no address has shown that it is reached */
    struct ice_addr        addrs[ICE_ADDRS_MAX];
    unsigned               n_addrs;
    struct ice_transaction transactions[ICE_TRANSACTIONS_MAX]; /* a ring */
    unsigned               next_transaction;
};

enum ice_took {
    ICE_IGNORED, /* no check; or it is of another session, or not authenticated */
    ICE_REFUSED, /* authenticated, but `answer` is an error */
    ICE_CHECKED, /* `answer` is a success; `from` may have to be asked */
    ICE_PROVEN,  /* `from` has answered what it was asked: there is no `answer` */
};

/**
 * Set the credentials: at the beginning, or at an ICE restart, when the addresses stay until the peer nominates again.
 *
 * Ownership  the texts are copied
 * Errors     E_RTC_INVALID_ICE for texts that RFC 8839 does not allow, out of memory; the agent is then unchanged
 */
struct err *ice_begin(struct ice_agent *ice, const struct ice_credentials *credentials) ATTR_MUST_USE;
void        ice_finish(struct ice_agent *ice);

/** Check an address of the peer's answer, by ice_ask(). False: there are ICE_ADDRS_MAX, or the kernel has no random numbers. */
bool ice_call(struct ice_agent *ice, const struct rtc_addr *to) ATTR_MUST_USE;

/** Ask the address that was chosen again, with a new id. */
void ice_renew(struct ice_agent *ice);

/** Take a message of STUN. When the result is ICE_REFUSED or ICE_CHECKED, `answer` is to be sent to `from`. */
enum ice_took ice_take(struct ice_agent *ice, int64_t now_us, const struct rtc_addr *from, const uint8_t *bytes,
                       size_t len, struct wr *answer);

/** Write the check for an address that has to be asked. False: it has not, or there is no room. The same id each time, until it answers. */
bool ice_ask(const struct ice_agent *ice, const struct rtc_addr *to, struct wr *ask) ATTR_MUST_USE;

/**
 * Media of the peer have come from an address that is not the one in use: its NAT has given it another one, and the peer does not know. The
 * address is to be asked as if the peer had nominated it. Nothing is done for a peer whose password is not known.
 */
void ice_note_moved(struct ice_agent *ice, int64_t now_us, const struct rtc_addr *from);

/** True if a check with the right integrity came from this address. */
bool ice_knows(const struct ice_agent *ice, const struct rtc_addr *from);

/** The priority of a candidate: of its type (host: 126), its address, its component (RTP: 1). RFC 8445 5.1.2.1. */
uint32_t ice_priority(unsigned type_preference, unsigned local_preference, unsigned component);

/** True if lengths and characters are those of RFC 8839 5.4. */
bool ice_ufrag_is_valid(const char *text);
bool ice_pwd_is_valid(const char *text);

#endif
