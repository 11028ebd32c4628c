#include "app/hls/master_playlist.h"

#include <string.h>

#include "app/hls/hls.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/uri.h"
#include "kernel/hls/bandwidth.h"
#include "kernel/hls/codecs.h"
#include "kernel/hls/master.h"

enum { TEXT_BYTES_MAX = 64 << 10, URI_BYTES_MAX = 16 << 10, CODECS_CAP = 128 };

/* The names of all codecs, or "": an attribute that leaves one out would be wrong. */
static const char *codecs_of(const struct hls *h, char text[static CODECS_CAP])
{
    const struct lane  *lane = h->lane;
    const struct frame *configs[] = { lane->video_config, lane->audio_config };
    enum codec          codecs[] = { h->show->video.codec, h->show->audio.codec };
    struct str          out = str_over(text, CODECS_CAP);
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        if (codecs[i] == CODEC_NONE || !lane->kind->carries(codecs[i]))
            continue;
        if (!configs[i] || !hls_codecs_append(&out, configs[i], NULL))
            return "";
    }
    return out.cut ? "" : text;
}

static struct err *measure(const struct hls *h, struct hls_variant *v)
{
    size_t            n = hls_in_window(h), i = n;
    struct hls_sized *sizes = mem_calloc(n ? n : 1, sizeof *sizes);
    int64_t           longest_us = h->show->vhost->hls.fragment_us;
    if (!sizes)
        return err_no_memory();
    for (const struct list *it = h->lane->segments.prev; i > 0 && it != &h->lane->segments; it = it->prev) {
        const struct segment *s = LIST_ENTRY(it, const struct segment, link);
        sizes[--i] = (struct hls_sized){ .bytes = (int64_t)s->bytes, .duration_us = s->duration_us };
        if (s->duration_us > longest_us)
            longest_us = s->duration_us;
    }
    struct hls_bandwidth b = hls_bandwidth_measure(sizes + i, n - i, longest_us);
    v->bandwidth_bps = b.peak_bps > 0 ? b.peak_bps : 1;
    v->average_bps = b.average_bps;
    mem_free(sizes);
    return NULL;
}

static void describe_pictures(const struct hls *h, struct hls_variant *v)
{
    const struct video_info *video = &h->show->video;
    if (video->codec == CODEC_NONE || !h->lane->kind->carries(video->codec))
        return;
    v->width = video->width;
    v->height = video->height;
    if (video->fps_den)
        v->fps_thousandths = (unsigned)((uint64_t)video->fps_num * 1000 / video->fps_den);
}

static void put_uri(const struct hls *h, struct buf *uri)
{
    const char *slash = strrchr(h->m3u8_path, '/');
    bool        relative = h->show->vhost->hls.master_m3u8_path_relative;
    if (!relative)
        buf_text(uri, "/");
    uri_put_path(uri, relative && slash ? slash + 1 : h->m3u8_path);
}

static struct err *make(const struct hls *h, struct hls_text *t)
{
    char               codecs[CODECS_CAP];
    struct buf         uri = buf_up_to(URI_BYTES_MAX);
    struct hls_variant variant = { .codecs = codecs_of(h, codecs) };
    struct hls_master  master = { .variants = &variant, .n_variants = 1 };
    struct err        *e = measure(h, &variant);
    describe_pictures(h, &variant);
    put_uri(h, &uri);
    if (!e)
        e = buf_error(&uri);
    if (!e) {
        variant.uri = uri.bytes;
        hls_master_write(t, &master);
        e = hls_text_error(t);
    }
    buf_finish(&uri);
    return e;
}

struct err *hls_master_playlist_reply(struct http_exchange *x, const struct hls *h, const struct hls_ask *ask)
{
    struct hls_text t = hls_text_up_to(TEXT_BYTES_MAX);
    struct err     *e = make(h, &t);
    if (!e)
        e = hls_ask_reply(ask, x, &t, h->show->vhost);
    hls_text_finish(&t);
    return e;
}
