#include "app/doctor/gather.h"

#include <string.h>

#include "app/doctor/nearest.h"
#include "app/hooks/outbox.h"
#include "app/http/live_mount.h"
#include "app/segment/show.h"
#include "app/server/server.h"
#include "app/source/source.h"
#include "core/mem.h"
#include "core/str.h"

enum { DAY_S = 24 * 3600 };

void gather_server(const struct server *s, int64_t n_fds, int64_t max_fds, struct facts_server *out)
{
    const struct reload_result    *r = &s->reloaded;
    const struct hook_outbox_state callbacks = hook_outbox_state();
    *out = (struct facts_server){
        .conf = s->conf,
        .has_reload_failed = r->code != E_SUCCESS,
        .is_bind_failure = r->code == E_SOCKET_BIND || r->code == E_SOCKET_LISTEN,
        .reload_text = r->text,
        .n_connections = s->connections.count,
        .n_refused = s->registry.n_refused,
        .n_fds = n_fds,
        .max_fds = max_fds,
        .held_bytes = (int64_t)mem_held(),
        .limit_bytes = (int64_t)mem_limit(),
        .cpu = s->host.self_cpu,
        .n_backends_failing = callbacks.n_failing,
        .n_callbacks = callbacks.n,
        .n_callbacks_lost = callbacks.n_lost,
    };
    if (s->conf->rtc_server.enabled)
        out->candidate = s->conf->rtc_server.candidate;
}

void gather_pair(const struct tls_pair_state *p, int64_t now, int64_t wall_now, struct facts_pair *out)
{
    *out = (struct facts_pair){
        .key = p->key,
        .cert = p->cert,
        .is_usable = p->is_usable,
        .days_left = (p->wall_expiry_s - wall_now / US_PER_SECOND) / DAY_S,
        .why = p->why,
        .missed = p->missed[0] && now - p->missed_us < GATHER_RECENT_US ? p->missed : "",
    };
    if (p->is_usable && p->wall_expiry_s < wall_now / US_PER_SECOND)
        out->days_left = out->days_left ? out->days_left : -1;
}

static void gather_lanes(const struct source *s, struct facts_stream *out)
{
    const struct show *show = show_find(s->vhost, s->app, s->stream);
    if (!show)
        return;
    for (const struct list *it = show->plans.next; it != &show->plans; it = it->next) {
        const struct plan *plan = LIST_ENTRY(it, const struct plan, link);
        for (size_t i = 0; i < plan->n_lanes && out->n_lanes < FACTS_LANES_MAX; i++)
            out->lanes[out->n_lanes++] = (struct facts_lane){
                .container = plan->lanes[i]->kind->name,
                .left_out = plan->lanes[i]->left_out,
                .n_lost_files = show_lost_files(show, plan->lanes[i]),
            };
    }
}

/* Time since the publisher's last frame; -1: none has come. Frames of a delayed stream are late in its pulse. */
static int64_t silence_us(const struct source *s, int64_t now_us)
{
    int64_t arrived_us = delay_is_in_use(&s->delay) ? s->delay.at_us : s->pulse.arrived_us;
    if (source_is_live(s) && !s->publisher)
        return 0; /* What it left behind is played out, or something stands in for it. */
    if (arrived_us > now_us)
        return 0; /* A delay counts arrivals by the pace of the frames' own times. */
    return arrived_us ? now_us - arrived_us : -1;
}

static void gather_pulse(const struct source *s, int64_t now_us, struct facts_stream *out)
{
    const struct pulse *p = &s->pulse;
    out->n_pictures = p->n_pictures;
    out->n_reordered = p->n_reordered;
    out->n_keys = p->n_keys;
    out->gop_us = p->gop_us;
    out->key_age_us = p->n_keys ? now_us - p->key_arrived_us : 0;
    out->silence_us = silence_us(s, now_us);
    out->has_speed = pulse_speed(p, &out->speed, &out->speed_over_us);
    out->has_drift = pulse_drift(p, &out->drift_us, &out->drift_over_us);
    out->n_gaps = p->n_gaps;
    out->gaps_us = p->gaps_us;
    out->longest_gap_us = p->longest_gap_us;
    out->gap_age_us = now_us - p->gap_ended_us;
    out->n_breaks = s->clock.n_breaks - p->n_breaks_then;
    out->break_age_us = now_us - p->broke_us;
}

void gather_stream(const struct server *server, const struct source *s, int64_t now_us, struct facts_stream *out)
{
    *out = (struct facts_stream){
        .name = s->identity,
        .vhost = s->vhost,
        .is_live = source_is_live(s),
        .live_us = source_is_live(s) ? now_us - s->published_at_us : 0,
        .n_players = s->n_readers,
        .video = s->video.codec,
        .audio = s->audio.codec,
        .video_told = s->video_told,
        .audio_told = s->audio_told,
        .fps = s->fps,
        .kbps = s->traffic.in.sample.kbps,
        .kbps_30s = s->traffic.in.window_30s.kbps,
        .n_skipped = s->n_jumps,
        .skip_age_us = now_us - s->jumped_us,
        .is_rtc_wanted = server->conf->rtc_server.enabled,
    };
    gather_pulse(s, now_us, out);
    gather_lanes(s, out);
}

void gather_nearest(const struct server *server, const struct source *s, struct facts_stream *out)
{
    out->near_name = nearest_stream(server, s->vhost->name, s->app, s->stream, &out->near_is_other_vhost);
}

/* A path names a stream and the form of it by its ending. */
static bool is_published(const struct server *server, const struct conf_vhost *vhost, const struct refusal *r)
{
    char  stream[REFUSAL_NAME_CAP];
    char *dot = NULL;
    str_copy(stream, sizeof stream, r->stream);
    if (r->code == E_HTTP_HANDLER_MATCH_URL && (dot = strrchr(stream, '.')))
        *dot = '\0';
    const struct source *s = source_find(&server->sources, vhost, r->app, stream);
    return s && source_is_live(s);
}

/* True if a stream of this path is, or would be, live over HTTP: then its player's session tells what is wrong. */
static bool is_live_path(const struct conf_vhost *vhost, const struct refusal *r)
{
    char             path[2 * REFUSAL_NAME_CAP + 2];
    struct str       out = str_over(path, sizeof path);
    struct live_path parts;
    if (!vhost || !vhost->http_remux.enabled || str_ends_with(r->stream, ".m3u8") || str_ends_with(r->stream, ".mpd"))
        return false; /* A mount matches paths of any ending. */
    str_printf(&out, "/%s%s%s", r->app, *r->app ? "/" : "", r->stream);
    return live_mount_match(vhost->http_remux.mount, vhost->name, r->host, path, &parts);
}

bool gather_refusal(const struct server *server, const struct refusal *r, int64_t now_us, struct facts_refusal *out)
{
    const struct conf_vhost *vhost = conf_find_vhost(server->conf, r->host);
    struct str               name = str_over(out->name, sizeof out->name);
    bool                     other;
    if (now_us - r->newest_us > GATHER_RECENT_US)
        return false;
    out->refusal = r;
    out->age_us = now_us - r->newest_us;
    out->near_name = NULL;
    out->vhost = vhost;
    out->is_published = vhost && is_published(server, vhost, r);
    str_printf(&name, "%s/%s/%s", vhost && vhost->enabled ? vhost->name : r->host, r->app, r->stream);
    if (r->code == E_SOCKET_TIMEOUT && !r->at_door)
        return !out->is_published;
    if (r->code == E_SYSTEM_STREAM_BUSY)
        return out->is_published;
    if (r->code == E_HTTP_HANDLER_MATCH_URL)
        return !is_live_path(vhost, r);
    if (r->code == E_CROSS_SITE)
        return !server->conf->http_server.crossdomain;
    if (r->code == E_RTMP_VHOST_NOT_FOUND) {
        out->near_name = nearest_vhost(server->conf, r->host);
        return !vhost || !vhost->enabled;
    }
    if (r->code == E_RTMP_STREAM_NOT_FOUND) {
        if (out->is_published)
            return false;
        out->near_name = nearest_stream(server, vhost ? vhost->name : r->host, r->app, r->stream, &other);
    }
    return true;
}
