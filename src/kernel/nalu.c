#include "kernel/nalu.h"

#include <string.h>

bool nalu_next_avcc(struct rd *avcc, unsigned length_size, struct nalu *nalu)
{
    if (length_size < 1 || length_size > 4)
        avcc->bad = true;
    while (!avcc->bad && rd_left(avcc)) { /* each turn consumes a length */
        const uint8_t *b = rd_bytes(avcc, length_size);
        size_t         len = 0;
        for (unsigned i = 0; b && i < length_size; i++)
            len = len << 8 | b[i];
        const uint8_t *p = rd_bytes(avcc, len);
        if (p && len) {
            *nalu = (struct nalu){ p, len };
            return true;
        }
    }
    return false;
}

/* Find the first 00 00 01 in p..end, or `end`. */
static const uint8_t *find_start_code(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 3) {
        const uint8_t *one = memchr(p + 2, 1, (size_t)(end - p - 2));
        if (!one)
            break;
        if (one[-1] == 0 && one[-2] == 0)
            return one - 2;
        p = one - 1; /* The next search starts after this byte. */
    }
    return end;
}

bool nalu_next_annexb(struct rd *annexb, struct nalu *nalu)
{
    while (!annexb->bad) { /* each turn consumes a start code, or ends */
        const uint8_t *code = find_start_code(annexb->p, annexb->end);
        if (code == annexb->end) {
            annexb->p = annexb->end;
            return false;
        }
        const uint8_t *p = code + 3;
        const uint8_t *end = find_start_code(p, annexb->end);
        annexb->p = end;
        while (end > p && end[-1] == 0) /* trailing_zero_8bits, and the zero_byte of the next code */
            end--;
        if (end > p) {
            *nalu = (struct nalu){ p, (size_t)(end - p) };
            return true;
        }
    }
    return false;
}

bool nalu_is_avcc(const uint8_t *bytes, size_t len, unsigned length_size)
{
    struct rd   r = rd_over(bytes, len);
    struct nalu nalu;
    bool        any = false;
    while (nalu_next_avcc(&r, length_size, &nalu))
        any = true;
    return any && !r.bad;
}

bool nalu_begins_with_start_code(const uint8_t *bytes, size_t len)
{
    size_t zeros = 0;
    while (zeros < len && bytes[zeros] == 0)
        zeros++;
    return zeros >= 2 && zeros < len && bytes[zeros] == 1;
}

size_t nalu_annexb_to_avcc_len(const uint8_t *annexb, size_t len, unsigned length_size)
{
    struct rd   r = rd_over(annexb, len);
    struct nalu nalu;
    size_t      sum = 0;
    while (nalu_next_annexb(&r, &nalu))
        sum += length_size + nalu.len;
    return sum;
}

void nalu_annexb_to_avcc(struct wr *avcc, const uint8_t *annexb, size_t len, unsigned length_size)
{
    struct rd   r = rd_over(annexb, len);
    struct nalu nalu;
    while (nalu_next_annexb(&r, &nalu)) {
        avcc->full |= (uint64_t)nalu.len >> 8 * length_size > 0;
        for (unsigned i = length_size; i > 0; i--)
            wr_u8(avcc, (uint8_t)(nalu.len >> 8 * (i - 1)));
        wr_bytes(avcc, nalu.p, nalu.len);
    }
}
