/* Players: they are too slow, or wait for what nobody publishes. */
#include "app/doctor/checks.h"

void check_slow_players(const struct facts_stream *s, struct findings *all)
{
    if (s->n_skipped == 0 || s->skip_age_us > CHECKS_RECENT_US)
        return;
    struct finding *f = findings_add(all, "players-slow", FINDING_WARNING, FINDING_STREAM, s->name);
    finding_seen(
        f,
        "Players fell behind and jumped over frames %lld times, last %.0f s ago. %zu play now, and %d kbit/s come in.",
        (long long)s->n_skipped, (double)s->skip_age_us / US_PER_SECOND, s->n_players, s->kbps_30s);
    finding_cure(
        f,
        "Their networks carry less than the stream needs: lower the bit rate, or publish a second stream with a lower "
        "one. A longer queue_length lets them wait longer before they jump.");
    finding_line(f, "play { queue_length 30; }");
}

void check_not_published(const struct facts_stream *s, struct findings *all)
{
    if (s->is_live || s->n_players == 0)
        return;
    bool            other = s->near_name && s->near_is_other_vhost;
    struct finding *f =
        findings_add(all, other ? "vhost-mismatch" : "not-published", FINDING_ERROR, FINDING_STREAM, s->name);
    if (other) {
        finding_seen(f, "%zu players wait for a stream that nobody publishes here; %s is published in another vhost.",
                     s->n_players, s->near_name);
        finding_cure(
            f, "Players and publisher must name the same vhost: by the host of the URL, or by ?vhost= behind the app.");
        return;
    }
    finding_seen(f, "%zu players wait for a stream that nobody publishes.%s%s", s->n_players,
                 s->near_name ? " Near is " : "", s->near_name ? s->near_name : "");
    finding_cure(f,
                 s->near_name
                     ? "Play the stream that is published, or publish this one: compare app and name letter by letter."
                     : "Start the publisher, or compare its URL with that of the players.");
}
