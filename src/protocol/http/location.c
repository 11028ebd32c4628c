#include "protocol/http/location.h"

#include <http_parser.h>
#include <string.h>
#include <strings.h>

#include "core/str.h"

enum { SHOWN_BYTES = 200, SHOWN_CAP = 4 * SHOWN_BYTES + 4, AUTHORITY_CAP = HTTP_URL_HOST_MAX + 16 };

static struct err *bad(const char *url, const char *why)
{
    char   shown[SHOWN_CAP];
    size_t len = strlen(url);
    return err_new(E_HTTP_PARSE_URI, "%s is no URL: %s",
                   str_printable(url, len < SHOWN_BYTES ? len : SHOWN_BYTES, shown, sizeof shown), why);
}

static bool has(const struct http_parser_url *u, enum http_parser_url_fields field)
{
    return u->field_set & 1u << field;
}

static bool scheme_is(const char *url, const struct http_parser_url *u, const char *scheme)
{
    return u->field_data[UF_SCHEMA].len == strlen(scheme) && strncasecmp(url, scheme, strlen(scheme)) == 0;
}

/* Spaces, control characters and bytes outside ASCII would change the meaning of the request line. */
static bool is_printable(const char *text)
{
    while (*text > ' ' && *text < 0x7f)
        text++;
    return !*text;
}

struct err *http_location_parse(struct http_location *l, const char *url)
{
    struct http_parser_url u;
    size_t                 len = strlen(url);
    *l = (struct http_location){ .target = "" };
    http_parser_url_init(&u);
    if (len > HTTP_URL_MAX)
        return bad(url, "too long");
    if (!is_printable(url))
        return bad(url, "a character in it has to be escaped");
    if (http_parser_parse_url(url, len, 0, &u) != 0 || !has(&u, UF_SCHEMA) || !has(&u, UF_HOST))
        return bad(url, "no scheme, or no host");
    l->tls = scheme_is(url, &u, "https");
    if (!l->tls && !scheme_is(url, &u, "http"))
        return bad(url, "neither http nor https");
    if (has(&u, UF_USERINFO))
        return bad(url, "a user and password cannot be sent");
    struct str host = str_over(l->host, sizeof l->host);
    str_append(&host, url + u.field_data[UF_HOST].off, u.field_data[UF_HOST].len);
    if (host.cut || !host.len)
        return bad(url, "the host is too long, or empty");
    l->port = has(&u, UF_PORT) ? u.port : l->tls ? HTTPS_PORT_DEFAULT : HTTP_PORT_DEFAULT;
    if (l->port == 0)
        return bad(url, "port 0");
    if (has(&u, UF_PATH) || has(&u, UF_QUERY)) {
        size_t start = has(&u, UF_PATH) ? u.field_data[UF_PATH].off : (size_t)u.field_data[UF_QUERY].off - 1;
        l->target = url + start;
        l->target_len = strcspn(l->target, "#");
    }
    return NULL;
}

const char *http_location_authority(const struct http_location *l, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    str_printf(&out, strchr(l->host, ':') ? "[%s]" : "%s", l->host);
    if (l->port != (l->tls ? HTTPS_PORT_DEFAULT : HTTP_PORT_DEFAULT))
        str_printf(&out, ":%d", l->port);
    return buf;
}

/* True when the text begins with "scheme:", RFC 3986 3.1. */
static bool is_absolute(const char *reference)
{
    static const char scheme[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    size_t            n = strspn(reference, scheme);
    return n > 0 && reference[n] == ':';
}

/* Length of the part of the base's target that a relative reference keeps: RFC 3986 5.2.2 and 5.2.3. */
static size_t kept_len(const struct http_location *base, const char *reference)
{
    size_t path_len = 0;
    while (path_len < base->target_len && base->target[path_len] != '?')
        path_len++;
    if (!*reference || *reference == '#')
        return base->target_len;
    if (*reference == '?')
        return path_len;
    while (path_len > 0 && base->target[path_len - 1] != '/')
        path_len--;
    return path_len;
}

struct err *http_location_resolve(const char *base, const char *reference, char url[static HTTP_URL_MAX + 1])
{
    struct str           out = str_over(url, HTTP_URL_MAX + 1);
    struct http_location from;
    char                 authority[AUTHORITY_CAP];
    struct err          *e = http_location_parse(&from, base);
    if (e)
        return e;
    if (!is_absolute(reference)) {
        str_printf(&out, "%s:", from.tls ? "https" : "http");
        if (strncmp(reference, "//", 2) != 0)
            str_printf(&out, "//%s", http_location_authority(&from, authority, sizeof authority));
        if (*reference != '/') {
            size_t kept = kept_len(&from, reference);
            if (kept == 0 || from.target[0] != '/')
                str_append(&out, "/", 1);
            str_append(&out, from.target, kept);
        }
    }
    str_append(&out, reference, strlen(reference));
    return out.cut ? bad(reference, "too long") : NULL;
}
