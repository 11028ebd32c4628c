#include "protocol/redis/place.h"

#include <stdlib.h>
#include <string.h>

#include "core/str.h"

static const char scheme[] = "redis://";

static int hex_of(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Copy a part of the URL, with its %XX undone. False: it is too long, or has a NUL. */
static bool take(char *to, size_t cap, const char *from, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = from[i];
        if (c == '%' && i + 2 < len && hex_of(from[i + 1]) >= 0 && hex_of(from[i + 2]) >= 0) {
            c = (char)(hex_of(from[i + 1]) << 4 | hex_of(from[i + 2]));
            i += 2;
        }
        if (!c || n + 1 >= cap)
            return false;
        to[n++] = c;
    }
    to[n] = '\0';
    return true;
}

static bool take_number(const char *from, size_t len, long least, long most, long *out)
{
    char digits[8];
    if (len == 0 || len >= sizeof digits || strspn(from, "0123456789") < len)
        return false;
    memcpy(digits, from, len);
    digits[len] = '\0';
    *out = strtol(digits, NULL, 10);
    return *out >= least && *out <= most;
}

static bool take_login(struct redis_place *p, const char *from, size_t len)
{
    const char *colon = memchr(from, ':', len);
    size_t      user_len = colon ? (size_t)(colon - from) : len;
    return colon && take(p->user, sizeof p->user, from, user_len) &&
           take(p->password, sizeof p->password, colon + 1, len - user_len - 1) && *p->password;
}

/* True for what may be a name or an address. */
static bool is_host(const char *host)
{
    static const char marks[] = ".-_:";
    for (; *host; host++)
        if (!((*host >= '0' && *host <= '9') || (*host >= 'a' && *host <= 'z') || (*host >= 'A' && *host <= 'Z') ||
              strchr(marks, *host)))
            return false;
    return true;
}

/* "HOST", "HOST:PORT" or "[::1]:PORT" */
static bool take_host(struct redis_place *p, const char *from, size_t len)
{
    bool        is_bracketed = len && *from == '[';
    const char *host = from + is_bracketed, *all_end = from + len;
    const char *end = memchr(host, is_bracketed ? ']' : ':', len - is_bracketed);
    long        port = REDIS_PORT_DEFAULT;
    if (!end && is_bracketed)
        return false;
    end = end ? end : all_end;
    const char *rest = end + is_bracketed;
    if (end == host || (size_t)(end - host) >= sizeof p->host ||
        (rest < all_end &&
         (*rest != ':' || !take_number(rest + 1, (size_t)(all_end - rest) - 1, 1, UINT16_MAX, &port))))
        return false;
    memcpy(p->host, host, (size_t)(end - host));
    p->host[end - host] = '\0';
    p->port = (uint16_t)port;
    return is_host(p->host);
}

bool redis_place_parse(struct redis_place *p, const char *url)
{
    long database = 0;
    *p = (struct redis_place){ .port = 0 };
    if (!str_starts_with(url, scheme))
        return false;
    const char *from = url + sizeof scheme - 1;
    size_t      len = strcspn(from, "/");
    const char *path = from + len, *at = NULL;
    for (size_t i = 0; i < len; i++)
        at = from[i] == '@' ? from + i : at; /* the last one: a password may have some */
    if (at && !take_login(p, from, (size_t)(at - from)))
        return false;
    if (at) {
        len -= (size_t)(at + 1 - from);
        from = at + 1;
    }
    if (*path && path[1] && !take_number(path + 1, strlen(path + 1), 0, REDIS_DATABASE_MAX, &database))
        return false;
    p->database = (int)database;
    return take_host(p, from, len);
}

const char *redis_place_name(const struct redis_place *p, char buf[static REDIS_NAME_CAP])
{
    struct str out = str_over(buf, REDIS_NAME_CAP);
    str_printf(&out, strchr(p->host, ':') ? "redis://[%s]:%u/%d" : "redis://%s:%u/%d", p->host, p->port, p->database);
    return buf;
}
