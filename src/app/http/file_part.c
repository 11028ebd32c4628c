#include "app/http/file_part.h"

#include <string.h>

#include "app/vod/time.h"
#include "core/attr.h"

static bool find_format(const struct http_mime *mime, enum vod_format *format)
{
    static const char *const mp4[] = { "mp4", "m4v", "m4a", "mp4v" };
    *format = VOD_FLV;
    if (strcmp(mime->ending, "flv") == 0)
        return true;
    *format = VOD_MP4;
    for (size_t i = 0; i < ARRAY_LEN(mp4); i++)
        if (strcmp(mime->ending, mp4[i]) == 0)
            return true;
    return false;
}

bool file_part_is_wanted(const struct http_request *r, const struct http_mime *mime, struct vod_wish *wish)
{
    const char *start = http_request_param(r, "start"), *end = http_request_param(r, "end");
    bool        is_whole = false, is_end_whole;
    *wish = (struct vod_wish){ .end_us = INT64_MAX };
    if ((!start && !end) || !find_format(mime, &wish->format))
        return false;
    if (start)
        wish->start_us = vod_time_parse(start, &is_whole);
    if (end)
        wish->end_us = vod_time_parse(end, &is_end_whole);
    if (wish->start_us < 0 || wish->end_us <= wish->start_us || (start && wish->format == VOD_FLV && is_whole))
        return false;
    return wish->start_us > 0 || wish->end_us != INT64_MAX;
}

struct err *file_part_send(struct http_exchange *x, struct served_file *f, const struct vod_found *part, int64_t at,
                           int64_t len)
{
    struct err *e = NULL;
    int64_t     head_len = (int64_t)part->head_len, n = at < head_len ? head_len - at : 0;
    if (n > len)
        n = len;
    if (n > 0)
        e = http_reply_write(x, part->head + at, (size_t)n);
    if (!e && len > n)
        e = served_file_send(f, x, part->from + at + n - head_len, len - n);
    return e;
}
