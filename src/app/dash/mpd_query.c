#include "app/dash/mpd_query.h"

#include <string.h>

#include "core/attr.h"
#include "core/xw.h"

/* What stands before a path in the text that kernel/dash/mpd writes. */
static const char *const before[] = { " initialization=\"", " media=\"", " value=\"/" };

/* The length of what stands before a path here; 0: nothing does. */
static size_t path_at(const char *p, size_t left)
{
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(before) && !len; i++)
        if (left >= strlen(before[i]) && memcmp(p, before[i], strlen(before[i])) == 0)
            len = strlen(before[i]);
    return len;
}

void dash_mpd_query_add(struct buf *out, const char *mpd, size_t len, const char *query)
{
    size_t done = 0;
    for (size_t at = 0; at < len; at++) {
        size_t name = mpd[at] == ' ' ? path_at(mpd + at, len - at) : 0;
        if (!name)
            continue;
        const char *end = memchr(mpd + at + name, '"', len - at - name);
        if (!end)
            break;
        buf_append(out, mpd + done, (size_t)(end - mpd) - done);
        xw_put_query(out, query);
        done = at = (size_t)(end - mpd);
    }
    buf_append(out, mpd + done, len - done);
}
