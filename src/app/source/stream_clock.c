#include "app/source/stream_clock.h"

#include "core/clock.h"
#include "kernel/flv_frame.h"

/*
 * What a step may be. Up to three times the usual one or STEP_MS is nothing special. Frames may come SLACK_MS before they
 * are due by the pace so far, or by the other track. A track of SLOW_MS a frame has no regular step: where the pace tells
 * nothing, up to LONG_MS is taken. The very first step may be FIRST_MS: slides.
 */
enum { STEP_MS = 120, SLACK_MS = 100, SLOW_MS = 200, LONG_MS = 10000, FIRST_MS = 30000 };

/* Steps back that are no break: rounding and bad interleaving. */
enum { BACK_MS = 100 };

/* Behind an outage, this much more than arrivals have been late so far, time goes on by the clock on the wall. */
enum { OUTAGE_MS = 500 };

/* Between two publishers time goes on by what has passed, within these bounds. */
enum { GAP_MIN_MS = 40, GAP_MAX_MS = 1000 };

/* Frames of a track behind a break before it is clear that the track takes no part in it. */
enum { SETTLED = 8 };

/* A track silent for this long says nothing about the present. */
enum { SILENT_US = 2 * US_PER_SECOND };

static int64_t absolute(int64_t v)
{
    return v < 0 ? -v : v;
}

/* ---- what a track is like ---- */

static int64_t largest_step(const struct clock_track *t)
{
    int64_t  largest = 0;
    unsigned n = t->n_steps < CLOCK_STEPS ? t->n_steps : CLOCK_STEPS;
    for (unsigned i = 0; i < n; i++)
        if (t->steps_ms[i] > largest)
            largest = t->steps_ms[i];
    return largest;
}

static int64_t newest_step(const struct clock_track *t)
{
    return t->n_steps ? t->steps_ms[(t->n_steps - 1) % CLOCK_STEPS] : 0;
}

static void add_step(struct clock_track *t, int64_t ms)
{
    t->steps_ms[t->n_steps % CLOCK_STEPS] = (int32_t)(ms < INT32_MAX ? ms : INT32_MAX);
    if (++t->n_steps == 2 * CLOCK_STEPS)
        t->n_steps = CLOCK_STEPS; /* the same place, and never an overflow */
}

/* The track's place; CLOCK_TRACKS: it has none. */
static unsigned find_track(const struct stream_clock *c, enum frame_kind kind, unsigned id)
{
    for (unsigned i = 0; i < c->n_tracks; i++)
        if (c->tracks[i].kind == kind && c->tracks[i].id == id)
            return i;
    return CLOCK_TRACKS;
}

static struct clock_track *find_or_add_track(struct stream_clock *c, enum frame_kind kind, unsigned id)
{
    struct clock_track *t;
    unsigned            at = find_track(c, kind, id);
    if (at < CLOCK_TRACKS)
        return &c->tracks[at];
    if (c->n_tracks < CLOCK_TRACKS) {
        t = &c->tracks[c->n_tracks++];
    } else {
        t = c->tracks;
        for (unsigned i = 1; i < CLOCK_TRACKS; i++)
            if (c->tracks[i].arrived_us < t->arrived_us)
                t = &c->tracks[i];
    }
    *t = (struct clock_track){ .kind = (uint8_t)kind, .id = (uint8_t)id };
    return t;
}

/* The track to compare with: one of the other kind before one of the same; CLOCK_TRACKS: there is none. */
static unsigned find_peer(const struct stream_clock *c, const struct clock_track *t)
{
    unsigned best = CLOCK_TRACKS;
    for (unsigned i = 0; i < c->n_tracks; i++) {
        const struct clock_track *p = &c->tracks[i];
        if (p != t && p->started && (best == CLOCK_TRACKS || (p->kind != t->kind && c->tracks[best].kind == t->kind)))
            best = i;
    }
    return best;
}

/* How far the other track has come since the last frame of this one; false when there is nothing to compare. */
static bool peer_progress(const struct stream_clock *c, const struct clock_track *t, int64_t *ms)
{
    unsigned peer = find_peer(c, t);
    if (peer == CLOCK_TRACKS || peer != t->peer)
        return false;
    *ms = c->tracks[peer].out_ms - t->peer_out_ms;
    return true;
}

/* ---- what explains a step ---- */

/* A frame under consideration: how it stands to the last one of its track if `shift_ms` is added to its time. */
struct step {
    int64_t ahead_ms;   /* of the highest time so far */
    int64_t elapsed_us; /* since that arrived */
    int64_t lead_us;    /* of its time before its arrival */
};

static struct step step_of(const struct clock_track *t, int64_t raw_ms, int64_t shift_ms, int64_t now_us)
{
    int64_t ms = raw_ms + shift_ms;
    return (struct step){ ms - t->top_ms, now_us - t->arrived_us, ms * US_PER_MS - now_us };
}

static bool is_on_pace(const struct clock_track *t, const struct step *s)
{
    return s->lead_us <= t->lead_us + SLACK_MS * US_PER_MS;
}

static bool is_forward_explained(const struct stream_clock *c, const struct clock_track *t, const struct step *s)
{
    int64_t progress_ms, largest_ms = largest_step(t);
    int64_t usual_ms = t->n_steps ? 5 * largest_ms / 2 : FIRST_MS;
    if (s->ahead_ms <= (usual_ms > STEP_MS ? usual_ms : STEP_MS) || is_on_pace(t, s))
        return true;
    if (peer_progress(c, t, &progress_ms) && s->ahead_ms <= progress_ms + SLACK_MS)
        return true;
    return largest_ms >= SLOW_MS && t->n_unpaced && s->ahead_ms <= LONG_MS;
}

/* Back: pictures whose display times are sent step back by less than the last picture stepped forward. */
static bool is_back_explained(const struct clock_track *t, const struct step *s)
{
    return -s->ahead_ms <= BACK_MS || (t->kind == FRAME_VIDEO && -s->ahead_ms < largest_step(t));
}

static bool is_explained(const struct stream_clock *c, const struct clock_track *t, const struct step *s)
{
    return s->ahead_ms < 0 ? is_back_explained(t, s) : is_forward_explained(c, t, s);
}

/* How far from what was to be expected. */
static int64_t misfit(const struct stream_clock *c, const struct clock_track *t, const struct step *s)
{
    int64_t progress_ms, best = absolute(s->ahead_ms - s->elapsed_us / US_PER_MS);
    if (t->n_steps && absolute(s->ahead_ms - newest_step(t)) < best)
        best = absolute(s->ahead_ms - newest_step(t));
    if (peer_progress(c, t, &progress_ms) && progress_ms && absolute(s->ahead_ms - progress_ms) < best)
        best = absolute(s->ahead_ms - progress_ms);
    return best;
}

/* ---- breaks ---- */

/* The step across a break: the usual one, or as far as the other track or the clock on the wall has come. */
static int64_t step_over_break(const struct stream_clock *c, const struct clock_track *t, int64_t elapsed_us)
{
    int64_t progress_ms, elapsed_ms = elapsed_us / US_PER_MS, step_ms = newest_step(t);
    if (step_ms == 0)
        step_ms = t->kind == FRAME_VIDEO ? 40 : 23;
    if (step_ms > SLOW_MS) {
        bool has_peer = peer_progress(c, t, &progress_ms) && progress_ms > 0;
        step_ms = has_peer && progress_ms < step_ms ? progress_ms : step_ms;
    }
    int64_t lead_us = (t->top_ms + step_ms) * US_PER_MS - t->arrived_us - elapsed_us;
    return lead_us < t->lag_us - OUTAGE_MS * US_PER_MS && elapsed_ms > step_ms ? elapsed_ms : step_ms;
}

static void move_to(struct clock_track *t, int64_t raw_ms, int64_t shift_ms, int64_t now_us)
{
    t->shift_ms = shift_ms;
    t->top_ms = raw_ms + shift_ms;
    t->lead_us = t->lag_us = t->top_ms * US_PER_MS - now_us;
    t->n_unpaced = 0;
}

static void begin_epoch(struct stream_clock *c, int64_t shift_ms)
{
    c->before_ms = c->shift_ms;
    c->shift_ms = shift_ms;
    for (unsigned i = 0; i < c->n_tracks; i++)
        c->tracks[i].n_since_break = 0;
}

/*
 * What is to be added to a frame's time: as to the last one of its track; as since the newest break; or as before that. The
 * newest one is preferred while the track has not settled, because a break is one of all tracks. False: a break.
 */
static bool choose_shift(struct stream_clock *c, const struct clock_track *t, int64_t raw_ms, int64_t now_us,
                         int64_t *shift_ms)
{
    int64_t     newest_ms = c->shift_ms + t->origin_ms, before_ms = c->before_ms + t->origin_ms;
    struct step own = step_of(t, raw_ms, t->shift_ms, now_us), newest = step_of(t, raw_ms, newest_ms, now_us);
    struct step before = step_of(t, raw_ms, before_ms, now_us);
    bool        is_own = is_explained(c, t, &own), is_newest = newest_ms != t->shift_ms && is_explained(c, t, &newest);
    if (is_own && is_newest && t->n_since_break < SETTLED)
        is_own = misfit(c, t, &own) < misfit(c, t, &newest);
    if (is_own) {
        *shift_ms = t->shift_ms;
        return true;
    }
    if (is_newest) {
        *shift_ms = newest_ms;
        return true;
    }
    *shift_ms = before_ms;
    return before_ms != t->shift_ms && is_explained(c, t, &before);
}

/* ---- frames ---- */

/* The unwrapped time nearest to another. */
static int64_t unwrap(int64_t near_ms, uint32_t ts_ms)
{
    return near_ms + (int32_t)(ts_ms - (uint32_t)near_ms);
}

/* The first frame of a publish: the encoder's own times, or behind those of the publisher before. */
static void start_clock(struct stream_clock *c, const struct clock_track *t, int64_t raw_ms, int64_t now_us)
{
    int64_t gap_ms = (now_us - c->newest_us) / US_PER_MS;
    gap_ms = gap_ms < GAP_MIN_MS ? GAP_MIN_MS : gap_ms > GAP_MAX_MS ? GAP_MAX_MS : gap_ms;
    int64_t shift_ms = c->has_out ? (t->has_out ? t->out_ms : c->newest_ms) + gap_ms - raw_ms : 0;
    begin_epoch(c, shift_ms);
    c->before_ms = shift_ms;
    c->started = true;
}

static void start_track(struct stream_clock *c, struct clock_track *t, uint32_t ts_ms, int64_t now_us)
{
    unsigned peer = find_peer(c, t);
    t->raw_ms = ts_ms;
    t->origin_ms = 0;
    if (peer == CLOCK_TRACKS) {
        start_clock(c, t, t->raw_ms, now_us);
    } else {
        const struct clock_track *p = &c->tracks[peer];
        t->raw_ms = unwrap(p->raw_ms, ts_ms);
        if (absolute(t->raw_ms + c->shift_ms - p->top_ms) > CLOCK_OFFSET_MAX_MS)
            t->origin_ms = p->top_ms - t->raw_ms - c->shift_ms;
    }
    t->started = true;
    t->n_steps = t->n_since_break = 0;
    t->reorder_ms = 0;
    move_to(t, t->raw_ms, c->shift_ms + t->origin_ms, now_us);
}

/* A frame that is no break: what is usual is learned from it. */
static void follow(struct clock_track *t, int64_t raw_ms, int64_t shift_ms, int64_t now_us)
{
    struct step s = step_of(t, raw_ms, shift_ms, now_us);
    if (shift_ms != t->shift_ms) {
        move_to(t, raw_ms, shift_ms, now_us);
        return;
    }
    if (s.ahead_ms > 0) {
        add_step(t, s.ahead_ms);
        t->top_ms += s.ahead_ms;
    } else if (t->kind == FRAME_VIDEO && -s.ahead_ms > t->reorder_ms) {
        t->reorder_ms = -s.ahead_ms;
    }
    if (!is_on_pace(t, &s))
        t->n_unpaced = SETTLED;
    else if (t->n_unpaced)
        t->n_unpaced--;
    t->lead_us -= s.elapsed_us / 1000; /* an encoder whose clock runs slow is followed, up to a thousandth */
    t->lag_us += s.elapsed_us / 16;
    if (s.lead_us > t->lead_us)
        t->lead_us = s.lead_us;
    if (s.lead_us < t->lag_us)
        t->lag_us = s.lead_us;
}

/* Returns by how much the encoder's time jumped; 0: it did not. */
static int64_t take(struct stream_clock *c, struct clock_track *t, int64_t raw_ms, int64_t now_us)
{
    int64_t shift_ms, was_ms = t->shift_ms;
    if (choose_shift(c, t, raw_ms, now_us, &shift_ms)) {
        if (shift_ms == c->before_ms + t->origin_ms && shift_ms != was_ms && shift_ms != c->shift_ms + t->origin_ms)
            begin_epoch(c, c->before_ms); /* the break was a glitch that is over */
        follow(t, raw_ms, shift_ms, now_us);
        return 0;
    }
    int64_t step_ms = step_over_break(c, t, now_us - t->arrived_us);
    shift_ms = t->top_ms + step_ms - raw_ms;
    begin_epoch(c, shift_ms - t->origin_ms);
    move_to(t, raw_ms, shift_ms, now_us);
    c->n_breaks++;
    return was_ms - shift_ms;
}

/* Monotonic. Reordered pictures are decoded early enough to be displayed in time. */
static int64_t dts_of(const struct clock_track *t, int64_t shown_ms, bool is_repeated)
{
    int64_t dts_ms = shown_ms - t->reorder_ms;
    if (!t->has_out || dts_ms > t->out_ms)
        return dts_ms;
    return t->reorder_ms && !is_repeated ? t->out_ms + 1 : t->out_ms;
}

void stream_clock_begin(struct stream_clock *c)
{
    c->started = false;
    for (unsigned i = 0; i < c->n_tracks; i++)
        c->tracks[i].started = false;
}

struct clock_time stream_clock_media(struct stream_clock *c, enum frame_kind kind, unsigned track, uint32_t ts_ms,
                                     int64_t now_us)
{
    struct clock_track *t = find_or_add_track(c, kind, track);
    struct clock_time   out = { 0 };
    bool                is_repeated = t->started && ts_ms == (uint32_t)t->raw_ms;
    if (!t->started) {
        start_track(c, t, ts_ms, now_us);
    } else {
        int64_t raw_ms = unwrap(t->raw_ms, ts_ms);
        out.jump_ms = take(c, t, raw_ms, now_us);
        t->raw_ms = raw_ms;
        t->n_since_break += t->n_since_break < SETTLED;
    }
    out.shown_ms = t->raw_ms + t->shift_ms;
    out.dts_ms = dts_of(t, out.shown_ms, is_repeated);
    out.own_ms = out.dts_ms - t->shift_ms;
    out.is_reordered = t->reorder_ms > 0;
    t->out_ms = out.dts_ms;
    t->has_out = c->has_out = true;
    t->arrived_us = c->newest_us = now_us;
    c->newest_ms = out.dts_ms;
    if ((t->peer = find_peer(c, t)) != CLOCK_TRACKS)
        t->peer_out_ms = c->tracks[t->peer].out_ms;
    return out;
}

struct clock_time stream_clock_header(const struct stream_clock *c, enum frame_kind kind, unsigned track,
                                      uint32_t ts_ms)
{
    unsigned at = find_track(c, kind, track);
    int64_t  ms = c->newest_ms, shift_ms = c->shift_ms;
    if (at < CLOCK_TRACKS && c->tracks[at].started) {
        ms = c->tracks[at].out_ms;
        shift_ms = c->tracks[at].shift_ms;
    } else if (!c->started) {
        ms = c->has_out ? c->newest_ms : ts_ms;
        shift_ms = ms - ts_ms;
    }
    return (struct clock_time){ .dts_ms = ms, .shown_ms = ms, .own_ms = ms - shift_ms };
}

/* Display times are kept by way of the composition time, where the frame has a place for one. */
static void stamp_reordered(struct frame *f, const struct clock_time *t)
{
    int64_t pts_us = t->shown_ms * US_PER_MS + (f->pts_us - f->dts_us);
    f->dts_us = t->dts_ms * US_PER_MS;
    f->pts_us = pts_us;
    if (!flv_frame_write_cts(f))
        f->pts_us = f->dts_us;
}

int64_t stream_clock_stamp(struct stream_clock *c, struct frame *f, uint32_t ts_ms, int64_t now_us)
{
    struct clock_time t = frame_is_header(f) ? stream_clock_header(c, f->kind, f->track, ts_ms)
                                             : stream_clock_media(c, f->kind, f->track, ts_ms, now_us);
    f->shift_us = (t.dts_ms - t.own_ms) * US_PER_MS;
    if (t.is_reordered && t.dts_ms != t.shown_ms) {
        stamp_reordered(f, &t);
    } else {
        f->pts_us += t.dts_ms * US_PER_MS - f->dts_us;
        f->dts_us = t.dts_ms * US_PER_MS;
    }
    return t.jump_ms;
}

bool stream_clock_has(const struct stream_clock *c, enum frame_kind kind)
{
    for (unsigned i = 0; i < c->n_tracks; i++)
        if (c->tracks[i].started && c->tracks[i].kind == kind)
            return true;
    return false;
}

bool stream_clock_reached(const struct stream_clock *c, enum frame_kind kind, int64_t now_us, int64_t *ms)
{
    bool found = false;
    for (unsigned i = 0; i < c->n_tracks; i++) {
        const struct clock_track *t = &c->tracks[i];
        if (!t->started || t->kind != kind || now_us - t->arrived_us > SILENT_US)
            continue;
        *ms = found && *ms < t->out_ms ? *ms : t->out_ms;
        found = true;
    }
    return found;
}
