#include "kernel/hls/master.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/str.h"
#include "kernel/hls/attribute.h"

/* rfc8216bis 8 */
static int version_of(const struct hls_master *m)
{
    enum { LEAST = 3, SERVICE = 7 };
    int version = LEAST;
    for (size_t i = 0; i < m->n_session_keys; i++)
        if (hls_key_version(m->session_keys[i]) > version)
            version = hls_key_version(m->session_keys[i]);
    for (size_t i = 0; i < m->n_renditions; i++)
        if (m->renditions[i].instream_id && str_starts_with(m->renditions[i].instream_id, "SERVICE"))
            version = SERVICE;
    return version;
}

static void write_rendition(struct hls_text *t, const struct hls_rendition *r)
{
    bool                  audio = r->type == HLS_RENDITION_AUDIO;
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-MEDIA");
    hls_attribute_word(&a, "TYPE", audio ? "AUDIO" : "CLOSED-CAPTIONS");
    hls_attribute_text(&a, "GROUP-ID", r->group);
    if (r->language)
        hls_attribute_text(&a, "LANGUAGE", r->language);
    hls_attribute_text(&a, "NAME", r->name);
    hls_attribute_word(&a, "DEFAULT", r->is_default ? "YES" : "NO");
    hls_attribute_word(&a, "AUTOSELECT", r->is_default || r->autoselect ? "YES" : "NO"); /* RFC 8216 4.3.4.1 */
    if (!audio)
        hls_attribute_text(&a, "INSTREAM-ID", r->instream_id);
    if (audio && r->channels) {
        char channels[16];
        snprintf(channels, sizeof channels, "%u", r->channels);
        hls_attribute_text(&a, "CHANNELS", channels);
    }
    if (audio && r->uri)
        hls_attribute_uri(&a, "URI", r->uri, HLS_URI_PLAYLIST);
    hls_attributes_end(&a);
}

static void write_size_and_rate(struct hls_attributes *a, const struct hls_variant *v)
{
    char text[32];
    if (v->width && v->height) {
        snprintf(text, sizeof text, "%ux%u", v->width, v->height);
        hls_attribute_word(a, "RESOLUTION", text);
    }
    if (v->fps_thousandths) {
        snprintf(text, sizeof text, "%u.%03u", v->fps_thousandths / 1000, v->fps_thousandths % 1000);
        hls_attribute_word(a, "FRAME-RATE", text);
    }
}

static void write_variant(struct hls_text *t, const struct hls_variant *v)
{
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-STREAM-INF");
    hls_attribute_integer(&a, "BANDWIDTH", v->bandwidth_bps > 0 ? v->bandwidth_bps : 1);
    if (v->average_bps > 0)
        hls_attribute_integer(&a, "AVERAGE-BANDWIDTH", v->average_bps);
    if (v->codecs && *v->codecs)
        hls_attribute_text(&a, "CODECS", v->codecs);
    write_size_and_rate(&a, v);
    if (v->audio)
        hls_attribute_text(&a, "AUDIO", v->audio);
    if (str_equal(v->captions, "NONE"))
        hls_attribute_word(&a, "CLOSED-CAPTIONS", "NONE");
    else if (v->captions)
        hls_attribute_text(&a, "CLOSED-CAPTIONS", v->captions);
    hls_attributes_end(&a);
    hls_text_uri(t, v->uri, HLS_URI_PLAYLIST);
    buf_text(&t->text, "\n");
}

void hls_master_write(struct hls_text *t, const struct hls_master *m)
{
    buf_printf(&t->text, "#EXTM3U\n#EXT-X-VERSION:%d\n", version_of(m));
    if (m->independent)
        buf_text(&t->text, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    for (size_t i = 0; i < m->n_session_keys; i++)
        hls_key_write(t, "EXT-X-SESSION-KEY", m->session_keys[i]);
    for (size_t i = 0; i < m->n_renditions; i++)
        write_rendition(t, &m->renditions[i]);
    for (size_t i = 0; i < m->n_variants; i++)
        write_variant(t, &m->variants[i]);
}
