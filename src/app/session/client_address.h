/**
 * The address of a client, which may be behind proxies: the same for the log, the statistics and every check.
 *
 * A peer may claim to speak for a client. The claim is believed if, and only if, the peer is one of `trusted_proxies`.
 *
 * Shape      addresses are texts without port and brackets, in their canonical spelling
 */
#ifndef APP_SESSION_CLIENT_ADDRESS_H
#define APP_SESSION_CLIENT_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/request.h"
#include "protocol/io.h"

/** True if the claims of a peer with this address are believed. Does not yield. */
bool client_address_is_trusted(const struct conf *conf, const char *ip);

/**
 * Read the header of the PROXY protocol if `proxy_protocol` is on, the peer is trusted, and it sends one. Must come before
 * everything else that is read from the connection, TLS included.
 *
 * Shape      ip: in, the peer's address; out, the client's
 * Errors     the socket's; E_PROXY_HEADER
 * Yields     yes; `conf` is not used after that
 */
struct err *client_address_accept(const struct conf *conf, struct io *io, char ip[static INET6_ADDRSTRLEN],
                                  int64_t deadline_us) ATTR_MUST_USE;

/**
 * Judge a claim that a peer makes by other means. True: the peer is trusted, and `ip` is the claimed address. False: `ip` is
 * unchanged; the claim of a stranger is logged. Does not yield.
 */
bool client_address_claim(const struct conf *conf, char ip[static INET6_ADDRSTRLEN], const char *claimed);

/**
 * Find the client of a request. X-Forwarded-For is read from its end: the first address that is not a trusted proxy is the
 * client, because anybody may have written what stands before it. Without that field X-Real-IP counts. A peer that is not
 * trusted is itself the client.
 *
 * Shape      peer_ip: the address of the connection after client_address_accept(); several fields are one list
 * Yields     no
 */
void client_address_of_request(const struct conf *conf, const char *peer_ip, const struct http_request *r,
                               char ip[static INET6_ADDRSTRLEN]);

#endif
