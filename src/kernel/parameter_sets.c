#include "kernel/parameter_sets.h"

/* 14496-15 5.3.3.1: the length of a set in an AVC record has two bytes. */
enum { SET_LENGTH_SIZE = 2 };

static const uint8_t hevc_order[] = { HEVC_NALU_VPS, HEVC_NALU_SPS, HEVC_NALU_PPS, HEVC_NALU_SEI };

bool parameter_sets_open(struct parameter_sets *s, const struct frame *config)
{
    const uint8_t *record = config->data + config->media_offset;
    *s = (struct parameter_sets){ .codec = config->codec };
    if (s->codec == CODEC_H264 && avc_config_parse(record, config->media_len, &s->avc))
        s->length_size = s->avc.length_size;
    if (s->codec == CODEC_HEVC && hevc_config_parse(record, config->media_len, &s->hevc)) {
        s->length_size = s->hevc.length_size;
        s->walk = hevc_config_open(&s->hevc);
    }
    return s->length_size > 0;
}

static bool next_of_hevc(struct parameter_sets *s, struct nalu *nalu)
{
    while (s->n_types < sizeof hevc_order) {
        while (hevc_config_next(&s->walk, nalu))
            if (hevc_nalu_type(*nalu) == hevc_order[s->n_types])
                return true;
        s->n_types++;
        s->walk = hevc_config_open(&s->hevc);
    }
    return false;
}

bool parameter_sets_next(struct parameter_sets *s, struct nalu *nalu)
{
    if (s->codec == CODEC_HEVC)
        return next_of_hevc(s, nalu);
    return nalu_next_avcc(&s->avc.sps, SET_LENGTH_SIZE, nalu) || nalu_next_avcc(&s->avc.pps, SET_LENGTH_SIZE, nalu);
}
