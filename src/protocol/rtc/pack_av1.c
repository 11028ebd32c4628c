/* AV1: OBUs without their sizes, as elements of packets, cut where a packet ends. RTP Payload Format For AV1 1.0, 4. */
#include "kernel/av1.h"
#include "protocol/rtc/packing.h"
#include "protocol/rtc/rtp.h"

/* 4.4: bits of the aggregation header. W, the number of elements, stays 0: then each has its length. */
enum { CONTINUES = 0x80, IS_CONTINUED = 0x40, NEW_SEQUENCE = 0x08 };

/* 5: a sender leaves these out. AV1 Bitstream & Decoding Process 6.2.2 has the types. */
enum { TILE_LIST = 8, PADDING = 15 };

/* A length has one byte up to here; a packet is shorter than what two bytes tell. */
enum { SHORT_LEN_MAX = 127 };

/* A packet with less room than this for the next element is closed. */
enum { ROOM_MIN = 8 };

struct elements {
    struct rtp_payloads *out;
    bool                 is_open;
};

static size_t room(const struct elements *e)
{
    return e->is_open ? RTP_PAYLOAD_MAX - e->out->list[e->out->n - 1].len : 0;
}

static void open_packet(struct elements *e, int bits)
{
    packing_begin(e->out);
    packing_add_u8(e->out, (uint8_t)bits);
    e->is_open = !e->out->bytes.fault;
}

static void mark_continued(struct elements *e)
{
    e->out->bytes.bytes[e->out->list[e->out->n - 1].at] |= IS_CONTINUED;
    e->is_open = false;
}

static void add_len(struct elements *e, size_t len)
{
    if (len > SHORT_LEN_MAX)
        packing_add_u8(e->out, (uint8_t)(0x80 | (len & 0x7f)));
    packing_add_u8(e->out, (uint8_t)(len > SHORT_LEN_MAX ? len >> 7 : len));
}

/* Add an OBU; its first byte is its header, which is not among the payload's bytes. */
static void add_obu(struct elements *e, const struct av1_obu *obu)
{
    size_t done = 0, len = 1 + obu->len;
    while (done < len && !e->out->bytes.fault) {
        if (room(e) < ROOM_MIN)
            open_packet(e, done ? CONTINUES : 0);
        size_t most = room(e) - 2, part = len - done < most ? len - done : most;
        add_len(e, part);
        if (done == 0)
            packing_add_u8(e->out, (uint8_t)(obu->type << 3));
        packing_add(e->out, obu->payload + (done ? done - 1 : 0), part - (done == 0));
        done += part;
        if (done < len && !e->out->bytes.fault)
            mark_continued(e);
    }
}

static bool has_own_sequence(struct rd obus)
{
    struct av1_obu obu;
    while (av1_next_obu(&obus, &obu))
        if (obu.type == AV1_OBU_SEQUENCE_HEADER)
            return true;
    return false;
}

/* Add the OBUs of a temporal unit, or of a configuration. */
static bool add_obus(struct elements *e, struct rd obus)
{
    struct av1_obu obu;
    while (av1_next_obu(&obus, &obu))
        if (obu.type != AV1_OBU_TEMPORAL_DELIMITER && obu.type != TILE_LIST && obu.type != PADDING)
            add_obu(e, &obu);
    return !obus.bad;
}

bool pack_av1(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out)
{
    struct elements   e = { .out = out };
    struct av1_config c;
    struct rd         obus = rd_over(f->data + f->media_offset, f->media_len);
    bool              is_config_needed = f->key && p->config && !has_own_sequence(obus);
    if (is_config_needed && av1_config_parse(p->config->data + p->config->media_offset, p->config->media_len, &c))
        add_obus(&e, c.obus);
    bool is_whole = add_obus(&e, obus);
    if (f->key && out->n > 0 && !out->bytes.fault)
        out->bytes.bytes[out->list[0].at] |= NEW_SEQUENCE;
    return is_whole;
}
