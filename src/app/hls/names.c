#include "app/hls/names.h"

#include <inttypes.h>

#include "core/mem.h"
#include "core/str.h"

enum { NAME_MAX_BYTES = 1024 };

char *hls_name_playlist(const struct show *show)
{
    char       name[NAME_MAX_BYTES];
    struct str out = str_over(name, sizeof name);
    str_printf(&out, "%s/%s.m3u8", show->app, show->stream);
    return out.cut ? NULL : mem_strdup(name);
}

char *hls_name_segment(const struct show *show, const struct segment *s)
{
    char       name[NAME_MAX_BYTES];
    struct str out = str_over(name, sizeof name);
    str_printf(&out, "%s/%s-%" PRIu64 ".%s", show->app, show->stream, s->number,
               show->vhost->hls.use_fmp4 ? "m4s" : "ts");
    return out.cut ? NULL : mem_strdup(name);
}

char *hls_name_init(const struct show *show, uint64_t number)
{
    char       name[NAME_MAX_BYTES];
    struct str out = str_over(name, sizeof name);
    str_printf(&out, "%s/%s/init", show->app, show->stream);
    if (number > 1)
        str_printf(&out, "-%" PRIu64, number);
    str_printf(&out, ".mp4");
    return out.cut ? NULL : mem_strdup(name);
}
