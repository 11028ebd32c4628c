#include "app/source/stream_clock.h"

#include "app/source/clock_start.h"
#include "core/clock.h"
#include "kernel/flv_frame.h"
#include "kernel/times.h"

/*
 * Bounds of a step that needs no explanation. A step of up to three times the usual one, or of STEP_US, is ordinary. Frames may
 * come SLACK_US before they are due by the pace so far or by the other track. A track with SLOW_US or more between its frames has
 * no regular step: where the pace tells nothing, up to LONG_US is accepted. The first step may be FIRST_US, as with slides.
 */
enum {
    STEP_US = 120 * US_PER_MS,
    SLACK_US = 100 * US_PER_MS,
    SLOW_US = 200 * US_PER_MS,
    LONG_US = 10 * US_PER_SECOND,
    FIRST_US = 30 * US_PER_SECOND,
};

/* Longest step back that is no break: rounding and bad interleaving. */
enum { BACK_US = 100 * US_PER_MS };

/* A frame that comes this much later than any before it ends an outage. Time then continues by its arrival. */
enum { OUTAGE_US = 500 * US_PER_MS };

/* Composition times beyond this are not believed. */
enum { CTS_MAX_US = US_PER_SECOND };

/* Frames of a track after a break until it is certain that the break does not concern it. */
enum { SETTLED = 8 };

/* A track that has been silent for this long is not used for comparison. */
enum { SILENT_US = 2 * US_PER_SECOND };

static int64_t absolute(int64_t v)
{
    return v < 0 ? -v : v;
}

/* ---- tracks ---- */

/* The index of the track; CLOCK_TRACKS if it has none. */
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

/* The index of the track to compare with, preferably one of the other kind; CLOCK_TRACKS if there is no other. */
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

/* The progress of the other track since the last frame of this one; false if there is nothing to compare. */
static bool peer_progress(const struct stream_clock *c, const struct clock_track *t, int64_t *us)
{
    unsigned peer = find_peer(c, t);
    if (peer == CLOCK_TRACKS || peer != t->peer)
        return false;
    *us = c->tracks[peer].out_us - t->peer_out_us;
    return true;
}

/* ---- what explains a step ---- */

/* The step from the last frame of a track to the present one, if `shift_us` is added to the time of that. */
struct step {
    int64_t ahead_us;   /* time beyond the highest one before it */
    int64_t elapsed_us; /* time since the last frame arrived */
    int64_t lead_us;    /* lead of the frame's time over its arrival */
};

static struct step step_of(const struct clock_track *t, int64_t raw_us, int64_t shift_us, int64_t now_us)
{
    int64_t us = raw_us + shift_us;
    return (struct step){ us - t->top_us, now_us - t->arrived_us, us - now_us };
}

static bool is_on_pace(const struct clock_track *t, const struct step *s)
{
    return s->lead_us <= t->lead_us + SLACK_US;
}

static bool is_forward_explained(const struct stream_clock *c, const struct clock_track *t, const struct step *s)
{
    int64_t progress_us, largest_us = clock_track_largest_step(t);
    int64_t usual_us = t->n_steps ? 5 * largest_us / 2 : FIRST_US;
    if (s->ahead_us <= (usual_us > STEP_US ? usual_us : STEP_US) || is_on_pace(t, s))
        return true;
    if (peer_progress(c, t, &progress_us) && s->ahead_us <= progress_us + SLACK_US)
        return true;
    return largest_us >= SLOW_US && t->n_unpaced && s->ahead_us <= LONG_US;
}

/* True for a step back that is no break. Pictures sent with display times step back by less than the longest step forward. */
static bool is_back_explained(const struct clock_track *t, const struct step *s)
{
    return -s->ahead_us <= BACK_US || (t->kind == FRAME_VIDEO && -s->ahead_us < clock_track_largest_step(t));
}

static bool is_explained(const struct stream_clock *c, const struct clock_track *t, const struct step *s)
{
    return s->ahead_us < 0 ? is_back_explained(t, s) : is_forward_explained(c, t, s);
}

/* The distance of a step from the expected one. */
static int64_t misfit(const struct stream_clock *c, const struct clock_track *t, const struct step *s)
{
    int64_t progress_us, best = absolute(s->ahead_us - s->elapsed_us);
    if (t->n_steps && absolute(s->ahead_us - clock_track_newest_step(t)) < best)
        best = absolute(s->ahead_us - clock_track_newest_step(t));
    if (peer_progress(c, t, &progress_us) && progress_us && absolute(s->ahead_us - progress_us) < best)
        best = absolute(s->ahead_us - progress_us);
    return best;
}

/* ---- breaks ---- */

/* The step of time across a break: the usual step, or the progress of the other track or of the clock. */
static int64_t step_over_break(const struct stream_clock *c, const struct clock_track *t, int64_t elapsed_us)
{
    int64_t progress_us, step_us = clock_track_newest_step(t);
    if (step_us == 0)
        step_us = (t->kind == FRAME_VIDEO ? 40 : 23) * US_PER_MS;
    if (step_us > SLOW_US) {
        bool has_peer = peer_progress(c, t, &progress_us) && progress_us > 0;
        step_us = has_peer && progress_us < step_us ? progress_us : step_us;
    }
    int64_t lead_us = t->top_us + step_us - t->arrived_us - elapsed_us;
    bool    is_outage = lead_us < t->lag_us - OUTAGE_US && elapsed_us > step_us;
    return is_outage ? ms_from_us(elapsed_us) * US_PER_MS : step_us;
}

static void move_to(struct clock_track *t, int64_t raw_us, int64_t shift_us, int64_t now_us)
{
    t->shift_us = shift_us;
    t->top_us = raw_us + shift_us;
    t->lead_us = t->lag_us = t->top_us - now_us;
    t->n_unpaced = 0;
}

/*
 * Choose the shift of a frame: that of the last frame of its track, that since the newest break, or the one before it. The shift
 * of the newest break is preferred while the track has not settled, because a break concerns all tracks. False: a new break.
 */
static bool choose_shift(struct stream_clock *c, const struct clock_track *t, int64_t raw_us, int64_t now_us,
                         int64_t *shift_us)
{
    int64_t     newest_us = c->shift_us + t->origin_us, before_us = c->before_us + t->origin_us;
    struct step own = step_of(t, raw_us, t->shift_us, now_us), newest = step_of(t, raw_us, newest_us, now_us);
    struct step before = step_of(t, raw_us, before_us, now_us);
    bool        is_own = is_explained(c, t, &own), is_newest = newest_us != t->shift_us && is_explained(c, t, &newest);
    if (is_own && is_newest && t->n_since_break < SETTLED)
        is_own = misfit(c, t, &own) < misfit(c, t, &newest);
    if (is_own) {
        *shift_us = t->shift_us;
        return true;
    }
    if (is_newest) {
        *shift_us = newest_us;
        return true;
    }
    *shift_us = before_us;
    return before_us != t->shift_us && is_explained(c, t, &before);
}

/* ---- frames ---- */

static void start_track(struct stream_clock *c, struct clock_track *t, int64_t raw_us, int64_t cts_us, int64_t now_us)
{
    unsigned peer = find_peer(c, t);
    t->raw_us = raw_us;
    t->origin_us = 0;
    if (peer == CLOCK_TRACKS) {
        clock_start(c, t, raw_us + cts_us, now_us);
    } else {
        int64_t apart_us = c->tracks[peer].top_us - raw_us - c->shift_us;
        if (absolute(apart_us) > CLOCK_OFFSET_MAX_US)
            t->origin_us = clock_whole_ms(apart_us);
        clock_start_meet(c, t, raw_us + cts_us + t->origin_us);
    }
    t->started = t->meets = true;
    t->n_steps = t->n_since_break = 0;
    t->reorder_us = 0;
    move_to(t, t->raw_us, c->shift_us + t->origin_us, now_us);
}

/* Learn the usual steps and leads of a track from a frame that is no break. */
static void follow(struct clock_track *t, int64_t raw_us, int64_t shift_us, int64_t now_us)
{
    struct step s = step_of(t, raw_us, shift_us, now_us);
    if (shift_us != t->shift_us) {
        move_to(t, raw_us, shift_us, now_us);
        return;
    }
    if (s.ahead_us > 0) {
        clock_track_add_step(t, s.ahead_us);
        t->top_us += s.ahead_us;
    } else if (t->kind == FRAME_VIDEO && -s.ahead_us > t->reorder_us) {
        t->reorder_us = -s.ahead_us;
    }
    if (!is_on_pace(t, &s))
        t->n_unpaced = SETTLED;
    else if (t->n_unpaced)
        t->n_unpaced--;
    t->lead_us -= s.elapsed_us / 1000; /* An encoder whose clock is slow by up to a thousandth is followed. */
    t->lag_us += s.elapsed_us / 16;
    if (s.lead_us > t->lead_us)
        t->lead_us = s.lead_us;
    if (s.lead_us < t->lag_us)
        t->lag_us = s.lead_us;
}

/* Set the shift of the track for a frame. Returns the jump of the encoder's time at a break; 0: no break. */
static int64_t take(struct stream_clock *c, struct clock_track *t, int64_t raw_us, int64_t now_us)
{
    int64_t shift_us, was_us = t->shift_us;
    if (choose_shift(c, t, raw_us, now_us, &shift_us)) {
        if (shift_us == c->before_us + t->origin_us && shift_us != was_us && shift_us != c->shift_us + t->origin_us)
            clock_begin_epoch(c, c->before_us); /* The break was a glitch that is over. */
        follow(t, raw_us, shift_us, now_us);
        return 0;
    }
    int64_t step_us = step_over_break(c, t, now_us - t->arrived_us);
    shift_us = clock_whole_ms(t->top_us + step_us - raw_us);
    clock_begin_epoch(c, shift_us - t->origin_us);
    move_to(t, raw_us, shift_us, now_us);
    c->n_breaks++;
    return was_us - shift_us;
}

static void follow_end(struct clock_track *t, int64_t pts_us)
{
    if (!t->has_out)
        t->end_us = t->early_end_us[0] = pts_us;
    t->early_end_us[1] = t->early_end_us[0];
    t->early_end_us[0] = t->end_us;
    if (pts_us > t->end_us)
        t->end_us = pts_us;
}

/* The decoding time, monotonic also in milliseconds. Reordered pictures are decoded early enough to be displayed in time. */
static int64_t dts_of(const struct clock_track *t, int64_t shown_us, int64_t cts_us, bool is_repeated)
{
    int64_t dts_us = shown_us - t->reorder_us;
    if (!t->has_out || dts_us > t->out_us)
        return dts_us;
    bool moves = t->reorder_us || (t->meets && t->kind == FRAME_VIDEO && shown_us + cts_us > t->out_us);
    return moves && !is_repeated ? t->out_us + US_PER_MS : t->out_us;
}

void stream_clock_begin(struct stream_clock *c)
{
    c->started = c->hurries = false;
    for (unsigned i = 0; i < c->n_tracks; i++)
        c->tracks[i].started = false;
}

void stream_clock_hurry(struct stream_clock *c)
{
    c->hurries = true;
}

int64_t stream_clock_unwrap(const struct stream_clock *c, enum frame_kind kind, unsigned track, uint32_t ts_ms)
{
    struct clock_track        unknown = { .kind = (uint8_t)kind };
    unsigned                  at = find_track(c, kind, track), peer;
    const struct clock_track *t = at < CLOCK_TRACKS ? &c->tracks[at] : &unknown;
    if (!t->started) {
        if ((peer = find_peer(c, t)) == CLOCK_TRACKS)
            return (int64_t)ts_ms * US_PER_MS;
        t = &c->tracks[peer];
    }
    int64_t near_ms = ms_from_us(t->raw_us);
    return (near_ms + (int32_t)(ts_ms - (uint32_t)near_ms)) * US_PER_MS;
}

struct clock_time stream_clock_media(struct stream_clock *c, enum frame_kind kind, unsigned track, int64_t raw_us,
                                     int64_t cts_us, int64_t now_us)
{
    struct clock_track *t = find_or_add_track(c, kind, track);
    struct clock_time   out = { 0 };
    bool                is_repeated = t->started && raw_us == t->raw_us;
    if (!t->started) {
        start_track(c, t, raw_us, cts_us, now_us);
    } else {
        out.jump_us = take(c, t, raw_us, now_us);
        t->raw_us = raw_us;
        t->n_since_break += t->n_since_break < SETTLED;
    }
    out.shown_us = t->raw_us + t->shift_us;
    t->meets &= t->has_out && out.shown_us <= t->out_us;
    out.is_late = t->meets && kind == FRAME_AUDIO;
    out.dts_us = dts_of(t, out.shown_us, cts_us, is_repeated);
    out.own_us = out.dts_us - t->shift_us;
    out.keeps_shown = t->reorder_us > 0 || (t->meets && kind == FRAME_VIDEO);
    t->out_us = out.dts_us;
    follow_end(t, out.shown_us + cts_us);
    t->has_out = c->has_out = true;
    t->arrived_us = c->newest_arrived_us = now_us;
    c->newest_us = out.dts_us;
    if ((t->peer = find_peer(c, t)) != CLOCK_TRACKS)
        t->peer_out_us = c->tracks[t->peer].out_us;
    return out;
}

struct clock_time stream_clock_header(const struct stream_clock *c, enum frame_kind kind, unsigned track,
                                      int64_t raw_us)
{
    unsigned at = find_track(c, kind, track);
    int64_t  us = c->newest_us, shift_us = c->shift_us;
    if (at < CLOCK_TRACKS && c->tracks[at].started) {
        us = c->tracks[at].out_us;
        shift_us = c->tracks[at].shift_us;
    } else if (!c->started) {
        us = c->has_out ? c->newest_us : raw_us;
        shift_us = clock_whole_ms(us - raw_us);
    }
    return (struct clock_time){ .dts_us = us, .shown_us = us, .own_us = us - shift_us };
}

/* Keep the display time of a reordered picture in its composition time, if the frame has a place for one. */
static void stamp_reordered(struct frame *f, const struct clock_time *t)
{
    int64_t pts_us = t->shown_us + (f->pts_us - f->dts_us);
    f->dts_us = t->dts_us;
    f->pts_us = pts_us;
    if (!flv_frame_write_cts(f))
        f->pts_us = f->dts_us;
}

struct clock_time stream_clock_stamp(struct stream_clock *c, struct frame *f, int64_t raw_us, int64_t now_us)
{
    int64_t           told_us = f->pts_us - f->dts_us, cts_us = absolute(told_us) <= CTS_MAX_US ? told_us : 0;
    struct clock_time t = frame_is_header(f) ? stream_clock_header(c, f->kind, f->track, raw_us)
                                             : stream_clock_media(c, f->kind, f->track, raw_us, cts_us, now_us);
    f->shift_us = t.dts_us - t.own_us;
    if (t.keeps_shown && t.dts_us != t.shown_us) {
        stamp_reordered(f, &t);
    } else {
        f->pts_us += t.dts_us - f->dts_us;
        f->dts_us = t.dts_us;
    }
    return t;
}

bool stream_clock_has(const struct stream_clock *c, enum frame_kind kind)
{
    for (unsigned i = 0; i < c->n_tracks; i++)
        if (c->tracks[i].started && c->tracks[i].kind == kind)
            return true;
    return false;
}

bool stream_clock_reached(const struct stream_clock *c, enum frame_kind kind, int64_t now_us, int64_t *us)
{
    bool found = false;
    for (unsigned i = 0; i < c->n_tracks; i++) {
        const struct clock_track *t = &c->tracks[i];
        if (!t->started || t->kind != kind || now_us - t->arrived_us > SILENT_US)
            continue;
        *us = found && *us < t->out_us ? *us : t->out_us;
        found = true;
    }
    return found;
}

bool stream_clock_shift(const struct stream_clock *c, enum frame_kind kind, int64_t *us)
{
    for (unsigned i = 0; i < c->n_tracks; i++) {
        if (c->tracks[i].started && c->tracks[i].kind == kind) {
            *us = c->tracks[i].shift_us;
            return true;
        }
    }
    return false;
}
