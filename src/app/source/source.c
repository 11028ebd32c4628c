#include "app/source/source.h"

void source_sample(struct source *s, int64_t now)
{
    if (s->sampled_us == now)
        return;
    traffic_sample(&s->traffic, now);
    s->fps = (double)(s->frames_video - s->sampled_frames) * US_PER_SECOND / (double)(now - s->sampled_us);
    s->sampled_us = now;
    s->sampled_frames = s->frames_video;
}
