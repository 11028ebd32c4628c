/**
 * Who the client is: the same address for the log, the statistics and every check, behind proxies too.
 *
 * A peer may say for whom it speaks; it is believed when it is one of `trusted_proxies`, and only then.
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

/** Whether a peer is believed. Does not yield. */
bool client_address_is_trusted(const struct conf *conf, const char *ip);

/**
 * Read the header of the PROXY protocol, where `proxy_protocol` is on and the peer trusted and it writes one. Before
 * anything else is read from the connection, TLS included.
 *
 * Shape      ip: the peer's; becomes the client's
 * Errors     the socket's; E_PROXY_HEADER
 * Yields     yes; `conf` is not used after that
 */
struct err *client_address_accept(const struct conf *conf, struct io *io, char ip[static INET6_ADDRSTRLEN],
                                  int64_t deadline_us) ATTR_MUST_USE;

/** What a peer claims in another way: true and taken into `ip` when that is trusted, else only logged. Does not yield. */
bool client_address_claim(const struct conf *conf, char ip[static INET6_ADDRSTRLEN], const char *claimed);

/**
 * Whose request it is: of X-Forwarded-For, read from its end, the first address that is no trusted proxy's, since what
 * stands before that anybody may have written; without that field X-Real-IP; from a stranger the peer.
 *
 * Shape      peer_ip: of the connection, after client_address_accept(). Several fields count as one list
 * Yields     no
 */
void client_address_of_request(const struct conf *conf, const char *peer_ip, const struct http_request *r,
                               char ip[static INET6_ADDRSTRLEN]);

#endif
