#include "app/exporter/busiest.h"

#include "core/str.h"

static void swap(struct busy_stream *a, struct busy_stream *b)
{
    struct busy_stream kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct busiest *b, size_t at)
{
    for (; at > 0 && b->places[at].bytes < b->places[(at - 1) / 2].bytes; at = (at - 1) / 2)
        swap(&b->places[at], &b->places[(at - 1) / 2]);
}

static void sift_down(struct busiest *b)
{
    for (size_t at = 0;;) {
        size_t least = 2 * at + 1;
        if (least + 1 < b->count && b->places[least + 1].bytes < b->places[least].bytes)
            least++;
        if (least >= b->count || b->places[at].bytes <= b->places[least].bytes)
            return;
        swap(&b->places[at], &b->places[least]);
        at = least;
    }
}

static void set(struct busy_stream *place, int64_t bytes, const char *id)
{
    place->bytes = bytes;
    str_copy(place->id, sizeof place->id, id);
}

void busiest_offer(struct busiest *b, int64_t bytes, const char *id)
{
    if (b->count < b->max) {
        set(&b->places[b->count], bytes, id);
        sift_up(b, b->count++);
    } else if (b->max && bytes > b->places[0].bytes) {
        set(&b->places[0], bytes, id);
        sift_down(b);
    }
}
