#include "app/page_host.h"

#include <string.h>

#include "core/str.h"

const char *page_host(const char *url, char buf[static PAGE_HOST_CAP])
{
    const char *start = url ? strstr(url, "//") : NULL;
    start = start ? start + 2 : url ? url : "";
    size_t len = strcspn(start, "/?#\\");
    for (size_t i = 0; i < len; i++) {
        if (start[i] != '@')
            continue;
        start += i + 1; /* https://github.com@evil.example/ is evil.example */
        len -= i + 1;
        i = (size_t)-1;
    }
    if (len && start[0] == '[') {
        size_t close = strcspn(start, "]");
        len = close < len ? close + 1 : len;
    } else {
        size_t colon = strcspn(start, ":");
        len = colon < len ? colon : len;
    }
    struct str out = str_over(buf, PAGE_HOST_CAP);
    str_append(&out, start, len);
    if (out.len && buf[out.len - 1] == '.') /* the root that a full name may end with */
        buf[out.len - 1] = '\0';
    return buf;
}
