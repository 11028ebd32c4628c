#include "app/hls/audio_group.h"

#include <stdio.h>
#include <strings.h>

#include "core/str.h"

#define NAME "Audio "

void hls_audio_group_begin(struct hls_audio_group *g, size_t place)
{
    *g = (struct hls_audio_group){ 0 };
    if (place > 0)
        snprintf(g->id, sizeof g->id, "audio-%zu", place + 1);
    else
        snprintf(g->id, sizeof g->id, "audio");
}

/* A title that looks like one of our names could be that of another track. */
static bool is_taken(const struct hls_audio_group *g, const char *title)
{
    bool taken = str_starts_with(title, NAME);
    for (size_t i = 0; i < g->n && !taken; i++)
        taken = str_equal(g->texts[i].title, title);
    return taken;
}

static bool has_language(const struct hls_audio_group *g, const char *language)
{
    bool has = false;
    for (size_t i = 0; i < g->n && !has; i++)
        has = strcasecmp(g->texts[i].language, language) == 0;
    return has;
}

void hls_audio_group_add(struct hls_audio_group *g, unsigned track, const struct track_text *text, unsigned channels,
                         const char *uri)
{
    if (g->n == HLS_SOUNDS_MAX)
        return;
    struct track_text *own = &g->texts[g->n];
    bool               is_new_language = *text->language && !has_language(g, text->language);
    *own = *text;
    if (!*own->title || is_taken(g, own->title))
        snprintf(own->title, sizeof own->title, NAME "%u", track + 1);
    g->rows[g->n] = (struct hls_rendition){
        .type = HLS_RENDITION_AUDIO,
        .group = g->id,
        .name = own->title,
        .language = *own->language ? own->language : NULL,
        .uri = uri,
        .channels = channels,
        .is_default = g->n == 0,
        .autoselect = g->n == 0 || is_new_language,
    };
    g->n++;
}
