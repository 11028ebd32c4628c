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

/* "host", "host:port", "[::1]" or "[::1]:port", in parts; port 0: none. An address of IPv6 without brackets has none. */
static void split(const char *text, char host[static SDP_ADDRESS_LEN_MAX + 1], uint16_t *port)
{
    const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *colon = end ? strchr(end, ':') : strchr(text, ':');
    bool        bare_v6 = !end && colon && strchr(colon + 1, ':');
    size_t      len = end ? (size_t)(end - text - 1) : colon && !bare_v6 ? (size_t)(colon - text) : strlen(text);
    long        number = colon && !bare_v6 ? strtol(colon + 1, NULL, 10) : 0;
    *port = number > 0 && number <= UINT16_MAX ? (uint16_t)number : 0;
    if (len > SDP_ADDRESS_LEN_MAX)
        len = 0;
    memcpy(host, text + (end ? 1 : 0), len);
    host[len] = 0;
    if (host[strcspn(host, " \t\r\n")]) /* A client's text becomes a line of SDP. */
        host[0] = 0;
}

/* The candidates that are looked for: each address is one by each transport that has a port. */
struct search {
    struct sdp_local             *local;
    const struct conf_rtc_server *conf;
    uint16_t                      udp, tcp; /* ports that clients are told; 0: not of that transport */
};

static void add_by(struct sdp_local *local, const char *address, uint16_t port, bool is_tcp)
{
    for (size_t i = 0; i < local->n_candidates; i++) {
        const struct sdp_candidate *c = &local->candidates[i];
        if (str_equal(c->address, address) && c->port == port && c->is_tcp == is_tcp)
            return;
    }
    if (local->n_candidates == SDP_LOCAL_CANDIDATES_MAX)
        return;
    struct sdp_candidate *c = &local->candidates[local->n_candidates++];
    *c = (struct sdp_candidate){ .port = port, .is_tcp = is_tcp };
    str_copy(c->address, sizeof c->address, address);
}

/* Add an address; `port` 0: with the ports of this server, else that one. */
static void add(const struct search *s, const char *address, uint16_t port)
{
    if (*address && s->udp)
        add_by(s->local, address, port ? port : s->udp, false);
    if (*address && s->tcp)
        add_by(s->local, address, port ? port : s->tcp, true);
}

static uint16_t port_of(const struct conf_words *listen)
{
    struct conf_endpoint e;
    return listen->count && conf_endpoint_parse(listen->items[0], &e) == CONF_ENDPOINT_OK ? (uint16_t)e.port : 0;
}

/* Clients are told of TCP while it is served; `protocol tcp` without it is `udp`, which the doctor tells. */
static struct search search_for(struct sdp_local *local, const struct conf_rtc_server *conf)
{
    bool by_tcp = conf->tcp.enabled && conf->protocol != CONF_RTC_UDP;
    bool by_udp = !by_tcp || conf->protocol != CONF_RTC_TCP;
    return (struct search){ local, conf, by_udp ? port_of(&conf->listen) : 0, by_tcp ? port_of(&conf->tcp.listen) : 0 };
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

static struct err *add_name(const struct search *s, const char *name)
{
    struct resolved found;
    char            address[INET6_ADDRSTRLEN];
    struct err     *e = s->conf->resolves_host ? resolve(name, 0, now_us() + RESOLVE_US, &found) : NULL;
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    if (!e && s->conf->resolves_host)
        add(s, io_addr_host((struct sockaddr *)&found.items[0].addr, address, sizeof address), 0);
    log_err(LOG_WARN, e, "rtc: candidate %s", name);
    if (s->conf->keeps_host)
        add(s, name, 0);
    return NULL;
}

static struct err *add_host(const struct search *s, const char *text)
{
    char     host[SDP_ADDRESS_LEN_MAX + 1];
    uint16_t ignored;
    split(text, host, &ignored); /* its port is that of HTTP */
    if (!*host || is_own(host))
        return NULL;
    if (!is_numeric(host))
        return add_name(s, host);
    add(s, host, 0);
    return NULL;
}

/* ---- what is configured ---- */

static void add_detected(const struct search *s)
{
    const struct conf_rtc_server *conf = s->conf;
    char                          address[INET6_ADDRSTRLEN];
    for (int i = 0; local_address_find(i, address); i++) {
        bool is_v6 = strchr(address, ':');
        if (conf->detects && conf->ip_family != CONF_IP_ALL && is_v6 != (conf->ip_family == CONF_IPV6))
            continue;
        add(s, address, 0);
        if (!conf->detects)
            return;
    }
}

static void add_written(const struct search *s, const char *text)
{
    char     host[SDP_ADDRESS_LEN_MAX + 1];
    uint16_t port;
    split(text, host, &port);
    add(s, host, port);
}

static void add_configured(const struct search *s)
{
    const char *text = s->conf->candidate;
    if (text[0] == '$')
        text = getenv(text + 1);
    if (!text || !*text || str_equal(text, "*") || str_equal(text, "0.0.0.0"))
        add_detected(s);
    else
        add_written(s, text);
}

struct err *rtc_candidates_find(struct sdp_local *local, const struct conf *conf, const char *host, const char *wanted)
{
    const struct search search = search_for(local, &conf->rtc_server);
    struct err         *e = NULL;
    local->n_candidates = 0;
    if (wanted && *wanted)
        add_written(&search, wanted);
    if (host && conf->rtc_server.host_is_candidate)
        e = add_host(&search, host);
    if (!e)
        add_configured(&search);
    return e;
}
