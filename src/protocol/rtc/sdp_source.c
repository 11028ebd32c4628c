#include <string.h>

#include "protocol/rtc/sdp_parser.h"

static struct sdp_source *find(struct sdp_media *m, uint32_t ssrc)
{
    for (size_t i = 0; i < m->n_sources; i++)
        if (m->sources[i].ssrc == ssrc || m->sources[i].rtx_ssrc == ssrc)
            return &m->sources[i];
    return NULL;
}

/* The entry of a source; NULL: there are too many. */
static struct sdp_source *add(struct sdp_media *m, uint32_t ssrc)
{
    struct sdp_source *old = find(m, ssrc);
    if (old || m->n_sources == SDP_SOURCES_MAX)
        return old;
    m->sources[m->n_sources] = (struct sdp_source){ .ssrc = ssrc };
    return &m->sources[m->n_sources++];
}

static void drop(struct sdp_media *m, struct sdp_source *source)
{
    size_t at = (size_t)(source - m->sources);
    memmove(source, source + 1, (--m->n_sources - at) * sizeof *source);
}

/* SSRC 0 is legal in RTP but means "not told" here: a source of that number is found by its packets. */
static bool take_number(struct sdp_text *rest, uint32_t *ssrc)
{
    return sdp_number(sdp_word(rest), UINT32_MAX, ssrc) && *ssrc != 0;
}

void sdp_take_ssrc(struct sdp_media *media, struct sdp_text value)
{
    uint32_t ssrc = 0;
    if (take_number(&value, &ssrc))
        (void)add(media, ssrc);
}

void sdp_take_ssrc_group(struct sdp_media *media, struct sdp_text value)
{
    uint32_t ssrc = 0, rtx = 0;
    if (!sdp_is(sdp_word(&value), "FID") || !take_number(&value, &ssrc) || !take_number(&value, &rtx) || ssrc == rtx)
        return;
    struct sdp_source *alone = find(media, rtx);
    if (alone && alone->ssrc == rtx)
        drop(media, alone);
    struct sdp_source *source = add(media, ssrc);
    if (source && source->ssrc == ssrc)
        source->rtx_ssrc = rtx;
}
