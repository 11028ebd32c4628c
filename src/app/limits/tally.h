/**
 * What is counted for `limits`: the clients of a vhost, of a stream, of an address.
 *
 * A tally exists while a client holds it. One of an address also stays for a minute after its last client, because what it has done
 * then still counts; the one that has stayed longest gives way when there are TALLIES_MAX.
 *
 * Ownership  tally_acquire() gives a reference, tally_release() takes it back
 * Yields     no
 */
#ifndef APP_LIMITS_TALLY_H
#define APP_LIMITS_TALLY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/list.h"

/* One for each viewer of HLS (HLS_VIEWERS_MAX), if each has an address of its own. */
enum { TALLIES_MAX = 1 << 18 };

/* Room for a name of what is counted: a vhost and a stream or an address. */
enum { TALLY_NAME_CAP = 2048 };

/** Something counted in a span of time that begins with the first of it. */
struct tally_rate {
    int64_t since_us;
    int     n;
};

struct tally {
    struct list       idle; /* without clients, in the order in which they left */
    int               refs;
    int64_t           left_us;
    int               players, publishers, newcomers;
    struct tally_rate arrivals, wrong_passwords;
    char              name[];
};

enum tally_kind { TALLY_VHOST, TALLY_STREAM, TALLY_ADDRESS };

/** The tally of that thing in a vhost; `what` is NULL for the vhost itself. NULL: out of memory, or no tally gives way. */
struct tally *tally_acquire(enum tally_kind kind, const char *vhost, const char *what) ATTR_MUST_USE;

/** Takes NULL. */
void tally_release(struct tally *t);

/** Count one more. Returns how many there are now in the span. */
int tally_rate_add(struct tally_rate *r, int64_t span_us, int64_t now);

/** Bits of an IPv6 address that are counted as one client: a network gives its client all addresses behind them (RFC 6177). */
enum { TALLY_IPV6_PREFIX = 64 };

/** The name under which an address is counted: an IPv6 address by its first TALLY_IPV6_PREFIX bits. */
const char *tally_address(const char *ip, char text[static INET6_ADDRSTRLEN]);

/** The number of tallies that there are. */
size_t tallies_count(void);

void tallies_finish(void);

#endif
