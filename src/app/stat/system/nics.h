/**
 * Traffic of the network interfaces: those with a public address, and all others.
 *
 * Source     proc_net_dev(5); RFC 6890 and the IANA registries of special-purpose addresses
 * Units      bytes since boot
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_NICS_H
#define APP_STAT_SYSTEM_NICS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct nics {
    int64_t public_in, public_out;
    int64_t inner_in, inner_out; /* interfaces with a loopback address, a private address or none */
};

/** Sum up /proc/net/dev; `is_public` judges an interface by its name. False when the text is not that file. */
bool nics_parse(const char *net_dev, bool (*is_public)(const char *name, void *ctx), void *ctx, struct nics *out);

/** True for an address that is reachable from the whole internet. */
bool nics_address_is_public(const struct sockaddr *addr);

#endif
