#include "app/relay/hls_next.h"

#include <string.h>

#include "core/clock.h"
#include "kernel/hls/playlist_read.h"

bool hls_next_has_more_lines(const char *text, size_t len, size_t max)
{
    const char *end = text + len, *at = text;
    for (; at < end && max > 0; max--) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        at = line_end ? line_end + 1 : end;
    }
    return at < end;
}

static struct hls_next taken(const struct hls_playlist_reader *r, const struct hls_segment *s)
{
    return (struct hls_next){ .uri = s->uri,
                              .number = r->media_sequence + r->n_read - 1,
                              .duration_us = s->duration_us,
                              .range = s->range,
                              .is_gap = s->gap,
                              .key = s->key ? *s->key : (struct hls_key){ .method = HLS_KEY_NONE },
                              .map_uri = s->map ? s->map->uri : NULL,
                              .map_range = s->map ? s->map->range : (struct hls_range){ 0 } };
}

bool hls_next_find(struct hls_next *out, char *text, size_t len, int64_t from)
{
    struct hls_playlist_reader r;
    struct hls_segment         s;
    enum hls_read              read;
    struct hls_next            first = { .uri = NULL }, newest[HLS_NEXT_FROM_END] = { 0 };
    hls_playlist_reader_init(&r, text, len);
    while ((read = hls_playlist_read(&r, &s)) == HLS_READ_SEGMENT) {
        struct hls_next next = taken(&r, &s);
        if (!first.uri && next.number >= from)
            first = next;
        newest[r.n_read % HLS_NEXT_FROM_END] = next;
    }
    if (read == HLS_READ_BAD)
        return false;
    *out = first;
    if (from < 0 && !r.ended && r.n_read > HLS_NEXT_FROM_END)
        *out = newest[(r.n_read + 1) % HLS_NEXT_FROM_END];
    if (out->uri)
        out->n_behind = r.media_sequence + r.n_read - 1 - out->number;
    out->target_us =
        (r.target_duration_s < HLS_NEXT_TARGET_MAX_S ? r.target_duration_s : HLS_NEXT_TARGET_MAX_S) * US_PER_SECOND;
    out->is_ended = r.ended;
    return true;
}
