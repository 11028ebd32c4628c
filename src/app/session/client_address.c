#include "app/session/client_address.h"

#include <string.h>
#include <strings.h>

#include "app/conf/cidr.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/proxy_header.h"

#define FORWARDED_FOR "X-Forwarded-For"
#define REAL_IP "X-Real-IP"

enum { SHOWN_BYTES = 64, SHOWN_CAP = 4 * SHOWN_BYTES + 4 };

static bool is_trusted(const struct conf *conf, const struct cidr *peer)
{
    struct cidr range;
    for (size_t i = 0; i < conf->trusted_proxies.count; i++) {
        const char *word = conf->trusted_proxies.items[i];
        if (cidr_parse(word, strlen(word), &range) && cidr_contains(&range, peer))
            return true;
    }
    return false;
}

bool client_address_is_trusted(const struct conf *conf, const char *ip)
{
    struct cidr peer;
    return cidr_parse(ip, strlen(ip), &peer) && is_trusted(conf, &peer);
}

struct err *client_address_accept(const struct conf *conf, struct io *io, char ip[static INET6_ADDRSTRLEN],
                                  int64_t deadline_us)
{
    struct proxy_header header;
    bool                got;
    if (!conf->proxy_protocol || !client_address_is_trusted(conf, ip))
        return NULL;
    struct err *e = proxy_header_take(io, &header, &got, deadline_us);
    if (e || !got || !header.has_source)
        return err_wrap(e, "PROXY header of %s", ip);
    char source[IO_ADDR_CAP];
    log_info("PROXY header: client ip=%s, proxy ip=%s", io_addr_text((struct sockaddr *)&header.source, source), ip);
    io_addr_host((struct sockaddr *)&header.source, ip, INET6_ADDRSTRLEN);
    return NULL;
}

/* Reads an address as proxies write it, with or without a port: 192.0.2.7, 192.0.2.7:80, 2001:db8::7, [2001:db8::7]:80. */
static bool parse_forwarded(const char *text, size_t len, struct cidr *out)
{
    const char *colon = memchr(text, ':', len);
    if (len && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        return close && cidr_parse(text + 1, (size_t)(close - text) - 1, out) && out->prefix == out->bits;
    }
    if (colon && !memchr(colon + 1, ':',
                         len - (size_t)(colon + 1 - text))) /* a single colon cannot be part of an IPv6 address */
        len = (size_t)(colon - text);
    return !memchr(text, '/', len) && cidr_parse(text, len, out);
}

bool client_address_claim(const struct conf *conf, char ip[static INET6_ADDRSTRLEN], const char *claimed)
{
    struct cidr address;
    char        shown[SHOWN_CAP];
    size_t      len = strlen(claimed);
    if (!client_address_is_trusted(conf, ip)) {
        log_warn("%s is no trusted proxy: that it speaks for %s is not believed", ip,
                 str_printable(claimed, len < SHOWN_BYTES ? len : SHOWN_BYTES, shown, sizeof shown));
        return false;
    }
    if (!parse_forwarded(claimed, len, &address))
        return false;
    cidr_format_ip(&address, ip);
    return true;
}

/* ---- HTTP */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Reads one element of the list and ignores the blanks around it. */
static bool parse_element(const char *start, const char *end, struct cidr *out)
{
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    return parse_forwarded(start, (size_t)(end - start), out);
}

/* Walks a list from its end while the writers of its elements are trusted. False: `client` is the address that was searched. */
static bool walk(const struct conf *conf, const char *list, struct cidr *client)
{
    const char *end = list + strlen(list);
    for (;;) {
        const char *start = end;
        while (start > list && start[-1] != ',')
            start--;
        struct cidr element;
        if (!is_trusted(conf, client) || !parse_element(start, end, &element))
            return false;
        *client = element;
        if (start == list)
            return true;
        end = start - 1;
    }
}

void client_address_of_request(const struct conf *conf, const char *peer_ip, const struct http_request *r,
                               char ip[static INET6_ADDRSTRLEN])
{
    struct cidr client, real;
    const char *real_ip = NULL;
    bool        forwarded = false;
    str_copy(ip, INET6_ADDRSTRLEN, peer_ip);
    if (!http_request_field(r, FORWARDED_FOR) && !http_request_field(r, REAL_IP))
        return;
    if (!cidr_parse(peer_ip, strlen(peer_ip), &client) || !is_trusted(conf, &client))
        return;
    bool more = true;
    for (size_t i = r->n_fields; i-- > 0;) {
        if (strcasecmp(r->fields[i].name, FORWARDED_FOR) == 0) {
            forwarded = true;
            more = more && walk(conf, r->fields[i].value, &client);
        } else if (strcasecmp(r->fields[i].name, REAL_IP) == 0 && !real_ip) {
            real_ip = r->fields[i].value;
        }
    }
    if (forwarded)
        cidr_format_ip(&client, ip);
    else if (real_ip && parse_element(real_ip, real_ip + strlen(real_ip), &real))
        cidr_format_ip(&real, ip);
}
