/* Codecs that some players cannot decode, or some containers cannot carry. */
#include "app/doctor/checks.h"

#include "core/attr.h"

struct codec_row {
    enum codec            codec;
    enum finding_severity severity;
    const char           *seen, *cure;
};

#define TO_H264 "Publish H.264, which everything plays, or offer a second stream in H.264 beside this one."
#define TO_AAC "Publish AAC, which everything plays."

static const struct codec_row rows[] = {
    { CODEC_HEVC, FINDING_INFO,
      "HEVC plays in Safari, and elsewhere only where the machine decodes it in hardware: Firefox before 134, many "
      "Android "
      "and Linux browsers, old Flash and RTMP players show nothing.",
      TO_H264 },
    { CODEC_AV1, FINDING_INFO,
      "AV1 plays in newer Chrome, Edge and Firefox; Safari needs a machine with a hardware decoder. MPEG-TS has no "
      "place for "
      "it, so it plays over HTTP-FLV, fMP4 and DASH, and not over HTTP-TS and HLS in TS.",
      TO_H264 },
    { CODEC_VP9, FINDING_INFO, "VP9 does not play in most HLS players, and MPEG-TS has no place for it.", TO_H264 },
    { CODEC_VP8, FINDING_WARNING, "VP8 has a place in RTMP and FLV alone: not in HLS, DASH and MPEG-TS.", TO_H264 },
    { CODEC_VP6, FINDING_WARNING, "VP6 is a codec of Flash: no browser decodes it.", TO_H264 },
    { CODEC_H263, FINDING_WARNING, "Sorenson H.263 is a codec of Flash: no browser decodes it.", TO_H264 },
    { CODEC_SCREEN, FINDING_WARNING, "Screen video is a codec of Flash: no browser decodes it.", TO_H264 },
    { CODEC_MP3, FINDING_INFO, "MP3 in fMP4 and HLS is silent in some players; most decode it.", TO_AAC },
    { CODEC_OPUS, FINDING_INFO, "Opus is silent in old RTMP and FLV players, and in Safari before 17 over HLS.",
      TO_AAC },
    { CODEC_FLAC, FINDING_INFO, "FLAC is silent in RTMP and FLV players that do not know Enhanced RTMP.", TO_AAC },
    { CODEC_AC3, FINDING_INFO, "AC-3 is silent in Chrome and Firefox.", TO_AAC },
    { CODEC_EAC3, FINDING_INFO, "E-AC-3 is silent in Chrome and Firefox.", TO_AAC },
    { CODEC_PCMA, FINDING_WARNING, "G.711 has a place in RTMP and FLV alone, and browsers do not decode it there.",
      TO_AAC },
    { CODEC_PCMU, FINDING_WARNING, "G.711 has a place in RTMP and FLV alone, and browsers do not decode it there.",
      TO_AAC },
    { CODEC_SPEEX, FINDING_WARNING, "Speex is a codec of Flash: browsers do not decode it.", TO_AAC },
    { CODEC_NELLYMOSER, FINDING_WARNING, "Nellymoser is a codec of Flash: browsers do not decode it.", TO_AAC },
    { CODEC_PCM, FINDING_WARNING, "PCM in FLV is not decoded by browsers.", TO_AAC },
    { CODEC_OTHER, FINDING_WARNING, "The codec is not known here: only RTMP and FLV pass it on.",
      "Publish H.264 and AAC." },
};

static void tell_codec(const struct facts_stream *s, const char *id, enum codec codec, struct findings *all)
{
    for (size_t i = 0; s->is_live && i < ARRAY_LEN(rows); i++) {
        if (rows[i].codec != codec)
            continue;
        struct finding *f = findings_add(all, id, rows[i].severity, FINDING_STREAM, s->name);
        finding_seen(f, "%s", rows[i].seen);
        finding_cure(f, "%s", rows[i].cure);
    }
}

void check_video_codec(const struct facts_stream *s, struct findings *all)
{
    tell_codec(s, "codec-video", s->video, all);
}

void check_audio_codec(const struct facts_stream *s, struct findings *all)
{
    tell_codec(s, "codec-audio", s->audio, all);
}

static void tell_left_out(const struct facts_stream *s, const struct facts_lane *lane, enum codec codec,
                          struct findings *all)
{
    bool            is_all = codec == s->video || codec == s->audio;
    struct finding *f =
        findings_add(all, "codec-left-out", is_all ? FINDING_ERROR : FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(f, "The segments in %s are without %s: that container cannot carry it.", lane->container,
                 codec_name(codec));
    finding_cure(f, "Publish %s, or let HLS use fMP4, which carries more codecs than TS.",
                 codec_kind(codec) == FRAME_VIDEO ? "H.264 or HEVC" : "AAC");
    finding_line(f, "hls { hls_use_fmp4 on; }");
}

void check_left_out(const struct facts_stream *s, struct findings *all)
{
    for (size_t i = 0; i < s->n_lanes; i++)
        for (int codec = 0; codec <= CODEC_OTHER; codec++)
            if (s->lanes[i].left_out & UINT32_C(1) << codec)
                tell_left_out(s, &s->lanes[i], (enum codec)codec, all);
}
