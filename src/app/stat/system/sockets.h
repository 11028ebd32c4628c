/**
 * The number of sockets on the machine.
 *
 * Source     proc(5): net/sockstat, net/sockstat6, net/snmp
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_SOCKETS_H
#define APP_STAT_SYSTEM_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

struct sockets {
    int64_t tcp;         /* all TCP sockets, those in TIME-WAIT too */
    int64_t established; /* TCP sockets in the state ESTABLISHED */
    int64_t time_wait;
    int64_t udp;
};

/** `sockstat6` is empty on a machine without IPv6. False when the first text is not /proc/net/sockstat. */
bool sockets_parse(const char *sockstat, const char *sockstat6, const char *snmp, struct sockets *out);

#endif
