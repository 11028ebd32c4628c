#include "app/http/flv_seek.h"

#include "kernel/flv.h"
#include "kernel/flv_body.h"

/* The findings about one kind of tag. */
struct found {
    struct flv_tag config;
    bool           has_config, has_media;
};

static void look_at(struct found *f, const struct flv_tag *tag)
{
    struct flv_body body;
    enum flv_parse  parsed = tag->type == FLV_VIDEO ? flv_body_parse_video(tag->body, tag->len, &body)
                                                    : flv_body_parse_audio(tag->body, tag->len, &body);
    if (parsed != FLV_PARSE_OK)
        return;
    if (body.packet == FLV_PACKET_CONFIG && !f->has_config) {
        f->config = *tag;
        f->has_config = true;
    }
    f->has_media |= body.packet == FLV_PACKET_CODED;
}

/* True if the search for a kind is over: a configuration comes before the first frame, or never. */
static bool is_known(const struct found *f)
{
    return f->has_config || f->has_media;
}

bool flv_seek_head(struct rd file, struct wr *out)
{
    struct flv_header header;
    struct flv_tag    tag;
    struct found      audio = { 0 }, video = { 0 };
    if (flv_read_header(&file, &header) != FLV_GOT)
        return false;
    while (!(is_known(&audio) && is_known(&video)) && flv_read_tag(&file, &tag) == FLV_GOT) {
        if (tag.type == FLV_VIDEO)
            look_at(&video, &tag);
        else if (tag.type == FLV_AUDIO)
            look_at(&audio, &tag);
    }
    flv_write_header(out, header.has_audio, header.has_video);
    if (audio.has_config)
        flv_write_tag(out, &audio.config);
    if (video.has_config)
        flv_write_tag(out, &video.config);
    return !out->full;
}
