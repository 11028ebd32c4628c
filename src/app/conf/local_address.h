/**
 * The addresses of this machine, in the order in which `stats { network; }` counts them: IPv4 first, then IPv6, each in the order of
 * the system.
 *
 * Those of interfaces that are up and running and not point-to-point count; loopback counts only if there is no other.
 *
 * Source     getifaddrs(3)
 * Yields     no: it asks the kernel, which takes long only where there are thousands of interfaces
 */
#ifndef APP_CONF_LOCAL_ADDRESS_H
#define APP_CONF_LOCAL_ADDRESS_H

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdbool.h>

/** The number of addresses; 0 also when they cannot be read. */
int local_address_count(void);

/** Write the address of that index into `ip`. False: there is none. */
bool local_address_find(int index, char ip[static INET6_ADDRSTRLEN]);

/** The same two for a list of addresses, which may be NULL. */
int  local_address_count_in(const struct ifaddrs *all);
bool local_address_find_in(const struct ifaddrs *all, int index, char ip[static INET6_ADDRSTRLEN]);

#endif
