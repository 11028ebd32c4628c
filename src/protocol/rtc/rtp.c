#include "protocol/rtc/rtp.h"

#include "core/clock.h"
#include "core/rd.h"

enum { VERSION = 2 };

/* The profiles of RFC 8285: elements of one byte (4.2), and of two, whose last four bits are the application's (4.3). */
enum { ONE_BYTE_PROFILE = 0xBEDE, TWO_BYTE_PROFILE = 0x1000, TWO_BYTE_MASK = 0xFFF0 };

/* RFC 8285 4.2: the id that ends the elements. */
enum { ID_STOP = 15 };

/* Seconds from 1900, where NTP begins, to 1970: RFC 5905 6, figure 4. */
#define NTP_OF_1970 INT64_C(2208988800)

static bool read_extension(struct rtp_packet *p, struct rd *r)
{
    p->ext_profile = rd_u16(r);
    p->ext_len = (size_t)rd_u16(r) * 4;
    p->ext = rd_bytes(r, p->ext_len);
    return !r->bad;
}

bool rtp_parse(struct rtp_packet *packet, const uint8_t *bytes, size_t len)
{
    struct rd r = rd_over(bytes, len);
    uint8_t   first = rd_u8(&r), second = rd_u8(&r);
    *packet = (struct rtp_packet){ .pt = second & 0x7f, .marker = second & 0x80 };
    packet->seq = rd_u16(&r);
    packet->ts = rd_u32(&r);
    packet->ssrc = rd_u32(&r);
    rd_bytes(&r, (size_t)(first & 0x0f) * 4); /* CSRC */
    if (r.bad || first >> 6 != VERSION || ((first & 0x10) && !read_extension(packet, &r)))
        return false;
    packet->payload = r.p;
    packet->len = rd_left(&r);
    if (!(first & 0x20))
        return true;
    size_t padding = packet->len ? packet->payload[packet->len - 1] : 0;
    if (padding == 0 || padding > packet->len)
        return false;
    packet->len -= padding;
    return true;
}

/* Read the next element, skipping the padding between elements. False at the end. */
static bool next_element(struct rd *r, bool two_bytes, unsigned *id, size_t *len)
{
    while (!r->bad && rd_left(r) > 0) {
        uint8_t head = rd_u8(r);
        if (head == 0)
            continue;
        *id = two_bytes ? head : head >> 4;
        *len = two_bytes ? rd_u8(r) : (size_t)(head & 0x0f) + 1;
        return !r->bad && (two_bytes || *id != ID_STOP);
    }
    return false;
}

const uint8_t *rtp_find_extension(const struct rtp_packet *packet, unsigned id, size_t *len)
{
    struct rd r = rd_over(packet->ext, packet->ext_len);
    bool      two_bytes = (packet->ext_profile & TWO_BYTE_MASK) == TWO_BYTE_PROFILE;
    unsigned  found = 0;
    if (id == 0 || (!two_bytes && packet->ext_profile != ONE_BYTE_PROFILE))
        return NULL;
    while (next_element(&r, two_bytes, &found, len)) {
        const uint8_t *bytes = rd_bytes(&r, *len);
        if (found == id)
            return bytes;
    }
    return NULL;
}

static void write_extensions(struct wr *w, const struct rtp_head *head)
{
    size_t len = 0;
    for (unsigned i = 0; i < head->n_extensions; i++)
        len += 1 + (size_t)head->extensions[i].len;
    wr_u16(w, ONE_BYTE_PROFILE);
    wr_u16(w, (uint16_t)((len + 3) / 4));
    for (unsigned i = 0; i < head->n_extensions; i++) {
        const struct rtp_extension *x = &head->extensions[i];
        wr_u8(w, (uint8_t)(x->id << 4 | (x->len - 1)));
        wr_bytes(w, x->bytes, x->len);
    }
    for (; len % 4; len++)
        wr_u8(w, 0);
}

void rtp_write_head(struct wr *w, const struct rtp_head *head)
{
    wr_u8(w, (uint8_t)(VERSION << 6 | (head->n_extensions ? 0x10 : 0)));
    wr_u8(w, (uint8_t)(head->pt | (head->marker ? 0x80 : 0)));
    wr_u16(w, head->seq);
    wr_u32(w, head->ts);
    wr_u32(w, head->ssrc);
    if (head->n_extensions)
        write_extensions(w, head);
}

uint32_t rtp_ticks_from_us(int64_t us, uint32_t clock_hz)
{
    int64_t seconds = us / US_PER_SECOND, rest = us % US_PER_SECOND;
    if (rest < 0) {
        seconds--;
        rest += US_PER_SECOND;
    }
    return (uint32_t)((uint64_t)seconds * clock_hz + (uint64_t)rest * clock_hz / US_PER_SECOND);
}

uint64_t rtp_ntp_from_wall_us(int64_t wall_us)
{
    uint64_t seconds = (uint64_t)(wall_us / US_PER_SECOND + NTP_OF_1970), rest = (uint64_t)(wall_us % US_PER_SECOND);
    return seconds << 32 | (rest << 32) / US_PER_SECOND;
}

int64_t rtp_wall_us_from_ntp(uint64_t ntp)
{
    int64_t us =
        (int64_t)(((ntp & UINT32_MAX) * US_PER_SECOND + (UINT64_C(1) << 31)) >> 32); /* rounded to the nearest */
    return ((int64_t)(ntp >> 32) - NTP_OF_1970) * US_PER_SECOND + us;
}
