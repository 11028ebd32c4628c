#include "app/segment/segment.h"

#include "core/mem.h"

struct segment *segment_new(uint64_t number, int64_t start_us)
{
    struct segment *s = mem_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct segment){ .refs = 1, .number = number, .start_us = start_us };
    list_init(&s->link);
    return s;
}

static bool has_room(struct segment *s, size_t len)
{
    if (len > SEGMENT_BYTES_MAX - s->bytes)
        return false;
    if (s->n_parts < s->cap_parts)
        return true;
    struct segment_part *parts = mem_grow(s->parts, &s->cap_parts, sizeof *parts, SEGMENT_PARTS_MAX);
    if (parts)
        s->parts = parts;
    return parts != NULL;
}

bool segment_add_part(struct segment *s, struct blob *bytes, int64_t start_us, int64_t duration_us, bool independent)
{
    if (!has_room(s, bytes->len)) {
        blob_unref(&bytes);
        return false;
    }
    s->parts[s->n_parts++] = (struct segment_part){ bytes, start_us, duration_us, independent };
    s->bytes += bytes->len;
    s->duration_us = start_us + duration_us - s->start_us;
    return true;
}

void segment_unref(struct segment **sp)
{
    struct segment *s = *sp;
    *sp = NULL;
    if (!s || --s->refs > 0)
        return;
    for (size_t i = 0; i < s->n_parts; i++)
        blob_unref(&s->parts[i].bytes);
    blob_unref(&s->init);
    mem_free(s->parts);
    mem_free(s);
}
