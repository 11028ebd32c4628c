/* Two ranges, one in each line. A parsed range can be written and parsed again, and containment is a partial order. */
#include "app/conf/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "fuzzing.h"

/* Parse a copy of exactly that length, so that the sanitizer finds a read past its end. */
static bool parse(const uint8_t *text, size_t len, struct cidr *out)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    bool ok = cidr_parse(copy, len, out);
    free(copy);
    return ok;
}

static void check_range(const struct cidr *c)
{
    char        ip[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
    struct cidr again, all;
    bool        is_ipv4 = c->bits == CIDR_IPV4_BITS;
    check((is_ipv4 || c->bits == CIDR_IPV6_BITS) && c->prefix >= 0 && c->prefix <= c->bits);
    check(cidr_contains(c, c));
    check(inet_ntop(is_ipv4 ? AF_INET : AF_INET6, c->bytes, ip, sizeof ip) != NULL);
    int len = snprintf(text, sizeof text, "%s/%d", ip, c->prefix);
    check(cidr_parse(text, (size_t)len, &again));
    check(again.bits == c->bits && again.prefix == c->prefix);
    check(memcmp(again.bytes, c->bytes, (size_t)c->bits / 8) == 0);
    check(cidr_parse(is_ipv4 ? "0.0.0.0/0" : "::/0", is_ipv4 ? 9 : 4, &all) && cidr_contains(&all, c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cidr    a, b;
    const uint8_t *line = len ? memchr(data, '\n', len) : NULL;
    size_t         first = line ? (size_t)(line - data) : len;
    bool           got_a = parse(data, first, &a);
    bool           got_b = line && parse(line + 1, len - first - 1, &b);
    if (got_a)
        check_range(&a);
    else
        check(a.bits == 0 && !cidr_contains(&a, &a));
    if (!got_b)
        return 0;
    check_range(&b);
    if (!got_a)
        check(!cidr_contains(&a, &b) && !cidr_contains(&b, &a));
    else if (cidr_contains(&a, &b) && cidr_contains(&b, &a))
        check(a.prefix == b.prefix && a.bits == b.bits);
    return 0;
}
