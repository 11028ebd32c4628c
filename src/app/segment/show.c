#include "app/segment/show.h"

#include <string.h>

#include "app/segment/variants.h"
#include "app/source/picture_gate.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/captions.h"
#include "kernel/cue.h"
#include "protocol/co.h"
#include "protocol/stream_name.h"

/* Memory is short when less than this part of the limit is left. */
enum { SHORT_PARTS = 4 };

enum { DISPOSE_LOOK_US = US_PER_SECOND };

static struct map shows;
static struct co *keeper; /* runs shows_run(); NULL: it does not run */

struct show *show_find(const struct conf_vhost *vhost, const char *app, const char *stream)
{
    char key[STREAM_IDENTITY_CAP];
    return map_find(&shows, stream_name_key(key, vhost->name, app, stream));
}

/* ---- life ---- */

static void free_show(struct show *show)
{
    while (!list_is_empty(&show->plans)) {
        struct plan *plan = LIST_ENTRY(show->plans.next, struct plan, link);
        plan_destroy(&plan);
    }
    frame_unref(&show->metadata);
    conf_unref(&show->conf);
    mem_free(show->key);
    mem_free(show->app);
    mem_free(show->stream);
    mem_free(show->label);
    mem_free(show);
}

void show_unref(struct show **sp)
{
    struct show *show = *sp;
    *sp = NULL;
    if (show && --show->refs == 0)
        free_show(show);
}

/* All spellings of a name have the same files. NULL: out of memory. */
static char *normal_form(const char *name)
{
    size_t len = strlen(name);
    char  *normal = mem_alloc(len + 1);
    if (normal)
        stream_name_normalise(normal, name, len);
    return normal;
}

static struct err *create(const struct source *s, struct show **out)
{
    char         key[STREAM_IDENTITY_CAP];
    struct show *show = mem_calloc(1, sizeof *show);
    if (!show)
        return err_no_memory();
    *show = (struct show){
        .refs = 1,
        .key = mem_strdup(stream_name_key(key, s->vhost->name, s->app, s->stream)),
        .app = normal_form(s->app),
        .stream = normal_form(s->stream),
        .label = mem_strdup(s->identity),
        .conf = conf_ref(s->conf),
        .vhost = s->vhost,
        .cues = budget_of(SHOW_CUES_AT_ONCE, SHOW_CUES_A_SECOND, now_us()),
        .cue_bytes = budget_of(SHOW_CUE_BYTES_AT_ONCE, SHOW_CUE_BYTES_A_SECOND, now_us()),
    };
    list_init(&show->plans);
    if (!show->key || !show->app || !show->stream || !show->label || !map_put(&shows, show->key, show)) {
        show_unref(&show);
        return err_no_memory();
    }
    *out = show;
    return NULL;
}

static void end_viewing(struct viewing *v, enum view_end why)
{
    if (!v->by)
        return;
    v->by->end(v, why);
    *v = (struct viewing){ 0 };
}

static void dispose(struct show *show, enum view_end why)
{
    map_remove(&shows, show->key);
    show->is_disposed = true;
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++)
        end_viewing(&show->viewings[i], why);
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next) {
        struct plan *plan = LIST_ENTRY(it, struct plan, link);
        for (size_t i = 0; i < plan->n_lanes; i++)
            lane_changed(plan->lanes[i]);
    }
    show_unref(&show);
}

/* End a view of a stream that goes on. The open segment ends before: the view may have what its frames need, as keys. */
static void leave(struct viewing *v)
{
    plan_end_segment(v->plan, false);
    end_viewing(v, VIEW_NOT_WANTED);
}

/* ---- views ---- */

static bool same_policy(const struct cut_policy *a, const struct cut_policy *b)
{
    return a->fragment_us == b->fragment_us && a->td_ratio == b->td_ratio && a->aof_ratio == b->aof_ratio &&
           a->sound_ratio == b->sound_ratio && a->wait_keyframe == b->wait_keyframe && a->part_us == b->part_us &&
           a->shows_parts == b->shows_parts && a->leaves_out_sound == b->leaves_out_sound &&
           a->leaves_out_pictures == b->leaves_out_pictures && a->keeps_to_wall == b->keeps_to_wall &&
           a->counts_samples == b->counts_samples && a->by_wall == b->by_wall;
}

static void tell(struct show *show, enum segment_event event, struct lane *lane, struct segment *segment)
{
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++) {
        struct viewing *v = &show->viewings[i];
        if (v->by && (!lane || lane->plan == v->plan))
            v->by->tell(v, event, lane, segment);
    }
}

static bool is_kept(const struct show *show, const struct lane *lane, const struct segment *oldest)
{
    bool kept = false;
    for (size_t i = 0; i < SHOW_VIEWS_MAX && !kept; i++) {
        const struct viewing *v = &show->viewings[i];
        kept = v->by && v->plan == lane->plan && v->by->keeps(v, lane, oldest);
    }
    return kept;
}

static void trim(struct show *show, struct plan *plan)
{
    for (size_t i = 0; i < plan->n_lanes; i++) {
        struct lane *lane = plan->lanes[i];
        while (lane->n_segments > 1 && !is_kept(show, lane, LIST_ENTRY(lane->segments.next, struct segment, link))) {
            struct segment *s = lane_drop_oldest(lane);
            tell(show, SEGMENT_LEAVES, lane, s);
            segment_unref(&s);
        }
    }
}

/* True if the process is close to its limit. */
static bool is_memory_short(void)
{
    size_t limit = mem_limit();
    return limit && mem_held() > limit - limit / SHORT_PARTS;
}

/* The plans' listener. */
static void tell_of_plan(struct plan *plan, enum segment_event event, struct lane *lane, struct segment *segment)
{
    tell(plan->owner, event, lane, segment);
    if (event != SEGMENT_CLOSED)
        return;
    trim(plan->owner, plan);
    if (keeper && is_memory_short())
        co_unpark(keeper);
}

static void tell_cue(struct plan *plan, struct cue *cue)
{
    struct show *show = plan->owner;
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++) {
        struct viewing *v = &show->viewings[i];
        if (v->by && v->plan == plan && v->by->take_cue)
            v->by->take_cue(v, cue);
    }
}

static struct plan *plan_for(struct show *show, const struct cut_policy *policy)
{
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next) {
        struct plan *plan = LIST_ENTRY(it, struct plan, link);
        if (same_policy(&plan->policy, policy))
            return plan;
    }
    struct plan *plan = plan_create(show, show->label, tell_of_plan, policy);
    if (!plan)
        return NULL;
    plan->tell_cue = tell_cue;
    list_push(&show->plans, &plan->link);
    return plan;
}

static struct err *begin_viewing(struct show *show, struct viewing *v, const struct segment_view *by)
{
    *v = (struct viewing){ .by = by, .show = show };
    by->wish(show->vhost, &v->wish);
    v->plan = plan_for(show, &v->wish.policy);
    if (!v->plan)
        return err_no_memory();
    for (size_t i = 0; i < VIEW_LANES_MAX && v->wish.lanes[i]; i++)
        if (!plan_lane(v->plan, v->wish.lanes[i], 0))
            return err_no_memory();
    return by->begin(v);
}

/* Plans that are made for the same view of variants share a timeline. */
static void follow_group(struct show *show, struct viewing *v)
{
    char       group[STREAM_NAME_MAX + 1], key[STREAM_IDENTITY_CAP], name[STREAM_IDENTITY_CAP + 32];
    struct str out = str_over(name, sizeof name);
    if (!variants_group_of(group, show->vhost, show->stream)) {
        timeline_leave(&v->plan->timeline);
        return;
    }
    str_printf(&out, "%s %s", v->by->name, stream_name_key(key, show->vhost->name, show->app, group));
    if (out.cut || !timeline_enter(&v->plan->timeline, name))
        log_warn("segments of %s are not aligned with its variants: out of memory", show->label);
}

static void follow_groups(struct show *show)
{
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++) {
        bool is_first = show->viewings[i].by != NULL;
        for (size_t k = 0; k < i && is_first; k++)
            is_first = !show->viewings[k].by || show->viewings[k].plan != show->viewings[i].plan;
        if (is_first)
            follow_group(show, &show->viewings[i]);
    }
}

/* Begin the views that the vhost wants and that are not there; end those that it does not want any more. */
static void follow_wishes(struct show *show)
{
    for (size_t i = 0; i < SHOW_VIEWS_MAX && segment_views[i]; i++) {
        struct viewing *v = &show->viewings[i];
        bool            wanted = segment_views[i]->wanted(show->vhost) && !show->has_given_up[i];
        if (v->by && !wanted)
            leave(v);
        if (v->by || !wanted)
            continue;
        struct err *e = begin_viewing(show, v, segment_views[i]);
        if (!e)
            continue;
        log_err(LOG_WARN, e, "%s of %s/%s cannot begin", segment_views[i]->name, show->app, show->stream);
        *v = (struct viewing){ 0 };
    }
    follow_groups(show);
}

bool show_is_prompt(const struct show *show)
{
    bool prompt = false;
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++)
        prompt |= show->viewings[i].by && show->viewings[i].wish.is_prompt;
    return prompt;
}

static void take_conf(struct show *show, const struct source *s)
{
    struct conf *old = show->conf;
    show->conf = conf_ref(s->conf);
    show->vhost = s->vhost;
    conf_unref(&old);
}

/* A view that wants another cut keeps its plan, and so do others that share it: the plan is cut differently from now on. */
static void follow_policy(struct viewing *v)
{
    struct view_wish wish = { 0 };
    v->by->wish(v->show->vhost, &wish);
    if (!same_policy(&wish.policy, &v->wish.policy))
        v->plan->policy = wish.policy;
    v->wish = wish;
}

void show_end_failed(struct show *show)
{
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++) {
        struct viewing *v = &show->viewings[i];
        if (!v->by || !v->has_failed)
            continue;
        log_warn("%s of %s ends until the next publish", v->by->name, show->label);
        show->has_given_up[i] = true;
        leave(v);
    }
}

/* A view that cannot follow the new configuration ends; follow_wishes() begins it anew, with the numbers of its plan. */
static void follow_conf(struct viewing *v)
{
    if (!v->by || !v->by->wanted(v->show->vhost))
        return;
    if (!v->by->fits || v->by->fits(v)) {
        follow_policy(v);
        return;
    }
    leave(v);
}

void show_apply_conf(struct show *show, const struct source *s)
{
    if (show->conf == s->conf)
        return;
    struct conf *old = conf_ref(show->conf);
    take_conf(show, s);
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++)
        follow_conf(&show->viewings[i]);
    follow_wishes(show);
    tell(show, SEGMENT_CONF_CHANGED, NULL, NULL);
    conf_unref(&old);
}

struct err *show_enter(struct source *s, struct show **out)
{
    struct err *e = NULL;
    *out = show_find(s->vhost, s->app, s->stream);
    if (!*out && (e = create(s, out)))
        return e;
    (*out)->ends_publish = false;
    memset((*out)->has_given_up, 0, sizeof(*out)->has_given_up);
    show_apply_conf(*out, s);
    follow_wishes(*out);
    (*out)->is_live = true;
    (*out)->captions = 0;
    frame_unref(&(*out)->metadata);
    show_ref(*out);
    tell(*out, SEGMENT_STREAM_BEGINS, NULL, NULL);
    return NULL;
}

struct err *show_recover(struct show *show)
{
    struct err *e = NULL;
    if (show->is_recovered)
        return NULL;
    show->is_recovered = true;
    for (size_t i = 0; !e && i < SHOW_VIEWS_MAX; i++) {
        struct viewing *v = &show->viewings[i];
        if (v->by && v->by->recover)
            e = v->by->recover(v);
    }
    return e;
}

/* ---- frames ---- */

static void note_metadata(struct show *show, struct frame *f)
{
    if (!f->config)
        return;
    frame_unref(&show->metadata);
    show->metadata = frame_ref(f);
}

/* Tell the views of a track of sound that has not been seen before. */
static void note_sound(struct show *show, const struct frame *f)
{
    uint64_t bit = f->track < SHOW_SOUNDS_MAX ? UINT64_C(1) << f->track : 0;
    if (f->kind != FRAME_AUDIO || f->track == 0 || f->note != NOTE_NONE || !bit || (show->sounds & bit))
        return;
    show->sounds |= bit;
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++)
        if (show->viewings[i].by && show->viewings[i].by->hear)
            show->viewings[i].by->hear(&show->viewings[i], f->track);
}

/* Take a data message: if it is a cue, it goes to all plans. */
static void take_data(struct show *show, const struct frame *f)
{
    struct cue *cue = NULL;
    if (!cue_is_in(f->data, f->len))
        return;
    if (budget_spend(&show->cues, 1, now_us()) && budget_spend(&show->cue_bytes, (int64_t)f->len, now_us()) &&
        cue_read(&cue, f->data, f->len) == CUE_READ)
        cue_set_times(cue, f->pts_us, f->shift_us);
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next) {
        if (cue)
            plan_take_cue(LIST_ENTRY(it, struct plan, link), cue);
        else
            plan_lose_cue(LIST_ENTRY(it, struct plan, link));
    }
    cue_unref(&cue);
}

void show_take(struct show *show, struct frame *f)
{
    if (f->kind == FRAME_SCRIPT) {
        note_metadata(show, f);
        take_data(show, f);
        return;
    }
    if (is_picture(f) && f->track == 0)
        show->captions |= captions_of_frame(f);
    show->newest_us = f->dts_us;
    note_sound(show, f);
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next)
        plan_take(LIST_ENTRY(it, struct plan, link), f);
}

static void end_segments(struct show *show, bool breaks)
{
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next)
        plan_end_segment(LIST_ENTRY(it, struct plan, link), breaks);
}

static void drop_cues(struct show *show)
{
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next)
        plan_drop_cues(LIST_ENTRY(it, struct plan, link));
}

static void lose_cells(struct show *show)
{
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next)
        cutter_lose_cells(&LIST_ENTRY(it, struct plan, link)->cutter);
}

void show_break(struct show *show)
{
    end_segments(show, true);
    lose_cells(show);
}

void show_keep_to_wall(struct show *show, int64_t wall_0_us)
{
    for (struct list *it = show->plans.next; it != &show->plans; it = it->next)
        LIST_ENTRY(it, struct plan, link)->cutter.wall_0_us = wall_0_us;
}

void show_over(struct show *show)
{
    end_segments(show, false);
    lose_cells(show);
    drop_cues(show);
    show->is_live = false;
    show->ended_us = now_us();
    tell(show, SEGMENT_STREAM_ENDS, NULL, NULL);
}

int64_t show_next_part_us(const struct show *show)
{
    int64_t next_us = INT64_MAX;
    for (const struct list *it = show->plans.next; it != &show->plans; it = it->next) {
        const struct plan *plan = LIST_ENTRY(it, const struct plan, link);
        int64_t            at_us = plan->cutter.part_us + plan->policy.part_us;
        if (!plan->cutter.is_open)
            return 0;
        if (at_us < next_us)
            next_us = at_us;
    }
    return next_us;
}

uint64_t show_lost_files(const struct show *show, const struct lane *lane)
{
    uint64_t n = 0;
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++) {
        const struct viewing *v = &show->viewings[i];
        if (v->by && v->by->lost_files && v->plan == lane->plan && v->wish.lanes[0] == lane->kind)
            n += v->by->lost_files(v);
    }
    return n;
}

/* ---- all shows ---- */

static bool is_over(const struct viewing *v, int64_t now)
{
    int64_t after_us = v->by->dispose_us(v->show->vhost);
    return after_us > 0 && now - v->show->ended_us >= after_us;
}

/* End the views whose time is over. Returns true if none is left. */
static bool end_old_viewings(struct show *show, int64_t now)
{
    bool any = false;
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++) {
        struct viewing *v = &show->viewings[i];
        if (v->by && is_over(v, now))
            end_viewing(v, VIEW_DISPOSED);
        any |= v->by != NULL;
    }
    return !any;
}

static struct show *find_expired(int64_t now)
{
    size_t       at = 0;
    struct show *show;
    while ((show = map_next(&shows, &at, NULL)))
        if (!show->is_live && end_old_viewings(show, now))
            return show;
    return NULL;
}

/* The show that ended first; NULL: all are live. */
static struct show *find_oldest_ended(void)
{
    size_t       at = 0;
    struct show *show, *oldest = NULL;
    while ((show = map_next(&shows, &at, NULL)))
        if (!show->is_live && (!oldest || show->ended_us < oldest->ended_us))
            oldest = show;
    return oldest;
}

/* Segments of streams that have ended give way to streams that are live: whoever watches gets them from the disk, if they are there. */
static void give_way(void)
{
    struct show *show;
    while (is_memory_short() && (show = find_oldest_ended())) {
        log_warn("memory is short: the segments of %s leave it, its publish has ended", show->label);
        dispose(show, VIEW_GIVES_WAY);
        co_give_way_by_time();
    }
}

/* Wait until the next look at the shows, or until memory gets short. */
static struct err *wait_a_second(void)
{
    return err_except(co_park(now_us() + DISPOSE_LOOK_US), E_SOCKET_TIMEOUT);
}

void shows_run(void *arg)
{
    struct err  *e;
    struct show *show;
    (void)arg;
    keeper = co_self();
    while (!(e = wait_a_second())) {
        while ((show = find_expired(now_us()))) {
            dispose(show, VIEW_DISPOSED);
            co_give_way_by_time();
        }
        give_way();
    }
    keeper = NULL;
    err_free(e);
}

void shows_finish(void)
{
    size_t       at;
    struct show *show;
    while (at = 0, (show = map_next(&shows, &at, NULL)))
        dispose(show, VIEW_SERVER_ENDS);
    map_finish(&shows);
    timeline_finish();
}
