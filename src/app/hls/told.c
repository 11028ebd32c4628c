#include "app/hls/told.h"

#include "app/hls/hls.h"
#include "app/hls/names.h"
#include "app/segment/template.h"
#include "app/server/finished_file.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"

/* The URL of a path below hls_path. */
static void put_url(struct buf *out, const struct hls *h, const char *path)
{
    const char *prefix = h->show->vhost->hls.entry_prefix;
    buf_text(out, prefix);
    if (*prefix && !str_ends_with(prefix, "/"))
        buf_text(out, "/");
    buf_text(out, path);
}

static struct err *tell(const struct hls *h, const struct hls_entry *entry)
{
    struct buf  url = buf_up_to(TEMPLATE_FULL_MAX), uri = url, playlist_url = url;
    char       *file = NULL, *playlist = NULL;
    struct err *e = hls_name_file(&file, h->show, entry->path);
    put_url(&url, h, entry->path);
    put_url(&playlist_url, h, h->m3u8_path);
    template_put_entry(&uri, h->show->vhost->hls.entry_prefix, entry->path, h->m3u8_path);
    if (!e)
        e = hls_name_file(&playlist, h->show, h->m3u8_path);
    if (!e && !(e = buf_error(&url)) && !(e = buf_error(&uri)) && !(e = buf_error(&playlist_url))) {
        const struct finished_file f = {
            .kind = FINISHED_HLS,
            .conf = h->show->conf,
            .vhost = h->show->vhost,
            .app = h->show->app,
            .stream = h->show->stream,
            .file = file,
            .url = url.bytes,
            .uri = uri.bytes,
            .playlist_file = playlist,
            .playlist_url = playlist_url.bytes,
            .duration_us = entry->segment->duration_us,
            .number = entry->segment->number,
        };
        finished_file_tell(&f);
    }
    buf_finish(&url);
    buf_finish(&uri);
    buf_finish(&playlist_url);
    mem_free(file);
    mem_free(playlist);
    return e;
}

void hls_told_segment(const struct hls *h, const struct hls_entry *entry)
{
    struct err *e = h->main ? NULL : tell(h, entry);
    if (e)
        log_err(LOG_WARN, e, "a segment of %s is not told of", h->show->label);
}

void hls_told_over(const struct hls *h)
{
    if (h->main)
        return;
    finished_file_over(FINISHED_HLS, h->show->vhost, h->show->app, h->show->stream);
}
