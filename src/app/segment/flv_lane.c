/* FLV tags: pictures and the first track of sound as they were published. The configurations come first in each segment. */
#include "app/segment/lane.h"
#include "app/segment/scratch.h"

#include "kernel/flv.h"
#include "kernel/times.h"

static bool begin(struct lane *lane)
{
    (void)lane;
    return true;
}

static void finish(struct lane *lane)
{
    (void)lane;
}

static bool carries(enum codec codec)
{
    return codec != CODEC_NONE;
}

static bool takes(const struct lane *lane, const struct frame *f)
{
    (void)lane;
    return f->kind != FRAME_SCRIPT && f->track == 0;
}

static size_t tag_len(const struct frame *f)
{
    return f ? (size_t)FLV_TAG_HEADER_LEN + f->len + FLV_TAG_TRAILER_LEN : 0;
}

static void write_tag(struct wr *w, const struct frame *f, int64_t dts_us)
{
    if (!f)
        return;
    int64_t        dts_ms = ms_from_us(dts_us);
    struct flv_tag tag = {
        .type = flv_tag_type_of((enum frame_kind)f->kind),
        .dts_ms = (int32_t)(uint32_t)(dts_ms > 0 ? dts_ms : 0), /* it wraps, as in a long file */
        .body = f->data,
        .len = f->len,
    };
    flv_write_tag(w, &tag);
}

/* The configurations are written in front of the frames; a configuration among them is one of those. */
static struct blob *pack(struct lane *lane, const struct frame *next, bool is_first)
{
    const struct frame *video = is_first ? lane->video_config : NULL, *audio = is_first ? lane->audio_config : NULL;
    size_t              len = tag_len(video) + tag_len(audio);
    (void)next;
    for (size_t i = 0; i < lane->n_frames; i++)
        len += lane->frames[i]->config ? 0 : tag_len(lane->frames[i]);
    size_t   cap;
    uint8_t *bytes = len > 0 ? scratch_room(len, &cap) : NULL;
    if (!bytes)
        return NULL;
    struct wr w = wr_over(bytes, len);
    write_tag(&w, video, lane->open->start_us);
    write_tag(&w, audio, lane->open->start_us);
    for (size_t i = 0; i < lane->n_frames; i++) {
        if (!lane->frames[i]->config)
            write_tag(&w, lane->frames[i], lane->frames[i]->dts_us);
    }
    return lane_keep(lane, bytes, len);
}

const struct lane_kind lane_flv = {
    .name = "FLV",
    .type = "video/x-flv",
    .begin = begin,
    .finish = finish,
    .is_seamless = true,
    .carries = carries,
    .takes = takes,
    .pack = pack,
};
