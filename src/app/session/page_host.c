#include "app/session/page_host.h"

#include <string.h>

#include "core/str.h"

const char *page_host_find(const char *url, size_t *len)
{
    const char *slashes = strstr(url, "//"), *host = slashes ? slashes + 2 : url;
    *len = strcspn(host, "/?#\\");
    /* https://github.com@evil.example/ is evil.example */
    for (const char *at; (at = memchr(host, '@', *len)); host = at + 1)
        *len -= (size_t)(at + 1 - host);
    return host;
}

const char *page_host(const char *url, char buf[static PAGE_HOST_CAP])
{
    size_t      len;
    const char *start = page_host_find(url ? url : "", &len);
    if (len && start[0] == '[') {
        size_t close = strcspn(start, "]");
        len = close < len ? close + 1 : len;
    } else {
        size_t colon = strcspn(start, ":");
        len = colon < len ? colon : len;
    }
    struct str out = str_over(buf, PAGE_HOST_CAP);
    str_append(&out, start, len);
    if (out.len && buf[out.len - 1] == '.') /* a fully qualified name may end with the dot of the root */
        buf[out.len - 1] = '\0';
    return buf;
}
