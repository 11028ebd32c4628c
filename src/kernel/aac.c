#include "kernel/aac.h"

#include "kernel/bits.h"

enum {
    OBJECT_ESCAPE = 31,
    OBJECT_ER_BSAC = 22,
    RATE_ESCAPE = 15,
    SYNC_SBR = 0x2b7, /* 1.6.2.1: backward compatible signalling after the GASpecificConfig */
    SYNC_PS = 0x548,
    RATE_MAX = 768000, /* Hz; more than any real rate */
};

static uint8_t read_object_type(struct bits *b)
{
    uint32_t type = bits_u(b, 5);
    return (uint8_t)(type == OBJECT_ESCAPE ? 32 + bits_u(b, 6) : type);
}

/* Table 1.18; 0 for a reserved index. */
uint32_t aac_rate(unsigned rate_index)
{
    static const uint32_t rates[] = { 96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                      22050, 16000, 12000, 11025, 8000,  7350 };
    return rate_index < ARRAY_LEN(rates) ? rates[rate_index] : 0;
}

static uint32_t read_rate(struct bits *b, uint8_t *index)
{
    *index = (uint8_t)bits_u(b, 4);
    return *index == RATE_ESCAPE ? bits_u(b, 24) : aac_rate(*index);
}

/* Table 1.19; 0 for a program_config_element or a reserved value. */
static uint8_t channels_of(unsigned channel_config)
{
    static const uint8_t channels[16] = { 0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0 };
    return channels[channel_config];
}

static unsigned read_elements(struct bits *b, unsigned n)
{
    unsigned channels = 0;
    for (unsigned i = 0; i < n; i++) {
        channels += bits_u1(b) ? 2 : 1; /* element_is_cpe */
        bits_u(b, 4);
    }
    return channels;
}

/* Read Table 4.2 up to the LFEs. Returns the number of channels. */
static uint8_t read_program_config(struct bits *b)
{
    bits_skip(b, 4 + 2 + 4); /* tag, object type, rate */
    unsigned front = bits_u(b, 4), side = bits_u(b, 4), back = bits_u(b, 4), lfe = bits_u(b, 2);
    bits_skip(b, 3 + 4); /* associated data, coupling */
    if (bits_u1(b))
        bits_skip(b, 4); /* mono mixdown */
    if (bits_u1(b))
        bits_skip(b, 4); /* stereo mixdown */
    if (bits_u1(b))
        bits_skip(b, 3); /* matrix mixdown */
    unsigned channels = read_elements(b, front + side + back) + lfe;
    bits_skip(b, 4 * lfe);
    return (uint8_t)channels;
}

/* Read Table 4.1. True if it was read to its end, so that extensions after it can be read. */
static bool read_ga(struct bits *b, struct aac_config *c)
{
    c->frame_len = bits_u1(b) ? 960 : 1024;
    if (bits_u1(b))
        bits_skip(b, 14); /* coreCoderDelay */
    bool extension = bits_u1(b);
    if (c->channel_config == 0) {
        c->channels = read_program_config(b);
        return false; /* Comment fields follow; an encoder that uses them does not signal SBR behind them. */
    }
    return !extension; /* Only error-resilient objects have an extension. */
}

/* Read SBR and PS after a core that older decoders understand (1.6.2.1). */
static void read_sync_extensions(struct bits *b, struct aac_config *c)
{
    uint8_t index;
    if (bits_left(b) < 16 || bits_u(b, 11) != SYNC_SBR || read_object_type(b) != AAC_SBR || !bits_u1(b))
        return;
    uint32_t rate = read_rate(b, &index);
    if (b->bad || rate == 0 || rate > RATE_MAX)
        return;
    c->sbr = true;
    c->sample_rate = rate;
    if (bits_left(b) >= 12 && bits_u(b, 11) == SYNC_PS)
        c->ps = bits_u1(b);
}

static bool has_ga(unsigned object_type)
{
    return object_type >= AAC_MAIN && object_type <= AAC_LTP;
}

/* Read a configuration. *plain: its object type is one of which GASpecificConfig was read. */
static bool read_config(struct bits *b, struct aac_config *config, bool *plain)
{
    uint8_t index;
    *config = (struct aac_config){ .frame_len = 1024 };
    config->object_type = read_object_type(b);
    config->core_rate = config->sample_rate = read_rate(b, &config->rate_index);
    config->channel_config = (uint8_t)bits_u(b, 4);
    config->channels = channels_of(config->channel_config);
    if (config->object_type == AAC_SBR || config->object_type == AAC_PS) { /* hierarchical signalling */
        config->sbr = true;
        config->ps = config->object_type == AAC_PS;
        config->sample_rate = read_rate(b, &index);
        config->object_type = read_object_type(b);
        if (config->object_type == OBJECT_ER_BSAC)
            bits_u(b, 4); /* extensionChannelConfiguration */
    }
    *plain = has_ga(config->object_type) && !b->bad && read_ga(b, config);
    return !b->bad && config->object_type != 0 && config->core_rate != 0 && config->core_rate <= RATE_MAX &&
           config->sample_rate != 0 && config->sample_rate <= RATE_MAX;
}

/* The channels that a player hears; false if they are not told. */
static bool settle_channels(struct aac_config *config)
{
    if (config->ps && config->channels == 1)
        config->channels = 2;
    return config->channels != 0 || !has_ga(config->object_type);
}

bool aac_config_parse(const uint8_t *bytes, size_t len, struct aac_config *config)
{
    struct bits b = bits_over(bytes, len);
    bool        plain;
    if (!read_config(&b, config, &plain))
        return false;
    if (plain && !config->sbr)
        read_sync_extensions(&b, config);
    return settle_channels(config);
}

bool aac_config_read(struct bits *b, struct aac_config *config)
{
    bool plain;
    return read_config(b, config, &plain) && plain && settle_channels(config);
}

const char *aac_profile_name(const struct aac_config *config)
{
    if (config->ps)
        return "HEv2";
    if (config->sbr)
        return "HE";
    switch (config->object_type) {
    case AAC_MAIN: return "Main";
    case AAC_LC: return "LC";
    case AAC_SSR: return "SSR";
    default: return "Other";
    }
}

/* ---- ADTS ---- */

bool aac_adts_parse_header(const uint8_t *bytes, size_t len, struct aac_adts *adts)
{
    enum { SYNCWORD = 0xFFF, CRC_LEN = 2 };
    struct bits b = bits_over(bytes, len);
    bool        ok = bits_u(&b, 12) == SYNCWORD;
    bits_u1(&b);                 /* MPEG-4 or MPEG-2 */
    ok &= bits_u(&b, 2) == 0;    /* layer */
    bool has_crc = !bits_u1(&b); /* protection_absent */
    adts->object_type = (uint8_t)(bits_u(&b, 2) + 1);
    adts->rate_index = (uint8_t)bits_u(&b, 4);
    bits_u1(&b); /* private_bit */
    adts->channel_config = (uint8_t)bits_u(&b, 3);
    bits_skip(&b, 4); /* original, home, copyright */
    adts->frame_len = bits_u(&b, 13);
    bits_skip(&b, 11); /* buffer fullness */
    bool one_block = bits_u(&b, 2) == 0;
    adts->header_len = AAC_ADTS_HEADER_LEN + (has_crc ? CRC_LEN : 0u);
    return ok && one_block && !b.bad && aac_rate(adts->rate_index) && adts->frame_len > adts->header_len;
}

bool aac_adts_parse(const uint8_t *bytes, size_t len, struct aac_adts *adts)
{
    return aac_adts_parse_header(bytes, len, adts) && adts->frame_len <= len;
}

bool aac_config_write(struct wr *w, const struct aac_adts *adts)
{
    if (adts->channel_config == 0)
        return false;
    /* GASpecificConfig: frames of 1024 samples, no core coder, no extension: three bits of 0 */
    wr_u16(w, (uint16_t)(adts->object_type << 11 | adts->rate_index << 7 | adts->channel_config << 3));
    return true;
}

bool aac_write_adts(struct wr *w, const struct aac_config *config, size_t raw_len)
{
    if (!has_ga(config->object_type) || config->rate_index == RATE_ESCAPE || config->channel_config == 0 ||
        config->channel_config > 7 || raw_len > AAC_ADTS_RAW_MAX)
        return false;
    unsigned profile = config->object_type - 1u; /* 1.A.2.2.1 */
    unsigned len = (unsigned)raw_len + AAC_ADTS_HEADER_LEN;
    unsigned fullness = 0x7FF; /* variable rate */
    wr_u16(w, 0xFFF1);         /* syncword, MPEG-4, layer 0, no CRC */
    wr_u8(w, (uint8_t)(profile << 6 | (unsigned)config->rate_index << 2 | config->channel_config >> 2));
    wr_u8(w, (uint8_t)((config->channel_config & 3u) << 6 | len >> 11));
    wr_u8(w, (uint8_t)(len >> 3));
    wr_u8(w, (uint8_t)((len & 7) << 5 | fullness >> 6));
    wr_u8(w, (uint8_t)((fullness & 0x3F) << 2)); /* one raw data block */
    return true;
}
