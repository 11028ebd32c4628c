#include "kernel/flv.h"

#include "fuzzing.h"
#include "kernel/media_info.h"
#include "kernel/metadata.h"

/* Write a tag that was read, and read it again: it must be the same. */
static void write_and_read(const struct flv_tag *tag)
{
    size_t         cap = FLV_TAG_HEADER_LEN + tag->len + FLV_TAG_TRAILER_LEN;
    uint8_t       *out = malloc(cap);
    struct wr      w = wr_over(out, cap);
    struct flv_tag again;
    flv_write_tag(&w, tag);
    struct rd r = rd_over(out, wr_len(&w));
    check(!w.full && flv_read_tag(&r, &again) == FLV_GOT && rd_left(&r) == 0);
    check(again.type == tag->type && again.dts_ms == tag->dts_ms && again.len == tag->len);
    check(memcmp(again.body, tag->body, tag->len) == 0);
    free(out);
}

static void make_frame(const struct flv_tag *tag)
{
    struct frame     *f = tag_frame(tag);
    struct video_info video;
    struct audio_info audio;
    enum flv_parse    result = flv_frame_parse(f, NULL);
    check(!f->media_len || (size_t)f->media_offset + f->media_len <= f->len);
    check(!f->key || (f->kind == FRAME_VIDEO && !f->config && f->media_len));
    media_info_video(f, true, &video);
    media_info_audio(f, &audio);
    if (result == FLV_PARSE_OK && flv_frame_to_avcc(&f, NULL))
        check((size_t)f->media_offset + f->media_len <= f->len || !f->media_len);
    frame_unref(&f);
}

static void make_metadata(const struct flv_tag *tag)
{
    struct frame      *f, *again;
    struct metadata    info;
    enum metadata_read result = metadata_read(tag->body, tag->len, "server", "1", &f, &info);
    if (result != METADATA_OK && result != METADATA_OTHER)
        return;
    check(metadata_read(f->data, f->len, "server", "1", &again, &info) ==
          result); /* a second reading changes nothing */
    check(again->len == f->len && memcmp(again->data, f->data, f->len) == 0);
    frame_unref(&f);
    frame_unref(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd         r = rd_over(data, len);
    struct flv_header header;
    struct flv_tag    tag;
    if (flv_read_header(&r, &header) != FLV_GOT)
        return 0;
    while (flv_read_tag(&r, &tag) == FLV_GOT) {
        write_and_read(&tag);
        make_frame(&tag);
        make_metadata(&tag);
    }
    return 0;
}
