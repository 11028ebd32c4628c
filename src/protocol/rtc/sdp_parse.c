#include <string.h>

#include "protocol/rtc/sdp_parser.h"

/* Take a line with its end. False: it is none, or has a character that would harm a log or an answer. */
static bool take_line(struct sdp_text *rest, struct sdp_text *line)
{
    *line = sdp_cut(rest, '\n');
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    while (line->len > 0 && line->at[line->len - 1] == ' ')
        line->len--;
    for (size_t i = 0; i < line->len; i++)
        if (((unsigned char)line->at[i] < ' ' && line->at[i] != '\t') || line->at[i] == 0x7f)
            return false;
    return line->len == 0 || (line->len >= 2 && line->at[1] == '=');
}

static enum sdp_fault take(struct sdp_parser *p, struct sdp_text line)
{
    if (line.len == 0)
        return SDP_SOUND;
    struct sdp_text value = sdp_text_of(line.at + 2, line.len - 2);
    switch (line.at[0]) {
    case 'm': return sdp_take_media(p, value);
    case 'a': return sdp_take_attribute(p, value);
    default: return SDP_SOUND;
    }
}

static bool has_twins(const struct sdp *sdp)
{
    for (size_t i = 0; i < sdp->n_media; i++)
        for (size_t k = 0; k < i; k++)
            if (sdp_same(sdp->media[i].mid, sdp->media[k].mid))
                return true;
    return false;
}

static enum sdp_fault parse(struct sdp *sdp, struct sdp_text rest)
{
    struct sdp_parser p = { .sdp = sdp };
    for (size_t n = 0; rest.len > 0; n++) {
        struct sdp_text line;
        if (n == SDP_LINES_MAX)
            return SDP_TOO_MANY_LINES;
        enum sdp_fault fault = take_line(&rest, &line) ? take(&p, line) : SDP_BAD_LINE;
        if (fault != SDP_SOUND)
            return fault;
    }
    return has_twins(sdp) ? SDP_TWICE_ONE_MID : SDP_SOUND;
}

static enum sdp_fault begin(struct sdp *sdp, size_t len)
{
    memset(sdp, 0, offsetof(struct sdp, media)); /* An m-line clears its own part. */
    return len == 0 ? SDP_EMPTY : len > SDP_BYTES_MAX ? SDP_TOO_LONG : SDP_SOUND;
}

enum sdp_fault sdp_parse(struct sdp *sdp, const char *text, size_t len)
{
    enum sdp_fault fault = begin(sdp, len);
    if (fault != SDP_SOUND)
        return fault;
    if (len < 4 || memcmp(text, "v=0", 3) != 0 || (text[3] != '\r' && text[3] != '\n'))
        return SDP_NOT_SDP;
    return parse(sdp, sdp_text_of(text, len));
}

enum sdp_fault sdp_parse_fragment(struct sdp *sdp, const char *text, size_t len)
{
    enum sdp_fault fault = begin(sdp, len);
    return fault != SDP_SOUND ? fault : parse(sdp, sdp_text_of(text, len));
}
