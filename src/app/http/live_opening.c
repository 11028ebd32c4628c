#include "app/http/live_opening.h"

#include "app/source/reader.h"
#include "app/source/source.h"
#include "kernel/mp4/sample_entry.h"

/* Most frames that one look covers: the log may hold a million frames, and each new frame causes another look. */
enum { LOOK_FRAMES = 4096 };

static void see_first_track(struct live_opening *o, struct frame *f)
{
    struct frame **config = f->kind == FRAME_AUDIO ? &o->audio_config : &o->video_config;
    if (f->kind == FRAME_AUDIO)
        o->audio = f->codec;
    else
        o->video = f->codec;
    if (!*config && (f->config || mp4_sample_entry_takes_any_frame(f->codec)))
        *config = f;
    if (!o->key && f->key)
        o->key = f;
    int64_t early_us = f->dts_us - f->pts_us;
    if (early_us > o->early_us && early_us <= LIVE_EARLY_MAX_US)
        o->early_us = early_us;
}

/* True if the configuration lets players stay over the end of a publish. On an edge that is the loss of an origin. */
static bool outlasts_publishers(const struct source *s)
{
    const struct conf_publish *c = &s->vhost->publish;
    return c->hold_us > 0 || *c->backup || *c->slate || c->republish_takeover ||
           (source_is_edge(s) && s->vhost->cluster.hold_us > 0);
}

void live_opening_look(struct live_opening *o, const struct reader *r)
{
    const struct source *s = r->source;
    struct frame        *f;
    *o = (struct live_opening){ 0 };
    for (size_t ahead = 0; ahead < LOOK_FRAMES && (f = reader_peek(r, ahead)); ahead++) {
        o->has_audio |= f->kind == FRAME_AUDIO;
        o->has_video |= f->kind == FRAME_VIDEO;
        if (f->kind != FRAME_SCRIPT && f->track == 0)
            see_first_track(o, f);
    }
    o->video = o->video ? o->video : s->video.codec;
    o->audio = o->audio ? o->audio : s->audio.codec;
    o->may_change = outlasts_publishers(s);
    o->audio_told = s->audio_told;
    o->video_told = s->video_told;
    o->has_audio |= o->audio != CODEC_NONE;
    o->has_video |= o->video != CODEC_NONE;
    if (!o->video_config)
        o->video_config = headers_find(&s->headers, FRAME_VIDEO, 0);
    if (!o->audio_config)
        o->audio_config = headers_find(&s->headers, FRAME_AUDIO, 0);
}

int64_t live_opening_due_us(const struct live_opening *o, const struct reader *r, struct live_patience patience)
{
    const struct source *s = r->source;
    if (!reader_peek(r, 0))
        return DEADLINE_NEVER;
    if (!source_is_live(s) || (o->has_audio && o->has_video))
        return 0;
    if (o->has_audio ? o->video_told : o->audio_told)
        return s->published_at_us + patience.told_us;
    if (o->has_audio ? o->audio_told : o->video_told)
        return 0; /* The metadata announces only this kind. */
    return s->published_at_us + patience.untold_us;
}
