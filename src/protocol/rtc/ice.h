/**
 * The ICE-lite agent of one session: it answers checks, and knows the peer's addresses and the one that the peer chose.
 *
 * The newest nomination wins: a peer that changes its network is sent to at its new address with the first check from there. A check
 * whose transaction has come before, from another address, is a replay and changes nothing.
 *
 * Source     RFC 8445 2.5, 6.1.1, 7.3 (checks that come in), 5.1.2.1 (priorities); RFC 8839 5.4 (credentials)
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

/* RFC 8839 5.4: a ufrag has 4 to 256 characters, a password 22 to 256. */
enum { ICE_UFRAG_MIN = 4, ICE_UFRAG_MAX = 256, ICE_PWD_MIN = 22, ICE_PWD_MAX = 256 };

enum {
    ICE_ADDRS_MAX = 8,        /* addresses of the peer that are remembered; the one heard longest ago gives way */
    ICE_TRANSACTIONS_MAX = 8, /* transactions that are remembered, to know a replay */
    ICE_ANSWER_MAX = 128,     /* the longest answer to a check */
};

/* The peer's password is not needed: a lite agent asks nothing. */
struct ice_credentials {
    const char *local_ufrag, *local_pwd;
    const char *remote_ufrag; /* "": any */
};

/* An address from which a check with the right integrity came. */
struct ice_addr {
    struct rtc_addr addr;
    int64_t         heard_us;
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
    bool                   is_nominated;
    struct rtc_addr        peer; /* where to send; len 0: no check has come */
    struct ice_addr        addrs[ICE_ADDRS_MAX];
    unsigned               n_addrs;
    struct ice_transaction transactions[ICE_TRANSACTIONS_MAX]; /* a ring */
    unsigned               next_transaction;
};

enum ice_took {
    ICE_IGNORED, /* no check; or it is of another session, or not authenticated */
    ICE_REFUSED, /* authenticated, but `answer` is an error */
    ICE_CHECKED, /* `answer` is a success, `from` an address of the peer */
};

/**
 * Set the credentials: at the beginning, or at an ICE restart, when the addresses stay until the peer nominates again.
 *
 * Ownership  the texts are copied
 * Errors     E_RTC_INVALID_ICE for texts that RFC 8839 does not allow, out of memory; the agent is then unchanged
 */
struct err *ice_begin(struct ice_agent *ice, const struct ice_credentials *credentials) ATTR_MUST_USE;
void        ice_finish(struct ice_agent *ice);

/** Take a message of STUN. When the result is not ICE_IGNORED, `answer` is to be sent to `from`. */
enum ice_took ice_take(struct ice_agent *ice, int64_t now_us, const struct rtc_addr *from, const uint8_t *bytes,
                       size_t len, struct wr *answer);

/** True if a check with the right integrity came from this address. */
bool ice_knows(const struct ice_agent *ice, const struct rtc_addr *from);

/** The priority of a candidate: of its type (host: 126), its address, its component (RTP: 1). RFC 8445 5.1.2.1. */
uint32_t ice_priority(unsigned type_preference, unsigned local_preference, unsigned component);

/** True if lengths and characters are those of RFC 8839 5.4. */
bool ice_ufrag_is_valid(const char *text);
bool ice_pwd_is_valid(const char *text);

#endif
