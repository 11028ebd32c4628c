#include "app/http/live_format.h"

#include <string.h>

#include "app/live/audio_wire.h"
#include "app/live/flv_wire.h"
#include "app/live/ts_wire.h"
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

static void ts_open(const struct live_opening *o, struct wire *wire, struct wr *header)
{
    (void)header; /* the tables stand before the first frame */
    ts_mux_init(&wire->ts, o->video, o->audio);
}

static bool aac_carries(enum codec codec)
{
    return codec == CODEC_AAC;
}

static void aac_open(const struct live_opening *o, struct wire *wire, struct wr *header)
{
    (void)o;
    (void)header;
    wire->aac = (struct aac_config){ 0 };
}

static bool mp3_carries(enum codec codec)
{
    return codec == CODEC_MP3;
}

/* ID3 2.3.0, 3.1: an empty tag, which says what follows. */
static void mp3_open(const struct live_opening *o, struct wire *wire, struct wr *header)
{
    (void)o;
    (void)wire;
    wr_bytes(header, "ID3\x03\0\0\0\0\0\0", 10);
}

static const struct live_format formats[] = {
    { ".flv", "video/x-flv", &flv_wire, true, false, flv_carries, flv_open },
    { ".ts", "video/MP2T", &ts_wire, false, false, ts_mux_carries, ts_open },
    { ".aac", "audio/x-aac", &aac_wire, false, true, aac_carries, aac_open },
    { ".mp3", "audio/mpeg", &mp3_wire, false, true, mp3_carries, mp3_open },
};

const struct live_format *live_format_find(const char *ext)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i].ext, ext) == 0)
            return &formats[i];
    return NULL;
}
