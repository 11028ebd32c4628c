/* Key frames, GOPs, the order of pictures. */
#include "app/doctor/checks.h"

/* Players begin at a key frame, so a long GOP makes them wait, or start late. Streams have 1 to 4 s. */
enum { GOP_LONG_US = 5 * US_PER_SECOND };

/* Without a key frame for this long there is none, or the GOP is longer than any player waits. */
enum { KEYLESS_US = 5 * US_PER_SECOND };

/* A GOP that does not fit into a segment by more than this lengthens the segment. */
enum { SEGMENT_SLACK_US = US_PER_SECOND };

static double seconds(int64_t us)
{
    return (double)us / US_PER_SECOND;
}

static void tell_interval_cure(struct finding *f)
{
    finding_cure(
        f, "Set the key frame interval of the encoder to 2 s: OBS has it under Output, Streaming; x264 and ffmpeg "
           "have -g, in frames (fps x 2).");
    finding_line(f, "ffmpeg … -g 50 -keyint_min 50 …");
}

void check_key_frames(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live || s->n_pictures == 0 || s->n_keys > 0 || s->live_us < KEYLESS_US)
        return;
    struct finding *f = findings_add(all, "no-key-frame", FINDING_ERROR, FINDING_STREAM, s->name);
    finding_seen(f, "%lld pictures came in %.0f s, and none of them is a key frame: no player can begin.",
                 (long long)s->n_pictures, seconds(s->live_us));
    tell_interval_cure(f);
}

/* The GOP that is under way counts when it is longer than the last one. */
static int64_t gop_of(const struct facts_stream *s)
{
    return s->n_keys && s->key_age_us > s->gop_us ? s->key_age_us : s->gop_us;
}

void check_gop(const struct facts_stream *s, struct findings *all)
{
    int64_t gop_us = gop_of(s);
    if (!s->is_live || gop_us < GOP_LONG_US || s->n_pictures < 2)
        return;
    struct finding *f = findings_add(all, "gop-long", FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(f,
                 "%.1f s from one key frame to the next: players begin that late behind the live end, or wait as long, "
                 "and jump as far when they are slow.",
                 seconds(gop_us));
    tell_interval_cure(f);
}

void check_hls_gop(const struct facts_stream *s, struct findings *all)
{
    const struct conf_hls *hls = &s->vhost->hls;
    int64_t                gop_us = gop_of(s);
    if (!s->is_live || !hls->enabled || gop_us < hls->fragment_us + SEGMENT_SLACK_US || s->n_pictures < 2)
        return;
    struct finding *f = findings_add(all, "hls-gop", FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(
        f,
        "hls_fragment is %.1f s, and key frames come every %.1f s: segments end at key frames, so they are longer "
        "than wanted, and so is the latency.",
        seconds(hls->fragment_us), seconds(gop_us));
    tell_interval_cure(f);
}

void check_b_frames(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live || !s->is_rtc_wanted || s->n_reordered == 0)
        return;
    struct finding *f = findings_add(all, "b-frames", FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(f,
                 "%lld of %lld pictures are shown in another order than they come (B-frames), and WebRTC, which is "
                 "switched on, shows pictures as they come: they jerk back and forth.",
                 (long long)s->n_reordered, (long long)s->n_pictures);
    finding_cure(
        f, "Switch B-frames off in the encoder: x264 and ffmpeg have -bf 0 or -tune zerolatency, OBS has the profile "
           "baseline.");
    finding_line(f, "ffmpeg … -bf 0 …");
}
