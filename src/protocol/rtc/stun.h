/**
 * Messages of STUN, as ICE uses them.
 *
 * Source     RFC 8489 5 (header), 14 (attributes); RFC 8445 16.1 (attributes of ICE); RFC 5769 has test vectors
 * Ownership  borrows the bytes; a message points into them
 * Yields     no
 */
#ifndef PROTOCOL_RTC_STUN_H
#define PROTOCOL_RTC_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "protocol/rtc/addr.h"

enum stun_class { STUN_REQUEST = 0, STUN_INDICATION = 1, STUN_SUCCESS = 2, STUN_FAILURE = 3 };

enum {
    STUN_BINDING = 1, /* the method */
    STUN_HEAD_LEN = 20,
    STUN_ID_LEN = 12,
    STUN_MESSAGE_MAX = 1280,  /* RFC 8489 6.1: what fits the least MTU of IPv6; longer ones are none of ICE */
    STUN_ATTRIBUTES_MAX = 32, /* a message with more is refused */
    STUN_USERNAME_MAX = 513,  /* RFC 8489 14.3: less than 513 bytes; two ufrags of 256 and a colon */
    STUN_UNKNOWN_MAX = 4,     /* unknown attributes that an error names */
    STUN_ERROR_UNAUTHENTICATED = 401,
    STUN_ERROR_UNKNOWN_ATTRIBUTE = 420,
    STUN_ERROR_ROLE_CONFLICT = 487,
};

struct stun_message {
    const uint8_t *bytes;
    size_t         len;
    enum stun_class class;
    uint16_t        method;
    const uint8_t  *id;       /* STUN_ID_LEN bytes: the transaction */
    const char     *username; /* NULL: none; not terminated */
    size_t          username_len;
    uint32_t        priority; /* 0: none */
    bool            use_candidate;
    bool            is_controlling, is_controlled; /* what the sender claims */
    uint64_t        tie_breaker;
    unsigned        error;     /* of a failure; 0: none */
    struct rtc_addr mapped;    /* len 0: none */
    const uint8_t  *integrity; /* the value of MESSAGE-INTEGRITY; NULL: none */
    unsigned        n_unknown; /* attributes that must be understood, and are not known here */
    uint16_t        unknown[STUN_UNKNOWN_MAX];
};

/** True if a datagram begins as a message of STUN: first byte 0 to 3 (RFC 7983) and the magic cookie. */
bool stun_is(const uint8_t *bytes, size_t len);

/**
 * Read a message: its length must be that of the datagram, and its FINGERPRINT right if there is one. Attributes behind the
 * integrity are ignored (RFC 8489 14.5).
 *
 * Returns    false when it is no message, or is cut
 */
bool stun_parse(struct stun_message *m, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/**
 * The ufrag of the one who gets a request: the part of USERNAME before the colon. It tells the session before anything is made
 * or checked.
 *
 * Returns    false when the datagram is no Binding request with a username that has both parts
 */
bool stun_username(const uint8_t *bytes, size_t len, const char **ufrag, size_t *ufrag_len) ATTR_MUST_USE;

/** The id of a success; NULL when the datagram is none. */
const uint8_t *stun_success_id(const uint8_t *bytes, size_t len);

/** True if the message has an integrity, made with this password (short-term credentials, RFC 8489 9.1). */
bool stun_is_from(const struct stun_message *m, const char *password) ATTR_MUST_USE;

/* Write a message: begin, attributes, end. What does not fit sets w->full. */
void stun_write_begin(struct wr *w, enum stun_class class, const uint8_t id[STUN_ID_LEN]); /* the method is Binding */
void stun_write_username(struct wr *w, const char *to_ufrag, const char *from_ufrag);
void stun_write_mapped(struct wr *w, const struct rtc_addr *addr);
void stun_write_error(struct wr *w, unsigned code, const char *reason);
void stun_write_unknown(struct wr *w, const uint16_t *types, unsigned n);
void stun_write_priority(struct wr *w, uint32_t priority);
void stun_write_use_candidate(struct wr *w);
void stun_write_role(struct wr *w, bool controlling, uint64_t tie_breaker);

/** Add MESSAGE-INTEGRITY and FINGERPRINT. False, with w->full, when there is no room. */
bool stun_write_end(struct wr *w, const char *password);

#endif
