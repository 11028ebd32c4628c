#include "app/segment/plan.h"

#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "kernel/cue.h"

/*
 * Once the wall clock's time of segments is this far from the real one, it follows by at most this share of their length; frames
 * that come unevenly change nothing.
 */
enum { WALL_DEAD_US = 250 * US_PER_MS, WALL_SLEW_PARTS = 1000, WALL_STEP_US = 2 * US_PER_SECOND };

struct plan *plan_create(void *owner, const char *label, plan_tell *tell, const struct cut_policy *policy)
{
    struct plan *plan = mem_calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    *plan = (struct plan){ .owner = owner, .label = label, .tell = tell, .policy = *policy };
    list_init(&plan->link);
    return plan;
}

void plan_destroy(struct plan **pp)
{
    struct plan *plan = *pp;
    *pp = NULL;
    if (!plan)
        return;
    list_remove(&plan->link);
    timeline_leave(&plan->timeline);
    plan_drop_cues(plan);
    for (size_t i = 0; i < plan->n_lanes; i++)
        lane_destroy(&plan->lanes[i]);
    for (size_t i = 0; i < PLAN_TRACKS; i++)
        frame_unref(&plan->tracks[i].config);
    mem_free(plan);
}

/* Give a new lane the configurations of its tracks that have come already. */
static void seed(const struct plan *plan, struct lane *lane)
{
    for (size_t i = 0; i < PLAN_TRACKS && lane->track == 0; i++)
        if (plan->tracks[i].config)
            lane_take(lane, plan->tracks[i].config);
    for (size_t i = 0; i < plan->n_lanes && lane->track > 0; i++)
        if (plan->lanes[i]->track == lane->track && plan->lanes[i]->audio_config)
            lane_take(lane, plan->lanes[i]->audio_config);
}

struct lane *plan_lane(struct plan *plan, const struct lane_kind *kind, unsigned track)
{
    for (size_t i = 0; i < plan->n_lanes; i++)
        if (plan->lanes[i]->kind == kind && plan->lanes[i]->track == track) {
            plan->lanes[i]->is_idle = false;
            return plan->lanes[i];
        }
    if (plan->n_lanes == PLAN_LANES_MAX)
        return NULL;
    struct lane *lane = lane_create(kind, plan, plan->label, track);
    if (lane) {
        seed(plan, lane);
        plan->lanes[plan->n_lanes++] = lane;
    }
    return lane;
}

/* ---- the wall clock ---- */

int64_t plan_wall_us(const struct plan *plan, int64_t monotonic_us)
{
    int64_t offset_us = plan->wall_offset_us ? plan->wall_offset_us : wall_now_us() - now_us();
    return offset_us + monotonic_us;
}

/*
 * A clock that is set back does not count. One that is set forward by more than a little counts once the stream breaks: until then
 * dates go on with the media, and players that compare them with the clock of the stream find the newest segment where it is.
 */
static void follow_wall_clock(struct plan *plan)
{
    int64_t offset_us = wall_now_us() - now_us(), step_us = offset_us - plan->wall_offset_us;
    if (!plan->wall_offset_us || (step_us > 0 && (step_us < WALL_STEP_US || plan->breaks)))
        plan->wall_offset_us = offset_us;
}

static int64_t absolute(int64_t v)
{
    return v < 0 ? -v : v;
}

/* The time of a new segment: the end of the last one, drawn a little towards the real time. */
static int64_t next_wall_us(const struct plan *plan, int64_t real_us, int64_t last_long_us)
{
    int64_t ahead_us = real_us - plan->wall_end_us;
    int64_t most_us = last_long_us / WALL_SLEW_PARTS;
    if (!plan->has_begun)
        return real_us;
    if (plan->breaks)
        return ahead_us > 0 ? real_us : plan->wall_end_us;
    if (absolute(ahead_us) <= WALL_DEAD_US)
        return plan->wall_end_us;
    return plan->wall_end_us + (ahead_us > 0 ? most_us : -most_us);
}

/* Count the fragment of the wall clock that a segment is for, and draw the next cut to its end by a part of the deviation. */
static void keep_to_wall(struct plan *plan, int64_t wall_us)
{
    enum { PERCENT = 30 };
    int64_t  fragment_us = plan->policy.fragment_us, late_us = wall_us % fragment_us;
    uint64_t nearest = (uint64_t)((wall_us + fragment_us / 2) / fragment_us);
    if (late_us > fragment_us / 2)
        late_us -= fragment_us;
    plan->wall_count = nearest > plan->wall_count ? nearest : plan->wall_count + 1;
    plan->cutter.lag_us = plan->policy.keeps_to_wall ? late_us * PERCENT / 100 : 0;
}

/* ---- cues ---- */

/* A segment begins with the cues that wait for its first frame. */
static void count_waiting_cues(struct plan *plan)
{
    plan->n_segment_cues = plan->n_cues;
    plan->segment_cue_bytes = 0;
    for (size_t i = 0; i < plan->n_cues; i++)
        plan->segment_cue_bytes += plan->cues[i]->id3->len;
}

void plan_lose_cue(struct plan *plan)
{
    if (plan->n_lost_cues++ == 0)
        log_warn("segments of %s: a cue is left out, because it is malformed or too long, or there are too many; later "
                 "ones are "
                 "left out without a line",
                 plan->label);
}

void plan_take_cue(struct plan *plan, struct cue *cue)
{
    if (plan->n_cues == PLAN_CUES_MAX || plan->n_segment_cues == PLAN_SEGMENT_CUES_MAX ||
        plan->segment_cue_bytes + cue->id3->len > PLAN_SEGMENT_CUE_BYTES_MAX) {
        plan_lose_cue(plan);
        return;
    }
    plan->cues[plan->n_cues++] = cue_ref(cue);
    plan->n_segment_cues++;
    plan->segment_cue_bytes += cue->id3->len;
}

void plan_drop_cues(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_cues; i++)
        cue_unref(&plan->cues[i]);
    plan->n_cues = 0;
}

static bool has_pictures(const struct plan *plan)
{
    return plan->tracks[PLAN_PICTURES].codec != CODEC_NONE;
}

/* Of the lanes that a player takes together one carries cues: that of the pictures, or without pictures that of the first sound. */
static bool carries_cues(const struct plan *plan, const struct lane *lane)
{
    const struct lane_kind *kind = lane->kind;
    bool                    pictures = has_pictures(plan);
    if (!kind->has_cues || lane->is_idle || !lane->open || lane->track > 0)
        return false;
    return pictures ? kind->has_pictures : kind->has_sound;
}

/* Give the cues to the segment of the frame that has come. */
static void give_cues(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_cues; i++) {
        for (size_t k = 0; k < plan->n_lanes; k++)
            if (carries_cues(plan, plan->lanes[k]) && !lane_take_cue(plan->lanes[k], plan->cues[i]))
                plan_lose_cue(plan);
        if (plan->tell_cue)
            plan->tell_cue(plan, plan->cues[i]);
    }
    plan_drop_cues(plan);
}

/* ---- segments ---- */

/* Take the number that the other variants have, or will have, for the segment that begins with this frame. */
static void follow_timeline(struct plan *plan, const struct frame *f, struct timeline_place *place)
{
    *place = timeline_begin(&plan->timeline, &plan->policy, f, plan->next_number, plan->breaks || !plan->has_begun);
    plan->breaks |= place->number > plan->next_number || place->shift_us != plan->shift_us;
    plan->next_number = place->number;
    plan->shift_us = place->shift_us;
    if (!place->is_new && !plan->has_begun)
        plan->discontinuities = place->mark->discontinuities;
}

/* The segment is measured from where the others began it, so that it ends with theirs. */
static void keep_to_timeline(struct plan *plan, const struct timeline_place *place, int64_t wall_us)
{
    plan->cutter.lag_us = place->lag_us;
    if (!place->is_new)
        return;
    place->mark->wall_us = wall_us;
    place->mark->discontinuities = plan->discontinuities;
}

/* Numbers never go back: they stay past those of the cells where viewers may have such ones. */
static uint64_t number_of_cell(struct plan *plan, uint64_t cell)
{
    bool is_past = plan->has_begun && plan->next_number > cell;
    if (is_past && !plan->is_past_cells)
        log_warn("segments of %s have numbers that other servers do not give them, %llu instead of %llu: this one has "
                 "given higher ones before",
                 plan->label, (unsigned long long)plan->next_number, (unsigned long long)cell);
    plan->is_past_cells = is_past;
    return is_past ? plan->next_number : cell;
}

/* Number and times are those that the segment has on all servers. Returns its time of the wall clock. */
static int64_t follow_stream_wall(struct plan *plan, const struct frame *f)
{
    uint64_t number = number_of_cell(plan, (uint64_t)cutter_cell(&plan->cutter, &plan->policy, f));
    plan->breaks |= number > plan->next_number || plan->shift_us != plan->cutter.wall_0_us;
    plan->next_number = number;
    plan->shift_us = plan->cutter.wall_0_us;
    return f->dts_us + plan->shift_us;
}

static int64_t own_wall_us(const struct plan *plan, const struct frame *f, const struct timeline_place *place)
{
    const struct segment *last = plan->n_lanes ? lane_newest(plan->lanes[0]) : NULL;
    int64_t               real_us = place->wall_us ? place->wall_us : plan_wall_us(plan, f->arrived_us);
    return next_wall_us(plan, real_us, last ? last->duration_us : 0);
}

static void open_segment(struct plan *plan, const struct frame *f)
{
    struct timeline_place place = { 0 };
    bool                  by_wall = cutter_is_by_wall(&plan->cutter, &plan->policy);
    if (plan->timeline.of && !by_wall)
        follow_timeline(plan, f, &place);
    follow_wall_clock(plan);
    int64_t wall_us = by_wall ? follow_stream_wall(plan, f) : own_wall_us(plan, f, &place);
    plan->discontinuities += plan->breaks && plan->has_begun;
    keep_to_wall(plan, wall_us);
    if (place.mark)
        keep_to_timeline(plan, &place, wall_us);
    for (size_t i = 0; i < plan->n_lanes; i++) {
        if (plan->lanes[i]->is_idle)
            continue;
        plan->lanes[i]->shows_parts = plan->policy.shows_parts;
        struct segment *s = segment_new(plan->next_number, f->dts_us);
        if (!s) {
            plan->lanes[i]->n_lost_parts++;
            continue;
        }
        s->wall_us = wall_us;
        s->shift_us = plan->shift_us;
        s->wall_count = plan->wall_count;
        s->discontinuities = plan->discontinuities;
        s->is_discontinuous = plan->breaks && plan->has_begun;
        plan->lanes[i]->open = s;
        plan->tell(plan, SEGMENT_OPENED, plan->lanes[i], s);
    }
    plan->wall_end_us = wall_us;
    count_waiting_cues(plan);
}

/* True if the open segment is nothing that viewers play, or have seen parts of: its number is used again. */
static bool is_too_short(const struct plan *plan, int64_t long_us)
{
    bool has_shown = false;
    for (size_t i = 0; i < plan->n_lanes; i++)
        has_shown |= plan->policy.shows_parts && plan->lanes[i]->open && plan->lanes[i]->open->n_parts > 0;
    return long_us <= 0 || (long_us < PLAN_SEGMENT_MIN_US && !has_shown);
}

static void forget_open(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_lanes; i++) {
        struct lane *lane = plan->lanes[i];
        if (!lane->open)
            continue;
        plan->tell(plan, SEGMENT_FORGOTTEN, lane, lane->open);
        lane_end_part(lane, NULL, lane->open->start_us);
        segment_unref(&lane->open);
        lane_changed(lane);
    }
}

static void end_at(struct plan *plan, const struct frame *next, int64_t end_us, bool breaks)
{
    if (!plan->cutter.is_open)
        return;
    int64_t long_us = end_us - plan->cutter.segment_us;
    bool    discontinuous = plan->breaks;
    cutter_close(&plan->cutter);
    if (is_too_short(plan, long_us)) {
        forget_open(plan);
        plan->discontinuities -= discontinuous && plan->has_begun;
        plan->breaks = true;
        return;
    }
    plan->next_number++;
    plan->has_begun = true;
    plan->breaks = breaks;
    plan->wall_end_us += long_us;
    plan->end_us = end_us;
    if (long_us > plan->longest_us)
        plan->longest_us = long_us;
    for (size_t i = 0; i < plan->n_lanes; i++) {
        struct segment *was = plan->lanes[i]->open ? segment_ref(plan->lanes[i]->open) : NULL;
        struct segment *s = lane_end_segment(plan->lanes[i], next, end_us);
        if (s)
            plan->tell(plan, SEGMENT_CLOSED, plan->lanes[i], s);
        else if (was)
            plan->tell(plan, SEGMENT_FORGOTTEN, plan->lanes[i], was);
        segment_unref(&was);
    }
}

void plan_end_segment(struct plan *plan, bool breaks)
{
    end_at(plan, NULL, cutter_end_us(&plan->cutter, &plan->policy), breaks);
    plan->is_paused = true;
    plan->breaks |= breaks;
}

static void end_part(struct plan *plan, struct lane *lane, const struct frame *next)
{
    size_t had = lane->open ? lane->open->bytes : 0;
    lane_end_part(lane, next, next->dts_us);
    if (lane->open && lane->open->bytes > had)
        plan->tell(plan, SEGMENT_PART_ADDED, lane, lane->open);
}

static void end_parts(struct plan *plan, const struct frame *next)
{
    for (size_t i = 0; i < plan->n_lanes; i++)
        end_part(plan, plan->lanes[i], next);
}

static void end_due_parts(struct plan *plan, const struct frame *next)
{
    for (size_t i = 0; i < plan->n_lanes; i++)
        if (lane_is_due(plan->lanes[i]))
            end_part(plan, plan->lanes[i], next);
}

static bool is_any_full(const struct plan *plan)
{
    bool full = false;
    for (size_t i = 0; i < plan->n_lanes; i++)
        full |= lane_is_full(plan->lanes[i]);
    return full;
}

static bool is_any_segment_full(const struct plan *plan)
{
    bool full = false;
    for (size_t i = 0; i < plan->n_lanes; i++)
        full |= lane_segment_is_full(plan->lanes[i]);
    return plan->cutter.is_open && full;
}

/* True if the stream does not go on where it ended. Between two segments of one publish only its own time counts: a network holds
 * frames up, and an encoder may send faster than time runs. */
static bool is_first_after_break(const struct plan *plan, const struct frame *f)
{
    if (plan->cutter.is_open || !plan->has_begun)
        return false;
    return (plan->is_paused && absolute(plan_wall_us(plan, f->arrived_us) - plan->wall_end_us) > PLAN_WALL_BREAK_US) ||
           f->dts_us < plan->end_us - PLAN_STEP_BACK_US || f->dts_us > plan->end_us + PLAN_WALL_BREAK_US;
}

/* ---- what the decoder has to know ---- */

static bool same_payload(const struct frame *a, const struct frame *b)
{
    return a->codec == b->codec && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* True if the stream goes on with another codec or configuration, or with one more kind of media. */
static bool changes_configuration(const struct plan *plan, const struct frame *f)
{
    const struct plan_track *t = &plan->tracks[f->kind == FRAME_VIDEO ? PLAN_PICTURES : PLAN_SOUND];
    if (f->track != 0 || f->kind == FRAME_SCRIPT || f->note != NOTE_NONE)
        return false;
    if (t->codec != f->codec)
        return true;
    return f->config && (!t->config || !same_payload(t->config, f));
}

/* The same for a track of sound beside the first. One that begins changes nothing: only its own lanes have it. */
static bool changes_other_sound(const struct plan *plan, const struct frame *f)
{
    bool changes = false;
    for (size_t i = 0; i < plan->n_lanes && f->kind == FRAME_AUDIO && f->track > 0 && f->note == NOTE_NONE; i++) {
        const struct lane *lane = plan->lanes[i];
        if (lane->track == f->track && lane->sound.codec != CODEC_NONE)
            changes |= lane->sound.codec != f->codec ||
                       (f->config && lane->audio_config && !same_payload(lane->audio_config, f));
    }
    return changes;
}

/*
 * True while the very first part is being gathered. A kind of media that begins there breaks nothing: the part is packed with both.
 * Codecs without a configuration, as MP3 and AC-3, begin with a frame, which may come after the first picture.
 */
static bool is_first_part(const struct plan *plan)
{
    bool has_parts = false;
    for (size_t i = 0; i < plan->n_lanes; i++)
        has_parts |= plan->lanes[i]->open && plan->lanes[i]->open->n_parts > 0;
    return !plan->has_begun && !has_parts;
}

static void follow_configuration(struct plan *plan, struct frame *f)
{
    struct plan_track *t = &plan->tracks[f->kind == FRAME_VIDEO ? PLAN_PICTURES : PLAN_SOUND];
    if (changes_other_sound(plan, f))
        plan_end_segment(plan, true);
    if (!changes_configuration(plan, f))
        return;
    bool joins = t->codec == CODEC_NONE && is_first_part(plan);
    if ((plan->cutter.is_open || plan->has_begun) && !joins)
        plan_end_segment(plan, true);
    if (t->codec != f->codec)
        frame_unref(&t->config);
    t->codec = f->codec;
    if (!f->config)
        return;
    frame_unref(&t->config);
    t->config = frame_ref(f);
}

static bool leaves_out(const struct cut_policy *p, const struct frame *f)
{
    return (f->kind == FRAME_AUDIO && p->leaves_out_sound) || (f->kind == FRAME_VIDEO && p->leaves_out_pictures);
}

/* Sound alone has no key frames: it is cut where the pictures of the other variants are. */
static bool ends_with_others(const struct plan *plan, const struct frame *f)
{
    return plan->cutter.is_open && !plan->cutter.has_video && f->dts_us > plan->cutter.segment_us &&
           timeline_has_passed(&plan->timeline, plan->next_number, f);
}

/* What to do before a frame of sound or picture. Bounds of parts and segments are kept whatever the cutter says. */
static enum cut look(const struct plan *plan, const struct frame *f)
{
    const struct cut_policy *p = &plan->policy;
    enum cut                 cut = cutter_look(&plan->cutter, p, f);
    bool ends = cutter_is_by_wall(&plan->cutter, p) ? cutter_begins_cell(&plan->cutter, p, f, has_pictures(plan))
                                                    : ends_with_others(plan, f);
    if (cut < CUT_SEGMENT && (ends || is_any_segment_full(plan)))
        return CUT_SEGMENT;
    return cut == CUT_NONE && is_any_full(plan) ? CUT_PART : cut;
}

/* By the stream's wall clock, a segment begins where it does on all servers; what comes before that is left out. */
static bool waits_for_cell(const struct plan *plan, const struct frame *f)
{
    return cutter_is_by_wall(&plan->cutter, &plan->policy) &&
           !cutter_begins_cell(&plan->cutter, &plan->policy, f, has_pictures(plan));
}

static void take_media(struct plan *plan, struct frame *f)
{
    enum cut cut = look(plan, f);
    if (cut == CUT_PART)
        end_parts(plan, f);
    else if (cut == CUT_SEGMENT)
        end_at(plan, f, f->dts_us, false);
    else if (cut == CUT_BREAK)
        plan_end_segment(plan, true);
    else
        end_due_parts(plan, f);
    plan->breaks |= is_first_after_break(plan, f);
    bool opens = !plan->cutter.is_open, waits = opens && waits_for_cell(plan, f);
    cutter_note_cell(&plan->cutter, &plan->policy, f, has_pictures(plan));
    if (waits)
        return;
    cutter_take(&plan->cutter, &plan->policy, f, cut);
    if (opens)
        open_segment(plan, f);
    give_cues(plan);
    plan->is_paused = false;
}

void plan_take(struct plan *plan, struct frame *f)
{
    if (leaves_out(&plan->policy, f))
        return;
    follow_configuration(plan, f);
    if (!frame_is_header(f))
        take_media(plan, f);
    else if (plan->cutter.is_open && is_any_full(plan))
        end_parts(plan, f);
    for (size_t i = 0; i < plan->n_lanes; i++)
        lane_take(plan->lanes[i], f);
}
