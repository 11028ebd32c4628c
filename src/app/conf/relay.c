#include "app/conf/relay.h"

#include <string.h>
#include <strings.h>

#include "app/conf/rtc_url.h"
#include "core/attr.h"
#include "core/str.h"

/* Longest URL: that of HTTP and of RTMP (HTTP_URL_MAX, RTMP_URL_MAX). */
enum { URL_MAX = 4096 };

/* If the URL has this scheme, what follows "://". */
static const char *behind_scheme(const char *url, const char *scheme)
{
    size_t len = strlen(scheme);
    return strncasecmp(url, scheme, len) == 0 && strncmp(url + len, "://", 3) == 0 ? url + len + 3 : NULL;
}

/* What follows the scheme, if it is a known one. */
static const char *authority_of(const char *url, bool *is_http)
{
    static const char *const schemes[] = { "rtmp", "rtmps", "http", "https", "whep", "wheps" };
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        const char *rest = behind_scheme(url, schemes[i]);
        *is_http = i >= 2;
        if (rest)
            return rest;
    }
    return NULL;
}

enum conf_relay_form conf_relay_form_of(const char *url)
{
    static const char playlist[] = ".m3u8";
    bool              is_http;
    if (!authority_of(url, &is_http))
        return CONF_RELAY_UNKNOWN;
    if (!is_http)
        return CONF_RELAY_RTMP;
    if (conf_rtc_url_is(url, "whep"))
        return CONF_RELAY_WHEP;
    size_t len = strcspn(url, "?#"), end = sizeof playlist - 1;
    return len > end && strncasecmp(url + len - end, playlist, end) == 0 ? CONF_RELAY_HLS : CONF_RELAY_HTTP;
}

bool conf_relay_url_is_known(const char *url)
{
    bool        is_http;
    const char *rest = authority_of(url, &is_http);
    if (!rest || !*rest || *rest == '/' || strlen(url) > URL_MAX)
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    return true;
}

static size_t without_extension(const char *text, size_t len)
{
    static const char *const extensions[] = { ".flv", ".ts", ".m3u8" };
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
        size_t n = strlen(extensions[i]);
        if (len > n && strncasecmp(text + len - n, extensions[i], n) == 0)
            return len - n;
    }
    return len;
}

static bool take(char to[static STREAM_NAME_MAX + 1], const char *text, size_t len)
{
    return !memchr(text, '?', len) && stream_name_take(to, text, len);
}

bool conf_relay_name_find(struct conf_relay_name *out, const char *name, const char *url)
{
    bool        is_http = false;
    const char *path = name, *rest = authority_of(url, &is_http);
    size_t      len = strlen(name);
    if (!*name) {
        if (!rest)
            return false;
        path = rest + strcspn(rest, "/?#");
        path += *path == '/';
        len = strcspn(path, "?#");
        len = is_http ? without_extension(path, len) : len;
    }
    const char *slash = memrchr(path, '/', len);
    if (!slash)
        return false;
    size_t app_len = (size_t)(slash - path);
    return take(out->app, path, app_len) && take(out->stream, slash + 1, len - app_len - 1);
}
