#include "flv_scan.h"

#include <string.h>

void flv_scan_init(struct flv_scan *s)
{
    *s = (struct flv_scan){ .at = FLV_SCAN_FILE_HEADER };
}

/* Fill `held` up to `n` bytes; false when there are fewer. */
static bool hold(struct flv_scan *s, struct rd *in, size_t n)
{
    size_t more = n - s->n_held < rd_left(in) ? n - s->n_held : rd_left(in);
    if (more) {
        memcpy(s->held + s->n_held, rd_bytes(in, more), more);
        s->n_held += (uint8_t)more;
    }
    if (s->n_held < n)
        return false;
    s->n_held = 0;
    return true;
}

static void begin_tag(struct flv_scan *s)
{
    struct rd r = rd_over(s->held, FLV_TAG_HEADER_LEN);
    s->tag = (struct scanned){ .type = rd_u8(&r) & 0x1f, .len = rd_u24(&r), .start = s->start };
    uint32_t low = rd_u24(&r);
    s->tag.timestamp_ms = (uint32_t)rd_u8(&r) << 24 | low;
    s->body_left = s->tag.len;
    s->n_start = 0;
    s->bad = s->tag.type != FLV_AUDIO && s->tag.type != FLV_VIDEO && s->tag.type != FLV_SCRIPT;
}

static bool read_body(struct flv_scan *s, struct rd *in)
{
    size_t         n = rd_left(in) < s->body_left ? rd_left(in) : s->body_left;
    const uint8_t *bytes = rd_bytes(in, n);
    size_t         room = SCAN_START_MAX - s->n_start, take = n < room ? n : room;
    if (take)
        memcpy(s->start + s->n_start, bytes, take);
    s->n_start += (uint16_t)take;
    s->body_left -= (uint32_t)n;
    return s->body_left == 0;
}

bool flv_scan_next(struct flv_scan *s, struct rd *in, struct scanned *tag)
{
    while (!s->bad) {
        switch (s->at) {
        case FLV_SCAN_FILE_HEADER:
            if (!hold(s, in, FLV_HEADER_LEN))
                return false;
            s->bad = memcmp(s->held, "FLV", 3) != 0;
            s->at = FLV_SCAN_TAG_HEADER;
            break;
        case FLV_SCAN_TAG_HEADER:
            if (!hold(s, in, FLV_TAG_HEADER_LEN))
                return false;
            begin_tag(s);
            s->at = FLV_SCAN_BODY;
            break;
        case FLV_SCAN_BODY:
            if (!read_body(s, in))
                return false;
            s->at = FLV_SCAN_TRAILER;
            break;
        case FLV_SCAN_TRAILER:
            if (!hold(s, in, FLV_TAG_TRAILER_LEN))
                return false;
            s->at = FLV_SCAN_TAG_HEADER;
            s->tag.n_start = s->n_start;
            *tag = s->tag;
            return true;
        }
    }
    return false;
}
