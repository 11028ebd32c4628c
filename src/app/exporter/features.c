/* Metrics of the protocols, and of features that have counters of their own. */
#include "app/dvr/catalogue.h"
#include "app/dvr/counts.h"
#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "app/forward/forwards.h"
#include "app/hls/viewers.h"
#include "app/hooks/call.h"
#include "app/hooks/outbox.h"
#include "app/relay/pulls.h"
#include "app/rtc/report.h"
#include "app/snapshot/shots.h"
#include "app/sound/converter.h"

/* ---- protocols ---- */

static int64_t publishers_of(const struct protocol_stat *p)
{
    return p->n_publishers;
}

static int64_t players_of(const struct protocol_stat *p)
{
    return p->n_players;
}

static int64_t received_of(const struct protocol_stat *p)
{
    return p->bytes_in;
}

static int64_t sent_of(const struct protocol_stat *p)
{
    return p->bytes_out;
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    int64_t (*value)(const struct protocol_stat *p);
} protocol_families[] = {
    { MW_GAUGE, "srs_publishers", "Clients that publish, by protocol.", publishers_of },
    { MW_GAUGE, "srs_players", "Clients that play, by protocol.", players_of },
    { MW_COUNTER, "srs_protocol_receive_bytes_total", "Bytes received from clients, by protocol.", received_of },
    { MW_COUNTER, "srs_protocol_send_bytes_total", "Bytes sent to clients, by protocol.", sent_of },
};

static void put_protocols(struct mw *m, const struct registry *r)
{
    for (size_t f = 0; f < ARRAY_LEN(protocol_families); f++) {
        mw_family(m, protocol_families[f].type, protocol_families[f].name, protocol_families[f].help);
        for (int p = 0; p < STAT_PROTOCOLS; p++) {
            mw_begin(m, NULL);
            mw_label(m, "protocol", protocol_stat_name((enum stat_protocol)p));
            mw_int(m, protocol_families[f].value(&r->by_protocol[p]));
        }
    }
}

/* ---- callbacks ---- */

static void put_calls(struct mw *m, enum hook_event event, const char *result, int64_t n)
{
    mw_begin(m, NULL);
    mw_label(m, "event", hook_event_name(event));
    mw_label(m, "result", result);
    mw_int(m, n);
}

static void put_hooks(struct mw *m)
{
    struct hook_outbox_state outbox = hook_outbox_state();
    struct histogram         took = { 0 };
    mw_family(m, MW_COUNTER, "srs_hook_calls_total", "Calls of callbacks; failed: there was no answer.");
    for (int i = 0; i < HOOK_EVENTS; i++) {
        const struct hook_counts *n = hook_counts((enum hook_event)i);
        histogram_add(&took, &n->took);
        if (i == HOOK_HLS_NOTIFY)
            continue;
        put_calls(m, (enum hook_event)i, "accepted", n->n_accepted);
        put_calls(m, (enum hook_event)i, "refused", n->n_refused);
        put_calls(m, (enum hook_event)i, "failed", n->n_failed);
    }
    mw_family(m, MW_HISTOGRAM, "srs_hook_seconds", "Time until callbacks were answered.");
    mw_histogram(m, NULL, &took);
    mw_one(m, MW_GAUGE, "srs_hook_waiting", "Notices in memory that wait for their backend.", (int64_t)outbox.n);
    mw_one(m, MW_GAUGE, "srs_hook_waiting_bytes", "Bytes of those notices.", (int64_t)outbox.bytes);
    mw_one(m, MW_COUNTER, "srs_hook_lost_total", "Notices that were dropped.", (int64_t)outbox.n_lost);
    mw_one(m, MW_GAUGE, "srs_hook_failing_backends", "Backends that do not answer.", (int64_t)outbox.n_failing);
}

/* ---- forward and relay ---- */

static void put_labelled(struct mw *m, const char *label, const char *value, int64_t n)
{
    mw_begin(m, NULL);
    mw_label(m, label, value);
    mw_int(m, n);
}

static void put_forwards(struct mw *m)
{
    struct forward_counts n = forwards_count();
    mw_family(m, MW_GAUGE, "srs_forward_targets", "Servers to which streams are pushed.");
    put_labelled(m, "state", "connecting", n.connecting);
    put_labelled(m, "state", "pushing", n.pushing);
    put_labelled(m, "state", "waiting", n.waiting);
    mw_one(m, MW_COUNTER, "srs_forward_bytes_total", "Bytes that were pushed to other servers.", n.bytes);
    mw_one(m, MW_COUNTER, "srs_forward_failures_total", "Pushes that have failed and are tried again.", n.failures);
}

static void put_relays(struct mw *m)
{
    struct pull_counts n = pulls_count();
    mw_family(m, MW_GAUGE, "srs_relay_pulls", "Streams that are to be pulled from other servers.");
    put_labelled(m, "state", "idle", n.idle);
    put_labelled(m, "state", "connecting", n.connecting);
    put_labelled(m, "state", "pulling", n.pulling);
    put_labelled(m, "state", "waiting", n.waiting);
    mw_one(m, MW_COUNTER, "srs_relay_bytes_total", "Bytes that were pulled from other servers.", n.bytes);
    mw_one(m, MW_COUNTER, "srs_relay_failures_total", "Pulls that have failed or ended and are tried again.",
           n.failures);
}

/* ---- recording ---- */

static void put_removed(struct mw *m)
{
    static const char *const by[] = {
        [DVR_BY_AGE] = "age", [DVR_BY_SIZE] = "size", [DVR_BY_ROOM] = "disk", [DVR_BY_API] = "api"
    };
    mw_family(m, MW_COUNTER, "srs_dvr_removed_files_total", "Recordings that were removed, by reason.");
    for (int i = 0; i < DVR_REMOVERS; i++)
        put_labelled(m, "reason", by[i], dvr_counts_removed((enum dvr_removed_by)i).n_files);
    mw_family(m, MW_COUNTER, "srs_dvr_removed_bytes_total", "Bytes of recordings that were removed, by reason.");
    for (int i = 0; i < DVR_REMOVERS; i++)
        put_labelled(m, "reason", by[i], dvr_counts_removed((enum dvr_removed_by)i).bytes);
}

static void put_dvr_gaps(struct mw *m, const struct dvr_counts *n)
{
    mw_family(m, MW_COUNTER, "srs_dvr_gaps_total", "Gaps in recordings, by reason.");
    for (int i = 0; i < GAP_REASONS; i++)
        put_labelled(m, "reason", gap_reason_name((enum gap_reason)i), n->n_gaps[i]);
    mw_family(m, MW_COUNTER, "srs_dvr_gaps_seconds_total", "Time that recordings lack, by reason.");
    for (int i = 0; i < GAP_REASONS; i++) {
        mw_begin(m, NULL);
        mw_label(m, "reason", gap_reason_name((enum gap_reason)i));
        mw_us(m, n->gaps_us[i]);
    }
}

static void put_dvr(struct mw *m)
{
    const struct dvr_counts *n = dvr_counts_of_all();
    mw_one(m, MW_GAUGE, "srs_dvr_open_files", "Files that are being recorded.", n->n_open);
    mw_one(m, MW_GAUGE, "srs_dvr_known_files", "Recordings in the list, those that are open included.",
           (int64_t)catalogue_roll()->count);
    mw_one(m, MW_COUNTER, "srs_dvr_bytes_total", "Bytes that were recorded.", n->bytes);
    mw_one(m, MW_COUNTER, "srs_dvr_files_total", "Files that were completed.", n->n_files);
    mw_one(m, MW_COUNTER, "srs_dvr_failures_total",
           "Files that could not be begun, or held nothing that can be played.", n->n_failures);
    put_dvr_gaps(m, n);
    put_removed(m);
}

/* ---- snapshots ---- */

static void put_snapshots(struct mw *m)
{
    struct shots_counts n = shots_count();
    mw_family(
        m, MW_COUNTER, "srs_snapshots_total",
        "Pictures of streams: made, failed, found among those that were kept, refused because too many are made.");
    put_labelled(m, "result", "made", n.n_made);
    put_labelled(m, "result", "failed", n.n_failed);
    put_labelled(m, "result", "found", n.n_found);
    put_labelled(m, "result", "refused", n.n_refused);
    mw_one(m, MW_GAUGE, "srs_snapshot_bytes", "Bytes of the pictures that are kept.", (int64_t)n.bytes);
}

/* ---- sound ---- */

static void put_sound(struct mw *m)
{
    struct sound_totals n = sound_converter_totals();
    mw_one(m, MW_GAUGE, "srs_sound_converters", "Tracks of sound that are converted to another codec.", n.n_converters);
    mw_family(m, MW_COUNTER, "srs_sound_frames_total",
              "Frames of sound that were taken to be converted, could not be, or were dropped because they waited for "
              "too long.");
    put_labelled(m, "result", "taken", n.n_frames);
    put_labelled(m, "result", "failed", n.n_errors);
    put_labelled(m, "result", "dropped", n.n_dropped);
}

struct err *families_of_features(struct scrape *s)
{
    struct mw *m = &s->metrics;
    put_protocols(m, &s->server->registry);
    mw_one(m, MW_GAUGE, "srs_hls_viewers_known",
           "Viewers of HLS that are remembered: those that play, are leaving, or were kicked.",
           (int64_t)hls_viewers_count());
    put_hooks(m);
    put_forwards(m);
    put_dvr(m);
    put_snapshots(m);
    put_sound(m);
    put_relays(m);
    rtc_report_put_metrics(m);
    return scrape_give_way(s);
}
