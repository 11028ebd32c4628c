/**
 * The web page that makes a request, as the browser tells it, and whether the Host is a name of this server.
 *
 * A browser sends requests for any page that its user looks at, and reaches servers that the owner of the page cannot reach. It
 * names the page by Origin, Sec-Fetch-Site or Referer, which a page cannot forge. A page whose own host name was made to resolve
 * to this server (DNS rebinding) is recognised by the Host.
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
    HTTP_SITE_OWN,     /* a page of this host (on any port) or of a trusted host, or the address bar */
    HTTP_SITE_NONE,    /* no page: curl, a script, a monitor */
    HTTP_SITE_UNKNOWN, /* a browser that names no page */
    HTTP_SITE_FOREIGN, /* a page of another site, or a page that hides its name ("null") */
};

/**
 * The URL of the page that makes the request: Referer, otherwise Origin (a WebSocket has no Referer, and a page may hide it);
 * NULL: none.
 */
const char *http_site_page(const struct http_request *r);

/** The site of the page that makes the request; `http_api { trusted_hosts; }` of the configuration counts. */
enum http_site http_site_of(const struct conf *conf, const struct http_request *r);

/**
 * True if a request of that site may change something by `method` (for JSONP, the method in its parameter). A browser names the
 * page with each method that a page of another site can use only by permission, so UNKNOWN may use these methods.
 */
bool http_site_may_change(enum http_site site, enum http_method method);

/**
 * True if the Host of the request is a name of this server: an address, localhost, a name of one label or in a domain that
 * public DNS does not have (local, internal, home.arpa), the name of the machine or of a vhost, or one of `trusted_hosts`; or if
 * there is no Host (HTTP/1.0).
 */
bool http_site_host_is_own(const struct conf *conf, const struct http_request *r);

#endif
