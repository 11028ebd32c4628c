#include "app/segment/segment.h"

#include "core/blob_store.h"
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

static bool resize_parts(struct segment *s, size_t n)
{
    struct segment_part *parts = mem_realloc(s->parts, n * sizeof *parts);
    if (!parts)
        return false;
    s->parts = parts;
    s->cap_parts = n;
    return true;
}

static bool has_room(struct segment *s, size_t len)
{
    if (len > SEGMENT_BYTES_MAX - s->bytes)
        return false;
    if (s->n_parts < s->cap_parts)
        return true;
    if (s->n_parts == 0)
        return resize_parts(s, 1); /* Most segments have no other. */
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

bool segment_extend(struct segment *s, struct blob *bytes, int64_t start_us, int64_t duration_us, bool independent)
{
    size_t               len = bytes->len;
    struct segment_part *last = s->n_parts > 0 ? &s->parts[s->n_parts - 1] : NULL;
    if (!last || len > SEGMENT_BYTES_MAX - s->bytes || !blob_store_join(last->bytes, &bytes))
        return segment_add_part(s, bytes, start_us, duration_us, independent);
    s->bytes += len;
    last->duration_us = start_us + duration_us - last->start_us;
    s->duration_us = start_us + duration_us - s->start_us;
    return true;
}

void segment_pieces(const struct segment *s, size_t first, size_t n, struct iovec *pieces)
{
    for (size_t i = 0; i < n; i++) {
        const struct blob *b = s->parts[first + i].bytes;
        pieces[i] = (struct iovec){ .iov_base = b->bytes, .iov_len = b->len };
    }
}

static struct blob *copy_parts(const struct segment *s, struct blob_row *row)
{
    struct iovec *pieces = mem_calloc(s->n_parts, sizeof *pieces);
    if (!pieces)
        return NULL;
    segment_pieces(s, 0, s->n_parts, pieces);
    struct blob *whole = blob_store_append(row, pieces, (int)s->n_parts);
    mem_free(pieces);
    return whole;
}

/* Make each part a piece of the whole. One that finds no memory keeps its own bytes. */
static void divide(struct segment *s)
{
    size_t at = 0;
    for (size_t i = 0; i < s->n_parts; i++) {
        size_t       len = s->parts[i].bytes->len;
        struct blob *piece = blob_piece(s->whole, at, len);
        if (piece) {
            blob_unref(&s->parts[i].bytes);
            s->parts[i].bytes = piece;
        }
        at += len;
    }
}

static void join(struct segment *s)
{
    for (size_t i = 0; i < s->n_parts; i++)
        blob_unref(&s->parts[i].bytes);
    s->parts[0] = (struct segment_part){ blob_ref(s->whole), s->start_us, s->duration_us, s->independent };
    s->n_parts = 1;
    (void)resize_parts(s, 1);
}

/* True if all parts lie where the kernel can send them from. */
static bool is_in_store(const struct segment *s)
{
    for (size_t i = 0; i < s->n_parts; i++)
        if (s->parts[i].bytes->file < 0)
            return false;
    return true;
}

void segment_gather(struct segment *s, struct blob_row *row, bool keeps_parts)
{
    if (s->whole || s->bytes > SEGMENT_GATHER_BYTES_MAX || is_in_store(s) || !(s->whole = copy_parts(s, row)))
        return;
    if (keeps_parts)
        divide(s);
    else
        join(s);
}

static void drop_parts(struct segment *s)
{
    for (size_t i = 0; i < s->n_parts; i++)
        blob_unref(&s->parts[i].bytes);
    blob_unref(&s->whole);
    mem_free(s->parts);
    s->parts = NULL;
    s->n_parts = s->cap_parts = 0;
}

void segment_forget_bytes(struct segment *s)
{
    if (s->n_replies == 0 && s->is_complete)
        drop_parts(s);
}

void segment_unref(struct segment **sp)
{
    struct segment *s = *sp;
    *sp = NULL;
    if (!s || --s->refs > 0)
        return;
    drop_parts(s);
    blob_unref(&s->init);
    mem_free(s);
}
