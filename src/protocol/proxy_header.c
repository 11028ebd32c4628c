#include "protocol/proxy_header.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "core/clock.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/io.h"

static const uint8_t v1_prefix[] = { 'P', 'R', 'O', 'X', 'Y', ' ' };
static const uint8_t v2_signature[] = { '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n' };

enum { SHOWN_BYTES = 32, SHOWN_CAP = 4 * SHOWN_BYTES + 4 };

/* 2.2: the low half of the 13th byte, and both halves of the 14th. */
enum { COMMAND_LOCAL, COMMAND_PROXY };
enum { FAMILY_UNSPEC, FAMILY_INET, FAMILY_INET6, FAMILY_UNIX };
enum { TRANSPORT_UNSPEC, TRANSPORT_STREAM, TRANSPORT_DGRAM };

static void set_ipv4(struct sockaddr_storage *out, const void *ip, uint16_t port)
{
    struct sockaddr_in *a = (struct sockaddr_in *)out;
    *a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
    memcpy(&a->sin_addr, ip, sizeof a->sin_addr);
}

static void set_ipv6(struct sockaddr_storage *out, const void *ip, uint16_t port)
{
    struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;
    *a = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
    memcpy(&a->sin6_addr, ip, sizeof a->sin6_addr);
}

/* ---- version 1: one line of text */

/* Read the word up to the next space, or the last word up to the end. False if it is empty or does not fit. */
static bool next_word(struct rd *line, char *buf, size_t cap, bool last)
{
    struct str     out = str_over(buf, cap);
    const uint8_t *space = last ? line->end : memchr(line->p, ' ', rd_left(line));
    if (!space || space == line->p)
        return false;
    str_append(&out, (const char *)line->p, (size_t)(space - line->p));
    line->p = space + !last;
    return !out.cut && strlen(buf) == out.len;
}

/* 2.1: decimal, 0 to 65535, without leading zeros. */
static bool parse_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;
    if (text[0] == '0' && text[1])
        return false;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        value = value * 10 + (uint32_t)(*p - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return true;
}

/* Parse a line after "PROXY ", as "TCP4 192.0.2.1 192.0.2.2 56324 443". */
static enum proxy_read parse_line(struct rd line, struct proxy_header *h)
{
    enum { PORT_CAP = 6 };
    unsigned char source_ip[sizeof(struct in6_addr)], ignored_ip[sizeof(struct in6_addr)];
    char          family[8], source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], sport[PORT_CAP], dport[PORT_CAP];
    uint16_t      source_port, ignored_port;
    static const char unknown[] = "UNKNOWN"; /* the rest of such a line has no meaning */
    if (rd_left(&line) >= sizeof unknown - 1 && memcmp(line.p, unknown, sizeof unknown - 1) == 0)
        return rd_left(&line) == sizeof unknown - 1 || line.p[sizeof unknown - 1] == ' ' ? PROXY_GOT : PROXY_BAD;
    if (!next_word(&line, family, sizeof family, false) || !next_word(&line, source, sizeof source, false) ||
        !next_word(&line, destination, sizeof destination, false) || !next_word(&line, sport, sizeof sport, false) ||
        !next_word(&line, dport, sizeof dport, true))
        return PROXY_BAD;
    bool v4 = strcmp(family, "TCP4") == 0, v6 = strcmp(family, "TCP6") == 0;
    int  af = v4 ? AF_INET : AF_INET6;
    if ((!v4 && !v6) || inet_pton(af, source, source_ip) != 1 || inet_pton(af, destination, ignored_ip) != 1 ||
        !parse_port(sport, &source_port) || !parse_port(dport, &ignored_port))
        return PROXY_BAD;
    (v4 ? set_ipv4 : set_ipv6)(&h->source, source_ip, source_port);
    h->has_source = true;
    return PROXY_GOT;
}

static enum proxy_read read_v1(struct rd *in, struct proxy_header *h)
{
    size_t         have = rd_left(in), n = have < PROXY_V1_LEN_MAX ? have : PROXY_V1_LEN_MAX;
    const uint8_t *cr = memchr(in->p, '\r', n);
    if (!cr)
        return n < PROXY_V1_LEN_MAX - 1 ? PROXY_NEED_MORE : PROXY_BAD;
    size_t len = (size_t)(cr - in->p) + 2;
    if (len > PROXY_V1_LEN_MAX)
        return PROXY_BAD;
    if (len > have)
        return PROXY_NEED_MORE;
    if (cr[1] != '\n')
        return PROXY_BAD;
    struct rd       line = rd_over(in->p + sizeof v1_prefix, len - 2 - sizeof v1_prefix);
    enum proxy_read got = parse_line(line, h);
    if (got == PROXY_GOT)
        in->p += len;
    return got;
}

/* ---- version 2: binary */

static void read_addresses(struct rd *r, int family, struct proxy_header *h)
{
    size_t         len = family == FAMILY_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    const uint8_t *source = rd_bytes(r, len);
    rd_bytes(r, len); /* the destination is an address of this server */
    uint16_t port = rd_u16(r);
    rd_u16(r);
    if (r->bad)
        return;
    (family == FAMILY_INET ? set_ipv4 : set_ipv6)(&h->source, source, port);
    h->has_source = true;
}

static enum proxy_read read_v2(struct rd *in, struct proxy_header *h)
{
    struct rd r = *in;
    rd_bytes(&r, sizeof v2_signature);
    uint8_t  version_command = rd_u8(&r), what = rd_u8(&r);
    uint16_t len = rd_u16(&r);
    if (r.bad)
        return PROXY_NEED_MORE;
    int version = version_command >> 4, command = version_command & 0xf, family = what >> 4, transport = what & 0xf;
    if (version != 2 || command > COMMAND_PROXY || family > FAMILY_UNIX || transport > TRANSPORT_DGRAM ||
        len > PROXY_HEADER_LEN_MAX - PROXY_V2_HEADER_LEN)
        return PROXY_BAD;
    const uint8_t *body = rd_bytes(&r, len);
    if (r.bad)
        return PROXY_NEED_MORE;
    struct rd addresses = rd_over(body, len);
    if (command == COMMAND_PROXY && transport != TRANSPORT_UNSPEC && (family == FAMILY_INET || family == FAMILY_INET6))
        read_addresses(&addresses, family, h);
    if (addresses.bad)
        return PROXY_BAD;
    in->p = r.p;
    return PROXY_GOT;
}

/* ---- both */

/* Compare the beginning of the input: PROXY_GOT if it has all of `magic`, PROXY_NEED_MORE if it has a part. */
static enum proxy_read begins_with(const struct rd *in, const uint8_t *magic, size_t len)
{
    size_t n = rd_left(in) < len ? rd_left(in) : len;
    if (n && memcmp(in->p, magic, n) != 0)
        return PROXY_NONE;
    return n == len ? PROXY_GOT : PROXY_NEED_MORE;
}

enum proxy_read proxy_header_read(struct rd *in, struct proxy_header *header)
{
    *header = (struct proxy_header){ 0 };
    enum proxy_read v1 = begins_with(in, v1_prefix, sizeof v1_prefix);
    if (v1 == PROXY_GOT)
        return read_v1(in, header);
    enum proxy_read v2 = begins_with(in, v2_signature, sizeof v2_signature);
    if (v2 == PROXY_GOT)
        return read_v2(in, header);
    return v1 == PROXY_NEED_MORE || v2 == PROXY_NEED_MORE ? PROXY_NEED_MORE : PROXY_NONE;
}

struct err *proxy_header_take(struct io *io, struct proxy_header *header, bool *got, int64_t deadline_us)
{
    uint8_t bytes[PROXY_HEADER_LEN_MAX];
    char    shown[SHOWN_CAP];
    size_t  seen = 0;
    *got = false;
    for (;;) {
        size_t      n = 0;
        struct err *e = io_peek(io, bytes, sizeof bytes, &n, deadline_us);
        if (e)
            return err_wrap(e, "look for a PROXY header");
        struct rd in = rd_over(bytes, n);
        switch (proxy_header_read(&in, header)) {
        case PROXY_NONE: return NULL;
        case PROXY_GOT: *got = true; return io_read_full(io, bytes, (size_t)(in.p - bytes), deadline_us);
        case PROXY_BAD:
            return err_new(E_PROXY_HEADER, "a PROXY header that is none: %s",
                           str_printable(bytes, n < SHOWN_BYTES ? n : SHOWN_BYTES, shown, sizeof shown));
        case PROXY_NEED_MORE:
            if (io->hung_up) /* It was set before recv(), so no more bytes will come. */
                return err_new(E_END_OF_STREAM, "the peer closed the connection inside its PROXY header");
            if (n == seen && now_us() >= co_deadline(deadline_us))
                return err_new(E_SOCKET_TIMEOUT, "the PROXY header did not come in time");
            seen = n;
            io_drained(io); /* These bytes have been seen; further ones make a new edge. */
        }
    }
}
