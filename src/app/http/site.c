#include "app/http/site.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "app/session/page_host.h"
#include "core/attr.h"
#include "core/str.h"

enum { MACHINE_NAME_CAP = 256 };

static bool is_below(const char *host, const char *dotted_domain)
{
    size_t n = strlen(host), m = strlen(dotted_domain);
    return n > m && str_equal_nocase(host + n - m, dotted_domain);
}

static bool is_trusted(const struct conf *conf, const char *host)
{
    const struct conf_words *words = &conf->http_api.trusted_hosts;
    for (size_t i = 0; *host && i < words->count; i++) {
        const char *word = words->items[i];
        word += word[0] == '*' && word[1] == '.';
        if (str_equal_nocase(word, host) || str_equal_nocase(word, "any") || (*word == '.' && is_below(host, word)))
            return true;
    }
    return false;
}

/* ---- whose page ------------------------------------------------------------------------------------------------ */

/* Write the host of the request in the form of page_host(). */
static const char *own_host(const struct http_request *r, char buf[static PAGE_HOST_CAP])
{
    return page_host(r->host_port, buf);
}

static enum http_site site_of_page(const struct conf *conf, const struct http_request *r, const char *page)
{
    char host[PAGE_HOST_CAP], own[PAGE_HOST_CAP];
    page_host(page, host);
    if (strstr(page, "//") && *host && (str_equal_nocase(host, own_host(r, own)) || is_trusted(conf, host)))
        return HTTP_SITE_OWN;
    return HTTP_SITE_FOREIGN;
}

static bool is_browser(const struct http_request *r)
{
    const char *agent = http_request_field(r, "User-Agent");
    return agent && (str_starts_with(agent, "Mozilla/") || str_starts_with(agent, "Opera/"));
}

const char *http_site_page(const struct http_request *r)
{
    const char *referer = http_request_field(r, "Referer"), *origin = http_request_field(r, "Origin");
    if (referer && *referer)
        return referer;
    return origin && *origin && !str_equal(origin, "null") ? origin : NULL;
}

enum http_site http_site_of(const struct conf *conf, const struct http_request *r)
{
    const char *origin = http_request_field(r, "Origin"), *referer = http_request_field(r, "Referer");
    const char *relation = http_request_field(r, "Sec-Fetch-Site");
    /* A proxy may have changed Host, so the browser's own statement is used before the names are compared. */
    if (str_equal(relation, "same-origin") || (!origin && str_equal(relation, "none")))
        return HTTP_SITE_OWN;
    if (origin)
        return site_of_page(conf, r, origin);
    if (referer && *referer)
        return site_of_page(conf, r, referer);
    if (relation)
        return HTTP_SITE_FOREIGN;
    return is_browser(r) ? HTTP_SITE_UNKNOWN : HTTP_SITE_NONE;
}

bool http_site_may_change(enum http_site site, enum http_method method)
{
    switch (site) {
    case HTTP_SITE_OWN:
    case HTTP_SITE_NONE: return true;
    case HTTP_SITE_UNKNOWN: return method != HTTP_GET && method != HTTP_HEAD && method != HTTP_POST;
    case HTTP_SITE_FOREIGN: break;
    }
    return false;
}

/* ---- by which name --------------------------------------------------------------------------------------------- */

static bool is_address(const char *host)
{
    struct in_addr any;
    return *host == '[' || inet_aton(host, &any) != 0;
}

/* True for a name that cannot be made to resolve to this server from outside the network. */
static bool is_private_name(const char *host)
{
    static const char *const domains[] = { ".localhost", ".local", ".internal", ".home.arpa" };
    for (size_t i = 0; i < ARRAY_LEN(domains); i++)
        if (is_below(host, domains[i]))
            return true;
    return !strchr(host, '.');
}

static bool is_name_of_machine(const char *host)
{
    char name[MACHINE_NAME_CAP] = "";
    if (gethostname(name, sizeof name - 1) != 0)
        return false;
    return str_equal_nocase(name, host);
}

static bool is_name_of_vhost(const struct conf *conf, const char *host)
{
    const struct conf_vhost *vhost = conf_find_vhost(conf, host);
    return vhost && str_equal_nocase(vhost->name, host); /* The default vhost in place of another one does not count. */
}

bool http_site_host_is_own(const struct conf *conf, const struct http_request *r)
{
    char host[PAGE_HOST_CAP];
    own_host(r, host);
    return !*host || is_address(host) || is_private_name(host) || is_name_of_machine(host) ||
           is_name_of_vhost(conf, host) || is_trusted(conf, host);
}
