/**
 * The name that the certificate of a server must have.
 *
 * Source     RFC 6125; RFC 6066, 3: the name that the client sends; addresses are not sent
 * Yields     no
 */
#ifndef PROTOCOL_TLS_PEER_NAME_H
#define PROTOCOL_TLS_PEER_NAME_H

#include <openssl/types.h>
#include <stdbool.h>

#include "core/attr.h"

/** Set the name, or the IP address, of the server that a client is about to make its handshake with. False: it is none. */
bool tls_expect_name(SSL *ssl, const char *host) ATTR_MUST_USE;

#endif
