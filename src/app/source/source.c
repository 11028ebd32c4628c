#include "app/source/source.h"

#include <string.h>

/* Each client of the source asks for a sample in its turn, and a round of many clients takes some time. */
enum { SAMPLE_LEAST_US = 1000000 };

void source_sample(struct source *s, int64_t now)
{
    if (now - s->sampled_us < SAMPLE_LEAST_US)
        return;
    traffic_sample(&s->traffic, now);
    s->fps = (double)(s->frames_video - s->sampled_frames) * US_PER_SECOND / (double)(now - s->sampled_us);
    pulse_sample(&s->pulse, &s->clock, now);
    s->sampled_us = now;
    s->sampled_frames = s->frames_video;
}

bool source_is_among(const struct source *s, const struct conf_words *words)
{
    return conf_words_has(words, "all") || conf_words_has(words, strchr(s->key, '/') + 1);
}

int64_t source_delay_us(const struct source *s)
{
    return source_is_among(s, &s->vhost->delay_apply) ? s->vhost->delay_us : 0;
}
