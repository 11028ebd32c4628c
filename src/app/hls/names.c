#include "app/hls/names.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/hls/track_path.h"
#include "app/segment/template.h"
#include "core/clock.h"
#include "core/mem.h"

static struct template_names names_of(const struct show *show)
{
    return (struct template_names){ .vhost = show->vhost->name, .app = show->app, .stream = show->stream };
}

static struct err *make(char **path, enum template_kind kind, const char *text, const struct show *show,
                        const struct template_values *values, const char *track)
{
    struct template_names names = names_of(show);
    struct err           *e = template_make(path, kind, text, &names, values);
    return e ? e : hls_track_path(path, track);
}

struct err *hls_name_playlist(char **path, const struct show *show, const char *track)
{
    return make(path, TEMPLATE_PLAYLIST, show->vhost->hls.m3u8_file, show, NULL, track);
}

struct err *hls_name_segment(char **path, const struct show *show, const char *track, const struct segment *s)
{
    const struct conf_hls *c = &show->vhost->hls;
    struct template_values values = {
        .seq = s->number,
        .wall_us = c->ts_floor ? (int64_t)s->wall_count * c->fragment_us : s->wall_us,
        .utc = show->conf->utc_time,
        .fragment_us = c->ts_floor ? c->fragment_us : 0,
        .duration_ms = s->is_complete ? s->duration_us / US_PER_MS : -1,
    };
    return make(path, TEMPLATE_SEGMENT, c->use_fmp4 ? c->fmp4_file : c->ts_file, show, &values, track);
}

struct err *hls_name_init(char **path, const struct show *show, const char *track, uint64_t number)
{
    char        tag[24], *first = NULL;
    struct err *e = make(path, TEMPLATE_PLAYLIST, show->vhost->hls.init_file, show, NULL, track);
    if (e || number <= 1)
        return e;
    first = *path;
    snprintf(tag, sizeof tag, "%" PRIu64, number);
    e = template_tag(path, first, tag);
    mem_free(first);
    return e;
}

struct err *hls_name_key(char **path, const struct show *show, const char *track, uint64_t number)
{
    struct template_values values = { .seq = number, .duration_ms = -1 };
    return make(path, TEMPLATE_KEY, show->vhost->hls.key_file, show, &values, track);
}

struct err *hls_name_key_file(char **full, const struct show *show, const char *path)
{
    const struct conf_hls *c = &show->vhost->hls;
    return template_below(full, c->key_file_path, path);
}

struct err *hls_name_file(char **full, const struct show *show, const char *path)
{
    return template_below(full, show->vhost->hls.path, path);
}
