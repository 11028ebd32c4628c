#include "app/segment/cutter.h"

/* A step of more than this many usual steps may be a gap. */
enum { GAP_STEPS = 4 };

/* Parts after which the greatest length of a part is known; a stream without pictures that long is cut by its sound. */
enum { PARTS_TO_LEARN = 4, VIDEO_SILENT_PARTS = 3 };

static int64_t times(int64_t us, double ratio)
{
    return (int64_t)((double)us * ratio);
}

static bool is_gap(const struct cutter *c, const struct frame *f)
{
    int64_t step_us = f->dts_us - c->newest_us;
    return step_us > CUT_GAP_US && (!c->step_us || step_us > GAP_STEPS * c->step_us);
}

/* True if the segment that began at c->segment_us ends before `f`. */
static bool ends_segment(const struct cutter *c, const struct cut_policy *p, const struct frame *f)
{
    int64_t long_us = f->dts_us - c->segment_us + c->lag_us;
    if (long_us >= CUT_SEGMENT_RATIO_MAX * p->fragment_us)
        return true;
    if (f->kind != FRAME_VIDEO && f->dts_us <= c->part_us)
        return false; /* A picture of this time has just begun a part, which would be empty of time. */
    if (f->kind == FRAME_VIDEO)
        return (f->key || !p->wait_keyframe) && long_us >= times(p->fragment_us, p->td_ratio);
    return long_us >= times(p->fragment_us, !c->has_video && p->sound_ratio > 0 ? p->sound_ratio : p->aof_ratio);
}

static int64_t part_cap_us(const struct cutter *c, const struct cut_policy *p)
{
    return c->cap_is_learnt ? c->part_cap_us : p->part_us + CUT_PART_SLACK_US;
}

/* True while pictures are what parts are cut by. Where they are further apart than a part is long, or have ended, sound is. */
static bool is_cut_by_pictures(const struct cutter *c, const struct cut_policy *p, const struct frame *f)
{
    int64_t cap_us = part_cap_us(c, p);
    return c->has_video && c->video_step_us <= cap_us && f->dts_us - c->newest_video_us <= VIDEO_SILENT_PARTS * cap_us;
}

static bool ends_part(const struct cutter *c, const struct cut_policy *p, const struct frame *f)
{
    int64_t long_us = f->dts_us - c->part_us;
    bool    by_pictures = is_cut_by_pictures(c, p, f);
    if (long_us <= 0 || (by_pictures && f->kind != FRAME_VIDEO))
        return false;
    return long_us + (by_pictures ? c->video_step_us : c->step_us) > part_cap_us(c, p);
}

/* ---- by the wall clock ---- */

enum { CELL_QUARTERS = 4 };

static int64_t wall_us(const struct cutter *c, const struct frame *f)
{
    return c->wall_0_us + f->dts_us;
}

int64_t cutter_cell(const struct cutter *c, const struct cut_policy *p, const struct frame *f)
{
    return wall_us(c, f) / p->fragment_us;
}

/* True for a picture that begins a segment because no key frame is to be expected in its cell. */
static bool stands_in_for_key(const struct cutter *c, const struct cut_policy *p, const struct frame *f)
{
    const struct cutter_cells *cells = &c->cells;
    int64_t                    left_us = p->fragment_us - wall_us(c, f) % p->fragment_us;
    if (left_us > p->fragment_us / CELL_QUARTERS)
        return false;
    return f->dts_us - cells->key_us > p->fragment_us || (cells->has_key && f->dts_us - cells->picture_us >= left_us);
}

static bool may_begin_cell(const struct cutter *c, const struct cut_policy *p, const struct frame *f, bool has_pictures)
{
    if (f->kind == FRAME_AUDIO)
        return !has_pictures || f->dts_us - c->cells.picture_us >= p->fragment_us;
    return f->kind == FRAME_VIDEO && (f->key || !p->wait_keyframe || stands_in_for_key(c, p, f));
}

/* False where what is noted is of other cells: before a reload, or of another publish. */
static bool knows_cells(const struct cutter *c, const struct cut_policy *p)
{
    return cutter_is_by_wall(c, p) && c->cells.long_us == p->fragment_us && c->cells.wall_0_us == c->wall_0_us;
}

bool cutter_begins_cell(const struct cutter *c, const struct cut_policy *p, const struct frame *f, bool has_pictures)
{
    return knows_cells(c, p) && c->cells.newest && may_begin_cell(c, p, f, has_pictures) &&
           cutter_cell(c, p, f) > c->cells.newest;
}

static void note_picture(struct cutter_cells *cells, const struct frame *f)
{
    if (f->kind != FRAME_VIDEO)
        return;
    cells->picture_us = f->dts_us;
    if (!f->key)
        return;
    cells->key_us = f->dts_us;
    cells->has_key = true;
}

void cutter_note_cell(struct cutter *c, const struct cut_policy *p, const struct frame *f, bool has_pictures)
{
    if (!cutter_is_by_wall(c, p)) {
        cutter_lose_cells(c);
        return;
    }
    if (!knows_cells(c, p))
        c->cells = (struct cutter_cells){
            .long_us = p->fragment_us, .wall_0_us = c->wall_0_us, .key_us = f->dts_us, .picture_us = f->dts_us
        };
    if (may_begin_cell(c, p, f, has_pictures) && cutter_cell(c, p, f) > c->cells.newest)
        c->cells.newest = cutter_cell(c, p, f);
    note_picture(&c->cells, f);
}

void cutter_lose_cells(struct cutter *c)
{
    c->cells = (struct cutter_cells){ 0 };
}

int64_t cutter_part_target_us(const struct cutter *c, const struct cut_policy *p)
{
    return c->taught_cap_us ? c->taught_cap_us : p->part_us + CUT_PART_SLACK_US;
}

/* What was learnt in earlier segments differs from server to server. */
static void forget_rates(struct cutter *c)
{
    c->step_us = c->video_step_us = 0;
    c->part_cap_us = c->part_max_us = 0;
    c->n_parts = 0;
    c->cap_is_learnt = false;
}

/* ---- looking and taking ---- */

enum cut cutter_look(const struct cutter *c, const struct cut_policy *p, const struct frame *f)
{
    if (!c->is_open)
        return CUT_NONE;
    if (is_gap(c, f))
        return CUT_BREAK;
    if (!cutter_is_by_wall(c, p) && ends_segment(c, p, f))
        return CUT_SEGMENT;
    return ends_part(c, p, f) ? CUT_PART : CUT_NONE;
}

/* A frame rate that is too low for the wanted length of parts shows at once. */
static void learn_cap(struct cutter *c, const struct cut_policy *p, int64_t part_us)
{
    if (c->cap_is_learnt)
        return;
    if (part_us > c->part_max_us)
        c->part_max_us = part_us;
    if (++c->n_parts < PARTS_TO_LEARN && part_us <= part_cap_us(c, p))
        return;
    c->part_cap_us = c->part_max_us / US_PER_MS * US_PER_MS + CUT_PART_SLACK_US;
    c->cap_is_learnt = true;
    c->taught_cap_us = c->part_cap_us;
}

/* A part that waited for a picture that did not come tells nothing of the frame rate. */
static bool teaches(const struct cutter *c, const struct frame *f)
{
    return f->kind == FRAME_VIDEO || !c->has_video || c->video_step_us > 0;
}

/* Usual steps follow slowly, so that one late frame is none. */
static void follow_step(int64_t *usual_us, int64_t step_us)
{
    if (step_us > 0)
        *usual_us = *usual_us ? (*usual_us * 7 + step_us) / 8 : step_us;
}

void cutter_take(struct cutter *c, const struct cut_policy *p, const struct frame *f, enum cut cut)
{
    if (cut == CUT_PART && teaches(c, f))
        learn_cap(c, p, f->dts_us - c->part_us);
    if (cut != CUT_NONE || !c->is_open)
        c->part_us = f->dts_us;
    if (cut >= CUT_SEGMENT || !c->is_open)
        c->segment_us = f->dts_us;
    if (c->is_open && cut != CUT_BREAK) {
        follow_step(&c->step_us, f->dts_us - c->newest_us);
        if (f->kind == FRAME_VIDEO && c->has_video)
            follow_step(&c->video_step_us, f->dts_us - c->newest_video_us);
    }
    if (cutter_is_by_wall(c, p) && (cut >= CUT_SEGMENT || !c->is_open))
        forget_rates(c);
    if (!c->is_open && cut != CUT_SEGMENT)
        c->newest_us = c->newest_video_us = f->dts_us; /* another publish may count from 0 again */
    c->is_open = true;
    if (f->dts_us > c->newest_us || cut == CUT_BREAK)
        c->newest_us = f->dts_us;
    if (f->kind == FRAME_VIDEO) {
        c->has_video = true;
        c->newest_video_us = f->dts_us;
    }
}

int64_t cutter_end_us(const struct cutter *c, const struct cut_policy *p)
{
    int64_t video_us = c->newest_video_us + c->video_step_us, end_us = c->newest_us + c->step_us;
    int64_t cap_us = c->part_us + part_cap_us(c, p);
    if (c->has_video && video_us > end_us)
        end_us = video_us;
    if (p->shows_parts && end_us > cap_us)
        return cap_us > c->newest_us ? cap_us : c->newest_us;
    return end_us;
}

void cutter_close(struct cutter *c)
{
    c->is_open = false;
}
