#include "app/snapshot/key_frame.h"

#include "app/source/log_cursor.h"
#include "app/source/source.h"
#include "protocol/co.h"

bool key_frame_find(const struct source *s, struct key_frame *out)
{
    if (s->video.codec == CODEC_NONE || s->video_track >= GOPS_TRACKS_MAX)
        return false;
    const struct gop_start *start = &s->gops.starts[s->video_track];
    if (!start->known || start->seq < s->ring.tail || start->seq >= s->ring.head)
        return false;
    struct frame *frame = ring_at(&s->ring, start->seq);
    struct frame *config = headers_find(&start->headers, FRAME_VIDEO, s->video_track);
    *out = (struct key_frame){ .serial = s->serial, .seq = start->seq, .frame = frame_ref(frame) };
    if (config && config->codec == frame->codec)
        out->config = frame_ref(config);
    return true;
}

/* The log keeps a key frame until the cursor, which it wakes, has passed it. */
static struct err *await(struct source *s, struct log_cursor *c, int64_t deadline_us, struct key_frame *out)
{
    bool jumped = false;
    while (!key_frame_find(s, out)) {
        struct frame *f;
        while ((f = log_cursor_next(c, &jumped)))
            frame_unref(&f);
        if (!source_is_live(s))
            return err_new(E_END_OF_STREAM, "the stream is not published");
        struct err *e = co_park(deadline_us);
        if (e)
            return err_wrap(e, "wait for a key frame");
    }
    return NULL;
}

struct err *key_frame_await(struct source *s, int64_t deadline_us, struct key_frame *out)
{
    struct log_cursor c;
    *out = (struct key_frame){ 0 };
    if (key_frame_find(s, out))
        return NULL;
    log_cursor_join(&c, s);
    struct err *e = await(s, &c, deadline_us, out);
    log_cursor_leave(&c);
    return e;
}

void key_frame_drop(struct key_frame *k)
{
    frame_unref(&k->frame);
    frame_unref(&k->config);
}
