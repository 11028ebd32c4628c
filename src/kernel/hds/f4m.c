#include "kernel/hds/f4m.h"

#include "core/err.h"
#include "core/uri.h"
#include "core/xw.h"

/* RFC 4648 4 */
static void put_base64(struct buf *b, const uint8_t *p, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; len; p += len < 3 ? len : 3, len -= len < 3 ? len : 3) {
        uint32_t v = (uint32_t)p[0] << 16 | (len > 1 ? (uint32_t)p[1] << 8 : 0) | (len > 2 ? p[2] : 0);
        char     text[4] = { digits[v >> 18], digits[v >> 12 & 63], '=', '=' };
        if (len > 1)
            text[2] = digits[v >> 6 & 63];
        if (len > 2)
            text[3] = digits[v & 63];
        buf_append(b, text, 4);
    }
}

static void attr_url(struct xw *x, const struct f4m *m, const char *path)
{
    xw_attr_begin(x, "url");
    uri_put_path(x->text, path);
    if (m->query && *m->query)
        xw_put_query(x->text, m->query);
    xw_attr_end(x);
}

static void write_media(struct xw *x, const struct f4m *m)
{
    xw_begin(x, "media");
    xw_attr_int(x, "bitrate", m->bitrate_kbps);
    if (m->width && m->height) {
        xw_attr_int(x, "width", m->width);
        xw_attr_int(x, "height", m->height);
    }
    attr_url(x, m, m->media);
    xw_attr(x, "bootstrapInfoId", "bootstrap");
    if (m->metadata) {
        xw_begin(x, "metadata");
        xw_text_begin(x);
        put_base64(x->text, m->metadata, m->metadata_len);
        xw_end(x, "metadata");
    }
    xw_end(x, "media");
}

struct err *f4m_write(const struct f4m *m, struct buf *out)
{
    struct xw x = xw_document(out);
    xw_begin(&x, "manifest");
    xw_attr(&x, "xmlns", "http://ns.adobe.com/f4m/1.0");
    xw_text_element(&x, "id", m->id);
    xw_text_element(&x, "streamType", m->is_over ? "recorded" : "live");
    xw_text_element(&x, "deliveryType", "streaming");
    xw_begin(&x, "bootstrapInfo");
    xw_attr(&x, "profile", "named");
    xw_attr(&x, "id", "bootstrap");
    attr_url(&x, m, m->bootstrap);
    xw_end(&x, "bootstrapInfo");
    write_media(&x, m);
    xw_end(&x, "manifest");
    return buf_error(out);
}
