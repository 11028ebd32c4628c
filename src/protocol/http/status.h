/**
 * Status codes of HTTP: the one list of them, and the meaning of a code for its response.
 *
 * The codes themselves are http_parser's HTTP_STATUS_OK, HTTP_STATUS_NOT_FOUND …, made from IANA's registry.
 *
 * Source     RFC 9110, 15
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_STATUS_H
#define PROTOCOL_HTTP_STATUS_H

#include <http_parser.h>
#include <stdbool.h>

/** "Not Found"; "<unknown>" for a code that is not in the list. */
const char *http_status_reason(int status);

/** 1xx: another response follows, except for 101. */
bool http_status_is_informational(int status);

/** 301, 302, 303, 307 and 308: the answer is at another place, named by Location. */
bool http_status_is_redirect(int status);

/** 1xx, 204 and 304: a response that never has a body. RFC 9112, 6.3. */
bool http_status_is_bodiless(int status);

#endif
