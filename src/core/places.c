#include "core/places.h"

#include <string.h>

#include "core/mem.h"

static void remove_row(struct places *p, size_t i)
{
    memmove(&p->free[i], &p->free[i + 1], (p->n_free - i - 1) * sizeof *p->free);
    p->n_free--;
}

static bool insert_row(struct places *p, size_t i, struct place row)
{
    if (p->n_free == p->cap_free) {
        struct place *larger = mem_grow(p->free, &p->cap_free, sizeof *larger, SIZE_MAX / sizeof *larger);
        if (!larger)
            return false;
        p->free = larger;
    }
    memmove(&p->free[i + 1], &p->free[i], (p->n_free - i) * sizeof *p->free);
    p->free[i] = row;
    p->n_free++;
    return true;
}

/* The first row that is not before this position. */
static size_t row_from(const struct places *p, int64_t at)
{
    size_t i = 0, up = p->n_free;
    while (i < up) {
        size_t middle = i + (up - i) / 2;
        if (p->free[middle].at < at)
            i = middle + 1;
        else
            up = middle;
    }
    return i;
}

static void take_from_row(struct places *p, size_t i, int64_t len)
{
    p->free[i].at += len;
    p->free[i].len -= len;
    if (p->free[i].len == 0)
        remove_row(p, i);
}

static bool take_at_end(struct places *p, int64_t len)
{
    bool has_room = len <= p->max - p->end;
    if (has_room)
        p->end += len;
    return has_room;
}

int64_t places_take(struct places *p, int64_t len)
{
    for (size_t i = 0; i < p->n_free; i++) {
        int64_t at = p->free[i].at;
        if (p->free[i].len < len)
            continue;
        take_from_row(p, i, len);
        return at;
    }
    return take_at_end(p, len) ? p->end - len : -1;
}

bool places_take_at(struct places *p, int64_t at, int64_t len)
{
    if (at == p->end)
        return take_at_end(p, len);
    size_t i = row_from(p, at);
    if (i == p->n_free || p->free[i].at != at || p->free[i].len < len)
        return false;
    take_from_row(p, i, len);
    return true;
}

/* A free place at the end is no row. */
static void draw_end_back(struct places *p)
{
    const struct place *last = p->n_free ? &p->free[p->n_free - 1] : NULL;
    if (!last || last->at + last->len != p->end)
        return;
    p->end = last->at;
    p->n_free--;
}

void places_give(struct places *p, int64_t at, int64_t len)
{
    size_t        i = row_from(p, at);
    struct place *before = i > 0 && p->free[i - 1].at + p->free[i - 1].len == at ? &p->free[i - 1] : NULL;
    struct place *behind = i < p->n_free && at + len == p->free[i].at ? &p->free[i] : NULL;
    if (at + len == p->end && !before) {
        p->end = at;
    } else if (before) {
        before->len += len + (behind ? behind->len : 0);
        if (behind)
            remove_row(p, i);
    } else if (behind) {
        behind->at = at;
        behind->len += len;
    } else if (!insert_row(p, i, (struct place){ at, len })) {
        return;
    }
    draw_end_back(p);
}

void places_finish(struct places *p)
{
    mem_free(p->free);
    *p = (struct places){ .max = p->max };
}
