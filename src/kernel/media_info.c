#include "kernel/media_info.h"

#include "kernel/aac.h"
#include "kernel/ac3.h"
#include "kernel/av1.h"
#include "kernel/avc.h"
#include "kernel/flac.h"
#include "kernel/hevc.h"
#include "kernel/mp3.h"
#include "kernel/opus.h"
#include "kernel/vp9.h"

static const char other[] = "Other";

/* ---- video ---- */

static bool avc_info(const uint8_t *bytes, size_t len, bool parse_sps, struct video_info *info)
{
    struct avc_config config;
    struct avc_sps    sps;
    struct nalu       nalu;
    if (!avc_config_parse(bytes, len, &config))
        return false;
    info->profile = avc_profile_name(config.profile_idc, config.constraints);
    info->level = avc_level_name(config.profile_idc, config.constraints, config.level_idc);
    if (!parse_sps)
        return true;
    if (!nalu_next_avcc(&config.sps, 2, &nalu) || !avc_sps_parse(nalu, &sps))
        return false;
    info->width = sps.width;
    info->height = sps.height;
    info->fps_num = sps.fps_num;
    info->fps_den = sps.fps_den;
    info->bit_depth = sps.bit_depth;
    return true;
}

static bool hevc_info(const uint8_t *bytes, size_t len, bool parse_sps, struct video_info *info)
{
    struct hevc_config config;
    struct hevc_sps    sps;
    struct nalu        nalu;
    if (!hevc_config_parse(bytes, len, &config))
        return false;
    info->profile = hevc_profile_name(config.profile_idc, config.compatibility);
    info->level = hevc_level_name(config.level_idc);
    info->bit_depth = config.bit_depth;
    if (config.fps_256) {
        info->fps_num = config.fps_256;
        info->fps_den = 256;
    }
    if (!parse_sps)
        return true;
    if (hevc_config_find(&config, HEVC_NALU_VPS, &nalu))
        hevc_vps_fps(nalu, &info->fps_num, &info->fps_den);
    if (!hevc_config_find(&config, HEVC_NALU_SPS, &nalu) || !hevc_sps_parse(nalu, &sps))
        return false;
    info->width = sps.width;
    info->height = sps.height;
    info->bit_depth = sps.bit_depth;
    if (sps.fps_num) {
        info->fps_num = sps.fps_num;
        info->fps_den = sps.fps_den;
    }
    return true;
}

static bool av1_info(const uint8_t *bytes, size_t len, bool parse_sps, struct video_info *info)
{
    struct av1_config   config;
    struct av1_sequence sequence;
    if (!av1_config_parse(bytes, len, &config))
        return false;
    info->profile = av1_profile_name(config.profile);
    info->level = av1_level_name(config.level_idx);
    info->bit_depth = config.bit_depth;
    if (!parse_sps || rd_left(&config.obus) == 0) /* the sequence header may come with the frames alone */
        return true;
    if (!av1_sequence_parse(config.obus, &sequence))
        return false;
    info->width = sequence.width;
    info->height = sequence.height;
    info->fps_num = sequence.fps_num;
    info->fps_den = sequence.fps_den;
    return true;
}

static bool vp9_info(const uint8_t *bytes, size_t len, bool parse_sps, struct video_info *info)
{
    struct vp9_config config;
    (void)parse_sps;
    if (!vp9_config_parse(bytes, len, &config))
        return false;
    info->profile = vp9_profile_name(config.profile);
    info->level = vp9_level_name(config.level);
    info->bit_depth = config.bit_depth;
    return true;
}

/* The reader of each codec's configuration. Codecs without a row have no configuration. */
static bool (*const video_table[])(const uint8_t *, size_t, bool, struct video_info *) = {
    [CODEC_H264] = avc_info, [CODEC_HEVC] = hevc_info, [CODEC_AV1] = av1_info,
    [CODEC_VP8] = vp9_info,  [CODEC_VP9] = vp9_info,
};

bool media_info_video(const struct frame *config, bool parse_sps, struct video_info *info)
{
    *info = (struct video_info){ .codec = (enum codec)config->codec, .profile = other, .level = other };
    if (config->kind != FRAME_VIDEO)
        return false;
    if (config->codec >= ARRAY_LEN(video_table) || !video_table[config->codec])
        return true;
    return config->config &&
           video_table[config->codec](config->data + config->media_offset, config->media_len, parse_sps, info);
}

/* ---- audio ---- */

static bool aac_info(const uint8_t *bytes, size_t len, struct audio_info *info)
{
    struct aac_config config;
    if (!aac_config_parse(bytes, len, &config))
        return false;
    info->profile = aac_profile_name(&config);
    info->sample_rate = config.sample_rate;
    info->channels = config.channels;
    return true;
}

static bool opus_info(const uint8_t *bytes, size_t len, struct audio_info *info)
{
    struct opus_head head;
    info->sample_rate = OPUS_RATE;
    if (len == 0) { /* Enhanced RTMP: mono or stereo by default */
        info->channels = 2;
        return true;
    }
    if (!opus_head_parse(bytes, len, &head))
        return false;
    info->channels = head.channels;
    return true;
}

static bool flac_info(const uint8_t *bytes, size_t len, struct audio_info *info)
{
    struct flac_info flac;
    if (!flac_info_parse(bytes, len, &flac))
        return false;
    info->sample_rate = flac.sample_rate;
    info->channels = flac.channels;
    return true;
}

static bool mp3_info(const uint8_t *bytes, size_t len, struct audio_info *info)
{
    struct mp3_header header;
    if (!mp3_header_parse(bytes, len, &header))
        return false;
    info->sample_rate = header.sample_rate;
    info->channels = header.channels;
    return true;
}

static bool ac3_info(const uint8_t *bytes, size_t len, struct audio_info *info)
{
    struct ac3_header header;
    if (!ac3_header_parse(bytes, len, &header))
        return false;
    info->sample_rate = header.sample_rate;
    info->channels = header.channels;
    return true;
}

struct audio_row {
    bool needs_config;
    bool (*read)(const uint8_t *, size_t, struct audio_info *);
};

/* The reader of each codec's configuration or frames. For codecs without a row, only the classic FLV header is used. */
static const struct audio_row audio_table[] = {
    [CODEC_AAC] = { true, aac_info },  [CODEC_OPUS] = { true, opus_info }, [CODEC_FLAC] = { true, flac_info },
    [CODEC_MP3] = { false, mp3_info }, [CODEC_AC3] = { false, ac3_info },  [CODEC_EAC3] = { false, ac3_info },
};

bool media_info_audio(const struct frame *frame, struct audio_info *info)
{
    *info = (struct audio_info){ .codec = (enum codec)frame->codec, .profile = other };
    if (frame->kind != FRAME_AUDIO)
        return false;
    info->sample_rate = frame->sample_rate;
    info->channels = frame->channels;
    const struct audio_row *row = frame->codec < ARRAY_LEN(audio_table) ? &audio_table[frame->codec] : NULL;
    if (!row || !row->read)
        return frame->sample_rate != 0;
    if (row->needs_config && !frame->config)
        return false;
    return row->read(frame->data + frame->media_offset, frame->media_len, info);
}

void media_info_size_of_key(const struct frame *key, struct video_info *info)
{
    const uint8_t      *media = key->data + key->media_offset;
    struct av1_sequence sequence;
    uint32_t            width, height;
    if (key->codec == CODEC_AV1 && av1_sequence_parse(rd_over(media, key->media_len), &sequence)) {
        info->width = sequence.width;
        info->height = sequence.height;
    }
    if (key->codec == CODEC_VP9 && vp9_key_frame_size(media, key->media_len, &width, &height)) {
        info->width = width;
        info->height = height;
    }
}
