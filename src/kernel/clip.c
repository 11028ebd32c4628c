#include "kernel/clip.h"

#include <string.h>

#include "core/clock.h"
#include "kernel/flv.h"

bool clip_begin(struct clip *c, const void *bytes, size_t len)
{
    struct flv_header header;
    struct rd         in = rd_over(bytes, len);
    if (flv_read_header(&in, &header) != FLV_GOT)
        return false;
    *c = (struct clip){ .tags = in, .left = in };
    return true;
}

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

enum clip_read clip_next(struct clip *c, struct frame **out)
{
    struct flv_tag tag;
    if (flv_read_tag(&c->left, &tag) != FLV_GOT)
        return CLIP_END;
    return tag.type == FLV_SCRIPT ? CLIP_NOTHING : frame_of(c, &tag, out);
}

void clip_rewind(struct clip *c)
{
    c->left = c->tags;
}

void clip_finish(struct clip *c)
{
    frame_maker_finish(&c->maker);
    *c = (struct clip){ 0 };
}
