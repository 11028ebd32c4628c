#include "flv_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/str.h"

void flv_scan_init(struct flv_scan *s, bool http)
{
    *s = (struct flv_scan){ .http = http, .at = http ? FLV_SCAN_HEAD : FLV_SCAN_FILE_HEADER };
}

/* A line without its end in s->line, cut where it is too long; false when it is not all there. */
static bool read_line(struct flv_scan *s, struct rd *in)
{
    while (rd_left(in)) {
        char c = (char)rd_u8(in);
        if (c == '\n') {
            if (s->n_line && s->line[s->n_line - 1] == '\r')
                s->n_line--;
            s->line[s->n_line] = '\0';
            s->n_line = 0;
            return true;
        }
        if (s->n_line < FLV_SCAN_LINE_MAX - 1)
            s->line[s->n_line++] = c;
    }
    return false;
}

static bool read_head(struct flv_scan *s, struct rd *in)
{
    while (read_line(s, in)) {
        if (str_starts_with(s->line, "HTTP/"))
            s->bad = s->refused = !strstr(s->line, " 200");
        else if (strcasecmp(s->line, "transfer-encoding: chunked") == 0)
            s->chunked = true;
        else if (!s->line[0]) {
            s->at = FLV_SCAN_FILE_HEADER;
            return !s->bad;
        }
    }
    return false;
}

/* Fill `held` up to `n` bytes; false when they are not all there. */
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

/* Bytes that are FLV; true when they complete a tag. */
static bool next_tag(struct flv_scan *s, struct rd *in)
{
    for (;;) {
        switch (s->at) {
        case FLV_SCAN_HEAD: s->bad = true; return false;
        case FLV_SCAN_FILE_HEADER:
            if (!hold(s, in, FLV_HEADER_LEN))
                return false;
            s->at = FLV_SCAN_TAG_HEADER;
            break;
        case FLV_SCAN_TAG_HEADER:
            if (!hold(s, in, FLV_TAG_HEADER_LEN))
                return false;
            begin_tag(s);
            s->at = FLV_SCAN_BODY;
            if (s->bad)
                return false;
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
            return true;
        }
    }
}

/* RFC 9112, 7.1: a size in hexadecimal, the bytes, an empty line */
static bool next_tag_in_chunks(struct flv_scan *s, struct rd *in)
{
    while (rd_left(in)) {
        if (s->chunk_left == 0) {
            if (!read_line(s, in))
                return false;
            s->chunk_left = s->line[0] ? strtoull(s->line, NULL, 16) : 0;
            continue;
        }
        size_t    n = rd_left(in) < s->chunk_left ? rd_left(in) : (size_t)s->chunk_left;
        struct rd part = rd_over(in->p, n);
        bool      got = next_tag(s, &part);
        size_t    used = (size_t)(part.p - in->p);
        rd_bytes(in, used);
        s->chunk_left -= used;
        if (got || s->bad)
            return got;
    }
    return false;
}

bool flv_scan_next(struct flv_scan *s, struct rd *in, struct scanned *tag)
{
    if (s->bad || (s->at == FLV_SCAN_HEAD && !read_head(s, in)))
        return false;
    if (!(s->chunked ? next_tag_in_chunks(s, in) : next_tag(s, in)))
        return false;
    s->tag.n_start = s->n_start;
    *tag = s->tag;
    return true;
}
