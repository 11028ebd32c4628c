#include "app/rtc/wish.h"

#include "app/sound/other.h"
#include "app/source/source.h"
#include "core/attr.h"
#include "core/ident.h"
#include "kernel/avc.h"
#include "protocol/rtc/pack.h"

/* H.264 first: every protocol and every player has it. */
static const enum codec pictures[] = { CODEC_H264, CODEC_HEVC, CODEC_AV1, CODEC_VP9, CODEC_VP8 };
static const enum codec sounds[] = { CODEC_OPUS, CODEC_PCMA, CODEC_PCMU };

static size_t copy_codecs(enum codec to[static RTC_CODECS_MAX], const enum codec *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
    return n;
}

/* profile-level-id of the stream's configuration (RFC 6184 8.1); 0: not known. */
static uint32_t h264_profile(const struct source *s)
{
    const struct frame *config = headers_find(&s->headers, FRAME_VIDEO, s->video_track);
    struct avc_config   c;
    if (!config || config->codec != CODEC_H264 ||
        !avc_config_parse(config->data + config->media_offset, config->media_len, &c))
        return 0;
    return (uint32_t)c.profile_idc << 16 | (uint32_t)c.constraints << 8 | c.level_idc;
}

void rtc_wish_to_send(struct sdp_wish *w, const struct source *s)
{
    enum codec video = source_codec(s, FRAME_VIDEO), audio = source_codec(s, FRAME_AUDIO);
    w->n_video =
        rtp_packs(video) ? copy_codecs(w->video, &video, 1) : copy_codecs(w->video, pictures, ARRAY_LEN(pictures));
    w->h264_profile = h264_profile(s);
    if (rtp_packs(audio))
        w->n_audio = copy_codecs(w->audio, &audio, 1);
    else if (audio == CODEC_NONE || (s->vhost->rtc.enabled && s->vhost->rtc.rtmp_to_rtc) || other_sound_is_brought(s))
        w->n_audio = copy_codecs(w->audio, sounds, audio == CODEC_NONE ? ARRAY_LEN(sounds) : 1);
    else
        w->n_audio = 0;
}

void rtc_wish_to_take(struct sdp_wish *w)
{
    w->n_video = copy_codecs(w->video, pictures, ARRAY_LEN(pictures));
    w->n_audio = copy_codecs(w->audio, sounds, ARRAY_LEN(sounds));
}

void rtc_wish_name_sources(struct sdp_wish *w)
{
    uint32_t first;
    random_bytes(&first, sizeof first);
    w->ssrc_audio = first | 1; /* not 0, and no two alike */
    w->ssrc_audio_rtx = w->ssrc_audio + 1;
    w->ssrc_video = w->ssrc_audio + 2;
    w->ssrc_video_rtx = w->ssrc_audio + 3;
}
