/* Sound and picture: one is missing, or they move apart. */
#include "app/doctor/checks.h"

/* The other kind may come later than the first one. */
enum { OTHER_KIND_US = 4 * US_PER_SECOND };

/* People notice sound that is late by 0.1 s; measuring over the network is less exact than that. */
enum { DRIFT_US = 400 * US_PER_MS };

/* Differences that do not grow with time are no drift, but jitter of the network. */
enum { DRIFT_SHARE = 500 };

static double seconds(int64_t us)
{
    return (double)us / US_PER_SECOND;
}

void check_no_video(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live || s->video != CODEC_NONE || s->audio == CODEC_NONE || s->live_us < OTHER_KIND_US)
        return;
    struct finding *f =
        findings_add(all, "no-video", s->video_told ? FINDING_ERROR : FINDING_INFO, FINDING_STREAM, s->name);
    finding_seen(f, "Sound comes, and no picture has come for %.0f s.%s", seconds(s->live_us),
                 s->video_told ? " The metadata of the encoder announces video." : "");
    finding_cure(
        f, "Look at the video input of the encoder: camera, capture, and whether video is part of its output. A radio "
           "is right as it is.");
}

void check_no_audio(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live || s->audio != CODEC_NONE || s->video == CODEC_NONE || s->live_us < OTHER_KIND_US)
        return;
    struct finding *f =
        findings_add(all, "no-audio", s->audio_told ? FINDING_ERROR : FINDING_INFO, FINDING_STREAM, s->name);
    finding_seen(f, "Pictures come, and no sound has come for %.0f s.%s", seconds(s->live_us),
                 s->audio_told ? " The metadata of the encoder announces audio." : "");
    finding_cure(
        f,
        "Look at the audio input of the encoder: microphone, mixer, and whether audio is part of its output. A camera "
        "without sound is right as it is.");
}

void check_drift(const struct facts_stream *s, struct findings *all)
{
    int64_t apart_us = s->drift_us < 0 ? -s->drift_us : s->drift_us;
    if (!s->is_live || !s->has_drift || apart_us < DRIFT_US || apart_us < s->drift_over_us / DRIFT_SHARE)
        return;
    struct finding *f = findings_add(all, "clock-drift", FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(f,
                 "The time of the sound has moved %.2f s %s that of the picture in %.0f s: lips and voice come apart.",
                 seconds(apart_us), s->drift_us > 0 ? "ahead of" : "behind", seconds(s->drift_over_us));
    finding_cure(
        f, "The encoder uses two clocks. Let it correct the sound by its timestamps (ffmpeg: -af aresample=async=1), "
           "or use the sound of the same device as the picture.");
    finding_line(f, "ffmpeg … -af aresample=async=1 …");
}
