#include "kernel/mp4/ac3_box.h"

#include "kernel/ac3.h"

/* What several fields share: fscod, bsid, bsmod, acmod and lfeon, of which E-AC-3 has two bits more before bsmod. */
static uint32_t shared_fields(const struct ac3_header *h, unsigned before_bsmod)
{
    uint32_t bits = (uint32_t)h->fscod << 5 | h->bsid;
    bits = bits << before_bsmod << 3 | h->bsmod;
    return bits << 4 | (uint32_t)h->acmod << 1 | h->lfeon;
}

void mp4_dac3_write(struct wr *w, const uint8_t *bytes, size_t len)
{
    struct ac3_header h;
    if (ac3_header_parse(bytes, len, &h))
        wr_u24(w, shared_fields(&h, 0) << 10 | (uint32_t)h.bit_rate_code << 5);
}

/* The dependent substreams in a frame of E-AC-3. */
struct dependents {
    unsigned n;
    uint16_t locations; /* chan_loc */
    uint32_t len;       /* bytes of all syncframes, the independent one included */
};

/* chan_loc (F.6.2.13) has nine of the sixteen locations of chanmap (E.1.3.1.8), in the opposite order. */
static uint16_t locations_of(uint16_t chanmap)
{
    enum { FIRST_BIT = 10, N = 8, LFE2_BIT = 1 };
    unsigned locations = (chanmap >> LFE2_BIT & 1u) << N;
    for (unsigned i = 0; i < N; i++)
        locations |= (chanmap >> (FIRST_BIT - i) & 1u) << i;
    return (uint16_t)locations;
}

static struct dependents dependents_of(const struct ac3_header *first, const uint8_t *bytes, size_t len)
{
    enum { N_MAX = 8 };
    struct dependents d = { .len = first->frame_len };
    struct ac3_header h;
    while (d.n < N_MAX && d.len < len && ac3_header_parse(bytes + d.len, len - d.len, &h) && h.is_dependent) {
        d.n++;
        d.locations |= locations_of(h.chanmap);
        d.len += h.frame_len;
    }
    return d;
}

size_t mp4_dec3_len(const uint8_t *bytes, size_t len)
{
    struct ac3_header h;
    if (!ac3_header_parse(bytes, len, &h))
        return 0;
    return dependents_of(&h, bytes, len).n ? 6 : 5;
}

/* kbit/s, of 13 bits */
static uint32_t data_rate(const struct ac3_header *h, uint32_t frame_len)
{
    enum { RATE_MAX = (1 << 13) - 1 };
    uint64_t kbps = (uint64_t)frame_len * 8 * h->sample_rate / h->samples / 1000;
    return kbps < RATE_MAX ? (uint32_t)kbps : RATE_MAX;
}

void mp4_dec3_write(struct wr *w, const uint8_t *bytes, size_t len)
{
    struct ac3_header h;
    if (!ac3_header_parse(bytes, len, &h))
        return;
    struct dependents d = dependents_of(&h, bytes, len);
    wr_u16(w, (uint16_t)(data_rate(&h, d.len) << 3)); /* num_ind_sub 0: one independent substream */
    wr_u16(w, (uint16_t)shared_fields(&h, 2));
    wr_u8(w, (uint8_t)(d.n << 1 | d.locations >> 8)); /* three reserved bits, num_dep_sub, the first bit of chan_loc */
    if (d.n)
        wr_u8(w, (uint8_t)d.locations);
}
