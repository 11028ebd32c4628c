#include "kernel/ts/pes.h"

#include <assert.h>

enum {
    PES_FIXED_LEN = 9,        /* up to PES_header_data_length */
    PES_AFTER_LENGTH = 3,     /* bytes of that part that PES_packet_length counts */
    ADAPTATION_FLAGS_LEN = 2, /* adaptation_field_length and the flags */
    ADAPTATION_DISCONTINUITY = 0x80,
    ADAPTATION_RANDOM_ACCESS = 0x40,
    ADAPTATION_PCR = 0x10,
    PACKET_ROOM = TS_PACKET_LEN - TS_HEADER_LEN,
};

static size_t stamps_len(const struct ts_pes_head *head)
{
    return head->dts ? 2 * TS_STAMP_LEN : TS_STAMP_LEN;
}

/* Length of the first packet's adaptation field without stuffing. */
static size_t adaptation_len(const struct ts_pes_head *head)
{
    if (head->pcr)
        return ADAPTATION_FLAGS_LEN + TS_PCR_LEN;
    return head->random_access || head->discontinuity ? ADAPTATION_FLAGS_LEN : 0;
}

static size_t packet_length(const struct ts_pes_head *head, size_t payload_len)
{
    return PES_AFTER_LENGTH + stamps_len(head) + payload_len;
}

size_t ts_pes_packets(const struct ts_pes_head *head, size_t payload_len)
{
    if (packet_length(head, payload_len) > TS_PES_LEN_MAX && head->stream_id != TS_STREAM_ID_VIDEO)
        return 0;
    size_t len = PES_FIXED_LEN + stamps_len(head) + payload_len;
    size_t first = PACKET_ROOM - adaptation_len(head);
    return len <= first ? 1 : 1 + (len - first + PACKET_ROOM - 1) / PACKET_ROOM;
}

/* Write the header of a packet, and an adaptation field of at least `adaptation` bytes; it is longer if the payload does not fill
 * the packet. */
static void open_packet(struct ts_pes *pes, unsigned start_indicator, size_t adaptation)
{
    uint8_t *b = pes->end;
    size_t   room = PACKET_ROOM - adaptation;
    if (pes->left < room) {
        adaptation += room - pes->left;
        room = pes->left;
    }
    b[0] = TS_SYNC_BYTE;
    b[1] = (uint8_t)(start_indicator | pes->pid >> 8);
    b[2] = (uint8_t)pes->pid;
    b[3] = (uint8_t)((adaptation ? 0x30 : 0x10) | (*pes->cc & 0x0F));
    *pes->cc = (*pes->cc + 1) & 0x0F;
    if (adaptation)
        b[TS_HEADER_LEN] = (uint8_t)(adaptation - 1);
    if (adaptation >= ADAPTATION_FLAGS_LEN) {
        b[TS_HEADER_LEN + 1] = 0;
        memset(b + TS_HEADER_LEN + 2, 0xFF, adaptation - ADAPTATION_FLAGS_LEN);
    }
    pes->p = b + TS_HEADER_LEN + adaptation;
    pes->end = b + TS_PACKET_LEN;
    pes->left -= room;
}

static void open_first_packet(struct ts_pes *pes, const struct ts_pes_head *head)
{
    uint8_t *field = pes->end + TS_HEADER_LEN;
    open_packet(pes, 0x40, adaptation_len(head));
    if (head->discontinuity)
        field[1] |= ADAPTATION_DISCONTINUITY;
    if (head->random_access)
        field[1] |= ADAPTATION_RANDOM_ACCESS;
    if (head->pcr) {
        field[1] |= ADAPTATION_PCR;
        ts_pcr_write(field + 2, head->dts_90k - TS_PCR_LAG_90K);
    }
}

static void put_header(struct ts_pes *pes, const struct ts_pes_head *head, size_t payload_len)
{
    uint8_t   bytes[PES_FIXED_LEN + 2 * TS_STAMP_LEN];
    size_t    length = packet_length(head, payload_len);
    struct wr w = wr_over(bytes, sizeof bytes);
    wr_u24(&w, 1); /* packet_start_code_prefix */
    wr_u8(&w, head->stream_id);
    wr_u16(&w, (uint16_t)(length > TS_PES_LEN_MAX ? 0 : length));
    wr_u8(&w, 0x84); /* data_alignment_indicator: an access unit begins here */
    wr_u8(&w, head->dts ? 0xC0 : 0x80);
    wr_u8(&w, (uint8_t)stamps_len(head));
    ts_stamp_write(wr_room(&w, TS_STAMP_LEN), head->dts ? 3 : 2, head->pts_90k);
    if (head->dts)
        ts_stamp_write(wr_room(&w, TS_STAMP_LEN), 1, head->dts_90k);
    ts_pes_put(pes, bytes, wr_len(&w));
}

bool ts_pes_begin(struct ts_pes *pes, struct wr *w, const struct ts_pes_head *head, size_t payload_len, uint8_t *cc)
{
    uint8_t *room = wr_room(w, ts_pes_packets(head, payload_len) * TS_PACKET_LEN);
    if (!room)
        return false;
    *pes = (struct ts_pes){
        .end = room,
        .left = PES_FIXED_LEN + stamps_len(head) + payload_len,
        .pid = head->pid,
        .cc = cc,
    };
    open_first_packet(pes, head);
    put_header(pes, head, payload_len);
    pes->len = 0; /* The header is not counted. */
    return true;
}

void ts_pes_put(struct ts_pes *pes, const void *bytes, size_t n)
{
    const uint8_t *from = bytes;
    pes->len += n;
    if (!pes->end)
        return;
    while (n) {
        if (pes->p == pes->end) {
            assert(pes->left > 0);
            open_packet(pes, 0, 0);
        }
        size_t room = (size_t)(pes->end - pes->p), part = n < room ? n : room;
        memcpy(pes->p, from, part);
        pes->p += part;
        from += part;
        n -= part;
    }
}
