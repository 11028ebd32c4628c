#include "app/conf/rtc_url.h"

#include <string.h>
#include <strings.h>

const char *conf_rtc_behind(const char *url, const char *scheme, bool *is_secure)
{
    size_t len = strlen(scheme);
    if (strncasecmp(url, scheme, len) != 0)
        return NULL;
    *is_secure = url[len] == 's' || url[len] == 'S';
    url += len + *is_secure;
    return strncmp(url, "://", strlen("://")) == 0 ? url + strlen("://") : NULL;
}

bool conf_rtc_path_is(const char *rest, const char *word)
{
    const char *part = rest + strcspn(rest, "/?#");
    while (*part == '/') {
        size_t len = strcspn(++part, "/?#"), n = strlen(word);
        if (len >= n && strncasecmp(part + len - n, word, n) == 0)
            return true;
        part += len;
    }
    return false;
}

bool conf_rtc_url_is(const char *url, const char *word)
{
    bool        is_secure;
    const char *rest = conf_rtc_behind(url, "http", &is_secure);
    return rest ? conf_rtc_path_is(rest, word) : conf_rtc_behind(url, word, &is_secure) != NULL;
}
