#include "app/limits/newcomers.h"

#include <netinet/in.h>

#include "app/limits/tally.h"
#include "app/session/client_address.h"
#include "protocol/io.h"

/* Addresses of newcomers belong to no vhost. */
static struct tally *acquire(const char *ip)
{
    char address[INET6_ADDRSTRLEN];
    return tally_acquire(TALLY_ADDRESS, "", tally_address(ip, address));
}

bool newcomers_are_full(const struct conf *conf, const struct sockaddr *peer)
{
    char ip[INET6_ADDRSTRLEN];
    if (conf->newcomers_per_ip == 0 || (peer->sa_family != AF_INET && peer->sa_family != AF_INET6))
        return false;
    io_addr_host(peer, ip, sizeof ip);
    if (client_address_is_trusted(conf, ip))
        return false;
    struct tally *t = acquire(ip);
    bool          is_full = t && t->newcomers >= conf->newcomers_per_ip;
    tally_release(t);
    return is_full;
}

void newcomer_begin(struct newcomer *n, const struct conf *conf, const char *ip)
{
    n->address = conf->newcomers_per_ip && *ip ? acquire(ip) : NULL;
    if (n->address)
        n->address->newcomers++;
}

void newcomer_end(struct newcomer *n)
{
    if (n->address)
        n->address->newcomers--;
    tally_release(n->address);
    n->address = NULL;
}
