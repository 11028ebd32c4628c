#include "app/hls/master_playlist.h"

#include <string.h>

#include "app/conf/check_hls.h"
#include "app/hls/audio_group.h"
#include "app/hls/captions_media.h"
#include "app/hls/group.h"
#include "app/hls/hls.h"
#include "app/hls/media_playlist.h"
#include "app/hls/playlist_text.h"
#include "app/hls/renditions.h"
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

/* Render the playlist, because rates are measured by its target duration, and measure. The peak is the largest ever seen. */
static struct err *measure(struct hls *h, struct hls_bandwidth *out)
{
    struct hls_sized sizes[MEASURED_MAX];
    size_t           n = 0;
    struct err      *e = hls_media_playlist_render(h);
    for (const struct list *it = h->lane->segments.prev; it != &h->lane->segments && n < MEASURED_MAX; it = it->prev) {
        const struct segment *s = LIST_ENTRY(it, const struct segment, link);
        if (s->bytes > 0)
            sizes[n++] = (struct hls_sized){ .bytes = (int64_t)s->bytes, .duration_us = s->duration_us };
    }
    *out = hls_bandwidth_measure(sizes, n, h->target_s * US_PER_SECOND);
    if (out->peak_bps > h->peak_bps)
        h->peak_bps = out->peak_bps;
    out->peak_bps = h->peak_bps;
    return e;
}

static void forget_codecs(struct str *codecs)
{
    codecs->len = 0;
    codecs->buf[0] = '\0';
}

/* Name the codecs that are in the segments. Empty if one of them is not known. */
static void name_codecs(const struct hls *h, struct str *codecs)
{
    for (size_t i = PLAN_TRACKS; i-- > 0;) { /* pictures first */
        const struct plan_track *t = &h->lane->plan->tracks[i];
        if (t->codec == CODEC_NONE || !h->lane->kind->carries(t->codec))
            continue;
        if (!hls_codecs_append(codecs, t->codec, t->config)) {
            forget_codecs(codecs);
            return;
        }
    }
}

static bool has_pictures(const struct hls *h)
{
    enum codec codec = h->lane->plan->tracks[PLAN_PICTURES].codec;
    return codec != CODEC_NONE && h->lane->kind->carries(codec);
}

/* The frame rate that an encoder tells is exact, but some tell a wrong one. So it counts if it agrees with the steps of the pictures. */
static unsigned fps_thousandths(const struct hls *h)
{
    const struct video_info *v = &h->show->video;
    double                   step_us = (double)h->lane->plan->cutter.video_step_us;
    double said = v->fps_den ? (double)v->fps_num / v->fps_den : 0, seen = step_us > 0 ? 1e6 / step_us : 0;
    bool   agrees = said > 0 && (seen <= 0 || (said > seen * 0.8 && said < seen * 1.25));
    double fps = agrees ? said : seen;
    return fps < FPS_MAX ? (unsigned)(fps * 1000 + 0.5) : 0;
}

void hls_master_put_uri(struct buf *uri, const struct conf_hls *c, const char *m3u8, const char *master)
{
    if (c->master_m3u8_path_relative) {
        template_put_uri(uri, m3u8, master);
    } else {
        buf_text(uri, "/");
        uri_put_path(uri, m3u8);
    }
}

static void put_uri(const struct hls *h, const char *master, struct buf *uri)
{
    hls_master_put_uri(uri, &h->show->vhost->hls, h->m3u8_path, master);
    hls_group_put_query(h, uri);
}

/* ---- the model ---- */

static void describe_pictures(const struct hls *h, struct hls_variant *v)
{
    v->width = h->show->video.width;
    v->height = h->show->video.height;
    v->fps_thousandths = fps_thousandths(h);
}

void hls_master_describe(const struct hls *h, struct hls_variant *v, struct str *codecs)
{
    name_codecs(h, codecs);
    v->codecs = codecs->buf;
    if (has_pictures(h))
        describe_pictures(h, v);
}

/* The texts of one variant. */
struct texts {
    char                   codecs[CODECS_CAP];
    struct buf             uri, sound_uris[HLS_SOUNDS_MAX];
    struct hls_audio_group audio;
};

/* The variant of a stream without further tracks of sound. */
static struct err *describe_whole(struct hls *h, const char *master, struct hls_variant *v, struct texts *t)
{
    struct hls_bandwidth bandwidth;
    struct str           codecs = str_over(t->codecs, sizeof t->codecs);
    struct err          *e = measure(h, &bandwidth);
    put_uri(h, master, &t->uri);
    *v = (struct hls_variant){
        .uri = t->uri.bytes,
        .bandwidth_bps = bandwidth.peak_bps,
        .average_bps = bandwidth.average_bps,
    };
    hls_master_describe(h, v, &codecs);
    return e;
}

/* A group names each codec of its tracks, and the greatest rate of one of them (bis, 4.4.6.2). */
static struct err *add_sound(struct hls *sound, const char *master, struct hls_bandwidth *greatest, struct texts *t)
{
    const struct lane      *lane = sound->lane;
    const struct track_text text = track_text_find(sound->show->metadata, lane->track);
    struct buf             *uri = &t->sound_uris[t->audio.n];
    struct hls_bandwidth    own;
    struct err             *e = measure(sound, &own);
    *uri = buf_up_to(URI_BYTES_MAX);
    put_uri(sound, master, uri);
    hls_audio_group_add(&t->audio, lane->track, &text, lane->sound.channels, uri->bytes);
    if (own.peak_bps > greatest->peak_bps)
        greatest->peak_bps = own.peak_bps;
    if (own.average_bps > greatest->average_bps)
        greatest->average_bps = own.average_bps;
    return e ? e : buf_error(uri);
}

/* Append the codec of a track unless it is there. False: it is not known. */
static bool name_sound(const struct hls *sound, struct str *codecs)
{
    char       text[CODECS_CAP];
    struct str own = str_over(text, sizeof text);
    if (!hls_codecs_append(&own, sound->lane->sound.codec, sound->lane->audio_config))
        return false;
    for (const char *at = codecs->buf; (at = strstr(at, text)); at++)
        if ((at == codecs->buf || at[-1] == ',') && (at[own.len] == ',' || !at[own.len]))
            return true;
    str_printf(codecs, "%s%s", codecs->len ? "," : "", text);
    return !codecs->cut;
}

static void name_all(struct hls *const *sounds, size_t n, const struct hls *pictures, struct str *codecs)
{
    const struct plan_track *t = pictures ? &pictures->lane->plan->tracks[PLAN_PICTURES] : NULL;
    bool                     known = !t || hls_codecs_append(codecs, t->codec, t->config);
    for (size_t i = 0; i < n && known; i++)
        known = name_sound(sounds[i], codecs);
    if (!known)
        forget_codecs(codecs);
}

/* The variant of a stream with these tracks of sound, each apart. A stream without pictures begins with its first track. */
static struct err *describe_apart(struct hls *h, uint64_t set, const char *master, struct hls_variant *v,
                                  struct texts *t)
{
    struct hls          *sounds[HLS_SOUNDS_MAX], *pictures = hls_renditions_pictures(h);
    size_t               n = hls_renditions_list(h, set, sounds);
    struct hls_bandwidth sound = { 0 }, picture = { 0 };
    struct str           codecs = str_over(t->codecs, sizeof t->codecs);
    struct err          *e = pictures ? measure(pictures, &picture) : NULL;
    for (size_t i = 0; i < n && !e; i++)
        e = add_sound(sounds[i], master, &sound, t);
    if (e)
        return e;
    put_uri(pictures ? pictures : sounds[0], master, &t->uri);
    name_all(sounds, n, pictures, &codecs);
    *v = (struct hls_variant){
        .uri = t->uri.bytes,
        .bandwidth_bps = picture.peak_bps + sound.peak_bps,
        .average_bps = picture.average_bps + sound.average_bps,
        .codecs = t->codecs,
        .audio = t->audio.id,
    };
    if (pictures)
        describe_pictures(h, v);
    return NULL;
}

static struct err *describe(struct hls *h, uint64_t sounds, const char *master, struct hls_variant *v, struct texts *t)
{
    t->uri = buf_up_to(URI_BYTES_MAX);
    struct err *e = sounds ? describe_apart(h, sounds, master, v, t) : describe_whole(h, master, v, t);
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

/* What is made for one master playlist. */
struct model {
    struct hls_variant   *variants;
    struct texts         *texts;
    struct hls_rendition *renditions;
    size_t                n, n_renditions;
};

static struct err *make_model(struct model *m, size_t n)
{
    *m = (struct model){
        .variants = mem_calloc(n, sizeof *m->variants),
        .texts = mem_calloc(n, sizeof *m->texts),
        .renditions = mem_calloc(n * HLS_SOUNDS_MAX + CAPTIONS_N, sizeof *m->renditions),
        .n = n,
    };
    return m->variants && m->texts && m->renditions ? NULL : err_no_memory();
}

static void drop_model(struct model *m)
{
    for (size_t i = 0; m->texts && i < m->n; i++) {
        buf_finish(&m->texts[i].uri);
        for (size_t k = 0; k < HLS_SOUNDS_MAX; k++)
            buf_finish(&m->texts[i].sound_uris[k]);
    }
    mem_free(m->variants);
    mem_free(m->texts);
    mem_free(m->renditions);
}

static struct err *fill_model(struct model *m, struct hls *const *members, const char *master)
{
    uint64_t    sounds = hls_renditions_common_sounds(members, m->n);
    uint32_t    captions = captions_of(members, m->n);
    struct err *e = NULL;
    for (size_t i = 0; !e && i < m->n; i++) {
        const struct hls_audio_group *audio = &m->texts[i].audio;
        hls_audio_group_begin(&m->texts[i].audio, i);
        e = describe(members[i], sounds, master, &m->variants[i], &m->texts[i]);
        memcpy(m->renditions + m->n_renditions, audio->rows, audio->n * sizeof audio->rows[0]);
        m->n_renditions += audio->n;
        m->variants[i].captions = hls_captions_group(captions);
    }
    m->n_renditions += hls_captions_list(m->renditions + m->n_renditions, captions);
    return e;
}

static struct err *render(struct hls *const *members, size_t n, const char *master, struct hls_playlist_text **out)
{
    struct hls_text text = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    struct model    m;
    struct err     *e = make_model(&m, n);
    if (!e)
        e = fill_model(&m, members, master);
    if (!e) {
        const struct hls_master model = {
            .renditions = m.renditions, .n_renditions = m.n_renditions, .variants = m.variants, .n_variants = n
        };
        hls_master_write(&text, &model);
        e = hls_playlist_text_new(out, &text);
    }
    drop_model(&m);
    return e;
}

/* ---- replies ---- */

/* What the text depends on: which variants and tracks there are, what is said of the tracks, the newest segments, and captions. */
static uint64_t version_of(struct hls *const *members, size_t n)
{
    enum { FACTOR = 1000003 };
    uint64_t version = (n * FACTOR + captions_of(members, n)) * FACTOR + hls_renditions_common_sounds(members, n);
    for (size_t i = 0; i < n; i++) {
        version = (version * FACTOR + (uintptr_t)members[i]) * FACTOR + lane_newest(members[i]->lane)->number + 1;
        version = version * FACTOR + (uintptr_t)members[i]->show->metadata;
        version = version * FACTOR + (hls_renditions_pictures(members[i]) != NULL);
    }
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
    struct hls *main = h->main ? h->main : h;
    struct err *e = render_newest(&main, 1, h->m3u8_path, &h->master);
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
