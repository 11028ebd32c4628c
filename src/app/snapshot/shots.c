#include "app/snapshot/shots.h"

#include "core/mem.h"
#include "protocol/co.h"

static struct list         all = { &all, &all };
static size_t              n_working;
static struct shots_counts counts;

struct asker {
    struct list link;
    struct co  *co;
};

void shot_unref(struct shot **sp)
{
    struct shot *s = *sp;
    *sp = NULL;
    if (!s || --s->refs > 0)
        return;
    key_frame_drop(&s->of);
    mem_free(s->picture.bytes);
    mem_free(s);
}

static void forget(struct shot *s)
{
    list_remove(&s->link);
    counts.n_kept--;
    counts.bytes -= s->picture.len;
    shot_unref(&s);
}

/* Forget what is too much, the oldest first; those that are being made stay. */
static void keep_bounds(void)
{
    LIST_FOREACH (&all, it, after) {
        struct shot *s = LIST_ENTRY(it, struct shot, link);
        if (counts.n_kept <= SHOTS_MAX && counts.bytes <= SHOTS_BYTES_MAX)
            return;
        if (s->is_made)
            forget(s);
    }
}

/* The stream has another key frame: those of the one before are not asked for any more. */
static void forget_older(const struct key_frame *k)
{
    LIST_FOREACH (&all, it, after) {
        struct shot *s = LIST_ENTRY(it, struct shot, link);
        if (s->is_made && s->of.serial == k->serial && s->of.seq < k->seq)
            forget(s);
    }
}

/* A key frame of which no picture can be made is not tried again in another size. */
static bool is_hopeless(const struct shot *s)
{
    return s->is_made && (s->result == PICTURE_BROKEN || s->result == PICTURE_UNKNOWN);
}

static bool is_same_wish(const struct picture_wish *a, const struct picture_wish *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height;
}

static bool is_same(const struct shot *s, const struct key_frame *k, const struct picture_wish *w)
{
    return s->of.serial == k->serial && s->of.seq == k->seq && (is_same_wish(&s->wish, w) || is_hopeless(s));
}

static struct shot *find(const struct key_frame *k, const struct picture_wish *w)
{
    for (struct list *it = all.prev; it != &all; it = it->prev) {
        struct shot *s = LIST_ENTRY(it, struct shot, link);
        if (is_same(s, k, w))
            return s;
    }
    return NULL;
}

/* ---- making ---- */

/* Make the picture, on a thread: frames never change, and the loop keeps these until the job is done. */
static void work(struct offload_job *job)
{
    struct shot        *s = CONTAINER_OF(job, struct shot, job);
    const struct frame *f = s->of.frame, *c = s->of.config;
    struct picture_bits bits = { .codec = f->codec, .bytes = f->data + f->media_offset, .len = f->media_len };
    if (c) {
        bits.config = c->data + c->media_offset;
        bits.config_len = c->media_len;
    }
    s->result = picture_make(&bits, &s->wish, &s->picture);
}

/* The job has ended, on the loop. */
static void done(struct offload_job *job)
{
    struct shot *s = CONTAINER_OF(job, struct shot, job);
    if (job->refused)
        s->result = PICTURE_NO_MEMORY;
    n_working--;
    s->is_made = true;
    *(s->result == PICTURE_MADE ? &counts.n_made : &counts.n_failed) += 1;
    counts.bytes += s->picture.len;
    key_frame_drop(&s->of);
    LIST_FOREACH (&s->askers, it, after) {
        list_remove(it);
        co_unpark(LIST_ENTRY(it, struct asker, link)->co);
    }
    if (!mem_has_room() || s->result == PICTURE_NO_MEMORY)
        forget(s);
    keep_bounds();
    shot_unref(&s);
}

static struct err *begin(struct shot **out, const struct key_frame *k, const struct picture_wish *wish)
{
    if (n_working >= SHOTS_WORK_MAX || !mem_has_room()) {
        counts.n_refused++;
        return err_new(E_LIMIT, "%zu pictures are being made", n_working);
    }
    struct shot *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_no_memory();
    *s = (struct shot){ .job = { .work = work, .drop = done }, .refs = 1, .of = *k, .wish = *wish };
    list_init(&s->askers);
    struct err *e = offload_start(OFFLOAD_PICTURE, &s->job);
    if (e) {
        mem_free(s);
        return e;
    }
    frame_ref(s->of.frame);
    if (s->of.config)
        frame_ref(s->of.config);
    forget_older(k);
    s->refs++; /* of the list, beside that of the job */
    list_push(&all, &s->link);
    counts.n_kept++;
    n_working++;
    *out = s;
    return NULL;
}

static struct err *await(struct shot *s, int64_t deadline_us)
{
    struct err  *e = NULL;
    struct asker a = { .co = co_self() };
    list_push(&s->askers, &a.link);
    while (!e && !s->is_made)
        e = co_park(deadline_us);
    list_remove(&a.link);
    return err_wrap(e, "wait for a picture");
}

struct err *shots_ask(struct shot **out, const struct key_frame *k, const struct picture_wish *wish,
                      int64_t deadline_us)
{
    struct shot *s = find(k, wish);
    struct err  *e = NULL;
    *out = NULL;
    if (s && s->is_made)
        counts.n_found++;
    if (!s && (e = begin(&s, k, wish)))
        return e;
    s->refs++;
    if (!s->is_made && (e = await(s, deadline_us)))
        shot_unref(&s);
    *out = s;
    return e;
}

bool shots_have_room(void)
{
    return n_working < SHOTS_WORK_MAX / 2;
}

struct shots_counts shots_count(void)
{
    return counts;
}

void shots_forget(void)
{
    LIST_FOREACH (&all, it, after) {
        struct shot *s = LIST_ENTRY(it, struct shot, link);
        if (s->is_made)
            forget(s);
    }
}
