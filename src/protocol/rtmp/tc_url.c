#include "protocol/rtmp/tc_url.h"

#include <stdbool.h>
#include <string.h>

#include "core/str.h"
#include "protocol/stream_name.h"

/* A part of a text, not terminated. */
struct part {
    const char *p;
    size_t      len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct part trim(const char *p, size_t len, bool slashes)
{
    while (len && (is_blank(p[0]) || (slashes && p[0] == '/')))
        p++, len--;
    while (len && (is_blank(p[len - 1]) || (slashes && p[len - 1] == '/')))
        len--;
    return (struct part){ p, len };
}

/* The length of the path of a text. The path ends at the parameters, in any spelling (url.h), or at the fragment. */
static size_t path_len(struct part text)
{
    static const char vhost[] = "...vhost...";
    size_t            len = 0;
    for (; len < text.len && text.p[len] != '?' && text.p[len] != '#'; len++)
        if (text.len - len >= sizeof vhost - 1 && memcmp(text.p + len, vhost, sizeof vhost - 1) == 0)
            break;
    return len;
}

static struct part tail_of(struct part text)
{
    size_t len = path_len(text);
    return (struct part){ text.p + len, text.len - len };
}

/* The length of the schema and authority of a URL; 0 if it has a path or is no URL. */
static size_t bare_len(struct part url)
{
    size_t      len = path_len(url);
    const char *schema_end = len ? memmem(url.p, len, "://", 3) : NULL;
    if (!schema_end)
        return 0;
    size_t slashes = 0, authority = (size_t)(schema_end + 3 - url.p);
    while (slashes < len - authority && url.p[len - 1 - slashes] == '/')
        slashes++;
    return memchr(url.p + authority, '/', len - authority - slashes) ? 0 : len - slashes;
}

/* Append the app's parameters, then the tcUrl's own. */
static void put_tails(struct str *out, struct part app, struct part tc_url)
{
    str_append(out, app.p, app.len);
    if (app.len && tc_url.len && app.p[0] == '?' && tc_url.p[0] == '?') {
        str_append(out, "&", 1);
        tc_url = (struct part){ tc_url.p + 1, tc_url.len - 1 };
    }
    str_append(out, tc_url.p, tc_url.len);
}

static void put_completed(struct str *out, struct part base, struct part app, struct part tc_url_tail)
{
    struct part path = trim(app.p, path_len(app), true);
    str_append(out, base.p, base.len);
    str_append(out, "/", 1);
    str_append(out, path.p, path.len);
    put_tails(out, tail_of(app), tc_url_tail);
}

struct err *rtmp_tc_url_complete(char to[static RTMP_URL_MAX + 1], const char *tc_url, size_t tc_url_len,
                                 const char *app, size_t app_len)
{
    static const char nowhere[] = "rtmp://" STREAM_DEFAULT_VHOST;
    struct part       url = trim(tc_url, tc_url_len, false), name = trim(app, app_len, false);
    struct str        out = str_over(to, RTMP_URL_MAX + 1);
    size_t            bare = bare_len(url);
    if (!url.len && !name.len)
        return err_new(E_RTMP_REQ_CONNECT, "connect with neither tcUrl nor app");
    if (!url.len)
        put_completed(&out, (struct part){ nowhere, sizeof nowhere - 1 }, name, (struct part){ "", 0 });
    else if (bare && name.len)
        put_completed(&out, (struct part){ url.p, bare }, name, tail_of(url));
    else
        str_append(&out, url.p, url.len);
    if (out.cut || strlen(to) < out.len)
        return err_new(E_LIMIT, "a tcUrl of more than %d bytes, or with a NUL in it", RTMP_URL_MAX);
    return NULL;
}
