#include "app/api/public_url.h"

#include <string.h>

#include "app/session/page_host.h"
#include "core/str.h"

/* Length of the text before the first parameter. */
static size_t plain_len(const char *url)
{
    size_t      len = strcspn(url, "?#&;%");
    const char *dots = strstr(url, "...");
    return dots && (size_t)(dots - url) < len ? (size_t)(dots - url) : len;
}

const char *public_url(const char *url, bool path, char buf[static PUBLIC_URL_CAP])
{
    struct str  out = str_over(buf, PUBLIC_URL_CAP);
    const char *slashes = strstr(url, "//");
    size_t      scheme_len = slashes ? (size_t)(slashes + 2 - url) : 0;
    if (scheme_len > plain_len(url))
        return buf; /* no host: the "//" is part of a parameter */
    size_t      host_len;
    const char *host = page_host_find(url, &host_len);
    size_t      shown = plain_len(host);
    str_append(&out, url, scheme_len);
    str_append(&out, host, path || shown < host_len ? shown : host_len);
    return buf;
}
