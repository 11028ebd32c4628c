#include "app/source/seam.h"

#include <string.h>

#include "app/source/picture_gate.h"
#include "kernel/times.h"

/* ---- the log ---- */

/* The time of a frame of the log as its server sent it. */
static int64_t own_us(const struct frame *f)
{
    return f->dts_us - f->shift_us;
}

static struct seam_track *find_track(struct seam *s, const struct frame *f)
{
    for (size_t i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].kind == f->kind && s->tracks[i].id == f->track)
            return &s->tracks[i];
    return NULL;
}

/* Note a frame of before a break: its time means another thing than those after it. */
static void note_before_break(struct seam *s, int64_t us)
{
    s->break_from_us = s->has_break && s->break_from_us < us ? s->break_from_us : us;
    s->has_break = true;
}

/* Note a frame of the log; the newest one comes first. */
static void note(struct seam *s, const struct frame *f)
{
    int64_t                  us = own_us(f);
    const struct seam_track *t = find_track(s, f);
    if (t && t->shift_us != f->shift_us) {
        note_before_break(s, us);
        return;
    }
    if (s->n_tracks == 0) {
        s->newest_us = s->oldest_us = us;
        s->newest_arrived_us = f->arrived_us;
    }
    s->has_pictures |= is_picture(f);
    s->oldest_us = us < s->oldest_us ? us : s->oldest_us;
    s->newest_us = us > s->newest_us ? us : s->newest_us;
    if (!t && s->n_tracks < CLOCK_TRACKS)
        s->tracks[s->n_tracks++] =
            (struct seam_track){ .kind = f->kind, .id = f->track, .newest_us = us, .shift_us = f->shift_us };
}

void seam_begin(struct seam *s, const struct ring *log)
{
    *s = (struct seam){ .state = SEAM_WAITS };
    delay_init(&s->kept);
    for (uint64_t seq = log->head; seq > log->tail; seq--) {
        const struct frame *f = ring_at(log, seq - 1);
        if (!frame_is_header(f))
            note(s, f);
    }
}

void seam_end(struct seam *s)
{
    struct arrival    a;
    enum delay_begins begins;
    while (s->state != SEAM_NONE && delay_get(&s->kept, &a, &begins))
        frame_unref(&a.frame);
    *s = (struct seam){ 0 };
}

/* ---- the place ---- */

static int64_t absolute(int64_t us)
{
    return us < 0 ? -us : us;
}

/* The time of an arrival as its server sent it, unwrapped near another time. */
static int64_t time_near(const struct arrival *a, int64_t near_us)
{
    int64_t near_ms = ms_from_us(near_us);
    return a->in_ms ? (near_ms + (int32_t)((uint32_t)a->own_time - (uint32_t)near_ms)) * US_PER_MS : a->own_time;
}

/* The same near that of the log. */
static int64_t time_of(const struct seam *s, const struct arrival *a)
{
    return time_near(a, s->newest_us);
}

static bool is_same(const struct frame *a, const struct frame *b)
{
    return a->kind == b->kind && a->track == b->track && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Look for the frame in the log. The number of equal ones; *add_us is what is missing to the time of one, the nearest to 0. */
static int find(struct seam *s, const struct ring *log, const struct frame *f, int64_t us, int64_t *add_us)
{
    const struct seam_track *t = find_track(s, f);
    int                      n = 0;
    for (uint64_t seq = log->head; t && seq > log->tail; seq--) {
        const struct frame *was = ring_at(log, seq - 1);
        if (was->shift_us != t->shift_us ||
            !is_same(was, f)) /* Before a break of the clock times mean another thing. */
            continue;
        int64_t off_us = own_us(was) - us;
        if (n++ == 0 || absolute(off_us) < absolute(*add_us))
            *add_us = off_us;
    }
    return n;
}

static bool is_rounding(int64_t us)
{
    return absolute(us) <= SEAM_ROUNDING_US;
}

/* True for a frame of before a break that is in the log: one of it has its bytes and its time. */
static bool is_in_log_before_break(struct seam *s, const struct ring *log, const struct arrival *a)
{
    const struct seam_track *t = find_track(s, a->frame);
    for (uint64_t seq = log->head; t && seq > log->tail; seq--) {
        const struct frame *was = ring_at(log, seq - 1);
        if (was->shift_us != t->shift_us && is_same(was, a->frame) &&
            is_rounding(own_us(was) - time_near(a, own_us(was))))
            return true;
    }
    return false;
}

/* True for a frame of before a break that is older than the log. Times that also fit behind the break are those of behind it. */
static bool is_older_than_log(const struct seam *s, const struct arrival *a)
{
    int64_t older_us = s->break_from_us - time_near(a, s->break_from_us), us = time_of(s, a);
    return older_us > SEAM_ROUNDING_US && older_us <= SEAM_LAG_MAX_US &&
           (us < s->oldest_us || us > s->newest_us + SEAM_LAG_MAX_US);
}

static bool is_before_break(struct seam *s, const struct ring *log, const struct arrival *a)
{
    return s->has_break && (is_older_than_log(s, a) || is_in_log_before_break(s, log, a));
}

/* True if the log ends before that time. */
static bool is_beyond(struct seam *s, const struct frame *f, int64_t us)
{
    const struct seam_track *t = find_track(s, f);
    return !t || us > t->newest_us + SEAM_ROUNDING_US;
}

/* A place that was found is none if a frame that belongs into the log is not there. */
static void prove(struct seam *s, const struct ring *log, const struct frame *f, int64_t us)
{
    int64_t off_us = 0;
    if (s->has_place && !is_beyond(s, f, us + s->add_us) &&
        !(find(s, log, f, us + s->add_us, &off_us) && is_rounding(off_us)))
        s->has_place = s->is_exact = false;
}

static void find_place(struct seam *s, const struct ring *log, const struct frame *f, int64_t us)
{
    int64_t off_us = 0;
    int     n = find(s, log, f, us, &off_us);
    bool    is_exact = n > 0 && is_rounding(off_us);
    if (!is_exact && (s->has_place || n != 1 || !f->key))
        return;
    s->has_place = true;
    s->is_exact = is_exact;
    s->add_us = off_us;
}

/* ---- the verdict ---- */

static enum seam_verdict go_on(struct seam *s)
{
    s->state = SEAM_FOUND;
    return SEAM_GOES_ON;
}

enum seam_verdict seam_give_up(struct seam *s)
{
    return s->has_place ? go_on(s) : SEAM_APART;
}

/* True if as much time has passed in the stream as on the clock since the last frame of the log. */
static bool is_same_clock(const struct seam *s, int64_t us, int64_t now_us)
{
    return !s->begins_at_0 && absolute((us - s->newest_us) - (now_us - s->newest_arrived_us)) <= SEAM_DRIFT_US;
}

static bool is_behind(const struct seam *s, int64_t us)
{
    return !s->begins_at_0 && us < s->oldest_us && s->oldest_us - us <= SEAM_LAG_MAX_US;
}

bool seam_is_overdue(const struct seam *s, int64_t now_us)
{
    return s->state == SEAM_WAITS && s->since_us && now_us - s->since_us >= SEAM_PATIENCE_US;
}

static bool has_patience(const struct seam *s, int64_t now_us)
{
    return !seam_is_overdue(s, now_us) && s->kept.n < SEAM_FRAMES_MAX && s->kept.bytes < SEAM_BYTES_MAX;
}

/* True if the frame decides nothing yet: what comes may prove the place, or be a better one. */
static bool is_open(struct seam *s, const struct frame *f, int64_t us)
{
    if (!s->has_place)
        return s->begins_at_0 || is_behind(s, us);
    return !is_beyond(s, f, us + s->add_us) || (!s->is_exact && is_behind(s, us));
}

/* Sound or picture comes. Servers without `atc` let times begin at 0 for each player: they tell nothing of where the server is. */
static void begin_wait(struct seam *s, const struct arrival *a, int64_t now_us)
{
    int64_t us = a->in_ms ? a->own_time * US_PER_MS : a->own_time;
    s->since_us = now_us;
    s->begins_at_0 = us >= 0 && us <= SEAM_ZERO_US;
}

enum seam_verdict seam_look(struct seam *s, const struct ring *log, const struct arrival *a, int64_t now_us,
                            bool is_absolute)
{
    const struct frame *f = a->frame;
    int64_t             us = time_of(s, a);
    if (!frame_is_header(f) && !s->since_us)
        begin_wait(s, a, now_us);
    if (frame_is_header(f) || (s->has_pictures && !is_picture(f)))
        return has_patience(s, now_us) ? SEAM_KEEP : seam_give_up(s);
    if (!s->has_place && is_before_break(s, log, a))
        return has_patience(s, now_us) ? SEAM_KEEP : seam_give_up(s);
    prove(s, log, f, us);
    if (!s->is_exact)
        find_place(s, log, f, us);
    if (!s->has_place && us > s->newest_us && (is_absolute || is_same_clock(s, us, now_us))) {
        s->waits_for_key = true;
        return go_on(s);
    }
    return is_open(s, f, us) && has_patience(s, now_us) ? SEAM_KEEP : seam_give_up(s);
}

/* ---- what follows it ---- */

static bool has_passed(const struct seam *s)
{
    for (size_t i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].is_passed)
            return true;
    return false;
}

static bool is_needed(struct seam *s, const struct frame *f, int64_t us)
{
    struct seam_track *t = find_track(s, f);
    if (frame_is_header(f))
        return f->kind != FRAME_SCRIPT || f->config || has_passed(s) || us > s->newest_us;
    if (t && !t->is_passed && !is_beyond(s, f, us))
        return false;
    if (t)
        t->is_passed = true;
    if (is_picture(f) && f->key)
        s->waits_for_key = false;
    return !is_picture(f) || !s->waits_for_key;
}

/* True while frames may come that were before a break of the log. */
static bool may_be_before_break(struct seam *s, const struct arrival *a)
{
    const struct seam_track *t = s->has_break && !frame_is_header(a->frame) ? find_track(s, a->frame) : NULL;
    return t && !t->is_passed;
}

bool seam_passes(struct seam *s, const struct ring *log, struct arrival *a)
{
    if (may_be_before_break(s, a) && is_before_break(s, log, a))
        return false;
    if (a->in_ms)
        a->own_time = (uint32_t)(a->own_time + ms_from_us(s->add_us));
    else
        a->own_time += s->add_us;
    return is_needed(s, a->frame, time_of(s, a));
}
