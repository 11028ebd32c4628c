#include "core/roll.h"

#include <string.h>

#include "core/mem.h"

/* Half-empty blocks are not merged. In the worst case each block has one member left, and a walk over the blocks is a
 * walk over a list of members. */
struct roll_block {
    struct roll_block *prev, *next;
    size_t             count;
    struct slot {
        uint64_t number;
        void    *member;
    } slots[ROLL_BLOCK];
};

static struct roll_block *add_block(struct roll *r)
{
    struct roll_block *b = mem_alloc(sizeof *b);
    if (!b)
        return NULL;
    b->prev = r->last;
    b->next = NULL;
    b->count = 0;
    *(r->last ? &r->last->next : &r->first) = b;
    r->last = b;
    return b;
}

static void remove_block(struct roll *r, struct roll_block *b)
{
    *(b->prev ? &b->prev->next : &r->first) = b->next;
    *(b->next ? &b->next->prev : &r->last) = b->prev;
    mem_free(b);
}

bool roll_add(struct roll *r, struct roll_place *place, void *member)
{
    struct roll_block *b = r->last;
    if ((!b || b->count == ROLL_BLOCK) && !(b = add_block(r)))
        return false;
    *place = (struct roll_place){ b, ++r->n_ever };
    b->slots[b->count++] = (struct slot){ place->number, member };
    r->count++;
    r->n_changes++;
    return true;
}

/* Index of the first slot whose number is above `number`; b->count when there is none. */
static size_t slot_after(const struct roll_block *b, uint64_t number)
{
    size_t low = 0, high = b->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (b->slots[middle].number > number)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void roll_remove(struct roll *r, struct roll_place *place)
{
    struct roll_block *b = place->block;
    if (!b)
        return;
    size_t after = slot_after(b, place->number);
    memmove(&b->slots[after - 1], &b->slots[after], (b->count - after) * sizeof b->slots[0]);
    *place = (struct roll_place){ 0 };
    r->count--;
    r->n_changes++;
    if (--b->count == 0)
        remove_block(r, b);
}

struct roll_cursor roll_seek(const struct roll *r, size_t index)
{
    const struct roll_block *b = r->first;
    for (; b && index >= b->count; b = b->next)
        index -= b->count;
    uint64_t before = b ? b->slots[index].number - 1 : r->n_ever;
    return (struct roll_cursor){ b, index, before, r->n_changes };
}

/* The block may have gone meanwhile: look for the member behind the last one given. */
static void find_again(const struct roll *r, struct roll_cursor *c)
{
    const struct roll_block *b = r->first;
    while (b && b->slots[b->count - 1].number <= c->number)
        b = b->next;
    *c = (struct roll_cursor){ b, b ? slot_after(b, c->number) : 0, c->number, r->n_changes };
}

struct roll_cursor roll_seek_after(const struct roll *r, uint64_t number)
{
    struct roll_cursor c = { .number = number };
    find_again(r, &c);
    return c;
}

void *roll_find(const struct roll *r, uint64_t number)
{
    struct roll_cursor c = roll_seek_after(r, number ? number - 1 : 0);
    void              *member = roll_next(r, &c);
    return c.number == number ? member : NULL;
}

void *roll_next(const struct roll *r, struct roll_cursor *c)
{
    if (c->n_changes != r->n_changes)
        find_again(r, c);
    if (c->block && c->at == c->block->count) {
        c->block = c->block->next;
        c->at = 0;
    }
    if (!c->block)
        return NULL;
    const struct slot *s = &c->block->slots[c->at++];
    c->number = s->number;
    return s->member;
}
