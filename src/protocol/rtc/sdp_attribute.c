#include <string.h>

#include "core/attr.h"
#include "core/hex.h"
#include "protocol/rtc/sdp_parser.h"

enum { CLOCK_HZ_MAX = 10000000, CHANNELS_MAX = 8, EXTENSION_ID_MAX = 255, PT_MAX = 127 };

static struct sdp_common *common(const struct sdp_parser *p)
{
    return p->media ? &p->media->own : &p->sdp->all;
}

/* ---- the session, and the transport of all ---- */

static enum sdp_fault on_group(struct sdp_parser *p, struct sdp_text value)
{
    if (!p->media && sdp_is(sdp_word(&value), "BUNDLE") && !p->sdp->bundle.at)
        p->sdp->bundle = value;
    return SDP_SOUND;
}

static enum sdp_fault on_ice_options(struct sdp_parser *p, struct sdp_text value)
{
    while (value.len > 0)
        p->sdp->can_trickle |= sdp_is(sdp_word(&value), "trickle");
    return SDP_SOUND;
}

/* RFC 8839 5.4: ALPHA, DIGIT, '+' and '/'. A client that adds '-', '_' or '=' is understood as well. */
static bool is_ice_text(struct sdp_text text, size_t min, size_t max)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f || text.at[i] == ':')
            return false;
    return text.len >= min && text.len <= max;
}

static enum sdp_fault on_ufrag(struct sdp_parser *p, struct sdp_text value)
{
    common(p)->ice.ufrag = value;
    return is_ice_text(value, SDP_UFRAG_LEN_MIN, SDP_UFRAG_LEN_MAX) ? SDP_SOUND : SDP_BAD_ICE;
}

static enum sdp_fault on_pwd(struct sdp_parser *p, struct sdp_text value)
{
    common(p)->ice.pwd = value;
    return is_ice_text(value, SDP_PWD_LEN_MIN, SDP_PWD_LEN_MAX) ? SDP_SOUND : SDP_BAD_ICE;
}

/* RFC 8122 5: the name of a hash, and pairs of hexadecimal digits between colons. */
static bool is_fingerprint(struct sdp_text value)
{
    if (value.len > SDP_FINGERPRINT_LEN_MAX || !sdp_is_token(sdp_word(&value)) || value.len % 3 != 2)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (i % 3 == 2 ? value.at[i] != ':' : hex_digit(value.at[i]) < 0)
            return false;
    return true;
}

static bool is_sha256(struct sdp_text value)
{
    return sdp_is(sdp_word(&value), "sha-256");
}

static enum sdp_fault on_fingerprint(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_text *known = &common(p)->fingerprint;
    if (!is_fingerprint(value))
        return SDP_BAD_FINGERPRINT;
    if (!known->at || (is_sha256(value) && !is_sha256(*known)))
        *known = value;
    return SDP_SOUND;
}

static enum sdp_fault on_setup(struct sdp_parser *p, struct sdp_text value)
{
    static const char *const words[] = {
        [SDP_SETUP_ACTPASS] = "actpass", [SDP_SETUP_ACTIVE] = "active", [SDP_SETUP_PASSIVE] = "passive"
    };
    for (int setup = SDP_SETUP_ACTPASS; setup <= SDP_SETUP_PASSIVE; setup++)
        if (sdp_is(value, words[setup])) {
            common(p)->setup = (enum sdp_setup)setup;
            return SDP_SOUND;
        }
    return SDP_BAD_SETUP;
}

static enum sdp_fault on_candidate(struct sdp_parser *p, struct sdp_text value)
{
    sdp_take_candidate(p->sdp, value);
    return SDP_SOUND;
}

/* ---- an m-line ---- */

static enum sdp_fault on_mid(struct sdp_parser *p, struct sdp_text value)
{
    p->media->mid = value;
    return sdp_is_token(value) && value.len <= SDP_MID_LEN_MAX ? SDP_SOUND : SDP_BAD_MID;
}

static struct sdp_format *find_format(struct sdp_media *m, uint32_t pt)
{
    for (size_t i = 0; i < m->n_formats; i++)
        if (m->formats[i].pt == pt)
            return &m->formats[i];
    return NULL;
}

/* "96 H264/90000", "111 opus/48000/2". A type that the m-line does not list is skipped. */
static enum sdp_fault on_rtpmap(struct sdp_parser *p, struct sdp_text value)
{
    uint32_t        pt = 0, clock_hz = 0, channels = 1;
    struct sdp_text pt_text = sdp_word(&value), map = sdp_word(&value);
    struct sdp_text name = sdp_cut(&map, '/'), clock = sdp_cut(&map, '/');
    if (!sdp_number(pt_text, PT_MAX, &pt) || !sdp_is_token(name) || !sdp_number(clock, CLOCK_HZ_MAX, &clock_hz))
        return SDP_BAD_FORMAT;
    if (clock_hz == 0 || (map.len > 0 && !sdp_number(map, CHANNELS_MAX, &channels)))
        return SDP_BAD_FORMAT;
    struct sdp_format *f = find_format(p->media, pt);
    if (f) {
        f->name = name;
        f->clock_hz = clock_hz;
        f->channels = (uint8_t)channels;
    }
    return SDP_SOUND;
}

static enum sdp_fault on_fmtp(struct sdp_parser *p, struct sdp_text value)
{
    uint32_t pt = 0;
    if (!sdp_number(sdp_word(&value), PT_MAX, &pt))
        return SDP_BAD_FORMAT;
    struct sdp_format *f = find_format(p->media, pt);
    if (f)
        f->fmtp = value;
    return SDP_SOUND;
}

static uint8_t feedback_bit(struct sdp_text value)
{
    struct sdp_text kind = sdp_word(&value), what = sdp_word(&value);
    if (sdp_is(kind, "nack"))
        return what.len == 0 ? SDP_FB_NACK : sdp_is(what, "pli") ? SDP_FB_PLI : 0;
    if (sdp_is(kind, "ccm"))
        return sdp_is(what, "fir") ? SDP_FB_FIR : 0;
    return sdp_is(kind, "goog-remb") ? SDP_FB_REMB : sdp_is(kind, "transport-cc") ? SDP_FB_TWCC : 0;
}

static enum sdp_fault on_feedback(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_text pt_text = sdp_word(&value);
    uint8_t         bit = feedback_bit(value);
    bool            is_for_all = sdp_is(pt_text, "*");
    uint32_t        pt = 0;
    if (!is_for_all && !sdp_number(pt_text, PT_MAX, &pt))
        return SDP_SOUND;
    for (size_t i = 0; i < p->media->n_formats; i++)
        if (is_for_all || p->media->formats[i].pt == pt)
            p->media->formats[i].feedback |= bit;
    return SDP_SOUND;
}

/* "3 http://…", "3/recvonly http://…". */
static enum sdp_fault on_extmap(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_media *m = p->media;
    struct sdp_text   id_text = sdp_word(&value), uri = sdp_word(&value);
    uint32_t          id = 0;
    if (m->n_extensions < SDP_EXTENSIONS_MAX && uri.len > 0 &&
        sdp_number(sdp_cut(&id_text, '/'), EXTENSION_ID_MAX, &id) && id != 0)
        m->extensions[m->n_extensions++] = (struct sdp_extension){ (uint8_t)id, uri };
    return SDP_SOUND;
}

static enum sdp_fault on_ssrc(struct sdp_parser *p, struct sdp_text value)
{
    sdp_take_ssrc(p->media, value);
    return SDP_SOUND;
}

static enum sdp_fault on_ssrc_group(struct sdp_parser *p, struct sdp_text value)
{
    sdp_take_ssrc_group(p->media, value);
    return SDP_SOUND;
}

/* ---- all of them ---- */

struct flag {
    const char *name;
    size_t      at;
};

static const struct flag session_flags[] = {
    { "ice-lite", offsetof(struct sdp, is_ice_lite) },
    { "extmap-allow-mixed", offsetof(struct sdp, allows_mixed_extensions) },
};

static const struct flag media_flags[] = {
    { "rtcp-mux", offsetof(struct sdp_media, has_rtcp_mux) },
    { "rtcp-mux-only", offsetof(struct sdp_media, has_rtcp_mux) },
    { "rtcp-rsize", offsetof(struct sdp_media, has_rtcp_rsize) },
    { "bundle-only", offsetof(struct sdp_media, is_bundle_only) },
};

static bool take_flag(struct sdp_parser *p, struct sdp_text name)
{
    const struct flag *flags = p->media ? media_flags : session_flags;
    size_t             n = p->media ? ARRAY_LEN(media_flags) : ARRAY_LEN(session_flags);
    char              *owner = p->media ? (char *)p->media : (char *)p->sdp;
    for (size_t i = 0; i < n; i++)
        if (sdp_is(name, flags[i].name)) {
            *(bool *)(owner + flags[i].at) = true;
            return true;
        }
    return false;
}

static bool take_direction(struct sdp_parser *p, struct sdp_text name)
{
    static const char *const words[] = { "sendrecv", "sendonly", "recvonly", "inactive" }; /* enum sdp_direction */
    for (int i = 0; i < (int)ARRAY_LEN(words); i++)
        if (sdp_is(name, words[i])) {
            common(p)->direction = (enum sdp_direction)i;
            return true;
        }
    return false;
}

static const struct attribute {
    const char *name;
    bool        is_of_media; /* without meaning above the first m-line */
    enum sdp_fault (*take)(struct sdp_parser *p, struct sdp_text value);
} attributes[] = {
    { "group", false, on_group },
    { "ice-options", false, on_ice_options },
    { "ice-ufrag", false, on_ufrag },
    { "ice-pwd", false, on_pwd },
    { "fingerprint", false, on_fingerprint },
    { "setup", false, on_setup },
    { "candidate", false, on_candidate },
    { "mid", true, on_mid },
    { "rtpmap", true, on_rtpmap },
    { "fmtp", true, on_fmtp },
    { "rtcp-fb", true, on_feedback },
    { "extmap", true, on_extmap },
    { "ssrc", true, on_ssrc },
    { "ssrc-group", true, on_ssrc_group },
};

enum sdp_fault sdp_take_attribute(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_text name = sdp_cut(&value, ':');
    if (take_flag(p, name) || take_direction(p, name))
        return SDP_SOUND;
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (sdp_is(name, attributes[i].name))
            return attributes[i].is_of_media && !p->media ? SDP_SOUND : attributes[i].take(p, value);
    return SDP_SOUND;
}
