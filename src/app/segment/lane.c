#include "app/segment/lane.h"

#include "app/source/picture_gate.h"
#include "core/blob_store.h"
#include "core/log.h"
#include "core/mem.h"
#include "kernel/cue.h"
#include "protocol/co.h"
#include "protocol/http/batch.h"

struct lane *lane_create(const struct lane_kind *kind, struct plan *plan, const char *label, unsigned track)
{
    struct lane *lane = mem_calloc(1, sizeof *lane);
    if (!lane)
        return NULL;
    *lane = (struct lane){ .kind = kind, .plan = plan, .label = label, .track = (uint8_t)track };
    list_init(&lane->segments);
    list_init(&lane->waiters);
    list_init(&lane->sleepers);
    if (!kind->begin(lane))
        lane_destroy(&lane);
    return lane;
}

static void drop_frames(struct lane *lane)
{
    for (size_t i = 0; i < lane->n_frames; i++)
        frame_unref(&lane->frames[i]);
    for (size_t i = 0; i < lane->n_cues; i++)
        cue_unref(&lane->cues[i]);
    lane->n_frames = lane->frame_bytes = lane->n_cues = 0;
}

void lane_destroy(struct lane **lp)
{
    struct lane    *lane = *lp;
    struct segment *s;
    *lp = NULL;
    if (!lane)
        return;
    while ((s = lane_drop_oldest(lane)))
        segment_unref(&s);
    segment_unref(&lane->open);
    blob_row_finish(&lane->row);
    drop_frames(lane);
    mem_free(lane->frames);
    mem_free(lane->cues);
    lane->kind->finish(lane);
    frame_unref(&lane->video_config);
    frame_unref(&lane->audio_config);
    blob_unref(&lane->init);
    mem_free(lane);
}

/* ---- frames ---- */

static void keep_config(struct lane *lane, struct frame *f)
{
    struct frame **at = f->kind == FRAME_VIDEO ? &lane->video_config : &lane->audio_config;
    frame_unref(at);
    *at = frame_ref(f);
}

static bool push_frame(struct lane *lane, struct frame *f)
{
    if (lane->n_frames == lane->cap_frames) {
        struct frame **larger = mem_grow(lane->frames, &lane->cap_frames, sizeof(struct frame *), LANE_PART_FRAMES_MAX);
        if (!larger)
            return false;
        lane->frames = larger;
    }
    lane->frames[lane->n_frames++] = frame_ref(f);
    lane->frame_bytes += f->len;
    return true;
}

/* Note, and log once, that the container cannot carry the frame's codec. */
static void note_left_out(struct lane *lane, const struct frame *f)
{
    const struct lane_kind *kind = lane->kind;
    bool     wanted = f->kind == FRAME_VIDEO ? kind->has_pictures : f->kind == FRAME_AUDIO && kind->has_sound;
    uint32_t bit = UINT32_C(1) << f->codec;
    if (!wanted || f->track != lane->track || (lane->left_out & bit) || kind->carries((enum codec)f->codec))
        return;
    lane->left_out |= bit;
    log_warn("segments of %s: %s cannot carry %s, which is left out", lane->label, kind->name,
             codec_name((enum codec)f->codec));
}

/* Before a segment is open there are headers alone; of those the newest of a kind counts. */
static bool replaces_header(struct lane *lane, struct frame *f)
{
    for (size_t i = 0; i < lane->n_frames; i++) {
        struct frame *old = lane->frames[i];
        if (old->kind != f->kind || old->config != f->config)
            continue;
        lane->frame_bytes += f->len - old->len;
        lane->frames[i] = frame_ref(f);
        frame_unref(&old);
        return true;
    }
    return false;
}

void lane_take(struct lane *lane, struct frame *f)
{
    if ((lane->is_idle || !lane->open) && !f->config)
        return; /* A lane that is new begins with a segment. */
    if (!lane->kind->takes(lane, f)) {
        note_left_out(lane, f);
        return;
    }
    if (f->config)
        keep_config(lane, f);
    if (f->kind == FRAME_AUDIO && (f->config || f->codec != lane->sound.codec))
        (void)media_info_audio(f, &lane->sound);
    if (!lane->open && (!frame_is_header(f) || replaces_header(lane, f)))
        return;
    if (!push_frame(lane, f))
        lane->n_lost_parts++;
}

bool lane_take_cue(struct lane *lane, struct cue *cue)
{
    if (lane->n_cues == lane->cap_cues) {
        struct cue **larger = mem_grow(lane->cues, &lane->cap_cues, sizeof(struct cue *), LANE_PART_CUES_MAX);
        if (!larger)
            return false;
        lane->cues = larger;
    }
    lane->cues[lane->n_cues++] = cue_ref(cue);
    lane->n_carried_cues++;
    lane->n_carried_splices += cue->section_len > 0;
    return true;
}

/* True if the open segment is not the first one that has its kinds of media. */
static bool continues(const struct lane *lane)
{
    return lane->open->n_parts > 0 || (lane->n_segments > 0 && !lane->open->is_discontinuous);
}

/* True if the open part has what a stream may have, or has waited for it long enough. */
static bool is_settled(const struct lane *lane)
{
    bool has_pictures = false, has_sound = false;
    for (size_t i = 0; i < lane->n_frames; i++) {
        has_pictures |= is_picture(lane->frames[i]);
        has_sound |= lane->frames[i]->kind == FRAME_AUDIO && lane->frames[i]->media_len > 0 && !lane->frames[i]->config;
    }
    int64_t waited_us = lane->frames[lane->n_frames - 1]->dts_us - lane->open->start_us;
    return (has_pictures && has_sound) || waited_us >= LANE_SETTLE_US;
}

/* A first part tells what the stream consists of: it waits for what may still come. */
bool lane_is_due(const struct lane *lane)
{
    return lane->frame_bytes >= LANE_PACK_BYTES && lane->kind->is_seamless && !lane->shows_parts && !lane->seal &&
           lane->open && (continues(lane) || is_settled(lane));
}

bool lane_is_full(const struct lane *lane)
{
    return lane->n_frames >= LANE_PART_FRAMES_MAX || lane->frame_bytes >= LANE_PART_BYTES_MAX;
}

bool lane_segment_is_full(const struct lane *lane)
{
    const struct segment *s = lane->open;
    return s && (s->bytes + lane->frame_bytes + LANE_SEGMENT_SPARE_BYTES > SEGMENT_BYTES_MAX ||
                 s->n_parts + LANE_SEGMENT_SPARE_PARTS > SEGMENT_PARTS_MAX);
}

/* ---- parts and segments ---- */

struct blob *lane_keep(struct lane *lane, const uint8_t *bytes, size_t len)
{
    struct iovec piece = { .iov_base = (void *)bytes, .iov_len = len };
    bool         is_gathered = lane->shows_parts || (lane->seal && lane->seal->part);
    return is_gathered ? blob_copy(bytes, len) : blob_store_append(&lane->row, &piece, 1);
}

/* True if the pictures of the open part begin with a key frame, or there are none. */
static bool is_independent(const struct lane *lane)
{
    for (size_t i = 0; i < lane->n_frames; i++)
        if (is_picture(lane->frames[i]))
            return lane->frames[i]->key;
    return true;
}

static int64_t part_begins_us(const struct lane *lane)
{
    const struct segment *s = lane->open;
    if (s->n_parts == 0)
        return s->start_us;
    const struct segment_part *last = &s->parts[s->n_parts - 1];
    return last->start_us + last->duration_us;
}

static struct blob *seal(struct lane *lane, struct blob *plain, bool is_first)
{
    if (!plain || !lane->seal || !lane->seal->part)
        return plain;
    struct blob *sealed = lane->seal->part(lane->seal->arg, plain, is_first);
    blob_unref(&plain);
    return sealed;
}

void lane_set_seal(struct lane *lane, const struct lane_seal *seal)
{
    lane->seal = seal;
    lane->n_seals++;
}

/* Add the bytes that a sealed segment ends with. */
static bool end_seal(struct lane *lane)
{
    struct segment *s = lane->open;
    if (!lane->seal || !lane->seal->end || s->n_parts == 0)
        return true;
    struct blob *last = lane->seal->end(lane->seal->arg);
    if (last && segment_add_part(s, last, s->start_us + s->duration_us, 0, false))
        return true;
    lane->n_lost_parts++;
    return false;
}

/* Parts that nobody sees become one. */
static bool add_part(struct lane *lane, struct blob *bytes, int64_t begins_us, int64_t duration_us, bool independent)
{
    return lane->shows_parts ? segment_add_part(lane->open, bytes, begins_us, duration_us, independent)
                             : segment_extend(lane->open, bytes, begins_us, duration_us, independent);
}

void lane_end_part(struct lane *lane, const struct frame *next, int64_t end_us)
{
    struct segment *s = lane->open;
    if (!s || lane->n_frames == 0)
        return;
    int64_t      begins_us = part_begins_us(lane);
    int64_t      duration_us = end_us > begins_us ? end_us - begins_us : 0;
    bool         is_first = s->n_parts == 0, independent = is_independent(lane);
    struct blob *bytes = seal(lane, lane->kind->pack(lane, next, is_first), is_first);
    if (is_first) {
        s->is_sealed = lane->seal != NULL;
        s->independent = independent;
        blob_unref(&s->init); /* A first part may have been lost. */
        s->init = lane->init ? blob_ref(lane->init) : NULL;
        s->init_number = lane->init_number;
    }
    drop_frames(lane);
    if (!bytes || !add_part(lane, bytes, begins_us, duration_us, independent))
        lane->n_lost_parts++;
    else
        lane_changed(lane);
}

struct segment *lane_end_segment(struct lane *lane, const struct frame *next, int64_t end_us)
{
    struct segment *s = lane->open;
    if (!s)
        return NULL; /* The headers that a new lane has stay until its first segment. */
    lane_end_part(lane, next, end_us);
    bool is_whole = end_seal(lane);
    lane->open = NULL;
    drop_frames(lane); /* cues without media */
    if (!is_whole || s->n_parts == 0) {
        segment_unref(&s);
        lane_changed(lane); /* Nobody need wait for it any more. */
        return NULL;
    }
    s->duration_us = end_us > s->start_us ? end_us - s->start_us : s->duration_us;
    s->is_complete = true;
    segment_gather(s, &lane->row, lane->shows_parts);
    list_push(&lane->segments, &s->link);
    lane->n_segments++;
    lane_changed(lane);
    return s;
}

struct segment *lane_adopt(struct lane *lane, uint64_t number, int64_t duration_us)
{
    struct segment *s = segment_new(number, 0);
    if (!s)
        return NULL;
    s->duration_us = duration_us;
    s->is_complete = s->independent = true;
    list_push(&lane->segments, &s->link);
    lane->n_segments++;
    lane_changed(lane);
    return s;
}

struct segment *lane_drop_oldest(struct lane *lane)
{
    if (lane->n_segments == 0)
        return NULL;
    struct segment *s = LIST_ENTRY(lane->segments.next, struct segment, link);
    list_remove(&s->link);
    lane->n_segments--;
    return s;
}

struct segment *lane_find(const struct lane *lane, uint64_t number)
{
    for (const struct list *it = lane->segments.prev; it != &lane->segments; it = it->prev) {
        struct segment *s = LIST_ENTRY(it, struct segment, link);
        if (s->number <= number)
            return s->number == number ? s : NULL;
    }
    return NULL;
}

/* ---- waiting ---- */

static struct lane_waiter *waiter_at(struct list *link)
{
    return LIST_ENTRY(link, struct lane_waiter, link);
}

void lane_changed(struct lane *lane)
{
    lane->version++;
    LIST_FOREACH (&lane->waiters, it, after)
        co_unpark(waiter_at(it)->co);
    if (!list_is_empty(&lane->sleepers))
        co_unpark(waiter_at(lane->sleepers.next)->co);
}

static void answer_one(struct lane *lane, struct lane_waiter *w)
{
    switch (w->answer(w)) {
    case LANE_ANSWERED: w->is_answered = true; break;
    case LANE_WAKES: co_unpark(w->co); break;
    case LANE_WAITS: w->seen = lane->version; list_push(&lane->sleepers, &w->link);
    }
}

/* Answer those that sleep, in the order in which they came. Other coroutines may do the same during a yield. */
static void answer_sleepers(struct lane *lane)
{
    while (!list_is_empty(&lane->sleepers)) {
        struct lane_waiter *w = waiter_at(lane->sleepers.next);
        if (w->seen == lane->version) /* So have all behind it. */
            break;
        list_remove(&w->link);
        answer_one(lane, w);
        if (co_slice_is_over()) {
            http_batch_flush();
            co_give_way();
        }
    }
    http_batch_flush();
}

struct err *lane_wait(struct lane *lane, struct lane_waiter *w, uint64_t seen, int64_t deadline_us)
{
    struct err *e = NULL;
    w->co = co_self();
    w->seen = seen;
    w->is_answered = false;
    list_push(w->answer ? &lane->sleepers : &lane->waiters, &w->link);
    while (!e && lane->version == w->seen && !w->is_answered)
        e = co_park(deadline_us);
    list_remove(&w->link);
    if (w->answer && !w->is_answered) {
        /* It may be the one that was woken: that one answers its own request, then those of the others. */
        w->is_answered = !e && w->answer(w) == LANE_ANSWERED;
        answer_sleepers(lane);
    }
    return e;
}
