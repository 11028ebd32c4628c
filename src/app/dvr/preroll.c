#include "app/dvr/preroll.h"

#include <string.h>

#include "core/mem.h"

static struct preroll_frame *at(const struct preroll *p, size_t i)
{
    return &p->frames[p->first + i];
}

static size_t bytes_of(const struct frame *f)
{
    return sizeof *f + f->cap;
}

void preroll_clear(struct preroll *p)
{
    for (size_t i = 0; i < p->n; i++)
        frame_unref(&at(p, i)->frame);
    mem_free(p->frames);
    headers_clear(&p->headers);
    *p = (struct preroll){ 0 };
}

/* ---- frames that go ---------------------------------------------------------------------------------------------- */

struct frame *preroll_next(struct preroll *p)
{
    struct frame *f = p->n ? at(p, 0)->frame : NULL;
    if (!f)
        return NULL;
    p->first++;
    p->n--;
    p->bytes -= bytes_of(f);
    return f;
}

static void drop(struct preroll *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct frame *f = preroll_next(p);
        if (headers_takes(f))
            headers_put(&p->headers, f);
        frame_unref(&f);
    }
}

/* The next place after the first frame; 0: there is none. */
static size_t next_place(const struct preroll *p)
{
    size_t i = 1;
    while (i < p->n && !at(p, i)->is_place)
        i++;
    return i < p->n ? i : 0;
}

static int64_t span_from(const struct preroll *p, size_t i)
{
    return at(p, p->n - 1)->frame->dts_us - at(p, i)->frame->dts_us;
}

void preroll_trim(struct preroll *p, int64_t span_us)
{
    for (size_t i; p->n && (i = next_place(p)) && span_from(p, i) >= span_us;)
        drop(p, i);
}

/* What is too much is dropped up to a place; if there is none, all of it. */
static void keep_bounds(struct preroll *p)
{
    while (p->bytes > PREROLL_BYTES_MAX || p->n > PREROLL_FRAMES_MAX) {
        size_t i = next_place(p);
        if (i == 0) {
            preroll_clear(p);
            return;
        }
        drop(p, i);
    }
}

/* ---- frames that come -------------------------------------------------------------------------------------------- */

/* The frames move to the front when they fill at most half of the array: each is moved once on average. */
static bool make_room(struct preroll *p)
{
    enum { ARRAY_MAX = 2 * PREROLL_FRAMES_MAX };
    if (p->first + p->n < p->cap)
        return true;
    if (p->first > p->cap / 2 || p->cap == ARRAY_MAX) {
        memmove(p->frames, at(p, 0), p->n * sizeof *p->frames);
        p->first = 0;
        return true;
    }
    struct preroll_frame *larger = mem_grow(p->frames, &p->cap, sizeof *larger, ARRAY_MAX);
    if (larger)
        p->frames = larger;
    return larger != NULL;
}

void preroll_take(struct preroll *p, struct frame *f, const struct headers *before, bool is_place, int64_t span_us)
{
    if (span_us <= 0 || !mem_has_room() || !make_room(p)) {
        preroll_clear(p);
        return;
    }
    if (p->n == 0 && !is_place)
        return;
    if (p->n == 0)
        headers_copy(&p->headers, before);
    p->frames[p->first + p->n++] = (struct preroll_frame){ frame_ref(f), is_place };
    p->bytes += bytes_of(f);
    if (is_place)
        preroll_trim(p, span_us);
    keep_bounds(p);
}

int64_t preroll_first_us(const struct preroll *p)
{
    int64_t us = INT64_MAX;
    for (size_t i = 0; i < p->n; i++) {
        const struct frame *f = at(p, i)->frame;
        if (!frame_is_header(f) && f->dts_us < us)
            us = f->dts_us;
    }
    return us;
}
