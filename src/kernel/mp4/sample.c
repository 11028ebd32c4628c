#include "kernel/mp4/sample.h"

#include "core/rd.h"
#include "kernel/av1.h"

enum mp4_frame mp4_sample_look(const struct mp4_sample_entry *e, const struct frame *f)
{
    if (f->kind == FRAME_SCRIPT)
        return MP4_FRAME_SKIPPED;
    bool begins = f->config || (mp4_sample_entry_takes_any_frame(f->codec) && f->media_len);
    if (!e->config)
        return begins && mp4_sample_entry_carries(f->codec) ? MP4_FRAME_NEW_TRACK : MP4_FRAME_SKIPPED;
    if (f->track != e->config->track)
        return MP4_FRAME_SKIPPED;
    if (begins && (f->codec != e->config->codec || mp4_sample_entry_differs(e, f)))
        return MP4_FRAME_CHANGES;
    bool carried = !f->config && f->codec == e->config->codec && f->media_len && f->media_len <= MP4_SAMPLE_MAX;
    return carried && mp4_sample_payload(f).len ? MP4_FRAME_CARRIED : MP4_FRAME_SKIPPED;
}

struct mp4_payload mp4_sample_payload(const struct frame *f)
{
    struct mp4_payload payload = { f->data + f->media_offset, f->media_len };
    struct rd          rest = rd_over(payload.bytes, payload.len);
    struct av1_obu     obu;
    /* AV1 in ISOBMFF 2.4: temporal delimiters should be left out. A delimiter is always the first OBU. */
    if (f->codec == CODEC_AV1 && av1_next_obu(&rest, &obu) && obu.type == AV1_OBU_TEMPORAL_DELIMITER)
        return (struct mp4_payload){ rest.p, rd_left(&rest) };
    return payload;
}

/* 8.8.3.1: sample_depends_on, sample_is_non_sync_sample */
uint32_t mp4_sample_flags(const struct frame *f)
{
    enum { ON_NOTHING = 2 << 24, ON_OTHERS = 1 << 24, NON_SYNC = 1 << 16 };
    return f->kind == FRAME_AUDIO || f->key ? ON_NOTHING : ON_OTHERS | NON_SYNC;
}
