#include "app/rtc/candidates.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/endpoint.h"
#include "app/conf/local_address.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/io.h"
#include "protocol/resolve.h"

/* A client waits for its answer meanwhile. */
enum { RESOLVE_US = 2 * US_PER_SECOND };

/* "host", "host:port", "[::1]" or "[::1]:port", in parts. An address of IPv6 without brackets has no port. */
static void split(const char *text, uint16_t otherwise, char host[static SDP_ADDRESS_LEN_MAX + 1], uint16_t *port)
{
    const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *colon = end ? strchr(end, ':') : strchr(text, ':');
    bool        bare_v6 = !end && colon && strchr(colon + 1, ':');
    size_t      len = end ? (size_t)(end - text - 1) : colon && !bare_v6 ? (size_t)(colon - text) : strlen(text);
    long        number = colon && !bare_v6 ? strtol(colon + 1, NULL, 10) : 0;
    *port = number > 0 && number <= UINT16_MAX ? (uint16_t)number : otherwise;
    if (len > SDP_ADDRESS_LEN_MAX)
        len = 0;
    memcpy(host, text + (end ? 1 : 0), len);
    host[len] = 0;
    if (host[strcspn(host, " \t\r\n")]) /* A client's text becomes a line of SDP. */
        host[0] = 0;
}

static void add(struct sdp_local *local, const char *address, uint16_t port)
{
    for (size_t i = 0; i < local->n_candidates; i++)
        if (str_equal(local->candidates[i].address, address) && local->candidates[i].port == port)
            return;
    if (!*address || local->n_candidates == SDP_LOCAL_CANDIDATES_MAX)
        return;
    struct sdp_candidate *c = &local->candidates[local->n_candidates++];
    *c = (struct sdp_candidate){ .port = port };
    str_copy(c->address, sizeof c->address, address);
}

static uint16_t port_of(const struct conf_rtc_server *conf)
{
    struct conf_endpoint e;
    return conf->listen.count && conf_endpoint_parse(conf->listen.items[0], &e) == CONF_ENDPOINT_OK ? (uint16_t)e.port
                                                                                                    : 0;
}

static bool is_numeric(const char *host)
{
    struct resolved ignored;
    return resolve_numeric(host, 0, &ignored);
}

/* Addresses that lead a client nowhere but to itself. */
static bool is_own(const char *host)
{
    return str_equal(host, "localhost") || strncmp(host, "127.", 4) == 0 || str_equal(host, "0.0.0.0") ||
           str_equal(host, "::") || str_equal(host, "::1");
}

/* ---- the host of the request ---- */

static struct err *add_name(struct sdp_local *local, const struct conf_rtc_server *conf, const char *name,
                            uint16_t port)
{
    struct resolved found;
    char            address[INET6_ADDRSTRLEN];
    struct err     *e = conf->resolves_host ? resolve(name, port, now_us() + RESOLVE_US, &found) : NULL;
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    if (!e && conf->resolves_host)
        add(local, io_addr_host((struct sockaddr *)&found.items[0].addr, address, sizeof address), port);
    log_err(LOG_WARN, e, "rtc: candidate %s", name);
    if (conf->keeps_host)
        add(local, name, port);
    return NULL;
}

static struct err *add_host(struct sdp_local *local, const struct conf_rtc_server *conf, const char *text,
                            uint16_t port)
{
    char     host[SDP_ADDRESS_LEN_MAX + 1];
    uint16_t ignored;
    split(text, 0, host, &ignored); /* its port is that of HTTP */
    if (!*host || is_own(host))
        return NULL;
    if (!is_numeric(host))
        return add_name(local, conf, host, port);
    add(local, host, port);
    return NULL;
}

/* ---- what is configured ---- */

static void add_detected(struct sdp_local *local, const struct conf_rtc_server *conf, uint16_t port)
{
    char address[INET6_ADDRSTRLEN];
    for (int i = 0; local_address_find(i, address); i++) {
        bool is_v6 = strchr(address, ':');
        if (conf->detects && conf->ip_family != CONF_IP_ALL && is_v6 != (conf->ip_family == CONF_IPV6))
            continue;
        add(local, address, port);
        if (!conf->detects)
            return;
    }
}

static void add_configured(struct sdp_local *local, const struct conf_rtc_server *conf, uint16_t port)
{
    const char *text = conf->candidate;
    char        host[SDP_ADDRESS_LEN_MAX + 1];
    if (text[0] == '$')
        text = getenv(text + 1);
    if (!text || !*text || str_equal(text, "*") || str_equal(text, "0.0.0.0")) {
        add_detected(local, conf, port);
        return;
    }
    split(text, port, host, &port);
    add(local, host, port);
}

struct err *rtc_candidates_find(struct sdp_local *local, const struct conf *conf, const char *host, const char *wanted)
{
    const struct conf_rtc_server *rtc = &conf->rtc_server;
    uint16_t                      port = port_of(rtc);
    char                          address[SDP_ADDRESS_LEN_MAX + 1];
    struct err                   *e = NULL;
    local->n_candidates = 0;
    if (wanted && *wanted) {
        uint16_t other;
        split(wanted, port, address, &other);
        add(local, address, other);
    }
    if (host && rtc->host_is_candidate)
        e = add_host(local, rtc, host, port);
    if (!e)
        add_configured(local, rtc, port);
    return e;
}
