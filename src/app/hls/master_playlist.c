#include "app/hls/master_playlist.h"

#include "app/conf/check_hls.h"
#include "app/hls/captions_media.h"
#include "app/hls/group.h"
#include "app/hls/hls.h"
#include "app/hls/media_playlist.h"
#include "app/hls/playlist_text.h"
#include "app/segment/template.h"
#include "core/mem.h"
#include "core/uri.h"
#include "kernel/hls/bandwidth.h"
#include "kernel/hls/codecs.h"
#include "kernel/hls/master.h"
#include "protocol/http/exchange.h"
#include "protocol/http/status.h"

/* Bit rates are measured over this many of the newest segments at most. */
enum { MEASURED_MAX = 64 };

enum { FPS_MAX = 1000, CODECS_CAP = 256, URI_BYTES_MAX = 16 << 10 };

static struct hls_bandwidth measure(const struct hls *h)
{
    struct hls_sized sizes[MEASURED_MAX];
    size_t           n = 0;
    for (const struct list *it = h->lane->segments.prev; it != &h->lane->segments && n < MEASURED_MAX; it = it->prev) {
        const struct segment *s = LIST_ENTRY(it, const struct segment, link);
        if (s->bytes > 0)
            sizes[n++] = (struct hls_sized){ .bytes = (int64_t)s->bytes, .duration_us = s->duration_us };
    }
    return hls_bandwidth_measure(sizes, n, h->target_s * US_PER_SECOND);
}

/* Name the codecs that are in the segments. Empty if one of them is not known. */
static void name_codecs(const struct hls *h, struct str *codecs)
{
    for (size_t i = PLAN_TRACKS; i-- > 0;) { /* pictures first */
        const struct plan_track *t = &h->lane->plan->tracks[i];
        if (t->codec == CODEC_NONE || !h->lane->kind->carries(t->codec))
            continue;
        if (!hls_codecs_append(codecs, t->codec, t->config)) {
            codecs->len = 0;
            codecs->buf[0] = '\0';
            return;
        }
    }
}

static bool has_pictures(const struct hls *h)
{
    enum codec codec = h->lane->plan->tracks[PLAN_PICTURES].codec;
    return codec != CODEC_NONE && h->lane->kind->carries(codec);
}

/*
 * What the encoder says of its frame rate is exact, where it says something, and wrong with some: it counts if it agrees with the
 * steps of the pictures.
 */
static unsigned fps_thousandths(const struct hls *h)
{
    const struct video_info *v = &h->show->video;
    double                   step_us = (double)h->lane->plan->cutter.video_step_us;
    double said = v->fps_den ? (double)v->fps_num / v->fps_den : 0, seen = step_us > 0 ? 1e6 / step_us : 0;
    bool   agrees = said > 0 && (seen <= 0 || (said > seen * 0.8 && said < seen * 1.25));
    double fps = agrees ? said : seen;
    return fps < FPS_MAX ? (unsigned)(fps * 1000 + 0.5) : 0;
}

/* As SRS has it: from the root, or with hls_master_m3u8_path_relative as seen from the master. */
static void put_uri(const struct hls *h, const char *master, struct buf *uri)
{
    if (h->show->vhost->hls.master_m3u8_path_relative) {
        template_put_uri(uri, h->m3u8_path, master);
    } else {
        buf_text(uri, "/");
        uri_put_path(uri, h->m3u8_path);
    }
    hls_group_put_query(h, uri);
    buf_append(uri, "", 1);
}

/* ---- the model ---- */

void hls_master_describe(const struct hls *h, struct hls_variant *v, struct str *codecs)
{
    name_codecs(h, codecs);
    v->codecs = codecs->buf;
    if (!has_pictures(h))
        return;
    v->width = h->show->video.width;
    v->height = h->show->video.height;
    v->fps_thousandths = fps_thousandths(h);
}

/* The texts of one variant. */
struct texts {
    char       codecs[CODECS_CAP];
    struct buf uri;
};

static struct err *describe(struct hls *h, const char *master, struct hls_variant *v, struct texts *t)
{
    struct err          *e = hls_media_playlist_render(h); /* Rates are measured by its target duration. */
    struct str           codecs = str_over(t->codecs, sizeof t->codecs);
    struct hls_bandwidth bandwidth = measure(h);
    if (bandwidth.peak_bps > h->peak_bps)
        h->peak_bps = bandwidth.peak_bps;
    t->uri = buf_up_to(URI_BYTES_MAX);
    put_uri(h, master, &t->uri);
    *v = (struct hls_variant){
        .uri = t->uri.bytes,
        .bandwidth_bps = h->peak_bps,
        .average_bps = bandwidth.average_bps,
    };
    hls_master_describe(h, v, &codecs);
    return e ? e : buf_error(&t->uri);
}

/* Either all variants of a master playlist say that there are no captions, or none does. */
static uint32_t captions_of(struct hls *const *members, size_t n)
{
    uint32_t services = 0;
    for (size_t i = 0; i < n; i++)
        services |= members[i]->show->captions;
    return services;
}

static struct err *render(struct hls *const *members, size_t n, const char *master, struct hls_playlist_text **out)
{
    struct hls_text     text = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    struct hls_variant *variants = mem_calloc(n, sizeof *variants);
    struct texts       *texts = mem_calloc(n, sizeof *texts);
    struct err         *e = variants && texts ? NULL : err_no_memory();
    for (size_t i = 0; !e && i < n; i++)
        e = describe(members[i], master, &variants[i], &texts[i]);
    if (!e) {
        struct hls_rendition renditions[CAPTIONS_N];
        struct hls_master    m = { .renditions = renditions, .variants = variants, .n_variants = n };
        uint32_t             captions = captions_of(members, n);
        m.n_renditions = hls_captions_list(renditions, captions);
        for (size_t i = 0; i < n; i++)
            variants[i].captions = hls_captions_group(captions);
        hls_master_write(&text, &m);
        e = hls_playlist_text_new(out, &text);
    }
    for (size_t i = 0; texts && i < n; i++)
        buf_finish(&texts[i].uri);
    mem_free(variants);
    mem_free(texts);
    return e;
}

/* ---- replies ---- */

/* What the text depends on: which variants there are, the newest segment of each, and captions. */
static uint64_t version_of(struct hls *const *members, size_t n)
{
    enum { FACTOR = 1000003 };
    uint64_t version = n * FACTOR + captions_of(members, n);
    for (size_t i = 0; i < n; i++)
        version = (version * FACTOR + (uintptr_t)members[i]) * FACTOR + lane_newest(members[i]->lane)->number + 1;
    return version;
}

static struct err *render_newest(struct hls *const *members, size_t n, const char *master,
                                 struct hls_playlist_cache *cache)
{
    const struct show        *show = members[0]->show;
    struct hls_playlist_text *text = NULL;
    uint64_t                  version = version_of(members, n);
    if (cache->text && cache->of_version == version && cache->of_conf == show->conf->serial)
        return NULL;
    struct err *e = render(members, n, master, &text);
    if (e)
        return err_wrap(e, "the master playlist %s", master);
    hls_playlist_text_unref(&cache->text);
    *cache = (struct hls_playlist_cache){ .text = text, .of_version = version, .of_conf = show->conf->serial };
    return NULL;
}

struct err *hls_master_playlist_reply(struct http_exchange *x, struct hls *h, const struct hls_ask *ask)
{
    if (!hls_media_playlist_is_there(h))
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    struct err *e = render_newest(&h, 1, h->m3u8_path, &h->master);
    return e ? e : hls_playlist_text_reply(x, h->master.text, ask, h->show->vhost, "no-cache");
}

struct err *hls_master_playlist_reply_group(struct http_exchange *x, struct hls_group *g, const struct hls_ask *ask)
{
    struct hls *members[CONF_VARIANTS_MAX + 1];
    size_t      n = hls_group_list(g, members, CONF_VARIANTS_MAX + 1);
    if (n == 0)
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    struct err *e = render_newest(members, n, g->path, &g->master);
    return e ? e : hls_playlist_text_reply(x, g->master.text, ask, members[0]->show->vhost, "no-cache");
}
