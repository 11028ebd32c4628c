/* The way from the encoder to here: silence, speed, gaps, jumps of its time. */
#include "app/doctor/checks.h"

/* No frame for this long: the encoder, or its network, has stopped. */
enum { SILENT_US = 3 * US_PER_SECOND };

/* Share of real time. A clock that is wrong by a hundredth is bad luck, and no cause of stalls. */
#define SLOW_BELOW 0.95
#define FAST_ABOVE 1.10

static double seconds(int64_t us)
{
    return (double)us / US_PER_SECOND;
}

static bool has_recent_gaps(const struct facts_stream *s)
{
    return s->n_gaps > 0 && s->gap_age_us < CHECKS_RECENT_US;
}

void check_silence(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live)
        return;
    int64_t silence_us = s->silence_us < 0 ? s->live_us : s->silence_us;
    if (silence_us < SILENT_US)
        return;
    struct finding *f = findings_add(all, "publisher-silent", FINDING_ERROR, FINDING_STREAM, s->name);
    finding_seen(f,
                 s->silence_us < 0 ? "The publisher connected %.1f s ago and has sent no frame yet."
                                   : "The publisher is connected and has sent no frame for %.1f s.",
                 seconds(silence_us));
    finding_cure(f,
                 "Look whether the encoder runs, and at its network. The server ends a silent publish by itself after "
                 "firstpkt_timeout or normal_timeout.");
    finding_line(f, "publish { normal_timeout %lld; }", (long long)(s->vhost->publish.normal_timeout_us / US_PER_MS));
}

/* Frames that come evenly and too slowly are made too slowly; those that come in bursts wait for the network. */
void check_speed(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live || !s->has_speed || s->silence_us > SILENT_US)
        return;
    if (s->speed > FAST_ABOVE && !has_recent_gaps(s)) {
        struct finding *f = findings_add(all, "encoder-fast", FINDING_WARNING, FINDING_STREAM, s->name);
        finding_seen(
            f,
            "In %.1f s came %.1f s of media: the encoder sends %.2f times as fast as real time, and players cannot "
            "keep up.",
            seconds(s->speed_over_us), s->speed * seconds(s->speed_over_us), s->speed);
        finding_cure(f, "Send a file at the pace of its timestamps: ffmpeg has -re before -i.");
        finding_line(f, "ffmpeg -re -i …");
        return;
    }
    if (s->speed >= SLOW_BELOW || has_recent_gaps(s))
        return;
    struct finding *f = findings_add(all, "encoder-slow", FINDING_ERROR, FINDING_STREAM, s->name);
    finding_seen(
        f,
        "In %.1f s came %.1f s of media: the encoder runs at %.2f of real time, evenly, at %.1f pictures a second. "
        "Every player runs dry again and again.",
        seconds(s->speed_over_us), s->speed * seconds(s->speed_over_us), s->speed, s->fps);
    finding_cure(
        f, "The machine of the encoder is too slow for its settings: choose a faster preset, a smaller picture, fewer "
           "pictures a second, or a hardware encoder.");
    finding_line(f, "ffmpeg … -preset veryfast …");
}

void check_gaps(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live || !has_recent_gaps(s))
        return;
    struct finding *f = findings_add(all, "uplink-starving", FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(
        f,
        "%lld gaps in which frames came late, %.1f s in all, the longest %.1f s, the last one %.0f s ago; %d kbit/s "
        "come now, %d kbit/s in the last 30 s.",
        (long long)s->n_gaps, seconds(s->gaps_us), seconds(s->longest_gap_us), seconds(s->gap_age_us), s->kbps,
        s->kbps_30s);
    finding_cure(
        f, "The network of the encoder is too slow or not steady: lower its bit rate to about two thirds of what the "
           "uplink carries, use a cable in place of wireless, and let nothing else upload. A relay of HLS sends each "
           "segment at once: give its input -re.");
}

void check_jumps(const struct facts_stream *s, struct findings *all)
{
    if (!s->is_live || s->n_breaks == 0 || s->break_age_us > CHECKS_RECENT_US)
        return;
    struct finding *f = findings_add(all, "timestamps-jump", FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(
        f,
        "The encoder's time jumped %lld times in the %.0f s of this publish. The server closes such jumps, but what "
        "was lost in them is missing.",
        (long long)s->n_breaks, seconds(s->live_us));
    finding_cure(
        f, "Let the encoder make its times anew: ffmpeg needs -fflags +genpts, or a filter in place of -c copy; do not "
           "loop a file with -stream_loop and copied times.");
    finding_line(f, "ffmpeg -fflags +genpts …");
}
