#include "kernel/captions.h"

#include "core/rd.h"
#include "kernel/nalu.h"
#include "kernel/nalu_form.h"

/* SEI messages that are looked at: caption data has at most 31 triples. */
enum { SEI_BYTES_MAX = 1 << 10, SEI_USER_DATA_T35 = 4 };

/* ITU-T T.35 and A/53: country, provider, user_identifier, user_data_type_code. */
enum { T35_USA = 0xB5, PROVIDER_ATSC = 0x0031, TYPE_CC_DATA = 0x03 };
#define USER_GA94 0x47413934u

/* cc_type of a triple. */
enum { CC_FIELD_1, CC_FIELD_2, CC_708_DATA, CC_708_START };

/* ---- triples ---- */

/* The channel of a pair of bytes of CEA-608. Only a control code names it: texts, padding and data services do not. */
static uint32_t channel_of(unsigned field, uint8_t first)
{
    enum { NO_PARITY = 0x7F, CODE_FIRST = 0x10, CODE_LAST = 0x1F, SECOND_CHANNEL = 0x08 };
    unsigned code = first & NO_PARITY;
    if (code < CODE_FIRST || code > CODE_LAST)
        return CAPTIONS_SILENT;
    return UINT32_C(1) << (2 * field + (code & SECOND_CHANNEL ? 1 : 0));
}

/* The service of the first block of a packet of CEA-708. */
static uint32_t service_of(uint8_t block_header)
{
    unsigned number = block_header >> 5;
    if (number == 0 || number > CAPTIONS_SERVICE_N)
        return CAPTIONS_SILENT;
    return UINT32_C(1) << (CAPTIONS_CC_N + number - 1);
}

static uint32_t services_of_cc_data(struct rd *r)
{
    enum { HAS_CC = 0x40, COUNT = 0x1F, VALID = 0x04, TYPE = 0x03 };
    unsigned flags = rd_u8(r), n = flags & COUNT;
    uint32_t services = 0;
    rd_u8(r); /* em_data */
    for (unsigned i = 0; (flags & HAS_CC) && i < n; i++) {
        unsigned head = rd_u8(r);
        uint8_t  first = rd_u8(r), second = rd_u8(r);
        if (r->bad)
            break;
        if (!(head & VALID))
            continue;
        if ((head & TYPE) <= CC_FIELD_2)
            services |= channel_of(head & TYPE, first);
        else if ((head & TYPE) == CC_708_START)
            services |= service_of(second);
    }
    return services;
}

/* ---- SEI ---- */

static uint32_t services_of_user_data(struct rd r)
{
    bool is_atsc = rd_u8(&r) == T35_USA && rd_u16(&r) == PROVIDER_ATSC && rd_u32(&r) == USER_GA94;
    return is_atsc && rd_u8(&r) == TYPE_CC_DATA && !r.bad ? services_of_cc_data(&r) : 0;
}

/* A number of any size: 255 for as often as it fits, and the rest. */
static size_t read_sum(struct rd *r)
{
    size_t  sum = 0;
    uint8_t byte;
    do {
        byte = rd_u8(r);
        sum += byte;
    } while (byte == 0xFF && !r->bad);
    return sum;
}

static uint32_t services_of_messages(struct rd r)
{
    uint32_t services = 0;
    while (r.end - r.p > 2) {
        size_t         type = read_sum(&r), len = read_sum(&r);
        const uint8_t *bytes = rd_bytes(&r, len);
        if (!bytes)
            break;
        if (type == SEI_USER_DATA_T35)
            services |= services_of_user_data((struct rd){ bytes, bytes + len, false });
    }
    return services;
}

/* The bytes of a NAL unit without emulation prevention, as many as there is room for. */
static size_t unescape(uint8_t *out, size_t cap, struct nalu nalu, size_t header_len)
{
    size_t n = 0, zeros = 0;
    for (size_t i = header_len; i < nalu.len && n < cap; i++) {
        if (zeros >= 2 && nalu.p[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = nalu.p[i] == 0 ? zeros + 1 : 0;
        out[n++] = nalu.p[i];
    }
    return n;
}

static uint32_t services_of_sei(struct nalu nalu, size_t header_len)
{
    uint8_t bytes[SEI_BYTES_MAX];
    size_t  len = unescape(bytes, sizeof bytes, nalu, header_len);
    return services_of_messages((struct rd){ bytes, bytes + len, false });
}

/* ---- pictures ---- */

static uint32_t services_of_nalu(struct nalu nalu, bool hevc, bool *is_slice)
{
    enum { AVC_HEADER = 1, HEVC_HEADER = 2 };
    *is_slice = hevc ? hevc_nalu_type(nalu) <= HEVC_NALU_VCL_LAST : avc_nalu_type(nalu) <= AVC_NALU_IDR;
    if (hevc)
        return hevc_nalu_type(nalu) == HEVC_NALU_SEI ? services_of_sei(nalu, HEVC_HEADER) : 0;
    return avc_nalu_type(nalu) == AVC_NALU_SEI ? services_of_sei(nalu, AVC_HEADER) : 0;
}

/* The messages stand before the first slice. */
uint32_t captions_of_frame(const struct frame *f)
{
    bool        hevc = f->codec == CODEC_HEVC, is_slice = false;
    uint32_t    services = 0;
    struct nalu nalu;
    if ((f->codec != CODEC_H264 && !hevc) || f->config || f->media_len == 0 || f->nalu_form == NALU_UNTOLD)
        return 0;
    const uint8_t *bytes = f->data + f->media_offset;
    struct rd      r = { bytes, bytes + f->media_len, false };
    while (!is_slice && nalu_form_next(&r, f->nalu_form, &nalu))
        services |= services_of_nalu(nalu, hevc, &is_slice);
    return services;
}

const char *captions_name(unsigned bit)
{
    static const char *const names[CAPTIONS_N] = { "CC1",      "CC2",      "CC3",      "CC4",      "SERVICE1",
                                                   "SERVICE2", "SERVICE3", "SERVICE4", "SERVICE5", "SERVICE6" };
    return names[bit];
}
