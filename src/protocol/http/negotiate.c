#include "protocol/http/negotiate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/http/date.h"

enum comparison { STRONG, WEAK }; /* RFC 9110 8.8.3.2 */

/* True when a list of etags contains this one. */
static bool list_has(const char *list, const char *etag, enum comparison comparison)
{
    size_t len = strlen(etag);
    if (strcmp(list, "*") == 0)
        return true;
    for (const char *p = list; *p;) {
        p += strspn(p, " \t,");
        if (comparison == WEAK && strncmp(p, "W/", 2) == 0)
            p += 2;
        if (strncmp(p, etag, len) == 0 && strchr(", \t", p[len])) /* strchr() finds the end too */
            return true;
        p += strcspn(p, ",");
    }
    return false;
}

bool http_is_expected(const struct http_request *r, const char *etag, time_t modified)
{
    time_t      since;
    const char *match = http_request_field(r, "If-Match");
    if (match)
        return list_has(match, etag, STRONG);
    const char *date = http_request_field(r, "If-Unmodified-Since");
    return !date || !http_date_parse(date, &since) || modified <= since;
}

bool http_has_version(const struct http_request *r, const char *etag)
{
    const char *none_match = http_request_field(r, "If-None-Match");
    return none_match && list_has(none_match, etag, WEAK);
}

bool http_is_not_modified(const struct http_request *r, const char *etag, time_t modified)
{
    time_t since;
    if (http_request_field(r, "If-None-Match"))
        return http_has_version(r, etag);
    const char *date = http_request_field(r, "If-Modified-Since");
    return date && http_date_parse(date, &since) && modified <= since;
}

bool http_range_applies(const struct http_request *r, const char *etag, time_t modified)
{
    time_t      date;
    const char *if_range = http_request_field(r, "If-Range");
    if (!if_range)
        return true;
    if (if_range[0] == '"' || if_range[0] == 'W')
        return strcmp(if_range, etag) == 0;
    return http_date_parse(if_range, &date) && date == modified;
}

/* An element of Accept or Accept-Encoding. */
struct choice {
    const char *name;
    size_t      name_len;
    double      weight;
};

/* Take the next element of the list; false at its end, and without a list. */
static bool next_choice(const char **list, struct choice *c)
{
    const char *p = *list ? *list : "";
    p += strspn(p, " \t,");
    size_t      len = strcspn(p, ",");
    const char *q = memmem(p, len, "q=", 2);
    *c = (struct choice){ .name = p, .name_len = strcspn(p, ",; \t"), .weight = q ? strtod(q + 2, NULL) : 1 };
    *list = p + len;
    return len > 0;
}

static bool is_named(const struct choice *c, const char *name)
{
    return c->name_len == strlen(name) && strncasecmp(c->name, name, c->name_len) == 0;
}

/* The highest weight with which a list of media types names this one; 0: it does not. */
static double weight_of(const char *accept, const char *type)
{
    struct choice c;
    double        best = 0;
    while (next_choice(&accept, &c))
        if (is_named(&c, type) && c.weight > best)
            best = c.weight;
    return best;
}

bool http_prefers(const char *accept, const char *type, const char *other)
{
    double weight = weight_of(accept, type);
    return weight > 0 && weight >= weight_of(accept, other);
}

bool http_accepts_gzip(const char *accept_encoding)
{
    struct choice c;
    bool          any = false;
    while (next_choice(&accept_encoding, &c)) {
        if (is_named(&c, "gzip"))
            return c.weight > 0;
        if (is_named(&c, "*"))
            any = c.weight > 0;
    }
    return any;
}
