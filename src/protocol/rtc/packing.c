#include "protocol/rtc/packing.h"

#include "core/mem.h"

void packing_begin(struct rtp_payloads *out)
{
    if (out->n == out->cap) {
        struct rtp_payload *list = mem_grow(out->list, &out->cap, sizeof *list, RTP_PAYLOADS_MAX);
        if (!list) {
            out->bytes.fault = BUF_FULL;
            return;
        }
        out->list = list;
    }
    out->list[out->n++] = (struct rtp_payload){ (uint32_t)out->bytes.len, 0 };
}

void packing_add(struct rtp_payloads *out, const uint8_t *bytes, size_t len)
{
    buf_append(&out->bytes, bytes, len);
    if (!out->bytes.fault)
        out->list[out->n - 1].len = (uint16_t)(out->list[out->n - 1].len + len);
}

void packing_add_u8(struct rtp_payloads *out, uint8_t byte)
{
    packing_add(out, &byte, 1);
}

void packing_add_u16(struct rtp_payloads *out, uint16_t value)
{
    packing_add(out, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

size_t packing_pieces(size_t len, size_t most, size_t *piece)
{
    size_t n = len ? (len + most - 1) / most : 0;
    *piece = n ? (len + n - 1) / n : 0; /* all of nearly the same length */
    return n;
}
