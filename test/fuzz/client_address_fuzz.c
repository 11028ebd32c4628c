/*
 * A peer and its fields about the client. The first line is the peer's address; each other line is a field whose first letter
 * chooses the name.
 *
 * The result is an address in its canonical spelling, an untrusted peer is never believed, and addresses before the last untrusted
 * one of a list do not count.
 */
#include "app/session/client_address.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "app/conf/cidr.h"
#include "app/conf/conf_load.h"
#include "core/log.h"
#include "fuzzing.h"

enum { FIELDS_MAX = 8, TEXT_MAX = 2048 };

static struct conf *conf;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char   text[] = "listen 1935; daemon off; trusted_proxies 127.0.0.0/8 ::1 10.0.0.0/8 2001:db8::/32;"
                                 " vhost __defaultVhost__ { }";
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    struct conf_source  from = { .path = "f.conf", .text = text, .text_len = sizeof text - 1, .open_files = 65536 };
    struct conf_report  report = { 0 };
    (void)argc;
    (void)argv;
    check(!log_setup(&silent));
    check(!conf_load(&from, &conf, &report));
    return 0;
}

static void check_canonical(const char *ip)
{
    struct cidr address;
    char        again[INET6_ADDRSTRLEN];
    check(cidr_parse(ip, strlen(ip), &address) && address.prefix == address.bits);
    inet_ntop(address.bits == CIDR_IPV4_BITS ? AF_INET : AF_INET6, address.bytes, again, sizeof again);
    check(strcmp(again, ip) == 0);
}

static void check_request(const char *peer, struct http_pair *fields, size_t n)
{
    struct http_request r = { .fields = fields, .n_fields = n };
    char                ip[INET6_ADDRSTRLEN], with_lie[INET6_ADDRSTRLEN], lie[TEXT_MAX + 16];
    client_address_of_request(conf, peer, &r, ip);
    if (strcmp(ip, peer) == 0)
        return;
    check(client_address_is_trusted(conf, peer));
    check_canonical(ip);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, "X-Forwarded-For") != 0)
            continue;
        snprintf(lie, sizeof lie, "6.6.6.6,%s", fields[i].value);
        fields[i].value = lie;
        client_address_of_request(conf, peer, &r, with_lie);
        check(client_address_is_trusted(conf, ip) || strcmp(with_lie, ip) == 0);
        return;
    }
}

static void check_claim(const char *peer, const char *claimed)
{
    char ip[INET6_ADDRSTRLEN];
    snprintf(ip, sizeof ip, "%s", peer);
    if (client_address_claim(conf, ip, claimed)) {
        check(client_address_is_trusted(conf, peer));
        check_canonical(ip);
    } else {
        check(strcmp(ip, peer) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "X-Forwarded-For", "X-Real-IP", "Via" };
    char                     text[TEXT_MAX], *rest = text;
    struct http_pair         fields[FIELDS_MAX];
    size_t                   n = 0;
    if (len >= sizeof text)
        return 0;
    memcpy(text, data, len);
    text[len] = '\0';
    const char *peer = strsep(&rest, "\n");
    if (strlen(peer) >= INET6_ADDRSTRLEN)
        return 0;
    for (char *line; n < FIELDS_MAX && (line = strsep(&rest, "\n"));) {
        if (!*line)
            continue;
        fields[n++] = (struct http_pair){ .name = names[*line % 3u], .value = line + 1 };
        check_claim(peer, line + 1);
    }
    check_request(peer, fields, n);
    return 0;
}
