#include "app/http/live_format.h"

#include <string.h>

#include "app/live/flv_wire.h"
#include "core/attr.h"
#include "kernel/flv.h"

/* Whatever came in by RTMP. */
static bool flv_carries(enum codec codec)
{
    return codec != CODEC_NONE;
}

static void flv_open(const struct live_opening *o, struct wire *wire, struct wr *header)
{
    (void)wire;
    flv_write_header(header, o->has_audio, o->has_video);
}

static const struct live_format formats[] = {
    { ".flv", "video/x-flv", &flv_wire, true, flv_carries, flv_open },
};

const struct live_format *live_format_find(const char *ext)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i].ext, ext) == 0)
            return &formats[i];
    return NULL;
}
