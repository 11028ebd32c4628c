/**
 * Whose web page makes a request: what a browser says of it, and whether the Host is a name of this server.
 *
 * A browser sends requests in the name of any page that its user looks at, and reaches what the page's owner cannot. It says
 * which page by Origin, Sec-Fetch-Site or Referer, and a page cannot forge these. A page whose name is made to lead here (DNS
 * rebinding) is told by the Host.
 *
 * Source     RFC 6454 (Origin), W3C Fetch Metadata (Sec-Fetch-Site), RFC 6762, RFC 8375 (names that public DNS has not)
 * Yields     no
 */
#ifndef APP_HTTP_SITE_H
#define APP_HTTP_SITE_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "protocol/http/request.h"

enum http_site {
    HTTP_SITE_OWN,     /* a page of this host (on any port) or of a trusted one, or the address bar */
    HTTP_SITE_NONE,    /* no page: curl, a script, a monitor */
    HTTP_SITE_UNKNOWN, /* a browser that names no page */
    HTTP_SITE_FOREIGN, /* a page of another site, or one that hides its name ("null") */
};

/**
 * The URL of the page that asks, as far as the browser tells it: Referer, else Origin (a WebSocket has no Referer, and a page may
 * hide it); NULL: none.
 */
const char *http_site_page(const struct http_request *r);

/** Whose page asks, by `http_api { trusted_hosts; }` of the configuration. */
enum http_site http_site_of(const struct conf *conf, const struct http_request *r);

/**
 * Whether that request may change something by `method` (the one that is meant, where JSONP says another). A browser names the
 * page with each method that another site's page can use only by permission, so UNKNOWN may do these.
 */
bool http_site_may_change(enum http_site site, enum http_method method);

/**
 * Whether the request came by a name of this server: an address, localhost, a name of one label or below a domain that public
 * DNS does not have (local, internal, home.arpa), the machine's, a vhost's, or one of `trusted_hosts`; or by none (HTTP/1.0).
 */
bool http_site_host_is_own(const struct conf *conf, const struct http_request *r);

#endif
