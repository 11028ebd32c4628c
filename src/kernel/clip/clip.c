#include "kernel/clip/clip.h"

#include <string.h>

#include "core/clock.h"
#include "kernel/flv.h"

static bool begin_mp4(struct clip *c, const void *bytes, size_t len)
{
    c->form = CLIP_MP4;
    if (mp4_file_begin(&c->mp4, bytes, len) && mp4_file_has_samples(&c->mp4))
        return true;
    c->form = CLIP_FRAGMENTED;
    return mp4_fragmented_begin(&c->fragmented, bytes, len);
}

bool clip_begin(struct clip *c, const void *bytes, size_t len)
{
    struct flv_header header;
    struct rd         in = rd_over(bytes, len);
    *c = (struct clip){ .form = CLIP_FLV };
    if (flv_read_header(&in, &header) != FLV_GOT)
        return begin_mp4(c, bytes, len);
    c->tags = c->left = in;
    return true;
}

/* ---- FLV ---- */

static enum clip_read frame_of(struct clip *c, const struct flv_tag *tag, struct frame **out)
{
    struct frame *f = frame_new(tag->len);
    if (!f)
        return CLIP_NO_MEMORY;
    f->kind = tag->type == FLV_VIDEO ? FRAME_VIDEO : FRAME_AUDIO;
    f->len = tag->len;
    f->dts_us = (int64_t)tag->dts_ms * US_PER_MS;
    if (tag->len)
        memcpy(f->data, tag->body, tag->len);
    if (frame_make_body(&c->maker, f) != FLV_PARSE_OK) {
        frame_unref(&f);
        return CLIP_NOTHING;
    }
    *out = f;
    return CLIP_FRAME;
}

static enum clip_read next_of_flv(struct clip *c, struct frame **out)
{
    struct flv_tag tag;
    if (flv_read_tag(&c->left, &tag) != FLV_GOT)
        return CLIP_END;
    return tag.type == FLV_SCRIPT ? CLIP_NOTHING : frame_of(c, &tag, out);
}

/* ---- MP4 ---- */

static bool next_unit(struct clip *c)
{
    return c->form == CLIP_MP4 ? mp4_file_next(&c->mp4, &c->unit) : mp4_fragmented_next(&c->fragmented, &c->unit);
}

static enum clip_read next_of_mp4(struct clip *c, struct frame **out)
{
    switch (frame_make_next(&c->maker, &c->unit, out)) {
    case FRAME_MADE: return CLIP_FRAME;
    case FRAME_MAKE_BAD: return CLIP_NOTHING;
    case FRAME_MAKE_NO_MEMORY: return CLIP_NO_MEMORY;
    case FRAME_MAKE_END: break;
    }
    return next_unit(c) ? CLIP_NOTHING : CLIP_END;
}

enum clip_read clip_next(struct clip *c, struct frame **out)
{
    return c->form == CLIP_FLV ? next_of_flv(c, out) : next_of_mp4(c, out);
}

void clip_rewind(struct clip *c)
{
    frame_maker_finish(&c->maker); /* Each round has its configurations. */
    c->left = c->tags;
    c->unit = (struct frame_unit){ 0 };
    if (c->form == CLIP_MP4)
        mp4_file_rewind(&c->mp4);
    else if (c->form == CLIP_FRAGMENTED)
        mp4_fragmented_rewind(&c->fragmented);
}

void clip_finish(struct clip *c)
{
    frame_maker_finish(&c->maker);
    *c = (struct clip){ 0 };
}
