#include <string.h>

#include "protocol/rtc/sdp_parser.h"

enum { PT_PCMU = 0, PT_PCMA = 8, PT_MAX = 127, PORT_MAX = 65535 };

/* RFC 3551 6: types that need no rtpmap. */
static void name_static_type(struct sdp_format *f)
{
    if (f->pt == PT_PCMU)
        f->name = sdp_text_of("PCMU", 4);
    else if (f->pt == PT_PCMA)
        f->name = sdp_text_of("PCMA", 4);
    else
        return;
    f->clock_hz = 8000;
}

static enum sdp_fault take_formats(struct sdp_media *m, struct sdp_text rest)
{
    while (rest.len > 0) {
        uint32_t pt = 0;
        if (!sdp_number(sdp_word(&rest), PT_MAX, &pt))
            return SDP_BAD_MEDIA;
        if (m->n_formats == SDP_FORMATS_MAX)
            return SDP_TOO_MANY_FORMATS;
        struct sdp_format *f = &m->formats[m->n_formats++];
        *f = (struct sdp_format){ .pt = (uint8_t)pt, .channels = 1 };
        name_static_type(f);
    }
    return SDP_SOUND;
}

static bool is_rtp(const struct sdp_media *m)
{
    return sdp_is(m->kind, "audio") || sdp_is(m->kind, "video");
}

enum sdp_fault sdp_take_media(struct sdp_parser *p, struct sdp_text value)
{
    if (p->sdp->n_media == SDP_MEDIA_MAX)
        return SDP_TOO_MANY_MEDIA;
    struct sdp_media *m = p->media = &p->sdp->media[p->sdp->n_media++];
    memset(m, 0, sizeof *m);
    m->own.direction = p->sdp->all.direction;
    m->kind = sdp_word(&value);
    struct sdp_text ports = sdp_word(&value);
    uint32_t        port = 0;
    bool            has_port = sdp_number(sdp_cut(&ports, '/'), PORT_MAX, &port);
    m->port = (uint16_t)port;
    m->protocol = sdp_word(&value);
    struct sdp_text formats = value;
    m->first_format = sdp_word(&value);
    if (!has_port || !sdp_is_token(m->kind) || m->protocol.len == 0 || !sdp_is_token(m->first_format))
        return SDP_BAD_MEDIA;
    return is_rtp(m) ? take_formats(m, formats) : SDP_SOUND;
}
