#include "app/source/headers.h"

#include <string.h>

void headers_clear(struct headers *h)
{
    for (size_t i = 0; i < h->count; i++)
        frame_unref(&h->frames[i]);
    h->count = 0;
}

bool headers_takes(const struct frame *f)
{
    return f->config || f->note == NOTE_COLOR || f->note == NOTE_CHANNELS;
}

/* The rank of a header in the order in which players get the headers. */
static unsigned rank_of(const struct frame *f)
{
    if (f->kind == FRAME_SCRIPT)
        return 0;
    return (f->kind == FRAME_AUDIO ? 1u : 2u) << 16 | (unsigned)f->track << 8 | f->note;
}

void headers_put(struct headers *h, struct frame *f)
{
    size_t at = 0;
    while (at < h->count && rank_of(h->frames[at]) < rank_of(f))
        at++;
    if (at < h->count && rank_of(h->frames[at]) == rank_of(f)) {
        frame_unref(&h->frames[at]);
    } else {
        bool has_script = h->count && h->frames[0]->kind == FRAME_SCRIPT;
        if (f->kind != FRAME_SCRIPT && h->count - has_script == HEADERS_MAX - 1)
            return;
        memmove(&h->frames[at + 1], &h->frames[at], (h->count - at) * sizeof(struct frame *));
        h->count++;
    }
    h->frames[at] = frame_ref(f);
}

bool headers_drop_other_codecs(struct headers *h, const struct frame *f)
{
    size_t kept = 0, count = h->count;
    for (size_t i = 0; i < count; i++) {
        struct frame *other = h->frames[i];
        bool          same_track = f->kind != FRAME_SCRIPT && other->kind == f->kind && other->track == f->track;
        if (same_track && other->codec != f->codec)
            frame_unref(&other);
        else
            h->frames[kept++] = other;
    }
    h->count = kept;
    return kept < count;
}

void headers_copy(struct headers *to, const struct headers *from)
{
    struct headers copy = *from;
    for (size_t i = 0; i < copy.count; i++)
        frame_ref(copy.frames[i]);
    headers_clear(to);
    *to = copy;
}

struct frame *headers_find(const struct headers *h, enum frame_kind kind, unsigned track)
{
    for (size_t i = 0; i < h->count; i++) {
        struct frame *f = h->frames[i];
        if (f->kind == kind && f->track == track && f->note == NOTE_NONE)
            return f;
    }
    return NULL;
}

struct frame *headers_find_like(const struct headers *h, const struct frame *f)
{
    for (size_t i = 0; i < h->count; i++)
        if (rank_of(h->frames[i]) == rank_of(f))
            return h->frames[i];
    return NULL;
}
