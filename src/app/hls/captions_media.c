#include "app/hls/captions_media.h"

#define GROUP "cc"

size_t hls_captions_list(struct hls_rendition renditions[static CAPTIONS_N], uint32_t services)
{
    size_t n = 0;
    for (unsigned bit = 0; bit < CAPTIONS_N; bit++) {
        if (!(services & UINT32_C(1) << bit))
            continue;
        renditions[n] = (struct hls_rendition){
            .type = HLS_RENDITION_CLOSED_CAPTIONS,
            .group = GROUP,
            .name = captions_name(bit),
            .instream_id = captions_name(bit),
            .is_default = n == 0,
            .autoselect = n == 0,
        };
        n++;
    }
    return n;
}

const char *hls_captions_group(uint32_t services)
{
    if (services & ~(uint32_t)CAPTIONS_SILENT)
        return GROUP;
    return services ? NULL : "NONE";
}
