#include "protocol/rtc/red.h"

#include "core/rd.h"

/* RFC 2198 3: F, the type; and in all blocks but the last 14 bits of offset and 10 bits of length. */
enum { FOLLOWS = 0x80, TYPE = 0x7f, OFFSET_SHIFT = 10 };

static bool read_heads(struct rtp_red *red, struct rd *r)
{
    for (red->n = 0; red->n < RTP_RED_BLOCKS_MAX;) {
        struct rtp_red_block *b = &red->blocks[red->n++];
        uint8_t               first = rd_u8(r);
        *b = (struct rtp_red_block){ .pt = first & TYPE };
        if (!(first & FOLLOWS))
            return !r->bad;
        uint32_t rest = rd_u24(r);
        b->offset = (uint16_t)(rest >> OFFSET_SHIFT);
        b->len = rest & RTP_RED_LEN_MAX;
    }
    return false;
}

bool rtp_red_parse(struct rtp_red *red, const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    if (!read_heads(red, &r))
        return false;
    for (size_t i = 0; i + 1 < red->n; i++)
        red->blocks[i].bytes = rd_bytes(&r, red->blocks[i].len);
    if (r.bad)
        return false;
    red->blocks[red->n - 1].len = rd_left(&r);
    red->blocks[red->n - 1].bytes = r.p;
    return true;
}

void rtp_red_write(struct wr *w, const struct rtp_red *red)
{
    for (size_t i = 0; i + 1 < red->n; i++) {
        const struct rtp_red_block *b = &red->blocks[i];
        wr_u8(w, (uint8_t)(FOLLOWS | b->pt));
        wr_u24(w, (uint32_t)b->offset << OFFSET_SHIFT | (uint32_t)b->len);
    }
    wr_u8(w, red->blocks[red->n - 1].pt);
    for (size_t i = 0; i < red->n; i++)
        wr_bytes(w, red->blocks[i].bytes, red->blocks[i].len);
}
