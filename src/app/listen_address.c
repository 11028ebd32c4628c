#include "app/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "app/conf/endpoint.h"

static bool host_has_ipv4(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool listen_address_parse(const char *text, struct listen_address *out)
{
    struct conf_endpoint e;
    memset(out, 0, sizeof *out);
    if (conf_endpoint_parse(text, &e) != CONF_ENDPOINT_OK)
        return false;
    if (e.ipv6 || (e.any && !host_has_ipv4())) {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)&out->addr;
        a->sin6_family = AF_INET6;
        a->sin6_port = htons((in_port_t)e.port);
        out->len = sizeof *a;
        return inet_pton(AF_INET6, e.ipv6 ? e.ip : "::", &a->sin6_addr) == 1;
    }
    struct sockaddr_in *a = (struct sockaddr_in *)&out->addr;
    a->sin_family = AF_INET;
    a->sin_port = htons((in_port_t)e.port);
    out->len = sizeof *a;
    return inet_pton(AF_INET, e.ip, &a->sin_addr) == 1;
}

int listen_address_port(const struct listen_address *e)
{
    return ntohs(e->addr.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&e->addr)->sin6_port
                                               : ((const struct sockaddr_in *)&e->addr)->sin_port);
}
