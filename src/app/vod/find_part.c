#include "app/vod/find_part.h"

#include "app/vod/find_flv.h"
#include "app/vod/find_mp4.h"

struct err *vod_find_part(int fd, int64_t file_len, const struct vod_wish *wish, struct vod_keys *keys,
                          struct vod_found *found)
{
    *found = (struct vod_found){ .to = file_len };
    struct err *e = wish->format == VOD_FLV ? vod_find_flv(fd, file_len, wish, keys, found)
                                            : vod_find_mp4(fd, file_len, wish, found);
    if (!found->head)
        *found = (struct vod_found){ .to = file_len, .duration_us = found->duration_us };
    return e;
}
