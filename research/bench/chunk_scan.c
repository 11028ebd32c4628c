#include "chunk_scan.h"

#include <string.h>

#include "protocol/rtmp/message.h"

enum { EXTENDED = 0xFFFFFF };

/* RTMP 1.0, 5.3.1.2: bytes of the message header by chunk type */
static const uint8_t header_bytes[] = { 11, 7, 3, 0 };

void chunk_scan_init(struct chunk_scan *s)
{
    *s = (struct chunk_scan){ .chunk_size = RTMP_CHUNK_SIZE_DEFAULT, .current = -1, .start_of = -1 };
}

static size_t basic_bytes(uint8_t first)
{
    return (first & 0x3f) == 0 ? 2 : (first & 0x3f) == 1 ? 3 : 1;
}

static uint32_t csid_of(const uint8_t *p)
{
    switch (p[0] & 0x3f) {
    case 0: return 64U + p[1];
    case 1: return 64U + p[1] + 256U * p[2];
    default: return p[0] & 0x3f;
    }
}

static struct chunk_scan_stream *find(struct chunk_scan *s, uint32_t csid)
{
    for (int i = 0; i < s->n_streams; i++)
        if (s->streams[i].csid == csid)
            return &s->streams[i];
    return NULL;
}

static uint32_t u24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* Length of the chunk header, as far as the bytes so far show it: either all of it, or at least one byte more than there is. */
static size_t header_len(struct chunk_scan *s)
{
    const uint8_t *p = s->carry;
    if (s->carry_len == 0)
        return 1;
    size_t basic = basic_bytes(p[0]), len = basic + header_bytes[p[0] >> 6];
    if (s->carry_len < len)
        return len;
    const struct chunk_scan_stream *cs = p[0] >> 6 == 3 ? find(s, csid_of(p)) : NULL;
    bool                            extended = p[0] >> 6 == 3 ? cs && cs->extended : u24(p + basic) == EXTENDED;
    return len + (extended ? 4 : 0);
}

static void begin_message(struct chunk_scan *s, struct chunk_scan_stream *cs)
{
    cs->seen = 0;
    s->start_of = s->current;
    s->n_start = 0;
}

static void take_header(struct chunk_scan *s)
{
    struct rd r = rd_over(s->carry, s->carry_len);
    unsigned  type = s->carry[0] >> 6;
    uint32_t  csid = csid_of(s->carry);
    rd_bytes(&r, basic_bytes(s->carry[0]));
    struct chunk_scan_stream *cs = find(s, csid);
    if (!cs) {
        if (type == 3 || s->n_streams == CHUNK_SCAN_STREAMS) {
            s->bad = true;
            return;
        }
        cs = &s->streams[s->n_streams++];
        *cs = (struct chunk_scan_stream){ .csid = csid };
    }
    bool within = cs->seen < cs->len;
    if (type < 3) {
        cs->field = rd_u24(&r);
        cs->extended = cs->field == EXTENDED;
        if (type < 2) {
            cs->len = rd_u24(&r);
            cs->type = rd_u8(&r);
        }
        if (type == 0)
            rd_u32le(&r);
    }
    if (cs->extended)
        cs->field = rd_u32(&r);
    s->current = (int8_t)(cs - s->streams);
    s->carry_len = 0;
    if (!within) {
        cs->timestamp_ms = type == 0 ? cs->field : cs->timestamp_ms + cs->field;
        begin_message(s, cs);
    }
    uint32_t left = cs->len - cs->seen;
    s->chunk_left = left < s->chunk_size ? left : s->chunk_size;
}

/* False when the bytes end within the header. */
static bool read_header(struct chunk_scan *s, struct rd *in)
{
    for (size_t need; s->carry_len < (need = header_len(s));) {
        size_t more = need - s->carry_len;
        if (more > rd_left(in))
            more = rd_left(in);
        if (more == 0)
            return false;
        memcpy(s->carry + s->carry_len, rd_bytes(in, more), more);
        s->carry_len += (uint8_t)more;
    }
    take_header(s);
    return !s->bad;
}

static void read_payload(struct chunk_scan *s, struct chunk_scan_stream *cs, struct rd *in)
{
    size_t         n = rd_left(in) < s->chunk_left ? rd_left(in) : s->chunk_left;
    const uint8_t *bytes = rd_bytes(in, n);
    if (s->start_of == s->current && s->n_start < SCAN_START_MAX && n) {
        size_t room = SCAN_START_MAX - s->n_start, take = n < room ? n : room;
        memcpy(s->start + s->n_start, bytes, take);
        s->n_start += (uint16_t)take;
    }
    s->chunk_left -= (uint32_t)n;
    cs->seen += (uint32_t)n;
}

static void obey(struct chunk_scan *s, const struct scanned *m)
{
    if (m->type != RTMP_TYPE_SET_CHUNK_SIZE || m->n_start < 4)
        return;
    struct rd r = rd_over(m->start, m->n_start);
    s->chunk_size = rd_u32(&r);
    s->bad |= s->chunk_size == 0;
}

bool chunk_scan_next(struct chunk_scan *s, struct rd *in, struct scanned *message)
{
    while (!s->bad) {
        if (s->current < 0 && !read_header(s, in))
            return false;
        int                       index = s->current;
        struct chunk_scan_stream *cs = &s->streams[index];
        read_payload(s, cs, in);
        if (s->chunk_left)
            return false;
        s->current = -1;
        if (cs->seen < cs->len)
            continue;
        bool have_start =
            s->start_of ==
            index; /* when chunks of messages interleave, only the message that began last has its first bytes */
        *message = (struct scanned){ cs->type, cs->timestamp_ms, cs->len, s->start, have_start ? s->n_start : 0 };
        obey(s, message);
        return true;
    }
    return false;
}
